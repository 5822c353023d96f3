package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.BooleansKey;
import io.kraken.tracer.Key.DoubleKey;
import io.kraken.tracer.Key.DoublesKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.LongsKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Key.StringsKey;
import io.kraken.tracer.file.Counter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a program records in a span, and what a reader of its record finds. */
class SpanTest {

    private static final SpanName NAME = SpanName.of("span");
    private static final SpanName RETRY = SpanName.of("retry");
    private static final StringKey TEXT = Key.ofString("text");
    private static final LongKey NUMBER = Key.ofLong("number");
    private static final DoubleKey RATIO = Key.ofDouble("ratio");
    private static final BooleanKey FLAG = Key.ofBoolean("flag");
    private static final StringsKey TEXTS = Key.ofStrings("texts");
    private static final LongsKey NUMBERS = Key.ofLongs("numbers");
    private static final DoublesKey RATIOS = Key.ofDoubles("ratios");
    private static final BooleansKey FLAGS = Key.ofBooleans("flags");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @Test
    void spanHasNameAndKind() {
        traced.tracer().start(NAME).end();
        for (SpanKind kind : SpanKind.values()) {
            traced.tracer().start(NAME, kind).end();
        }
        assertEquals("""
                span INTERNAL
                span INTERNAL
                span SERVER
                span CLIENT
                span PRODUCER
                span CONSUMER
                """, traced.picture());
    }

