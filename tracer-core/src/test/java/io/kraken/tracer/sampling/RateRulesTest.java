package io.kraken.tracer.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.kraken.tracer.sampling.SamplingRule.Match;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rules match, and the resulting shares. */
class RateRulesTest {

    /** As in the configuration of the services. */
    private static final List<SamplingRule> KRAKEN = List.of(
            new SamplingRule(Match.PATH, "/health", 0),
            new SamplingRule(Match.PATH, "/readiness", 0),
            new SamplingRule(Match.PATH, "/metrics", 0),
            new SamplingRule(Match.PATH, "/namespace/*/blobs/*", 0.2),
            new SamplingRule(Match.OPERATION, "scheduler.download", 0.5));

    private static boolean matches(Match match, String pattern, String name, String path) {
        final Sampler sampler = Samplers.rules(List.of(new SamplingRule(match, pattern, 1)), Samplers.alwaysOff());
        return Ask.about(sampler, null, Ask.LEAST, name, path).equals("sampled");
    }

    @ParameterizedTest
    @CsvSource({
        "agent.health, /health, 0",
        "agent.health, /health/, 0",
        "agent.health, /health/live, 0",
        "agent.health, /healthy, 0.1",
        "agent.ready, /readiness, 0",
        "agent.metrics, /metrics, 0",
        "agent.download_blob, /namespace/library%2Fnginx/blobs/sha256:17, 0.2",
        "agent.download_blob, /namespace/library%2Fnginx/blobs/sha256:17/more, 0.2",
        "agent.download_blob, /namespace/library/nginx/blobs/sha256:17, 0.1",
        "agent.download_blob, /namespace/library/blobs, 0.1",
        "agent.tags, /namespace/library/tags, 0.1",
        "scheduler.download, , 0.5",
        "scheduler.download, /namespace/library/blobs/17, 0.2",
        "scheduler.download, /health, 0",
        "scheduler.download, /else, 0.5",
        "scheduler.downloads, , 0.1",
        "scheduler, , 0.1",
    })
    void appliesTheRulesOfTheServices(String operation, String path, double rate) {
        final Sampler sampler = SamplingPlan.byDefault()
                .withBase(SamplingPlan.Base.ratio(0.1))
                .withRules(KRAKEN)
                .compile();
        final long threshold = Threshold.of(rate);
        final String below = Ask.about(sampler, null, Math.min(threshold, Threshold.NEVER) - 1, operation, path);
        assertEquals(rate == 0 ? "dropped" : "recorded", below);
        if (rate > 0) {
            assertEquals(Decision.sampleAt(threshold), sampler.decide(null, threshold, Ask.NO_SYMBOL, operation, path));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/, /, true",
        "/, /a/b, true",
        "/, '', false",
        "/, a, false",
        "//, /a, true",
        "/a/, /a, true",
        "/a/, /a/, true",
        "/a//, /a/b, true",
        "/a//b, /a/b, false",
        "/a//b, /a//b, true",
        "/a/b, /a//b, false",
        "/a/*/b, /a//b, true",
        "/*, /, true",
        "/*, /a, true",
        "/*/, /a/b, true",
        "/*/b, /a, false",
        "/*/b, //b, true",
        "/a*, /a, true",
        "/a*, /b, false",
        "/*a, /ba/c, true",
        "/*a, /ab, false",
        "/a*a, /a, false",
        "/a*a, /aa, true",
        "/**a**, /xay, true",
        "/a?b, /axb, false",
        "/a?b, /a?b, true",
        "/a b, /a%20b, false",
        "/a%20b, /a%20b, true",
        "/%2A, /*, false",
        "/a, /A, false",
        "/ä*, /äö, true",
    })
    void pathPatternMatchesAPathAndAllBelowIt(String pattern, String path, boolean matches) {
        assertEquals(matches, matches(Match.PATH, pattern, "name", path));
    }

