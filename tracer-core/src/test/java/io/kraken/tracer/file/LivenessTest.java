package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Child;
import io.kraken.tracer.Commands;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a span file's process lives, seen from itself, from another process, and from another container. */
class LivenessTest {

    /** As in a container: process ids differ, and processes outside are invisible. */
    private static final List<String> CONTAINER = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");

    private static final boolean HAS_CONTAINERS =
            Commands.succeeds("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "true");

    private static final long PATIENCE_NS = Duration.ofSeconds(60).toNanos();
    private static final long TOMORROW = Duration.ofDays(1).toMillis();

    @TempDir
    Path directory;

    private Tracer tracer;
    private Path file;

    @BeforeEach
    void startTracer() {
        tracer = Tracer.create(
                new TracerConfig()
                        .with(TracerConfig.FILE, directory.toString())
                        .with(TracerConfig.RECORDS, 128)
                        .with(TracerConfig.SHUTDOWN_HOOK, false),
                new CapturingSink());
        file = tracer.file().path();
    }

    @AfterEach
    void close() {
        tracer.close();
    }

    private static void await(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "waited in vain for " + what);
        }
    }

    /** Deletes the dead files of the directory, and returns how many there were. */
    private String cleanInContainer() {
        return Child.run(CONTAINER, List.of("-XX:-UsePerfData"), "clean", directory.toString());
    }

    /** Asserts that all readers agree, with a sign of life a day old; only dead files are deleted. */
    private void assertAlive(int dead) {
        assertTrue(SpanFile.isAlive(file));
        assertTrue(Left.isAliveAfter(TOMORROW, file));
        final String[] look = {"clean", directory.toString(), file.toString()};
        assertEquals(dead + "\ntrue\n", Child.run(List.of(), List.of(), look));
        if (HAS_CONTAINERS) {
            assertEquals("0\ntrue\n", Child.run(CONTAINER, List.of("-XX:-UsePerfData"), look));
        }
        assertTrue(Files.exists(file));
    }

    @Test
    void staysAliveWithAReaderInTheSameProcess() throws IOException {
        assertTrue(SpanFileReader.open(file).isAlive());
        FileChannel.open(file).close();
        ControlFile.open(file).write(ControlWords.Author.OPERATOR, ControlWords.EMPTY);
        assertEquals(0, DeadFiles.delete(directory, 0).deleted());
        assertAlive(0);
    }

    @Test
    void staysAliveWithASecondClassLoader() throws Exception {
        final URL[] places = {
            Tracer.class.getProtectionDomain().getCodeSource().getLocation(),
            Child.class.getProtectionDomain().getCodeSource().getLocation()
        };
        try (URLClassLoader application = new URLClassLoader(places, ClassLoader.getPlatformClassLoader())) {
            final Class<?> left = application.loadClass(Left.class.getName());
            assertEquals(
                    true, left.getMethod("isAliveAfter", long.class, Path.class).invoke(null, TOMORROW, file));
            application
                    .loadClass(Child.class.getName())
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) new String[] {"clean", directory.toString()});
        }
        assertAlive(0);
    }

    @Test
    void doesNotOpenTheLockForAHeaderWithoutIdentity() throws IOException {
        final long start = Left.get(file, Left.START);
        Left.put(file, Left.START, 0);
        assertTrue(SpanFile.isAlive(file), "recently created");
        assertFalse(Left.isAliveAfter(TOMORROW, file), "deleted once it is old");
        Left.put(file, Left.START, start);
        assertAlive(0);
    }

    @Test
    void sameProcessIdWithOtherStartTimeIsDead() throws IOException {
        assertFalse(SpanFile.isAlive(Left.copy(file, directory.resolve("reused.spans"))));
        assertAlive(1);
        assertFalse(Files.exists(directory.resolve("reused.spans")));
        assertFalse(Files.exists(directory.resolve("reused.alive")));
    }

    @Test
    void sameProcessIdInAnotherContainerIsAnotherProcess() throws IOException {
        final Path other = Left.copy(file, directory.resolve("other.spans"));
        Left.put(other, Left.START, Left.get(file, Left.START));
        Left.put(other, Left.NAMESPACE, Left.get(file, Left.NAMESPACE) + 1);
        assertFalse(SpanFile.isAlive(other));
    }

    @Test
    void fileOfAnotherMachineDiesTenMinutesAfterTheLastSign() throws IOException {
        final Path other = Left.copy(file, directory.resolve("other.spans"));
        Left.put(other, Left.BOOT, Left.get(file, Left.BOOT) + 1);
        final long changedMs = 1_700_000_000_000L;
        Files.setLastModifiedTime(other, FileTime.fromMillis(changedMs));
        final long signMs = changedMs + TOMORROW;
        Left.put(other, Left.LAST_SIGN, signMs);
        Files.setLastModifiedTime(other, FileTime.fromMillis(changedMs));
        final long silence = Duration.ofMinutes(10).toMillis();
        for (long sign : List.of(changedMs, signMs)) {
            assertTrue(Liveness.isAlive(other, sign));
            assertTrue(Liveness.isAlive(other, sign + silence - 1));
            assertFalse(Liveness.isAlive(other, sign + silence));
            assertFalse(Liveness.isAlive(other, sign - silence), "a time far in the future is no sign of life");
        }
    }

    @Test
    void exporterWritesSignsOfLife() throws IOException {
        final long before = System.currentTimeMillis();
        tracer.file().lastSign(7);
        assertTrue(Left.get(file, Left.LAST_SIGN) >= before);
        assertTrue(Left.get(file, Left.LAST_SIGN) <= System.currentTimeMillis());
    }

    @Test
    void neverThrowsForAnyHeader() throws IOException {
        final Path hostile = Left.copy(file, directory.resolve("hostile.spans"));
        final Random random = new Random(7);
        final long[] words = {
            0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, ProcessHandle.current().pid()
        };
        for (int i = 0; i < 2_000; i++) {
            final int at = List.of(0, Left.PID, Left.BOOT, Left.BOOT + 8, Left.NAMESPACE, Left.START, Left.LAST_SIGN)
                    .get(random.nextInt(7));
            final long before = Left.get(hostile, at);
            Left.put(hostile, at, random.nextBoolean() ? words[random.nextInt(words.length)] : random.nextLong());
            Files.setLastModifiedTime(hostile, FileTime.fromMillis(0));
            assertFalse(Left.isAliveAfter(TOMORROW, hostile) && Left.isAliveAfter(2 * TOMORROW, hostile));
            Left.put(hostile, at, before);
        }
    }

    private BufferedReader output(Process process) {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** @param proc the /proc that it sees: that of its own namespace, or that of the surrounding one */
    @ParameterizedTest
    @ValueSource(strings = {"--mount-proc", "--fork"})
    void processInAnotherContainerIsDeadOnlyOnceKilled(String proc) throws Exception {
        assumeTrue(HAS_CONTAINERS, "namespaces can't be made here: that takes a privileged user");
        final List<String> otherContainer = List.of("unshare", "--pid", "--fork", "--kill-child", proc);
        final Process container = new ProcessBuilder(
                        Child.command(otherContainer, List.of("-XX:-UsePerfData"), "live", directory.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            final Path other = Path.of(output(container).readLine());
            assertTrue(other.getFileName().toString().contains("-1-"), "the first process of its namespace: " + other);
            final ProcessHandle inside = container.descendants().findFirst().orElseThrow();
            assertTrue(Commands.succeeds("kill", "-STOP", Long.toString(inside.pid())));
            assertTrue(Left.isAliveAfter(TOMORROW, other));
            assertEquals("0\n", cleanInContainer());
            container.destroyForcibly();
            await("the lock to be released", () -> !SpanFile.isAlive(other));
            assertEquals("1\n", cleanInContainer());
            assertFalse(Files.exists(other));
        } finally {
            container.destroyForcibly();
        }
    }

    /** It is still listed, as its parent has not waited for it. */
    @Test
    void zombieIsDead() throws Exception {
        final List<String> negligent = List.of("sh", "-c", "\"$@\" & exec sleep 600", "sh");
        final Process parent = new ProcessBuilder(Child.command(negligent, List.of(), "die", directory.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = output(parent)) {
            String line = output.readLine();
            while (!line.startsWith("file: ")) {
                line = output.readLine();
            }
            final Path left = Path.of(line.substring("file: ".length(), line.indexOf(',')));
            await("the end", () -> !SpanFile.isAlive(left));
            assertEquals(1, parent.children().count(), "still listed");
        } finally {
            parent.destroyForcibly();
        }
    }
}
