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

/** What a receiver has seen of each span, by its service and the number that the service gave it. Any thread. */
final class SpanBook {

    private final Map<String, Page> pages = new HashMap<>();
    private long duplicates;
    private long sentAgainThoughRefused;
    private int mostSpans;

    private static final class Page {
        private byte[] taken = new byte[1 << 12];
        private final BitSet refused = new BitSet();
        private long distinct;
        private int most = -1;
    }

    /** Somebody does something with the page and the number of each span. */
    private interface Entry {
        void make(Page page, int number);
    }

    /** A request is here, whatever it will be answered. */
    synchronized void arrived(ExportTraceServiceRequest request) {
        mostSpans = Math.max(mostSpans, count(request));
        each(request, (page, number) -> sentAgainThoughRefused += page.refused.get(number) ? 1 : 0);
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

    /** Its spans count as received. */
    synchronized void taken(ExportTraceServiceRequest request) {
        each(request, this::taken);
    }

    private void taken(Page page, int number) {
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

    /** Its spans are never to come again. */
    synchronized void refused(ExportTraceServiceRequest request) {
        each(request, (page, number) -> page.refused.set(number));
    }

    private void each(ExportTraceServiceRequest request, Entry entry) {
        for (ResourceSpans resource : request.getResourceSpansList()) {
            final Page page = page(serviceOf(resource));
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    entry.make(page, numberOf(span));
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

    private static int numberOf(Span span) {
        return Math.toIntExact(span.getAttributes(0).getValue().getIntValue());
    }

    /** The first of a service's numbers below the end that was neither taken nor refused; negative without. */
    synchronized long firstMissing(String service, long end) {
        for (int number = 0; number < end; number++) {
            if (!isKnown(service, number)) {
                return number;
            }
        }
        return -1;
    }

    /** Until all of a service's numbers below the end were taken or refused, for as long as others come. */
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

    /** Spans of a service that were taken, however often. */
    synchronized long distinct(String service) {
        return page(service).distinct;
    }

    synchronized long distinct() {
        long sum = 0;
        for (Page page : pages.values()) {
            sum += page.distinct;
        }
        return sum;
    }

    /** The largest number of a service that was taken; negative without. */
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

    /** Spans that were taken more than once, each time but the first. */
    synchronized long duplicates() {
        return duplicates;
    }

    synchronized long sentAgainThoughRefused() {
        return sentAgainThoughRefused;
    }

    /** Of all requests that came, those of the largest. */
    synchronized int mostSpansOfARequest() {
        return mostSpans;
    }
}
