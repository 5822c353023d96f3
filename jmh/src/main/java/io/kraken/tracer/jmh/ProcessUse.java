package io.kraken.tracer.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Resources used by another process so far, and its memory, as counted by Linux.
 *
 * @param cpuSeconds of all its threads, compiler and collector included; in steps of a hundredth
 * @param faults page faults for which it had to wait, with or without disk access
 * @param anonymousMb private memory: heap, code, buffers, stacks
 * @param fileMb pages of mapped files: queues, jars, the JDK. The system reclaims them when others need memory
 * @param sharedMb files in memory, for example a queue in /dev/shm
 */
record ProcessUse(double cpuSeconds, long faults, double anonymousMb, double fileMb, double sharedMb) {

    static final ProcessUse NONE = new ProcessUse(0, 0, 0, 0, 0);

    private static final double TICKS_PER_SECOND = 100;
    private static final double KB_PER_MB = 1024;
    private static final int MINOR_FAULTS = 7;
    private static final int MAJOR_FAULTS = 9;
    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;

    static ProcessUse of(long pid) throws IOException {
        final Path folder = Path.of("/proc", Long.toString(pid));
        final String stat = Files.readString(folder.resolve("stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        double anonymous = 0;
        double file = 0;
        double shared = 0;
        for (String line : Files.readAllLines(folder.resolve("status"))) {
            final String[] words = line.split("\\s+");
            switch (words[0]) {
                case "RssAnon:":
                    anonymous = Long.parseLong(words[1]) / KB_PER_MB;
                    break;
                case "RssFile:":
                    file = Long.parseLong(words[1]) / KB_PER_MB;
                    break;
                case "RssShmem:":
                    shared = Long.parseLong(words[1]) / KB_PER_MB;
                    break;
                default:
            }
        }
        return new ProcessUse(
                (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME])) / TICKS_PER_SECOND,
                Long.parseLong(fields[MINOR_FAULTS]) + Long.parseLong(fields[MAJOR_FAULTS]),
                anonymous,
                file,
                shared);
    }

    double residentMb() {
        return anonymousMb + fileMb + sharedMb;
    }

    /** The use since then, and the maximum of each kind of memory. */
    ProcessUse most(ProcessUse other) {
        return new ProcessUse(
                Math.max(cpuSeconds, other.cpuSeconds),
                Math.max(faults, other.faults),
                Math.max(anonymousMb, other.anonymousMb),
                Math.max(fileMb, other.fileMb),
                Math.max(sharedMb, other.sharedMb));
    }
}
