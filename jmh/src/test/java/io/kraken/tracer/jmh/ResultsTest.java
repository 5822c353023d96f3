package io.kraken.tracer.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResultsTest {

    private final DemoResult demo = ResultsFixture.demo();

    private static void assertContains(String expected, String text) {
        assertTrue(text.contains(expected), () -> expected + " is missing in:\n" + text);
    }

    @Test
    void differenceIsInPercentOfUntraced() {
        assertEquals(1.0, demo.difference(DemoResult.TRACED, DemoResult.P99).percent(), 0.15);
        assertEquals(1.0, demo.cpuDifference(DemoResult.TRACED).percent(), 1e-6);
        assertEquals(
                "+0.0 % ± 0.0",
                demo.difference(DemoResult.AGAIN, DemoResult.P99).toString());
    }

    @Test
    void fewSlowIterationsDoNotChangeTheScore() {
        final double[] sorted = {100, 101, 102, 103, 900};
        assertEquals(102, Measured.quantile(sorted, 0.5));
        assertEquals(1, (Measured.quantile(sorted, 0.75) - Measured.quantile(sorted, 0.25)) / 2);
        assertEquals(101.5, Measured.quantile(new double[] {101, 102}, 0.5));
        assertEquals(7, Measured.quantile(new double[] {7}, 0.75));
    }

    @Test
    void differentRoundsGiveAnError() {
        final DemoSide base = demo.side(DemoResult.UNTRACED);
        final List<DemoRound> uneven = List.of(
                new DemoRound(base.rounds().get(0).responses(), 400_000),
                new DemoRound(base.rounds().get(1).responses(), 440_000),
                new DemoRound(base.rounds().get(2).responses(), 360_000));
        final DemoSide traced = new DemoSide(DemoResult.TRACED, uneven, 1, 0, 3000, 0, 0);
        final DemoResult result = new DemoResult(667, List.of(base, traced));
        // Student's t of 4.30 for three rounds, times a deviation of 10 % over the root of three.
        assertEquals("+0.0 % ± 24.8", result.cpuDifference(DemoResult.TRACED).toString());
    }

    @Test
    void tooFewRoundsGiveNoError() {
        final DemoSide base = demo.side(DemoResult.UNTRACED);
        final DemoSide one = new DemoSide(DemoResult.UNTRACED, base.rounds().subList(0, 2), 0, 0, 2000, 0, 0);
        final DemoResult result = new DemoResult(667, List.of(one));
        assertEquals("+0.0 %", result.difference(DemoResult.UNTRACED, 0).toString());
    }

    @Test
    void summaryReportsSlowMachine() {
        final DemoSide base = demo.side(DemoResult.UNTRACED);
        final DemoSide slow = new DemoSide(DemoResult.TRACED, base.rounds(), 1, 0, 2000, 1000, 3);
        final String summary = new DemoResult(667, List.of(base, slow)).summary();
        assertTrue(summary.contains("1,000 downloads NOT begun"), summary);
        assertTrue(summary.contains("3 requests without an answer"), summary);
    }

    @Test
    void sideSurvivesSerialisation() throws IOException, ClassNotFoundException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(demo.side(DemoResult.TRACED));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertEquals(demo.side(DemoResult.TRACED), in.readObject());
        }
    }

    @Test
    void pageHasResultsOfDemoAndPeak() {
        final String page = Page.of(ResultsFixture.results(), List.of("demo-jdk-17.svg"));
        assertContains("| P99 of the demo's requests | +1.0 % ± 0.1 (untraced again +0.0 % ± 0.0) | 0.5 % |", page);
        assertContains("| untraced | 9.99 ms | 14.00 ms |", page);
        assertContains("caller CPU ns, B | exporter CPU ns, B", page);
        assertContains("![demo-jdk-17.svg](demo-jdk-17.svg)", page);
    }

    @Test
    void pageAndJsonHaveResultsOfBridge() {
        final String page = Page.of(ResultsFixture.results(), List.of());
        assertContains("| memory of its process, all that is resident | 130 MB | 150 MB |", page);
        assertContains("| grpc | 3,000,000 | 600,000 | 600,000 | 900,000 | 0.00 | 8.0 | 130.0 | 100.0 | 35.0 |", page);
        assertContains("{\"case\": \"grpc\", \"spans\": 3000000,", Json.of(ResultsFixture.results()));
    }

    @Test
    void jsonHasEverySideOfTheDemoAndIsWellFormed() {
        final String json = Json.of(ResultsFixture.results());
        for (String side : DemoResult.SIDES) {
            assertTrue(json.contains("{\"side\": \"" + side + "\", \"downloads/s\": 667, \"rounds\": 3,"), json);
        }
        assertTrue(json.contains("\"caller cpu ns/span\": "), json);
        assertEquals(
                json.chars().filter(c -> c == '{').count(),
                json.chars().filter(c -> c == '}').count());
        assertTrue(!json.contains(", }") && !json.contains("NaN"), json);
    }

    @Test
    void threadsDoubleUpToAllProcessors() {
        assertEquals(List.of(1), Plan.threads(1));
        assertEquals(List.of(1, 2), Plan.threads(2));
        assertEquals(List.of(1, 2, 4, 6), Plan.threads(6));
    }
}
