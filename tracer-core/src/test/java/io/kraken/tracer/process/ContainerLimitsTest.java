package io.kraken.tracer.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContainerLimitsTest {

    private static final double NO_QUOTA = Double.POSITIVE_INFINITY;
    private static final String BYTES = "0123:/.,\n\0cpumemory\u00e4 ";
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @TempDir
    Path root;

    private void put(String file, String text) throws IOException {
        final Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void assertLimits(double quota, long memory) {
        assertEquals(new ContainerLimits(quota, memory), ContainerLimits.read(root));
    }

    @Test
    void aContainerOfVersion2SeesItsOwnGroupAsTheRoot() throws IOException {
        put("proc/self/cgroup", "0::/\n");
        put("sys/fs/cgroup/cpu.max", "150000 100000\n");
        put("sys/fs/cgroup/memory.max", "536870912\n");
        assertLimits(1.5, 512 << 20);
    }

    @Test
    void leastLimitOfAllGroupsCounts() throws IOException {
        put("proc/self/cgroup", "0::/kube/pod/app\n");
        put("sys/fs/cgroup/cpu.max", "max 100000\n");
        put("sys/fs/cgroup/kube/cpu.max", "350000 100000\n");
        put("sys/fs/cgroup/kube/memory.max", "1073741824\n");
        put("sys/fs/cgroup/kube/pod/cpu.max", "25000 50000\n");
        put("sys/fs/cgroup/kube/pod/app/cpu.max", "200000 100000\n");
        put("sys/fs/cgroup/kube/pod/app/memory.max", "max\n");
        assertLimits(0.5, 1 << 30);
    }

    @Test
    void version1HasAGroupForEachController() throws IOException {
        put("proc/self/cgroup", "9:name=systemd:/\n4:memory:/docker/a\n3:cpu,cpuacct:/docker/b\n0::/\n");
        put("sys/fs/cgroup/cpu,cpuacct/docker/b/cpu.cfs_quota_us", "150000\n");
        put("sys/fs/cgroup/cpu,cpuacct/docker/b/cpu.cfs_period_us", "100000\n");
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        put("sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes", "268435456\n");
        assertLimits(1.5, 256 << 20);
    }

    @Test
    void inAContainerOfVersion1ThePathIsThatOfTheHostAndTheLimitsAreAtTheRoot() throws IOException {
        put("proc/self/cgroup", "4:memory:/docker/a\n3:cpu:/docker/a\n");
        put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
        put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
        assertLimits(0.5, 128 << 20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "0", "max", "", "nine", "99999999999999999999", "-150000"})
    void ignoresInvalidNumbers(String text) throws IOException {
        put("proc/self/cgroup", "0::/\n3:cpu:/\n4:memory:/\n");
        put("sys/fs/cgroup/cpu.max", text + " 100000");
        put("sys/fs/cgroup/memory.max", text);
        put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", text);
        put("sys/fs/cgroup/cpu/cpu.cfs_period_us", text);
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", text);
        assertLimits(NO_QUOTA, NO_LIMIT);
        put("sys/fs/cgroup/cpu.max", "100000 " + text);
        assertLimits(NO_QUOTA, NO_LIMIT);
    }

    @Test
    void noLimitWithoutControlGroups() {
        assertEquals(ContainerLimits.NONE, ContainerLimits.read(root));
        assertEquals(ContainerLimits.NONE, ContainerLimits.read(Path.of("/no/such/root")));
        final int processors = Runtime.getRuntime().availableProcessors();
        assertEquals(processors, ContainerLimits.NONE.processors());
        assertEquals(processors + " processors, no limit of memory", ContainerLimits.NONE.describe());
    }

    @Test
    void pathCannotLeaveTheMount() throws IOException {
        put("elsewhere/cpu.max", "1000 100000");
        put("proc/self/cgroup", "0::/../../../elsewhere\n0::/" + "x/".repeat(70) + "../".repeat(90) + "elsewhere\n");
        put("sys/fs/cgroup/cpu.max", "200000 100000");
        assertLimits(2, NO_LIMIT);
    }

    @Test
    void ignoresFoldersAndEndlessFiles() throws IOException {
        put("proc/self/cgroup", "0::/\n" + "0::/".repeat(1 << 17));
        Files.createDirectories(root.resolve("sys/fs/cgroup/cpu.max"));
        put("sys/fs/cgroup/memory.max", "1".repeat(1 << 20));
        assertLimits(NO_QUOTA, NO_LIMIT);
        if (Files.exists(Path.of("/dev/zero"))) {
            Files.delete(root.resolve("sys/fs/cgroup/memory.max"));
            Files.createSymbolicLink(root.resolve("sys/fs/cgroup/memory.max"), Path.of("/dev/zero"));
            assertLimits(NO_QUOTA, NO_LIMIT);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomBytesAreNoError(long seed) throws IOException {
        final Random random = new Random(seed);
        put("sys/fs/cgroup/cpu.max", "x");
        for (int round = 0; round < 100; round++) {
            final StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                text.append(BYTES.charAt(random.nextInt(BYTES.length())));
            }
            put("proc/self/cgroup", text.toString());
            put("sys/fs/cgroup/memory.max", text.toString());
            put("sys/fs/cgroup/cpu.max", text.toString());
            final ContainerLimits limits = ContainerLimits.read(root);
            assertTrue(limits.processors() > 0 && limits.memoryBytes() > 0, limits::toString);
        }
    }
}
