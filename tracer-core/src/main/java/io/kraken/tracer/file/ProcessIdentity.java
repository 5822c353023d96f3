package io.kraken.tracer.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;

/**
 * The identity of the process that writes a span file: unique over machines, also for equal process ids in two
 * containers or one after the other; all class loaders of a process determine the same.
 *
 * @param bootHigh with {@code bootLow} the kernel's random id of this boot of the machine; 0: unknown
 * @param namespace inode of the namespace of the process id; 0: the system has none
 * @param start when the process started, in the kernel's unit; 0: unknown
 */
record ProcessIdentity(long bootHigh, long bootLow, long namespace, long pid, long start) {

    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = System.getProperty("os.name", "").startsWith("Linux");
    /** In place of a boot id on systems without one, whose directories other machines do not share. */
    private static final UUID NO_BOOT_ID = new UUID(0, 1);

    /** Indices of fields of a process's stat file, counted after the name. */
    private static final int STATE_FIELD = 0;

    private static final int START_FIELD = 19;
    private static final String ENDED_STATES = "ZXx";

    private static final ProcessIdentity OWN = ofThisProcess();

    /** This process; fields that could not be determined are 0. */
    static ProcessIdentity own() {
        return OWN;
    }

    private static ProcessIdentity ofThisProcess() {
        final long pid = ProcessHandle.current().pid();
        if (!LINUX) {
            return new ProcessIdentity(
                    NO_BOOT_ID.getMostSignificantBits(),
                    NO_BOOT_ID.getLeastSignificantBits(),
                    0,
                    pid,
                    startOfHandle(pid));
        }
        final UUID boot = bootId();
        return new ProcessIdentity(
                boot.getMostSignificantBits(), boot.getLeastSignificantBits(), ownNamespace(), pid, ownStart());
    }

    private static UUID bootId() {
        try {
            return UUID.fromString(
                    Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip());
        } catch (IOException | IllegalArgumentException e) {
            return new UUID(0, 0);
        }
    }

    private static long ownNamespace() {
        try {
            final String link =
                    Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
            return Long.parseLong(link.replaceAll("\\D", ""));
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** By "self", which is this process even if /proc shows another namespace. */
    private static long ownStart() {
        final String[] stat = stat("self");
        return stat.length > START_FIELD ? Long.parseLong(stat[START_FIELD]) : 0;
    }

    /** The fields after the name, which may contain any character; empty if no such process is visible. */
    private static String[] stat(String process) {
        try {
            final byte[] bytes = Files.readAllBytes(PROC.resolve(process).resolve("stat"));
            final String text = new String(bytes, StandardCharsets.ISO_8859_1);
            return text.substring(text.lastIndexOf(')') + 1).strip().split(" ");
        } catch (IOException e) {
            return new String[0];
        }
    }

    private static long startOfHandle(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(process -> process.info().startInstant())
                .map(Instant::toEpochMilli)
                .orElse(0L);
    }

    static ProcessIdentity read(ByteBuffer header) {
        return new ProcessIdentity(
                header.getLong(SpanFileLayout.BOOT_OFFSET),
                header.getLong(SpanFileLayout.BOOT_OFFSET + Long.BYTES),
                header.getLong(SpanFileLayout.NAMESPACE_OFFSET),
                header.getLong(SpanFileLayout.PID_OFFSET),
                header.getLong(SpanFileLayout.PROCESS_START_OFFSET));
    }

    void write(ByteBuffer header) {
        header.putLong(SpanFileLayout.BOOT_OFFSET, bootHigh);
        header.putLong(SpanFileLayout.BOOT_OFFSET + Long.BYTES, bootLow);
        header.putLong(SpanFileLayout.NAMESPACE_OFFSET, namespace);
        header.putLong(SpanFileLayout.PID_OFFSET, pid);
        header.putLong(SpanFileLayout.PROCESS_START_OFFSET, start);
    }

    /** Whether it distinguishes this process from all others. */
    boolean isComplete() {
        return (bootHigh | bootLow) != 0 && pid > 0 && start != 0;
    }

    /** Instead of {@code equals}, whose implementation for records retains the class loader, see RATIONALE.md. */
    boolean isSameAs(ProcessIdentity other) {
        return isOfSameKernel(other) && namespace == other.namespace && pid == other.pid && start == other.start;
    }

    boolean isOfSameKernel(ProcessIdentity other) {
        return bootHigh == other.bootHigh && bootLow == other.bootLow;
    }

    /**
     * Whether this process can see the other one running: they must be in the same namespace. False proves nothing:
     * processes may be hidden. A zombie, which has ended but is still listed, does not count as running.
     */
    boolean isSeenRunning() {
        if (!isOfSameKernel(OWN) || namespace != OWN.namespace) {
            return false;
        }
        if (!LINUX) {
            return startOfHandle(pid) == start;
        }
        final String[] stat = stat(Long.toString(pid));
        return stat.length > START_FIELD
                && !ENDED_STATES.contains(stat[STATE_FIELD])
                && stat[START_FIELD].equals(Long.toString(start));
    }
}
