package io.kraken.tracer;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How much this process uses of the processors that it may use, which a quota can make fewer than the JVM counts, and
 * parts of one. Where the JVM does not say, in an image without the module {@code jdk.management}, it uses nothing. One
 * thread.
 */
final class ProcessLoad {

    /** The kernel counts in hundredths of a second; below some of them a share is noise. */
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Null until it is first asked, since finding it takes tens of milliseconds: not of the program's start. */
    private LongSupplier cpuTimeNs;

    private final ContainerLimits limits;
    private boolean begun;
    private long takenNs;
    private long takenCpuNs;
    private double load;

    ProcessLoad(ContainerLimits limits) {
        this(limits, null);
    }

    ProcessLoad(ContainerLimits limits, LongSupplier cpuTimeNs) {
        this.limits = limits;
        this.cpuTimeNs = cpuTimeNs;
    }

    private static LongSupplier ofThisProcess() {
        try {
            return Bean.cpuTimeNs();
        } catch (LinkageError | RuntimeException e) {
            return () -> -1;
        }
    }

    /** What can't be linked in every image. */
    private static final class Bean {

        static LongSupplier cpuTimeNs() {
            return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean
                    ? bean::getProcessCpuTime
                    : () -> -1;
        }
    }

    /** The share since some moments ago, 0 to 1; 0 at first. */
    double load(long nowNs) {
        final long elapsedNs = nowNs - takenNs;
        if (begun && elapsedNs < INTERVAL_NS) {
            return load;
        }
        if (cpuTimeNs == null) {
            cpuTimeNs = ofThisProcess();
        }
        final long cpuNs = cpuTimeNs.getAsLong();
        if (begun && cpuNs >= 0) {
            final double most = elapsedNs * limits.processors();
            load = Math.max(0, Math.min(1, (cpuNs - takenCpuNs) / most));
        }
        begun = true;
        takenNs = nowNs;
        takenCpuNs = cpuNs;
        return load;
    }
}
