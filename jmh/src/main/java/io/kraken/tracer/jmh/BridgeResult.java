package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Result of one case. Each span has arrived at each destination exactly once; otherwise there is no result.
 *
 * @param spans to all destinations together, as are bytes and requests
 * @param seconds from the start of the first request to the last acknowledgement
 * @param behindSeconds with a live service: from its last span to the last acknowledgement
 * @param cpuSeconds of the bridge's process, from its start
 * @param spansPerCpuSecond from the first request on
 * @param steadyPerCpuSecond of the later half of the spans, when most compilation is done
 * @param residentMb maximum of the resident memory
 * @param use maximum of each kind of memory, not necessarily at the same time
 */
record BridgeResult(
        String name,
        long spans,
        double seconds,
        double behindSeconds,
        double cpuSeconds,
        double spansPerCpuSecond,
        double steadyPerCpuSecond,
        double residentMb,
        ProcessUse use,
        long requests,
        long bytes,
        long wireBytes,
        long collections,
        long collectionMs) {

    private static final String FORMAT = "%-12s %11s %9s %12s %12s %9s %7s %7s %9s %7s %8s %7s %7s";

    double spansPerSecond() {
        return spans / seconds;
    }

    static String header() {
        return String.format(
                FORMAT,
                "bridge",
                "spans",
                "spans/s",
                "spans/CPU s",
                "steady",
                "behind s",
                "CPU s",
                "RSS MB",
                "anonymous",
                "files",
                "GC, ms",
                "B/span",
                "on wire");
    }

    String row() {
        final List<Object> row = new ArrayList<>(cells());
        row.add(0, name);
        return String.format(FORMAT, row.toArray());
    }

    /** All columns except the name, as in the header. */
    List<String> cells() {
        return List.of(
                rounded(spans),
                rounded(spansPerSecond()),
                rounded(spansPerCpuSecond),
                rounded(steadyPerCpuSecond),
                String.format(Locale.ROOT, "%.2f", behindSeconds),
                tenths(cpuSeconds),
                tenths(residentMb),
                tenths(use.anonymousMb()),
                tenths(use.fileMb() + use.sharedMb()),
                collections + ", " + collectionMs,
                tenths((double) bytes / spans),
                tenths((double) wireBytes / spans));
    }

    private static String rounded(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String tenths(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
