package io.kraken.tracer.jmh;

import java.util.Locale;

/**
 * What a bridge did in one case. Each span has come to each destination, once, or there is no result.
 *
 * @param spans to all destinations together, as are bytes and requests
 * @param seconds from the beginning of the first request to the last acknowledgement
 * @param behindSeconds of a live service: from its last span to the last acknowledgement
 * @param cpuSeconds of the bridge's process, from its start
 * @param spansPerCpuSecond from the first request on
 * @param steadyPerCpuSecond of the later half of the spans, when the compiler has done what it does
 * @param residentMb the most at one time
 * @param use the most of each kind of memory, which need not have been at the same time
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

    double spansPerSecond() {
        return spans / seconds;
    }

    static String header() {
        return String.format(
                Locale.ROOT,
                "%-12s %11s %9s %13s %13s %8s %7s %8s %7s %7s %8s %9s %9s",
                "bridge",
                "spans",
                "spans/s",
                "spans/CPU s",
                "steady",
                "behind s",
                "CPU s",
                "RSS MB",
                "anon",
                "file",
                "GC, ms",
                "B/span",
                "on wire");
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "%-12s %,11d %,9.0f %,13.0f %,13.0f %8.2f %7.1f %8.1f %7.1f %7.1f %4d,%3d %9.1f %9.1f",
                name,
                spans,
                spansPerSecond(),
                spansPerCpuSecond,
                steadyPerCpuSecond,
                behindSeconds,
                cpuSeconds,
                residentMb,
                use.anonymousMb(),
                use.fileMb() + use.sharedMb(),
                collections,
                collectionMs,
                (double) bytes / spans,
                (double) wireBytes / spans);
    }
}
