package io.kraken.tracer.bridge.queues;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The list of current queues, oldest first: written by the janitor, read by all agents. */
public final class HostQueues {

    /** Maximum number of services with counts of their own; further services share one. */
    private static final int MOST_SERVICES = 1024;

    private static final String OTHERS = "others";

    private volatile List<HostQueue> list = List.of();
    private volatile Map<String, long[]> past = Map.of();

    /** An immutable list; replaced by another one when a queue appears or disappears. */
    public List<HostQueue> list() {
        return list;
    }

    void list(List<HostQueue> now) {
        final Map<String, long[]> gone = new HashMap<>(past);
        final Set<HostQueue> remaining = new HashSet<>(now);
        for (HostQueue queue : list) {
            if (!remaining.contains(queue)) {
                add(gone, queue);
            }
        }
        past = Map.copyOf(gone);
        list = List.copyOf(now);
    }

    /** The counts of queues that do not exist any more, by service; see {@link ReadCount}. */
    public Map<String, long[]> past() {
        return past;
    }

    /** Adds the counts of a queue to those of its service. */
    public static void add(Map<String, long[]> services, HostQueue queue) {
        final boolean fits = services.size() < MOST_SERVICES || services.containsKey(queue.service());
        final long[] sums = services.getOrDefault(fits ? queue.service() : OTHERS, new long[ReadCount.values().length])
                .clone();
        for (ReadCount count : ReadCount.values()) {
            sums[count.ordinal()] += queue.counts().get(count);
        }
        services.put(fits ? queue.service() : OTHERS, sums);
    }
}
