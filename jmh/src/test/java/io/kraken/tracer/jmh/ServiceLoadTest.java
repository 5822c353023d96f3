package io.kraken.tracer.jmh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ServiceLoadTest {

    private static final int NUMBER_OF_KRAKEN = 4;

    private static void assertContains(String expected, String text) {
        assertTrue(text.contains(expected), () -> expected + " is missing in:\n" + text);
    }

    private static ServiceWork.Call parse(ServiceWork work, String target) {
        final Headers headers = new Headers();
        headers.add("X-Request-Id", "7");
        return work.parse("GET", URI.create(target), headers);
    }

    @Test
    void parsesRatesAndShapes() {
        final Options options = new Options("--rates=500,1500.5", "--shapes=nested,around");
        assertArrayEquals(new double[] {500, 1500.5}, ServiceLoad.rates(options));
        assertEquals(List.of(Shape.NESTED, Shape.AROUND), ServiceLoad.shapes(options));
        assertArrayEquals(new double[] {500, 1500, 5000}, ServiceLoad.rates(new Options()));
        assertEquals(List.of(Shape.values()), ServiceLoad.shapes(new Options()));
    }

    @Test
    void rejectsWrongRatesAndShapes() {
        for (String rates : new String[] {"0", "-1", "many", "", "1500,,500"}) {
            final Options options = new Options("--rates=" + rates);
            assertThrows(IllegalArgumentException.class, () -> ServiceLoad.rates(options), rates);
        }
        assertThrows(IllegalArgumentException.class, () -> ServiceLoad.shapes(new Options("--shapes=round")));
    }

    @Test
    void eachSideFollowsEachOtherSideEquallyOften() {
        final Set<List<Side>> pairs = new HashSet<>();
        for (int request = 0; request < 6; request++) {
            pairs.add(List.of(Side.of(request), Side.of(request + 1)));
        }
        assertEquals(6, pairs.size());
        pairs.forEach(pair -> assertNotEquals(pair.get(0), pair.get(1)));
    }

    @Test
    void parsesRequestAndRendersResponse() throws IOException {
        final ServiceWork work = new ServiceWork();
        final ServiceWork.Call call = parse(work, ServiceWork.target(17, Shape.AROUND) + NUMBER_OF_KRAKEN);
        assertEquals(
                new ServiceWork.Call(
                        "library/service-17", ServiceWork.digest(17), "GET", 100_000_017, Shape.AROUND, Side.KRAKEN),
                call);
        work.lookUp(call);
        final String answer = new String(
                new GZIPInputStream(new ByteArrayInputStream(work.render(call))).readAllBytes(),
                StandardCharsets.UTF_8);
        assertContains("{\"namespace\": \"library/service-17\", \"digest\": \"" + ServiceWork.digest(17), answer);
        assertTrue(answer.matches(".*\"bytes\": 600\\d{6}, .*"), answer);
    }

    @Test
    void digestsDiffer() {
        final Set<String> digests = new HashSet<>();
        for (int blob = 0; blob < ServiceWork.BLOBS; blob++) {
            digests.add(ServiceWork.digest(blob));
        }
        assertEquals(ServiceWork.BLOBS, digests.size());
        assertEquals(64, ServiceWork.digest(0).length());
    }

    @Test
    void resultsSurviveSerialisation() throws IOException {
        final Histogram[][] calls = {
            ResultsFixture.service().points().get(0).rounds().get(0).calls()
        };
        assertArrayEquals(calls[0], ServiceRun.calls(Role.encode(calls), Shape.BARE));
        final SurgeResult surge = ResultsFixture.surge();
        assertEquals(
                surge.text(), Role.decode(Role.encode(surge), SurgeResult.class).text());
    }

    @Test
    void ratioIsKrakensTimeDividedByOpenTelemetrys() {
        final ServiceResult service = ResultsFixture.service();
        assertEquals(
                "0.64 (0.64 to 0.64)",
                service.points().get(0).ratio(ServiceResult.P50).toString());
        assertContains("kraken: delivered 12000 dropped 0, the ledger closes", service.summary());
        assertEquals(
                service.points().size() * (Side.values().length + 1),
                service.rows().size());
        service.rows().forEach(row -> assertEquals(ServiceResult.header().size(), row.size()));
    }

    @Test
    void ratioIsTheMedianOfTheRounds() {
        final List<ServiceResult.Round> rounds = new ArrayList<>();
        for (long ours : new long[] {4000, 9000, 5000}) {
            final Histogram[] calls = ResultsFixture.histograms(100, ours, 10_000);
            rounds.add(new ServiceResult.Round(calls, calls));
        }
        final ServiceResult.Point point = new ServiceResult.Point(500, Shape.BARE, rounds);
        assertEquals("0.50 (0.40 to 0.90)", point.ratio(ServiceResult.P50).toString());
    }

    @Test
    void surgeShareIsTheMedianOfTheRounds() {
        assertEquals("60 % (50 to 70)", ResultsFixture.surge().keptText(Side.KRAKEN));
        assertEquals("100 % (100 to 100)", ResultsFixture.surge().keptText(Side.NOTHING));
        assertEquals(900, ResultsFixture.surge().worstMs(Side.OPENTELEMETRY));
    }

    @Test
    void pageBeginsWithServiceAndJsonHasIt() {
        final Results results = ResultsFixture.results();
        final String page = Page.of(results, List.of("service-jdk-17.svg"));
        assertTrue(page.indexOf("## A span in a service") < page.indexOf("## The demo's workload"), page);
        assertContains("| in a service, of OpenTelemetry's time: five nested spans, p50 | 0.64 (", page);
        assertContains("| requests in a surge, of those without a tracer | 60 % (50 to 70) | 60 % |", page);
        final String json = Json.of(results);
        assertContains("{\"side\": \"kraken\", \"shape\": \"bare\", \"requests/s\": 1500, \"rounds\": 2,", json);
        assertContains("{\"side\": \"kraken\", \"delivered\": 12000, \"dropped\": 0}", json);
        assertContains("\"% of untraced\": 60,", json);
    }

    @Test
    void chartsOtherRatesWhenTheUsualOneIsMissing() {
        final ServiceResult service = ResultsFixture.service();
        final ServiceResult.Point other =
                new ServiceResult.Point(500, Shape.BARE, service.points().get(0).rounds());
        final ServiceResult result = new ServiceResult(List.of(other), service.kraken(), service.openTelemetry(), 0);
        assertEquals(List.of(other), result.mainPoints());
    }
}
