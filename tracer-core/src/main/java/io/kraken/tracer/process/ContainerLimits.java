package io.kraken.tracer.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The limits that the kernel's control groups, versions 1 and 2, set for this process: the least of its own group and
 * of all groups above it. Read once, at start-up; a value that cannot be read or is implausible counts as no limit.
 *
 * @param quota processors' worth of time; infinite if there is no limit
 * @param memoryBytes {@link Long#MAX_VALUE} if there is no limit
 */
public record ContainerLimits(double quota, long memoryBytes) {

    static final ContainerLimits NONE = new ContainerLimits(Double.POSITIVE_INFINITY, Long.MAX_VALUE);

    private static final int MOST_GROUPS_BYTES = 1 << 16;
    private static final int MOST_FILE_BYTES = 256;
    private static final int MOST_DEPTH = 64;
    /** Version 1 expresses "no limit" by a number larger than any machine's memory. */
    private static final long NO_MEMORY_LIMIT = 1L << 60;

    private static final double LEAST_QUOTA = 0.001;
    private static final double LARGEST_QUOTA = 100_000;

    /** @param root of the file system: {@code /} except in tests */
    public static ContainerLimits read(Path root) {
        try {
            return read(root, text(root.resolve("proc/self/cgroup"), MOST_GROUPS_BYTES));
        } catch (RuntimeException e) { // a path that the file system rejects
            return NONE;
        }
    }

    private static ContainerLimits read(Path root, String groups) {
        final Path mounts = root.resolve("sys/fs/cgroup");
        double quota = Double.POSITIVE_INFINITY;
        long memory = Long.MAX_VALUE;
        for (String line : groups.split("\n", -1)) {
            final String[] parts = line.split(":", 3);
            if (parts.length != 3) {
                continue;
            }
            final List<String> controllers = List.of(parts[1].split(",", -1));
            final boolean isUnified = parts[1].isEmpty();
            if (isUnified) {
                for (Path group : groups(List.of(mounts, mounts.resolve("unified")), parts[2])) {
                    quota = Math.min(quota, quota(text(group.resolve("cpu.max"), MOST_FILE_BYTES)));
                    memory = Math.min(memory, memory(text(group.resolve("memory.max"), MOST_FILE_BYTES)));
                }
            }
            if (controllers.contains("cpu")) {
                for (Path group : groups(List.of(mounts.resolve("cpu"), mounts.resolve("cpu,cpuacct")), parts[2])) {
                    final String most = text(group.resolve("cpu.cfs_quota_us"), MOST_FILE_BYTES);
                    final String period = text(group.resolve("cpu.cfs_period_us"), MOST_FILE_BYTES);
                    quota = Math.min(quota, quota(most.strip() + ' ' + period.strip()));
                }
            }
            if (controllers.contains("memory")) {
                for (Path group : groups(List.of(mounts.resolve("memory")), parts[2])) {
                    final String most = text(group.resolve("memory.limit_in_bytes"), MOST_FILE_BYTES);
                    memory = Math.min(memory, memory(most));
                }
            }
        }
        return new ContainerLimits(quota, memory);
    }

    /** The group and those above it, as far as they are visible from this process. */
    private static List<Path> groups(List<Path> mounts, String path) {
        final List<Path> groups = new ArrayList<>();
        for (Path mount : mounts) {
            groups.add(mount);
            Path group = mount;
            int depth = 0;
            for (String name : path.split("/", -1)) {
                if (name.equals(".") || name.equals("..") || depth++ == MOST_DEPTH) {
                    break; // a path of another cgroup namespace
                }
                if (!name.isEmpty()) {
                    group = group.resolve(name);
                    groups.add(group);
                }
            }
        }
        return groups;
    }

    /** "150000 100000": microseconds of processor time in each period; "max" and "-1" mean no limit. */
    private static double quota(String text) {
        final String[] parts = text.strip().split(" ", 2);
        final long most = number(parts[0]);
        final long period = parts.length < 2 ? -1 : number(parts[1]);
        final double quota = (double) most / period;
        return most > 0 && period > 0 && quota >= LEAST_QUOTA && quota <= LARGEST_QUOTA
                ? quota
                : Double.POSITIVE_INFINITY;
    }

    private static long memory(String text) {
        final long bytes = number(text.strip());
        return bytes > 0 && bytes < NO_MEMORY_LIMIT ? bytes : Long.MAX_VALUE;
    }

    /** -1 if the text is not a number. */
    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** The beginning of a file, empty if it does not exist. */
    private static String text(Path file, int most) {
        if (!Files.isRegularFile(file)) { // reading a pipe or device may block
            return "";
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(most), StandardCharsets.UTF_8);
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }

    /** Processors' worth of time that this process may use; the JVM rounds a quota up to whole processors. */
    public double processors() {
        return Math.min(quota, Runtime.getRuntime().availableProcessors());
    }

    public boolean hasMemoryLimit() {
        return memoryBytes != Long.MAX_VALUE;
    }

    public String describe() {
        final String processors =
                String.format(Locale.ROOT, "%.3f", processors()).replaceAll("\\.?0+$", "");
        return processors
                + " processors"
                + (quota <= Runtime.getRuntime().availableProcessors() ? " (quota)" : "")
                + ", "
                + (hasMemoryLimit() ? megabytes(memoryBytes) + " of memory" : "no limit of memory");
    }

    public static String megabytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }
}
