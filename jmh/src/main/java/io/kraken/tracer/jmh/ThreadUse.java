package io.kraken.tracer.jmh;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Set;

/** Processor time and allocated bytes so far: of the callers, of the exporter, of the whole process. */
record ThreadUse(
        long callerCpuNs,
        long callerBytes,
        long exporterCpuNs,
        long exporterBytes,
        long processCpuNs,
        long collections,
        long collectionMs) {

    static ThreadUse now(Set<Long> callers, String exporterThreads) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long callerCpuNs = 0;
        long callerBytes = 0;
        long exporterCpuNs = 0;
        long exporterBytes = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread == null) {
                continue;
            }
            final long id = thread.getThreadId();
            if (callers.contains(id)) {
                callerCpuNs += threads.getThreadCpuTime(id);
                callerBytes += threads.getThreadAllocatedBytes(id);
            } else if (thread.getThreadName().startsWith(exporterThreads)) {
                exporterCpuNs += threads.getThreadCpuTime(id);
                exporterBytes += threads.getThreadAllocatedBytes(id);
            }
        }
        long collections = 0;
        long collectionMs = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            collections += collector.getCollectionCount();
            collectionMs += collector.getCollectionTime();
        }
        final long processCpuNs =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
        return new ThreadUse(
                callerCpuNs, callerBytes, exporterCpuNs, exporterBytes, processCpuNs, collections, collectionMs);
    }

    ThreadUse since(ThreadUse before) {
        return new ThreadUse(
                callerCpuNs - before.callerCpuNs,
                callerBytes - before.callerBytes,
                exporterCpuNs - before.exporterCpuNs,
                exporterBytes - before.exporterBytes,
                processCpuNs - before.processCpuNs,
                collections - before.collections,
                collectionMs - before.collectionMs);
    }
}