    @Test
    void attributesOfEveryType() {
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "a").set(NUMBER, 1).set(RATIO, 0.5).set(FLAG, true);
            span.set(TEXTS, new String[] {"a", null, "", "ü"}).set(NUMBERS, new long[] {1, -2});
            span.set(RATIOS, new double[] {0.25, -0.0}).set(FLAGS, new boolean[] {true, false});
        }
        assertEquals("""
                span INTERNAL
                  .text = "a"
                  .number = 1
                  .ratio = 0.5
                  .flag = true
                  .texts = strings["a", null, "", "ü"]
                  .numbers = longs[1, -2]
                  .ratios = doubles[0.25, -0.0]
                  .flags = booleans[true, false]
                """, traced.picture());
    }

    @Test
    void recordsEmptyAndExtremeValues() {
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "")
                    .set(NUMBER, Long.MIN_VALUE)
                    .set(RATIO, Double.NaN)
                    .set(FLAG, false);
            span.set(TEXTS, new String[0]).set(NUMBERS, new long[0]);
            span.set(RATIOS, new double[0]).set(FLAGS, new boolean[0]);
        }
        try (Span span = traced.tracer().start(NAME)) {
            span.set(NUMBERS, new long[] {Long.MAX_VALUE, 0}).set(TEXTS, new String[] {null});
            span.set(RATIOS, new double[] {Double.MIN_VALUE, Double.MAX_VALUE, Double.NEGATIVE_INFINITY, Double.NaN});
        }
        assertEquals("""
                span INTERNAL
                  .text = ""
                  .number = -9223372036854775808
                  .ratio = NaN
                  .flag = false
                  .texts = strings[]
                  .numbers = longs[]
                  .ratios = doubles[]
                  .flags = booleans[]
                span INTERNAL
                  .numbers = longs[9223372036854775807, 0]
                  .texts = strings[null]
                  .ratios = doubles[4.9E-324, 1.7976931348623157E308, -Infinity, NaN]
                """, traced.picture());
    }

    @Test
    void lastValueOfAKeyWinsWhateverItsType() {
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "first").set(NUMBER, 1).set(TEXT, "last");
            span.set(Key.ofLong("text"), 3).set("number", "now a text");
        }
        assertEquals("""
                span INTERNAL
                  .text = 3
                  .number = "now a text"
                """, traced.picture());
    }

    @Test
    void runTimeKeysAndNamesEqualHandles() {
        try (Span span = traced.tracer().start("run " + "time", SpanKind.CLIENT)) {
            span.set("te" + "xt", "a").set("number", 2).set("ratio", 1.5).set("flag", true);
            span.set(TEXT, "b").event("dynamic event").set(NUMBER, 7);
        }
        try (Span span = traced.tracer().start(NAME)) {
            span.name("renamed").name(RETRY).name("renamed at last");
        }
        assertEquals("""
                run time CLIENT
                  .number = 2
                  .ratio = 1.5
                  .flag = true
                  .text = "b"
                  * dynamic event {number=7}
                renamed at last INTERNAL
                """, traced.picture());
    }

    @Test
    void tooLongTextsAreInline() {
        final String longKey = "k".repeat(256);
        final String longName = "ñ".repeat(200);
        final StringKey handle = Key.ofString("handle " + longKey);
        try (Span span = traced.tracer().start(longName, SpanKind.INTERNAL)) {
            span.set(longKey, 1).set(handle, "x").set(longKey, 2).event(longName);
        }
        try (Span span = traced.tracer().startDetached(longName, SpanKind.SERVER, null)) {
            span.name(NAME).name(longName);
        }
        assertEquals(
                longName + " INTERNAL\n  .handle " + longKey + " = \"x\"\n  ." + longKey + " = 2\n  * " + longName
                        + "\n" + longName + " SERVER\n",
                traced.picture());
    }

    @Test
    void fullSymbolTableDoesNotChangeWhatIsRead() {
        TracerFixture.fillSymbols();
        final String name = "not in the table " + System.nanoTime();
        try (Span span = traced.tracer().start(name, SpanKind.INTERNAL)) {
            span.set(name + ".key", "a").set(name + ".other", 1).set(name + ".key", "b");
            span.event(name).set(TEXT, "c");
        }
        assertEquals(
                name + " INTERNAL\n  ." + name + ".other = 1\n  ." + name + ".key = \"b\"\n  * " + name
                        + " {text=\"c\"}\n",
                traced.picture());
        assertEquals(5, traced.count(Counter.SYMBOLS_FULL), "each inline text is counted");
    }

    @Test
    void eventsLinksAndExceptionsHaveAttributes() {
        final RemoteContext other = new RemoteContext().set(0xA, 0xB, 0xC, TraceContext.SAMPLED);
        try (Span span = traced.tracer().start(NAME)) {
            span.event(RETRY)
                    .set(NUMBER, 3)
                    .set(TEXT, "x")
                    .set(RATIO, 0.5)
                    .set(FLAG, true)
                    .set(NUMBER, 4);
            span.set(TEXT, "of the span");
            span.link(other).set(FLAG, false);
            span.link(span);
            span.exception(new IllegalStateException("broken")).set(Key.ofBoolean("exception.escaped"), true);
        }
        final String[] lines = traced.picture().split("\n");
        assertEquals("  * retry {text=\"x\", ratio=0.5, flag=true, number=4}", lines[2]);
        assertEquals("  -> 000000000000000a000000000000000b-000000000000000c flags=301 {flag=false}", lines[3]);
        assertTrue(lines[4].matches(" {2}-> [0-9a-f]{32}-[0-9a-f]{16} flags=103"), lines[4]);
        assertEquals(
                "  * exception {exception.type=\"java.lang.IllegalStateException\", exception.message=\"broken\","
                        + " exception.escaped=true} thrown IllegalStateException",
                lines[5]);
        assertEquals(6, lines.length);
    }

    @Test
    void numberOfStackTracesIsBounded() {
        try (Span span = traced.tracer().start(NAME)) {
            for (int i = 0; i < ThrownPool.MOST_OF_SPAN + 2; i++) {
                span.exception(new RuntimeException("number " + i));
            }
        }
        final String[] lines = traced.picture().split("\n");
        assertEquals(1 + ThrownPool.MOST_OF_SPAN + 2, lines.length);
        for (int i = 1; i < lines.length; i++) {
            assertTrue(lines[i].contains("exception.message=\"number " + (i - 1) + '"'), lines[i]);
            assertEquals(i <= ThrownPool.MOST_OF_SPAN, lines[i].endsWith("} thrown RuntimeException"), lines[i]);
        }
    }

    @Test
    void okIsFinalAndErrorIsNeverUnset() {
        start("unset").status(StatusCode.UNSET, "ignored").end();
        start("ok").ok().end();
        start("error").error("why").end();
        start("error, no description").error(null).end();
        start("ok keeps no description").status(StatusCode.OK, "ignored").end();
        start("ok stays").ok().error("too late").status(StatusCode.UNSET, null).end();
        start("ok beats error").error("first").ok().end();
        start("error stays").error("first").status(StatusCode.UNSET, "ignored").end();
        start("the last description counts").error("first").error("second").end();
        start("even when there is none").error("first").error(null).end();
        assertEquals("""
                unset INTERNAL
                ok INTERNAL
                  ! OK
                error INTERNAL
                  ! ERROR "why"
                error, no description INTERNAL
                  ! ERROR
                ok keeps no description INTERNAL
                  ! OK
                ok stays INTERNAL
                  ! OK
                ok beats error INTERNAL
                  ! OK
                error stays INTERNAL
                  ! ERROR "first"
                the last description counts INTERNAL
                  ! ERROR "second"
                even when there is none INTERNAL
                  ! ERROR ""
                """, traced.picture());
    }

    private Span start(String name) {
        return traced.tracer().start(name, SpanKind.INTERNAL);
    }

    @Test
    void limitsDropEntriesAndCountThem() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 2).with(TracerConfig.MAX_EVENTS, 1);
        traced.with(TracerConfig.MAX_LINKS, 1).with(TracerConfig.MAX_DETAIL_ATTRIBUTES, 1);
        final RemoteContext other = new RemoteContext().set(1, 2, 3, 0);
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "a").set(NUMBER, 1).set(RATIO, 0.5).set(FLAG, true).set(TEXTS, new String[] {"x"});
            span.set("other", 1L).set("other", "x").set("other", 0.5).set("other", true);
            span.set(NUMBERS, new long[1]).set(RATIOS, new double[1]).set(FLAGS, new boolean[1]);
            span.event(RETRY).set(TEXT, "kept").set(NUMBER, 1).set(RATIO, 0.5).set(FLAG, true);
            span.event(RETRY).set(TEXT, "of a dropped event");
            span.exception(new RuntimeException("dropped"));
            span.link(other).set(TEXT, "kept").set(TEXT, "one too many");
            span.link(other).set(TEXT, "of a dropped link");
        }
        assertEquals("""
                span INTERNAL
                  .text = "a"
                  .number = 1
                  * retry {text="kept"} dropped 3
                  -> 00000000000000010000000000000002-0000000000000003 flags=300 {text="kept"} dropped 1
                  - dropped attributes 10
                  - dropped events 2
                  - dropped links 1
                """, traced.picture());
        assertEquals(Map.of("truncated.entries", 17L), traced.problems());
    }

    @Test
    void keyMayChangeItsValueAtTheLimit() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 3);
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "a").set(NUMBER, 1).set(FLAG, true);
            for (int i = 2; i < 50; i++) {
                span.set(NUMBER, i).set(TEXT, "value " + i).set(RATIO, i).set(NUMBERS, new long[i]);
            }
            span.set(FLAGS, new boolean[2]).set(Key.ofBooleans("text"), new boolean[1]);
        }
        assertEquals("""
                span INTERNAL
                  .flag = true
                  .number = 49
                  .text = booleans[false]
                  - dropped attributes 97
                """, traced.picture());
    }

    @Test
    void inlineKeyMayChangeItsValueAtTheLimit() {
        traced.with(TracerConfig.MAX_ATTRIBUTES, 2);
        final String inline = "inline key ü ".repeat(25);
        try (Span span = traced.tracer().start(NAME)) {
            span.set(inline, "a").set(inline + 2, 1);
            for (int i = 2; i < 50; i++) {
                span.set(inline, "value " + i)
                        .set(inline + 2, i)
                        .set(inline + 3, i)
                        .set(inline.substring(1), true);
            }
            span.set(Key.ofLongs(inline + 2), new long[1]).set(Key.ofLongs(inline + 3), new long[1]);
        }
        assertEquals(
                "span INTERNAL\n  ." + inline + " = \"value 49\"\n  ." + inline + "2 = longs[0]\n"
                        + "  - dropped attributes 97\n",
                traced.picture());
    }

    @Test
    void truncatesValuesAtTheLengthLimit() {
        traced.with(TracerConfig.MAX_VALUE_LENGTH, 5);
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, "12345").set("long", "123456").set(TEXTS, new String[] {"1234567", "ü234567", "1"});
            span.event(RETRY).set(TEXT, "abcdefg");
        }
        assertEquals("""
                span INTERNAL
                  .text = "12345"
                  .long = "12345"
                  .texts = strings["12345", "ü2345", "1"]
                  * retry {text="abcde"}
                """, traced.picture());
        assertEquals(Map.of("truncated.values", 4L), traced.problems());
    }

    @Test
    void lengthLimitDoesNotSplitCodePoints() {
        traced.with(TracerConfig.MAX_VALUE_LENGTH, 3);
        final String rockets = "\uD83D\uDE80\uD83D\uDE80";
        try (Span span = traced.tracer().start(NAME)) {
            span.set(TEXT, rockets).set("shifted", "a" + rockets).set(TEXTS, new String[] {rockets, "\uD83D\uD83Dab"});
        }
        assertEquals("""
                span INTERNAL
                  .text = "\uD83D\uDE80"
                  .shifted = "a\uD83D\uDE80"
                  .texts = strings["\uD83D\uDE80", "??a"]
                """, traced.picture());
        assertEquals(Map.of("truncated.values", 4L), traced.problems());
    }

    @Test
    void lengthLimitAppliesToValuesOnly() {
        traced.with(TracerConfig.MAX_VALUE_LENGTH, 1);
        final String name = "a name that is not in the table " + "n".repeat(250);
        try (Span span = traced.tracer().start(name, SpanKind.INTERNAL)) {
            span.set(name, "value").error("a description").event(name);
        }
        assertEquals(
                name + " INTERNAL\n  ." + name + " = \"v\"\n  * " + name + "\n  ! ERROR \"a description\"\n",
                traced.picture());
    }

    @Test
    void truncatesKeysToAThousandCharacters() {
        traced.with(TracerConfig.RECORD_LENGTH, 1024);
        traced.tracer()
                .start(NAME)
                .set(TEXT, "leftovers of another span ".repeat(30))
                .end();
        traced.sink.forget();
        for (int i = 0; i < 4 * TracerFixture.CHUNK; i++) {
            traced.tracer().start(NAME).set(TEXT, "~".repeat(900)).end();
        }
        traced.sink.forget();
        try (Span span = traced.tracer().start(NAME)) {
            span.set("a" + "\uD83D\uDE80".repeat(600), 1);
        }
        assertEquals("span INTERNAL\n  .a" + "\uD83D\uDE80".repeat(511) + " = 1\n", traced.picture());
        assertEquals(Map.of("truncated.values", 1L), traced.problems());
    }

    @Test
    void endedSpanIgnoresAndCountsCalls() {
        final Span span = traced.tracer().start(NAME);
        final SpanAnnotation event = span.event(RETRY);
        assertTrue(span.isRecording());
        span.end();
        assertFalse(span.isRecording());
        span.set(TEXT, "a").set(NUMBER, 1).set(RATIO, 1).set(FLAG, true);
        span.set(TEXTS, new String[1]).set(NUMBERS, new long[1]).set(RATIOS, new double[1]);
        span.set(FLAGS, new boolean[1]).set("a", "b").set("a", 1).set("a", 1.0).set("a", true);
        span.name(RETRY).name("other").ok().error("e").status(StatusCode.OK, null);
        span.event(RETRY).set(TEXT, "a");
        span.event("x").set(TEXT, "a");
        span.exception(new RuntimeException()).set(TEXT, "a");
        span.link(new RemoteContext().set(1, 1, 1, 1)).set(TEXT, "a");
        event.set(TEXT, "a").set(NUMBER, 1).set(RATIO, 1).set(FLAG, true);
        span.makeCurrent().close();
        span.end();
        span.close();
        assertEquals("span INTERNAL\n  * retry\n", traced.picture());
        assertEquals(Map.of("misuse.after_end", 28L), traced.problems());
    }
}
