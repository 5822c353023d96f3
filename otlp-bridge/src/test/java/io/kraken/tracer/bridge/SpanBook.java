package io.kraken.tracer.bridge;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.agrona.collections.LongHashSet;

/**
 * A receiver's records of each span, by service and the number that the service gave it, or by span id if it has none.
 * Thread-safe.
 */
final class SpanBook {

    private final Map<String, Page> pages = new HashMap<>();
    private long duplicates;
    private long resentAfterRefusal;
    private int mostSpans;

    private static final class Page {
        private byte[] taken = new byte[1 << 12];
        private final BitSet refused = new BitSet();
        private final LongHashSet takenIds = new LongHashSet();
        private final LongHashSet refusedIds = new LongHashSet();
        private long distinct;
        private int most = -1;

        private boolean isRefused(int number, long id) {
            return number < 0 ? refusedIds.contains(id) : refused.get(number);
        }
    }

    /** An action for each span, with its page and number, or its id if the number is negative. */
    private interface Entry {
        void make(Page page, int number, long id);
    }

    /** Records the arrival of a request, whatever the answer will be. */
    synchronized void arrived(ExportTraceServiceRequest request) {
        mostSpans = Math.max(mostSpans, count(request));
        each(request, (page, number, id) -> resentAfterRefusal += page.isRefused(number, id) ? 1 : 0);
    }

    private static int count(ExportTraceServiceRequest request) {
        int spans = 0;
        for (ResourceSpans resource : request.getResourceSpansList()) {
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                spans += scope.getSpansCount();
            }
        }
        return spans;
    }

    /** Records the spans of an accepted request. */
    synchronized void taken(ExportTraceServiceRequest request) {
        each(request, this::taken);
    }

    private void taken(Page page, int number, long id) {
        if (number < 0) {
            if (page.takenIds.add(id)) {
                page.distinct++;
            } else {
                duplicates++;
            }
            return;
        }
        if (number >= page.taken.length) {
            page.taken = Arrays.copyOf(page.taken, Math.max(number + 1, page.taken.length * 2));
        }
        if (page.taken[number]++ == 0) {
            page.distinct++;
        } else {
            duplicates++;
        }
        page.most = Math.max(page.most, number);
    }

    /** Records the spans of a refused request, which must not arrive again. */
    synchronized void refused(ExportTraceServiceRequest request) {
        each(request, (page, number, id) -> {
            if (number < 0) {
                page.refusedIds.add(id);
            } else {
                page.refused.set(number);
            }
        });
    }

    private void each(ExportTraceServiceRequest request, Entry entry) {
        for (ResourceSpans resource : request.getResourceSpansList()) {
            final Page page = page(serviceOf(resource));
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    entry.make(
                            page,
                            numberOf(span),
                            span.getSpanId().asReadOnlyByteBuffer().getLong());
                }
            }
        }
    }

    private Page page(String service) {
        return pages.computeIfAbsent(service, any -> new Page());
    }

    private static String serviceOf(ResourceSpans resource) {
        for (KeyValue attribute : resource.getResource().getAttributesList()) {
            if (attribute.getKey().equals("service.name")) {
                return attribute.getValue().getStringValue();
            }
        }
        throw new AssertionError("no service name: " + resource.getResource());
    }

    /** The number of a span; negative if it has none. */
    private static int numberOf(Span span) {
        final boolean numbered =
                span.getAttributesCount() > 0 && span.getAttributes(0).getKey().equals(QueuedSpans.NUMBER_KEY);
        return numbered ? Math.toIntExact(span.getAttributes(0).getValue().getIntValue()) : -1;
    }

    /** The first number of a service below the end that was neither accepted nor refused; negative if there is none. */
    synchronized long firstMissing(String service, long end) {
        for (int number = 0; number < end; number++) {
            if (!isKnown(service, number)) {
                return number;
            }
        }
        return -1;
    }

    /** Waits until all numbers of a service below the end were accepted or refused, while any spans arrive. */
    void awaitAll(String service, long end) {
        long missing;
        while ((missing = firstMissing(service, end)) >= 0) {
            final long first = missing;
            final long known = known();
            Waiting.until(
                    service + "'s number " + first + " of " + end, () -> known() > known || isKnown(service, first));
        }
    }

    private synchronized long known() {
        return distinct() + refused();
    }

    private synchronized boolean isKnown(String service, long number) {
        final Page page = page(service);
        return number < page.taken.length && page.taken[(int) number] != 0 || page.refused.get((int) number);
    }

    /** The number of distinct accepted spans of a service. */
    synchronized long distinct(String service) {
        return page(service).distinct;
    }

    /** Releases the memory for a service after its check. */
    synchronized void forget(String service) {
        pages.remove(service);
    }

    synchronized long distinct() {
        long sum = 0;
        for (Page page : pages.values()) {
            sum += page.distinct;
        }
        return sum;
    }

    /** The largest accepted number of a service; negative if there is none. */
    synchronized int most(String service) {
        return page(service).most;
    }

    synchronized long refused() {
        long sum = 0;
        for (Page page : pages.values()) {
            sum += page.refused.cardinality();
        }
        return sum;
    }

    /** The number of duplicate acceptances. */
    synchronized long duplicates() {
        return duplicates;
    }

    synchronized long resentAfterRefusal() {
        return resentAfterRefusal;
    }

    /** The number of spans in the largest request. */
    synchronized int mostSpansOfARequest() {
        return mostSpans;
    }
}
