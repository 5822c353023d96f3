package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.DecodingSink;
import io.kraken.tracer.ring.ExpectedSpan;
import io.kraken.tracer.ring.Harness;
import io.kraken.tracer.ring.RandomSpan;
import io.kraken.tracer.ring.RandomText;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Property test: random spans, from the API call to the request read by an independent decoder, compared with a model.
 */
class OtlpEncoderPropertyTest {

    private static final int DEPTH = 4;
    private static final int MOST_WAITING = 500;

    private final Map<ByteString, ExpectedSpan> expected = new HashMap<>();
    private final Map<ByteString, ByteString> parents = new HashMap<>();
    private SplittableRandom random;
    private ExpectedSpan.Limits limits;
    private Harness<DecodingSink> rig;
    private int recordLength;
    private int started;

    @ParameterizedTest(name = "seed {0}, records of {1} bytes")
    @CsvSource({"1, 256", "2, 256", "3, 128", "4, 512", "5, 4096", "6, 4096"})
    void exportsExactlyWhatWasSet(long seed, int length) {
        run(seed, length, ExpectedSpan.Limits.DEFAULT, 300);
    }

    @ParameterizedTest(name = "seed {0}, {1} attributes, {2} events, {3} links, {4} each, {5} characters")
    @CsvSource({"11, 3, 2, 1, 2, 10", "12, 0, 0, 0, 0, 0", "13, 1, 1, 1, 1, 1", "14, 5, 3, 4, 128, 2147483647"})
    void dropsAndCountsEntriesBeyondLimits(
            long seed, int attributes, int events, int links, int detailAttributes, int valueLength) {
        run(seed, 4096, new ExpectedSpan.Limits(attributes, events, links, detailAttributes, valueLength), 200);
    }

    private void run(long seed, int length, ExpectedSpan.Limits given, int rounds) {
        random = new SplittableRandom(seed);
        limits = given;
        recordLength = length;
        rig = Harness.driven(
                Harness.config()
                        .with(TracerConfig.RECORD_LENGTH, length)
                        .with(TracerConfig.RESOURCE_ATTRIBUTES, "zone=eu%201,empty=,tür=größe")
                        .with(TracerConfig.MAX_ATTRIBUTES, given.attributes())
                        .with(TracerConfig.MAX_EVENTS, given.events())
                        .with(TracerConfig.MAX_LINKS, given.links())
                        .with(TracerConfig.MAX_DETAIL_ATTRIBUTES, given.detailAttributes())
                        .with(TracerConfig.MAX_VALUE_LENGTH, given.valueLength()),
                DecodingSink::new);
        final String where = "seed " + seed + ", records of " + length + ", " + given;
        for (int round = 0; round < rounds; round++) {
            tree(0);
            rig.sweep();
            awaitExceptions();
        }
        final Ledger ledger = rig.close();
        rig.sink.assertSound();
        assertEquals(started, ledger.shipped(), where + ledger);
        assertEquals(started, rig.sink.spans.size(), where);
        assertEquals(0, ledger.count(Counter.RECORDS_FULL) + ledger.count(Counter.INTERNAL_ERRORS), where + ledger);
        compare(where);
        for (ExportTraceServiceRequest request : rig.sink.requests) {
            assertResourceAndScope(request, where);
        }
    }

    /** Spans whose exceptions are still being read, on another thread, hold their records: not too many of them. */
    private void awaitExceptions() {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (started - rig.tracer.ledger().shipped() > MOST_WAITING && System.nanoTime() - deadline < 0) {
            rig.sweep();
            Thread.onSpinWait();
        }
    }

    /** A span, its children, and their children: attached and detached, under local, remote and no parents. */
    private void tree(int depth) {
        final SpanKind kind = SpanKind.values()[random.nextInt(SpanKind.values().length)];
        final boolean detached = random.nextInt(4) == 0;
        final RandomSpan one = random.nextBoolean() ? named(kind, detached) : nameless(kind, detached);
        started++;
        one.makeCalls();
        for (int i = depth < DEPTH ? random.nextInt(3) : 0; i > 0; i--) {
            tree(depth + 1);
        }
        one.makeCalls();
        one.span.end();
        one.span.set("after", "the end").name("too late");
    }

    private RandomSpan named(SpanKind kind, boolean detached) {
        final io.kraken.tracer.SpanName name = RandomSpan.NAMES[random.nextInt(RandomSpan.NAMES.length)];
        final TraceContext parent = parent();
        final TraceContext under = parent == null ? rig.tracer.currentContext() : parent;
        final io.kraken.tracer.Span span = detached
                ? parent == null ? rig.tracer.startDetached(name, kind) : rig.tracer.startDetached(name, kind, parent)
                : parent == null ? rig.tracer.start(name, kind) : rig.tracer.start(name, kind, parent);
        return random(span, under, name.toString(), kind);
    }

    private RandomSpan nameless(SpanKind kind, boolean detached) {
        final String name = new RandomText(random).next(random.nextInt(4) == 0 ? recordLength : 40);
        final TraceContext parent = parent();
        final TraceContext under = parent == null && !detached ? rig.tracer.currentContext() : parent;
        final io.kraken.tracer.Span span = detached
                ? rig.tracer.startDetached(name, kind, parent)
                : parent == null ? rig.tracer.start(name, kind) : rig.tracer.start(name, kind, parent);
        return random(span, under, name, kind);
    }

