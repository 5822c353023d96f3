package io.kraken.tracer.bridge;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The queues that there are, oldest first: written by the custodian, read by all. */
final class HostQueues {

    private volatile List<HostQueue> list = List.of();
    private volatile Map<String, long[]> past = Map.of();

    /** Never changes; another list replaces it when a queue comes or goes. */
    List<HostQueue> list() {
        return list;
    }

    void list(List<HostQueue> now) {
        final Map<String, long[]> gone = new HashMap<>(past);
        for (HostQueue queue : list) {
            if (!now.contains(queue)) {
                Metrics.add(gone, queue);
            }
        }
        past = Map.copyOf(gone);
        list = List.copyOf(now);
    }

    /** What the queues that are not there any more have counted, by service; see {@link ReadCount}. */
    Map<String, long[]> past() {
        return past;
    }
}