    @ParameterizedTest
    @CsvSource({
        "a, a, true",
        "a, ab, false",
        "a, A, false",
        "*, '', true",
        "*, anything at all, true",
        "?, '', false",
        "?, a, true",
        "?, ab, false",
        "a*, a, true",
        "a*b, a*b, true",
        "a*b, ab, true",
        "a*b, abc, false",
        "*b*, abc, true",
        "a?c, abc, true",
        "a?c, ac, false",
        "?*, '', false",
        "*?, a, true",
        "**??**, a, false",
        "**??**, ab, true",
        "GET /*, GET /a/b/c, true",
        "*.download*, scheduler.download, true",
        "a.b, aXb, false",
        "[ab], a, false",
        "\\*, \\x, true",
        "a*bc*d, abbcXbcd, true",
        "a*bc*d, abbXcd, false",
    })
    void operationPatternHasWildcards(String pattern, String name, boolean matches) {
        assertEquals(matches, matches(Match.OPERATION, pattern, name, null));
    }

    @Test
    void hostilePatternsAreMatchedFast() {
        final String longName = "a".repeat(100_000);
        final String thousandStars = "a*".repeat(1_000) + 'b';
        assertEquals(false, matches(Match.OPERATION, thousandStars, longName, null));
        assertEquals(true, matches(Match.OPERATION, thousandStars, longName + 'b', null));
        assertEquals(false, matches(Match.PATH, '/' + thousandStars, "", '/' + longName));
        assertEquals(false, matches(Match.PATH, "/*".repeat(1_000) + "/b", "", "/a".repeat(50_000)));
    }

    @Test
    void ruleDoesNotMatchWithoutPathOrName() {
        assertEquals(false, matches(Match.PATH, "/", "name", null));
        assertEquals(false, matches(Match.OPERATION, "*", null, null));
    }

    @Test
    void matchOfASymbolIsCached() {
        final Sampler sampler = Samplers.rules(SamplingRule.parseAll("operation:a*=1"), Samplers.alwaysOff());
        for (int symbol : new int[] {1, 62, 64, 5_000, 1 << 20, Integer.MAX_VALUE}) {
            assertEquals("sampled", Ask.word(sampler.decide(null, 0, symbol, "a" + symbol, null)));
            assertEquals("recorded", Ask.word(sampler.decide(null, 0, symbol - 1, "b" + symbol, null)));
        }
        assertEquals("sampled", Ask.word(sampler.decide(null, 0, 5_000, "b: the symbol's first name counts", null)));
        assertEquals("recorded", Ask.word(sampler.decide(null, 0, -1, "b", null)));
    }

    @Test
    void concurrentThreadsFindTheSameRule() throws Exception {
        final Sampler sampler = Samplers.rules(SamplingRule.parseAll("operation:*7=1"), Samplers.alwaysOff());
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final List<Future<Long>> wrong = IntStream.range(0, 4)
                    .mapToObj(thread -> threads.submit(() -> IntStream.range(0, 200_000)
                            .filter(i -> {
                                final int symbol = thread % 2 == 0 ? i / 2 : 100_000 - i / 2;
                                final boolean sampled =
                                        Decision.isSampled(sampler.decide(null, 0, symbol, "n" + symbol, null));
                                return sampled != (symbol % 10 == 7);
                            })
                            .count()))
                    .toList();
            for (Future<Long> each : wrong) {
                assertEquals(0, each.get());
            }
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "path:/health=0, path:/health=0.0",
        "'path:/health=0,record', 'path:/health=0.0,record'",
        "'path:/debug=0.5,drop', 'path:/debug=0.5,drop'",
        "'path:/debug=0.5,record', path:/debug=0.5",
        "operation:scheduler.*=0.5, operation:scheduler.*=0.5",
        "' operation : a=b = 1 ;; ', operation:a=b=1.0",
        "Path:/a:b=1, path:/a:b=1.0",
    })
    void ruleHasATextForm(String text, String shown) {
        final List<SamplingRule> rules = SamplingRule.parseAll(text);
        assertEquals(shown, rules.get(0).toString());
        assertEquals(rules, SamplingRule.parseAll(shown));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/health",
                "path:/health",
                "path:/health=0,forget",
                "path:health=0",
                "path:=1",
                "op:x=1",
                "operation:x=2",
                "=",
                ":=",
                "operation:x=",
                "operation:x=a",
                "operation:x=NaN",
                "operation:x=1;y"
            })
    void rejectsInvalidRule(String text) {
        assertThrows(IllegalArgumentException.class, () -> SamplingRule.parseAll(text));
    }
}
