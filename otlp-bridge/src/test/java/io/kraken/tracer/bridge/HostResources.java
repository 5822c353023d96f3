package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import java.io.File;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The resources that this JVM uses, sampled each second under load, and at rest with closed tracers and after garbage
 * collection. Usage is flat if, without the first sixth of the samples, the median of the last third exceeds that of
 * the first third by no more than an allowance.
 */
final class HostResources {

    private static final long MEGABYTE = 1 << 20;
    private static final int LEAST_SAMPLES = 60;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int SAME = 3;
    private static final int MOST_TRIES = 100;

    /** A resource with its allowances: at rest, and under load in any phase. */
    private enum Resource {
        HEAP_AFTER_GC(8 * MEGABYTE, 96 * MEGABYTE),
        DIRECT(2 * MEGABYTE, 48 * MEGABYTE),
        MAPPED(0, 64 * MEGABYTE),
        THREADS(12, 250),
        DESCRIPTORS(12, 64);

        private final long allowanceAtRest;
        private final long allowanceAtWork;

        Resource(long atRest, long atWork) {
            allowanceAtRest = atRest;
            allowanceAtWork = atWork;
        }

        private boolean isBytes() {
            return this == HEAP_AFTER_GC || this == DIRECT || this == MAPPED;
        }

        private String show(long value) {
            return isBytes() ? value / MEGABYTE + " MB" : Long.toString(value);
        }
    }

    private final List<long[]> atWork = new ArrayList<>();
    private final List<long[]> atRest = new ArrayList<>();
    private final Set<String> heapPools = new HashSet<>();

    HostResources() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) {
                heapPools.add(pool.getName());
            }
        }
        final Thread sampler = new Thread(this::sampleEachSecond, "sampler");
        sampler.setDaemon(true);
        sampler.start();
    }

    private void sampleEachSecond() {
        while (true) {
            final long nextNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
            final long[] sample = sample();
            synchronized (atWork) {
                atWork.add(sample);
            }
            while (System.nanoTime() - nextNs < 0) {
                LockSupport.parkNanos(nextNs - System.nanoTime());
            }
        }
    }

    private long[] sample() {
        final String[] descriptors = new File("/proc/self/fd").list();
        return new long[] {
            heapAfterGc(),
            pool("direct"),
            pool("mapped"),
            ManagementFactory.getThreadMXBean().getThreadCount(),
            descriptors == null ? 0 : descriptors.length
        };
    }

    /** Usage after the last garbage collection. */
    private long heapAfterGc() {
        GcInfo last = null;
        for (GarbageCollectorMXBean collector : ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class)) {
            final GcInfo info = collector.getLastGcInfo();
            last = info != null && (last == null || info.getEndTime() > last.getEndTime()) ? info : last;
        }
        long used = 0;
        if (last != null) {
            for (Map.Entry<String, MemoryUsage> pool :
                    last.getMemoryUsageAfterGc().entrySet()) {
                used += heapPools.contains(pool.getKey()) ? pool.getValue().getUsed() : 0;
            }
        }
        return used;
    }

    private static long pool(String name) {
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals(name)) {
                return pool.getMemoryUsed();
            }
        }
        throw new AssertionError("no such pool: " + name);
    }

    /** Runs a full collection, although System.gc() is disabled in this JVM. */
    static void collectGarbage() {
        try {
            ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Takes a sample at rest: the application has closed its tracers and is idle. Memory is released some time after a
     * collection finds it, so collections are repeated until nothing changes any more.
     */
    String rest() {
        long[] sample = sample();
        for (int same = 0, tries = 0; same < SAME && tries < MOST_TRIES; tries++) {
            collectGarbage();
            LockSupport.parkNanos(PAUSE_NS);
            final long[] next = sample();
            final boolean falls = fallsBelow(next, sample);
            same = falls ? 0 : same + 1;
            sample = next;
        }
        atRest.add(sample);
        return "at rest: " + show(sample);
    }

    private static boolean fallsBelow(long[] next, long[] sample) {
        for (int i = 0; i < sample.length; i++) {
            if (next[i] < sample[i] && i != Resource.HEAP_AFTER_GC.ordinal()) {
                return true;
            }
        }
        return false;
    }

    private static String show(long[] sample) {
        final StringBuilder text = new StringBuilder();
        for (Resource resource : Resource.values()) {
            text.append(resource)
                    .append(' ')
                    .append(resource.show(sample[resource.ordinal()]))
                    .append(' ');
        }
        return text.toString();
    }

    /** @return the compared values, as text */
    String assertFlat() {
        final List<String> compared = new ArrayList<>();
        final List<String> rising = new ArrayList<>();
        final List<long[]> working;
        synchronized (atWork) {
            working = List.copyOf(atWork);
        }
        for (Resource resource : Resource.values()) {
            compared.add(resource + " at rest " + compare(resource, atRest, resource.allowanceAtRest, rising));
            if (working.size() >= LEAST_SAMPLES) {
                compared.add("at work " + compare(resource, working, resource.allowanceAtWork, rising));
            }
            compared.add("peak " + resource.show(peak(resource, working)));
        }
        final String text = String.join(", ", compared);
        assertEquals(List.of(), rising, text);
        return text;
    }

    private static String compare(Resource resource, List<long[]> samples, long allowance, List<String> rising) {
        final int warmUp = Math.max(1, samples.size() / 6);
        if (samples.size() - warmUp < 2) {
            return "not compared";
        }
        final int third = Math.max(1, (samples.size() - warmUp) / 3);
        final long first = median(resource, samples.subList(warmUp, warmUp + third));
        final long last = median(resource, samples.subList(samples.size() - third, samples.size()));
        final String text = resource.show(first) + " -> " + resource.show(last);
        if (last > first + allowance) {
            rising.add(resource + " " + text + ", more than " + resource.show(allowance) + " above");
        }
        return text;
    }

    private static long median(Resource resource, List<long[]> samples) {
        final List<Long> values = new ArrayList<>();
        samples.forEach(sample -> values.add(sample[resource.ordinal()]));
        values.sort(null);
        return values.get(values.size() / 2);
    }

    private static long peak(Resource resource, List<long[]> samples) {
        long peak = 0;
        for (long[] sample : samples) {
            peak = Math.max(peak, sample[resource.ordinal()]);
        }
        return peak;
    }
}
