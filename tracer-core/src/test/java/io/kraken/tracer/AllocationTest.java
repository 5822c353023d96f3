package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.text.Symbols;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Recording any kind of span allocates nothing on the caller's thread. */
class AllocationTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName EVENT = SpanName.of("event");
    private static final StringKey TEXT = Key.ofString("text");
    private static final LongKey NUMBER = Key.ofLong("number");
    private static final String ASCII = "GET /artifacts/linux/amd64/kraken-agent";
    private static final String LATIN = "für Größe und Maß: ÄÖÜ äöü ß é è ê ".repeat(3);
    private static final String WIDE = "価格は€5、\uD83D\uDE80で発送".repeat(5);
    private static final RuntimeException FAILURE = new IllegalStateException("broken");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private void assertNoGarbage(Runnable span) {
        traced.sink.keeping(false);
        traced.tracer();
        Garbage.assertNone(span);
    }

    private Span start() {
        return traced.tracer().start(NAME);
    }

    @Test
    void bareSpan() {
        assertNoGarbage(() -> start().end());
    }

    @Test
    void attributesOfEveryType() {
        final Key.DoubleKey ratio = Key.ofDouble("ratio");
        final Key.BooleanKey flag = Key.ofBoolean("flag");
        assertNoGarbage(() -> start().set(TEXT, ASCII)
                .set(NUMBER, 7)
                .set(ratio, 0.5)
                .set(flag, true)
                .end());
    }

    @Test
    void arrays() {
        final Key.StringsKey texts = Key.ofStrings("texts");
        final Key.LongsKey numbers = Key.ofLongs("numbers");
        final Key.DoublesKey ratios = Key.ofDoubles("ratios");
        final Key.BooleansKey flags = Key.ofBooleans("flags");
        final String[] three = {ASCII, null, LATIN};
        final long[] longs = new long[20];
        final double[] doubles = new double[3];
        final boolean[] booleans = new boolean[5];
        assertNoGarbage(() -> start().set(texts, three)
                .set(numbers, longs)
                .set(ratios, doubles)
                .set(flags, booleans)
                .end());
    }

    @Test
    void longStringsOfAllKinds() {
        assertNoGarbage(() -> start().set(TEXT, LATIN)
                .set("wide", WIDE)
                .name(EVENT)
                .error(LATIN)
                .end());
    }

    @Test
    void events() {
        assertNoGarbage(() -> {
            final Span span = start();
            span.event(EVENT).set(NUMBER, 1).set(TEXT, ASCII);
            span.event("span").set(TEXT, LATIN);
            span.end();
        });
    }

    @Test
    void links() {
        final RemoteContext other = new RemoteContext().set(1, 2, 3, 1);
        final RemoteContext stated = new RemoteContext().set(1, 2, 3, 1).debug();
        assertNoGarbage(() -> {
            final Span span = start();
            span.link(other).set(NUMBER, 1);
            span.link(stated).set(NUMBER, 2);
            span.end();
        });
    }

    @Test
    void exceptions() {
        assertNoGarbage(() -> {
            final Span span = start();
            span.exception(FAILURE).set(NUMBER, 1);
            span.error(null);
            span.end();
        });
    }

    @Test
    void nestedFiveDeep() {
        final SpanName[] names = {NAME, EVENT, NAME, EVENT, NAME};
        final Span[] open = new Span[names.length];
        assertNoGarbage(() -> {
            for (int i = 0; i < names.length; i++) {
                open[i] = traced.tracer().start(names[i], SpanKind.CLIENT);
            }
            for (int i = names.length - 1; i >= 0; i--) {
                open[i].end();
            }
        });
    }

    @Test
    void detachedSpansAndExplicitParents() {
        final RemoteContext remote = new RemoteContext();
        assertNoGarbage(() -> {
            final Span server = traced.tracer().startDetached(NAME, SpanKind.SERVER, remote.set(1, 2, 3, 1));
            final Span child = traced.tracer().start(EVENT, SpanKind.CLIENT, server);
            server.set(NUMBER, 1).event(EVENT).set(NUMBER, 2);
            child.end();
            server.end();
        });
    }

    @Test
    void spansMadeCurrent() {
        assertNoGarbage(() -> {
            final Span span = traced.tracer().startDetached(NAME, SpanKind.SERVER);
            final Scope scope = span.makeCurrent();
            start().end();
            scope.close();
            span.end();
        });
    }

    @Test
    void remoteParentsFromHeaders() {
        final RemoteContext remote = new RemoteContext();
        final String header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assertNoGarbage(() -> traced.tracer()
                .start(NAME, SpanKind.SERVER, remote.parse(header))
                .end());
    }

    @Test
    void knownNamesAndKeys() {
        SpanName.of("name met before");
        Key.ofLong("key met before");
        assertNoGarbage(() -> traced.tracer()
                .start("name met before", SpanKind.INTERNAL)
                .set("key met before", 1)
                .set("key met before", ASCII)
                .name("name met before")
                .end());
    }

    @Test
    void inlineNamesAndKeys() {
        TracerFixture.fillSymbols();
        final String name = "a name that finds the table full, or nearly so";
        assertSame(null, Symbols.process().lookUp(name));
        assertNoGarbage(() -> {
            final Span span = traced.tracer().start(name, SpanKind.INTERNAL);
            span.set(name, 1).set(name, LATIN).event(name).set(NUMBER, 1);
            span.end();
        });
    }

    @Test
    void namesAndKeysTooLongForTheTable() {
        final String name = "für".repeat(80); // 240 characters, 320 bytes
        final Symbols empty = new Symbols(64 * 1024);
        assertNoGarbage(() -> empty.lookUp(name));
        assertNoGarbage(() ->
                traced.tracer().start(name, SpanKind.INTERNAL).set(name, 1).end());
    }

    @Test
    void growthIntoOverflowRecords() {
        final String kilobyte = "k".repeat(1_000);
        assertNoGarbage(() -> {
            final Span span = start();
            span.set(TEXT, kilobyte).set("wide", kilobyte).set(NUMBER, 1).set("number", kilobyte);
            span.event(EVENT).set(TEXT, WIDE);
            span.end();
        });
    }

    @Test
    void limitsReachedAndKeysReplaced() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 2).with(TracerConfig.MAX_EVENTS, 0);
        assertNoGarbage(() -> {
            final Span span = start();
            span.set(NUMBER, 1)
                    .set(TEXT, ASCII)
                    .set(NUMBER, 2)
                    .set("wide", ASCII)
                    .set(NUMBER, 3);
            span.event(EVENT).set(NUMBER, 1);
            span.exception(FAILURE);
            span.end();
        });
    }

    @Test
    void spansThatFindNoRecord() {
        final List<Span> open = new ArrayList<>();
        for (int i = 0; i < TracerFixture.RECORDS; i++) {
            open.add(traced.tracer().startDetached(NAME, SpanKind.INTERNAL));
        }
        assertNoGarbage(() -> start().set(NUMBER, 1).end());
        open.forEach(Span::end);
        assertEquals(TracerFixture.RECORDS, traced.tracer().ledger().published());
    }

    @Test
    void spansThatTheSinkRefuses() {
        traced.sink.refusing(true);
        assertNoGarbage(() -> start().set(NUMBER, 1).end());
        assertEquals(0, traced.tracer().ledger().published());
    }

    @Test
    void recordingSwitchedOff() {
        traced.tracer().recording(false);
        assertNoGarbage(() -> start().set(TEXT, ASCII).end());
    }

    @Test
    void misuse() {
        final Span ended = start();
        ended.end();
        assertNoGarbage(() -> {
            ended.set(NUMBER, 1).end();
            traced.tracer().start(NAME, null).set((LongKey) null, 1);
        });
    }

    @Test
    void disabledTracer() {
        final Tracer off = Tracer.disabled();
        assertNoGarbage(() -> {
            final Span span = off.start(NAME);
            span.set(TEXT, ASCII).event(EVENT).set(NUMBER, 1);
            span.exception(FAILURE);
            span.makeCurrent().close();
            span.end();
        });
        assertEquals(0, traced.tracer().ledger().started());
    }
}
