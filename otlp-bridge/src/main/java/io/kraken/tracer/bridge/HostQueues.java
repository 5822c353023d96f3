package io.kraken.tracer.bridge;

import java.util.List;

/** The queues that there are, oldest first: written by the custodian, read by all. */
final class HostQueues {

    private volatile List<HostQueue> list = List.of();

    /** Never changes; another list replaces it when a queue comes or goes. */
    List<HostQueue> list() {
        return list;
    }

    void list(List<HostQueue> now) {
        list = List.copyOf(now);
    }
}
