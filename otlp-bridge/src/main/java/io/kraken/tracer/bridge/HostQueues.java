package io.kraken.tracer.bridge;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The list of current queues, oldest first: written by the janitor, read by all agents. */
final class HostQueues {

    private volatile List<HostQueue> list = List.of();
    private volatile Map<String, long[]> past = Map.of();

    /** An immutable list; replaced by another one when a queue appears or disappears. */
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

    /** The counts of queues that do not exist any more, by service; see {@link ReadCount}. */
    Map<String, long[]> past() {
        return past;
    }
}
