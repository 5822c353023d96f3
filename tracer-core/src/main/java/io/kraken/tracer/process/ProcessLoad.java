package io.kraken.tracer.process;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The CPU load of this process, as a share of the processors that it may use; a quota may leave it fewer than the JVM
 * counts, and fractions of one. In an image without the module {@code jdk.management} the JVM gives no CPU time, and
 * the load is 0. For one thread.
 */
public final class ProcessLoad {

    /** The kernel counts in hundredths of a second; over shorter intervals the share is noise. */
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    /** Null until first used: looking it up takes tens of milliseconds, which must not delay the program's start. */
    private LongSupplier cpuTimeNs;

    private final ContainerLimits limits;
    private boolean begun;
    private long takenNs;
    private long takenCpuNs;
    private double load;

    public ProcessLoad(ContainerLimits limits) {
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

    /** In a class of its own, since it cannot be linked in every image. */
    private static final class Bean {

        static LongSupplier cpuTimeNs() {
            return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean
                    ? bean::getProcessCpuTime
                    : () -> -1;
        }
    }

    /** The load over the last interval, 0 to 1; 0 at first. */
    public double load(long nowNs) {
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
