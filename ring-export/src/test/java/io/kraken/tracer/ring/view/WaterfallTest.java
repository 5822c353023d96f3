package io.kraken.tracer.ring.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.SpanKind;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.ring.Rig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaterfallTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final long EPOCH_NS = 1_700_000_000_000_000_000L;

    private static SpanData.Builder span(int id, int parent, String name, long startUs, long endUs) {
        return SpanData.of(TRACE, id(id), name)
                .parent(parent == 0 ? "" : id(parent), 0x101)
                .time(EPOCH_NS + startUs * 1000, EPOCH_NS + endUs * 1000)
                .resource(Map.of("service.name", "agent"));
    }

    private static String id(int id) {
        return String.format(Locale.ROOT, "%016x", id);
    }

    private static List<SpanData> download() {
        return List.of(
                span(4, 3, "connect", 500, 2_000).kind(SpanKind.CLIENT).build(),
                span(3, 1, "origin.fetch", 400, 11_000)
                        .kind(SpanKind.CLIENT)
                        .status(StatusCode.ERROR, "timed out")
                        .attribute("peer", "origin-1")
                        .event(new SpanData.Event("retry", EPOCH_NS, Map.of("attempt", 2L, "after", "reset"), 0))
                        .resource(Map.of("service.name", "origin"))
                        .build(),
                span(2, 1, "cache.lookup", 10, 300).attribute("hit", false).build(),
                span(1, 0, "agent.download_blob", 0, 12_310)
                        .kind(SpanKind.SERVER)
                        .status(StatusCode.OK, "")
                        .attribute("size", 42L)
                        .attribute("digest", "sha256:ab")
                        .build(),
                span(5, 3, "read", 2_000, 2_000).build(),
                span(7, 99, "late", 12_000, 12_100).build());
    }

    @Test
    void rendersTraceAsText() {
        assertEquals("""
                trace 0af7651916cd43dd8448eb211c80319c: 6 spans, 12.31 ms
                agent.download_blob |====================|         0  12.31 ms  agent SERVER OK size=42 digest=sha..
                |- cache.lookup     |=                   |   10.0 us  290.0 us  agent INTERNAL hit=false
                `- origin.fetch     |!!!!!!!!!!!!!!!!!!  |  400.0 us  10.60 ms  origin CLIENT ERROR: timed out pee..
                   |- connect       |====                |  500.0 us   1.50 ms  agent CLIENT
                   `- read          |   =                |   2.00 ms         0  agent INTERNAL
                late                |                   =|  12.00 ms  100.0 us  agent INTERNAL
                """, Waterfall.text(download(), 100));
    }

    @Test
    void cutsLongLinesForNarrowTerminal() {
        for (String line : Waterfall.text(download(), 60).split("\n")) {
            assertTrue(line.length() <= 60, line);
        }
    }

    @Test
    void rendersStructureForTests() {
        final List<SpanData> shuffled = new ArrayList<>(download());
        for (int seed = 0; seed < 20; seed++) {
            Collections.shuffle(shuffled, new Random(seed));
            assertEquals("""
                    agent.download_blob SERVER OK digest="sha256:ab" size=42
                      cache.lookup INTERNAL hit=false
                      origin.fetch CLIENT ERROR(timed out) peer="origin-1"
                        * retry after="reset" attempt=2
                        connect CLIENT
                        read INTERNAL
                    late INTERNAL
                    """, Waterfall.tree(shuffled));
        }
    }

    @Test
    void rendersStructureOfRealSpans() {
        final List<SpanData> spans = Rig.decoded(tracer -> {
            try (var outer = tracer.start(Rig.OUTER, SpanKind.CONSUMER)) {
                outer.set("list", "a").set("list", 1.5).exception(new IllegalStateException("boom"));
                tracer.start(Rig.INNER).set(Rig.TEXT, "\u20ac\n").end();
            }
        });
        assertEquals("""
                rig.outer CONSUMER list=1.5
                  * exception exception.message="boom" exception.type="java.lang.IllegalStateException"
                  rig.inner INTERNAL text="\u20ac?"
                """, Waterfall.tree(spans));
        assertTrue(spans.get(0)
                .events()
                .get(0)
                .attributes()
                .get("exception.stacktrace")
                .toString()
                .contains("\tat "));
    }

    @Test
    void showsSpansWithCyclicParentsAndRepeatedIds() {
        final List<SpanData> spans = List.of(
                span(1, 2, "a", 1, 9).build(),
                span(2, 1, "b", 2, 9).build(),
                span(3, 3, "self", 3, 9).build(),
                span(4, 2, "c", 4, 9).build(),
                span(4, 4, "c again", 5, 9).build());
        assertEquals("""
                self INTERNAL
                a INTERNAL
                  b INTERNAL
                    c INTERNAL
                      c again INTERNAL
                """, Waterfall.tree(spans));
    }

    @Test
    void rendersTreesOfAnyDepth() {
        final List<SpanData> chain = new ArrayList<>();
        for (int i = 1; i <= 5_000; i++) {
            chain.add(span(i, i - 1, "n" + i, i, 10_000).build());
        }
        assertEquals(5_001, Waterfall.text(chain, 100).lines().count());
        assertTrue(Waterfall.html(chain, "deep").contains("n5000"));
    }

    @Test
    void removesControlCharactersFromSpanTexts() {
        final SpanData span = span(1, 0, "a\u001b[2J\r\n\u202e\u2028", 0, 1)
                .attribute("k\u0007", "\u009b")
                .build();
        assertEquals("a?[2J???? INTERNAL k?=\"?\"\n", Waterfall.tree(List.of(span)));
        assertFalse(Waterfall.text(List.of(span), 100).chars().anyMatch(c -> c < ' ' && c != '\n'));
    }

    @Test
    void rendersNothingWithoutSpans() {
        assertEquals("", Waterfall.text(List.of(), 80));
        assertEquals("", Waterfall.tree(List.of()));
        assertTrue(Waterfall.html(List.of(), "none").endsWith("</html>\n"));
    }

    @Test
    void formatsDurations() {
        assertEquals("0", Waterfall.duration(0));
        assertEquals("999 ns", Waterfall.duration(999));
        assertEquals("-1.5 us", Waterfall.duration(-1_500));
        assertEquals("1.00 ms", Waterfall.duration(1_000_000));
        assertEquals("61.00 s", Waterfall.duration(61_000_000_000L));
    }

    @Test
    void pageEscapesTextsAndLoadsNothing() {
        final String evil = "</style><script>alert('1')</script>\"&";
        final String page = Waterfall.html(
                List.of(span(1, 0, evil, 0, 1000)
                        .attribute(evil, evil)
                        .traceState(evil)
                        .status(StatusCode.ERROR, evil)
                        .event(new SpanData.Event(evil, EPOCH_NS, Map.of(evil, List.of(evil)), 0))
                        .link(new SpanData.Link(evil, evil, evil, 0, Map.of(evil, evil), 0))
                        .resource(Map.of("service.name", evil))
                        .build()),
                evil);
        assertFalse(page.contains("<script"), page);
        assertFalse(page.contains("alert('"), page);
        assertFalse(page.contains("src=") || page.contains("href=") || page.contains("url("), page);
        assertEquals(1, page.split("</style>", -1).length - 1);
        assertTrue(page.contains("prefers-color-scheme:dark"));
        assertTrue(page.contains("default-src 'none'"));
        assertFalse(page.contains("null"));
    }

    @Test
    void thousandSpansGiveAPageOfModestSize() {
        final List<SpanData> spans = new ArrayList<>();
        for (int i = 1; i <= 1_000; i++) {
            spans.add(span(i, i / 4, "span " + i, i, 5_000 + i)
                    .attribute("n", (long) i)
                    .build());
        }
        final String page = Waterfall.html(spans, "thousand");
        assertEquals(1_000, page.split("<details>", -1).length - 1);
        assertTrue(page.length() < 1 << 20, page.length() + " characters");
    }
}