    /** A random parent; null for the current span. */
    private TraceContext parent() {
        switch (random.nextInt(6)) {
            case 0:
                final RemoteContext caller = new RemoteContext()
                        .set(random.nextLong(), random.nextLong(), random.nextLong() | 1, random.nextInt(256));
                return random.nextBoolean() ? caller : caller.debug();
            case 1:
                return new RemoteContext(); // invalid, so a new trace begins
            case 2:
                return new RemoteContext().copy(rig.tracer.currentContext());
            default:
                return null;
        }
    }

    private RandomSpan random(io.kraken.tracer.Span span, TraceContext under, String name, SpanKind kind) {
        final boolean child = under != null && under.isValid();
        final ExpectedSpan model = new ExpectedSpan(limits, span, under, name, kind);
        final boolean remote = child && under instanceof RemoteContext && isForeign(under);
        model.flags((child ? under.flags() : 3) | (remote ? 0x300 : 0x100));
        if (child) {
            model.traceState(under.traceState());
        }
        expected.put(model.id(), model);
        if (child && !remote) {
            parents.put(model.id(), ExpectedSpan.id(under.spanId()));
        }
        final int budget = RecordLayout.maxLength(recordLength) - 512 - 6 * recordLength;
        final int longest = limits.valueLength() < 100 ? 3 * limits.valueLength() : Math.min(20_000, recordLength * 8);
        return new RandomSpan(span, model, random, longest, budget);
    }

    /** Whether the context refers to a span of another tracer. */
    private boolean isForeign(TraceContext context) {
        return !expected.containsKey(ExpectedSpan.id(context.spanId()));
    }

    private void compare(String where) {
        final Map<ByteString, Span> arrived = new HashMap<>();
        for (Span span : rig.sink.spans) {
            arrived.put(span.getSpanId(), span);
        }
        assertEquals(expected.size(), arrived.size(), where);
        for (ExpectedSpan model : expected.values()) {
            final Span span = arrived.get(model.id());
            assertSame(model.expected(), ExpectedSpan.normal(span), where);
            assertEquals(model.stackTraces(), stackTraces(span), where);
            assertKeysAreUnique(span.getAttributesList(), where);
            assertTimesAreInOrder(span, arrived.get(parents.getOrDefault(model.id(), ByteString.EMPTY)), where);
        }
    }

    private static void assertSame(Span expected, Span actual, String where) {
        if (expected.equals(actual)) {
            return;
        }
        final String[] wanted = expected.toString().split("\n");
        final String[] found = actual.toString().split("\n");
        int same = 0;
        while (same < Math.min(wanted.length, found.length) && wanted[same].equals(found[same])) {
            same++;
        }
        final int from = Math.max(0, same - 8);
        assertEquals(excerpt(wanted, from), excerpt(found, from), where);
    }

    /** The lines around a difference; spans are long. */
    private static String excerpt(String[] lines, int from) {
        final StringBuilder text = new StringBuilder();
        for (int i = from; i < Math.min(lines.length, from + 20); i++) {
            text.append(lines[i], 0, Math.min(200, lines[i].length())).append('\n');
        }
        return text.toString();
    }

    private static int stackTraces(Span span) {
        int count = 0;
        for (Span.Event event : span.getEventsList()) {
            for (KeyValue attribute : event.getAttributesList()) {
                count += attribute.getKey().equals(ExpectedSpan.STACK_TRACE) ? 1 : 0;
            }
        }
        return count;
    }

    private static void assertKeysAreUnique(List<KeyValue> attributes, String where) {
        final Set<String> keys = new HashSet<>();
        for (KeyValue attribute : attributes) {
            assertTrue(keys.add(attribute.getKey()), where + ": twice: " + attribute.getKey());
        }
    }

    private static void assertTimesAreInOrder(Span span, Span parent, String where) {
        final List<Long> times = new ArrayList<>();
        if (parent != null) {
            times.add(parent.getStartTimeUnixNano());
        }
        times.add(span.getStartTimeUnixNano());
        for (Span.Event event : span.getEventsList()) {
            times.add(event.getTimeUnixNano());
        }
        times.add(span.getEndTimeUnixNano());
        for (int i = 1; i < times.size(); i++) {
            assertTrue(times.get(i - 1) <= times.get(i), where + ": " + times + " of " + span);
        }
        final long now = System.currentTimeMillis() * 1_000_000;
        assertTrue(Math.abs(now - span.getStartTimeUnixNano()) < 300_000_000_000L, where + ": " + span);
    }

    private void assertResourceAndScope(ExportTraceServiceRequest request, String where) {
        final Map<String, String> resource = new HashMap<>();
        for (KeyValue attribute : request.getResourceSpans(0).getResource().getAttributesList()) {
            resource.put(attribute.getKey(), attribute.getValue().getStringValue());
        }
        assertEquals(rig.config.resource(), resource, where);
        assertEquals("eu 1", resource.get("zone"), where);
        assertEquals(
                OtlpResource.SCOPE_NAME,
                request.getResourceSpans(0).getScopeSpans(0).getScope().getName(),
                where);
    }
}
