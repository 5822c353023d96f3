package io.kraken.tracer.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProcessLoadTest {

    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    private static final long INTERVAL = TimeUnit.MILLISECONDS.toNanos(100);

    private long cpuNs;

    @Test
    void isTheShareOfAllProcessorsSinceTheLastCall() {
        final ProcessLoad load = new ProcessLoad(ContainerLimits.NONE, () -> cpuNs);
        cpuNs = 1_000 * INTERVAL;
        assertEquals(0, load.load(5), "no earlier value");
        cpuNs += INTERVAL * PROCESSORS / 2;
        assertEquals(0.5, load.load(5 + INTERVAL), 1e-9);
        assertEquals(0, load.load(5 + 2 * INTERVAL), 1e-9);
        cpuNs += 3 * INTERVAL * PROCESSORS;
        assertEquals(1, load.load(5 + 3 * INTERVAL), "clocks of kernel and JVM differ");
    }

    @Test
    void respectsAFractionalQuota() {
        final ProcessLoad load = new ProcessLoad(new ContainerLimits(0.5, Long.MAX_VALUE), () -> cpuNs);
        load.load(0);
        cpuNs += INTERVAL / 4;
        assertEquals(0.5, load.load(INTERVAL), 1e-9);
        cpuNs += INTERVAL / 2;
        assertEquals(1, load.load(2 * INTERVAL), 1e-9);
    }

    @Test
    void repeatsTheValueIfCalledTooOften() {
        final ProcessLoad load = new ProcessLoad(ContainerLimits.NONE, () -> cpuNs);
        load.load(0);
        cpuNs += INTERVAL * PROCESSORS / 4;
        assertEquals(0.25, load.load(INTERVAL), 1e-9);
        cpuNs += INTERVAL;
        assertEquals(0.25, load.load(INTERVAL + 1), 1e-9);
        assertEquals(0.25, load.load(INTERVAL - 1), 1e-9, "a clock that steps back");
    }

    @Test
    void isZeroIfTheJvmGivesNoCpuTime() {
        final ProcessLoad load = new ProcessLoad(ContainerLimits.NONE, () -> -1);
        for (int i = 0; i < 10; i++) {
            assertEquals(0, load.load(i * INTERVAL));
        }
    }

    @Test
    void allocatesNothing() {
        final var threads = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        final ProcessLoad load = new ProcessLoad(ContainerLimits.NONE);
        double sum = ask(load, 0, 20_000);
        threads.getCurrentThreadAllocatedBytes();
        final long before = threads.getCurrentThreadAllocatedBytes();
        sum += ask(load, 20_000, 1_000);
        final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 1_000, allocated + " bytes in 1000 times");
        assertTrue(sum >= 0);
    }

    private static double ask(ProcessLoad load, long from, int times) {
        double sum = 0;
        for (long i = from; i < from + times; i++) {
            sum += load.load(i * INTERVAL);
        }
        return sum;
    }

    @Test
    void tracesInAnImageWithoutTheModule() throws IOException, InterruptedException {
        assertEquals("load 0.0\n", fork(List.of("--limit-modules", "java.base"), "ask"));
        assertEquals("load 0.0\n", fork(List.of("--limit-modules", "java.base,java.management"), "ask"));
    }

    @Test
    @Tag("slow")
    void breakerOpensUnderLoadAndClosesAfterwards() throws IOException, InterruptedException {
        assertEquals("OPEN\nHALF_OPEN\nCLOSED\nopened once\n", fork(List.of(), "burn"));
    }

    private static String fork(List<String> options, String what) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ProcessLoadMain.class.getName(), what));
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said;
    }
}
