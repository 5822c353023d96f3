package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TracerFixture;
import io.kraken.tracer.propagation.HeaderGetter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Unit tests of paths, routes, URLs and hosts. */
class RulesTest {

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    @ParameterizedTest
    @CsvSource({
        "/health, /health, true",
        "/health, /health/, true",
        "/health, /health/live, true",
        "/health, /healthy, false",
        "/health, /, false",
        "/health, health, false",
        "/health/, /health, true",
        "/, /anything/at/all, true",
        "/namespace/*/blobs/*, /namespace/a/blobs/17, true",
        "/namespace/*/blobs/*, /namespace/a/blobs/17/more, true",
        "/namespace/*/blobs/*, /namespace/a/blobs, false",
        "/namespace/*/blobs/*, /namespace/a/b/blobs/17, false",
        "/namespace/*/blobs/*, /namespace/a%2Fb/blobs/17, true",
        "/namespace/*/blobs/*, /namespace//blobs/17, true",
        "/*.png, /a.png, true",
        "/*.png, /a.png.txt, false",
        "/*.png, /a/b.png, false",
        "/a*b*c, /aXbYbZc, true",
        "/a*b*c, /aXbYbZ, false",
        "/**, /a, true",
        "/v*/x, /v/x, true",
        "/a/b, /a, false",
        "/a/*, *, false",
    })
    void patternMatchesAPathAndAllBelowIt(String pattern, String path, boolean matches) {
        assertEquals(matches, PathRules.of("/else", pattern).matches(path));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            value = {
                "192.0.2.60 ! 192.0.2.60",
                "192.0.2.60:4711 ! 192.0.2.60",
                "2001:db8::1 ! 2001:db8::1",
                "[2001:db8::1]:4711 ! 2001:db8::1",
                "[2001:db8::1] ! 2001:db8::1",
                "::ffff:192.0.2.60 ! ::ffff:192.0.2.60",
                "6.6.6.6, 192.0.2.60 ! 192.0.2.60",
                "6.6.6.6,192.0.2.60\t ! 192.0.2.60",
                "192.0.2.60, ! peer",
                "unknown ! peer",
                "_hidden ! peer",
                "cafe ! peer",
                "[2001:db8::1 ! peer",
                "[] ! peer",
                "192.0.2.60 6.6.6.6 ! peer",
                "1.<script> ! peer",
                "\u0661.2.3.4 ! peer",
                ". ! peer",
                "[:] ! peer",
                "1.2.3 ! peer",
                "1.2.3.4.5 ! peer",
                "1..3.4 ! peer",
                "1.2.3. ! peer",
                "1.2.3.256 ! peer",
                "256.2.3.4 ! peer",
                "1.2.3.0255 ! peer",
                ":: ! ::",
            })
    void clientIsTheLastAddressOfAList(String header, String client) {
        assertEquals(client, new Proxy("X-Forwarded-For").client(header, "peer"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '!',
            quoteCharacter = '\'',
            value = {
                "for=192.0.2.60 ! 192.0.2.60",
                "For=\"192.0.2.60:4711\";proto=http;by=203.0.113.43 ! 192.0.2.60",
                "proto=http;for=\"[2001:db8::1]:4711\" ! 2001:db8::1",
                "for=6.6.6.6, for=192.0.2.60 ! 192.0.2.60",
                "for=\"6.6.6.6, for=192.0.2.60 ! 192.0.2.60",
                "for=192.0.2.60;host=\"x;for=6.6.6.6\" ! 192.0.2.60",
                "host=\"x;for=6.6.6.6\";for=192.0.2.60 ! 192.0.2.60",
                "for=192.0.2.60;for=6.6.6.6 ! 192.0.2.60",
                "for=192.0.2.60;host=\"x, for=6.6.6.6\" ! peer",
                "for=192.0.2.60;host=\"x\\\", for=6.6.6.6;a=\\\"\" ! peer",
                "for=_hidden ! peer",
                "for=unknown ! peer",
                "for= ! peer",
                "by=192.0.2.60 ! peer",
                "192.0.2.60 ! peer",
                "; ! peer",
            })
    void clientIsTheForOfTheLastStandardElement(String header, String client) {
        assertEquals(client, new Proxy("forwarded").client(header, "peer"));
    }

    @Test
    void endOfALongHeaderCounts() {
        final Proxy list = new Proxy("X-Forwarded-For");
        assertEquals("192.0.2.60", list.client("6.6.6.6,".repeat(10_000) + "192.0.2.60", "peer"));
        assertEquals("peer", list.client("1".repeat(10_000) + ".1", "peer"));
        assertEquals("peer", list.client("", "peer"));
        assertEquals("peer", list.client(null, "peer"));
        assertNull(list.client("unknown", null));
    }

    @Test
    void hostilePathIsMatchedFast() {
        final String path = "/" + "a".repeat(8_000);
        assertEquals(false, PathRules.of("/" + "a*".repeat(50) + "b").matches(path));
        assertEquals(false, PathRules.NONE.matches(path));
        assertEquals(false, PathRules.of("/a").matches(null));
    }

    @Test
    void readsOnlyThePathOfAnExcludedRequest() {
        final List<String> calls = new ArrayList<>();
        final RequestReader<String> reader = reader(calls);
        final HttpServerSpans<String> spans =
                new HttpServerSpans<>(HttpTracing.of(traced.tracer()).without("/health"), reader, request -> {
                    calls.add("route");
                    return null;
                });
        assertSame(Span.NOOP, spans.begin("/health/live", false));
        assertEquals(List.of("path"), calls);
        spans.begin("/healthy", false).end();
        assertTrue(calls.containsAll(List.of("headers", "method", "route")), calls::toString);
        assertEquals(1, traced.tracer().ledger().started());
    }

    @SuppressWarnings("unchecked") // the request is its path
    private static RequestReader<String> reader(List<String> calls) {
        final HeaderGetter<String> none = (request, name, values) -> {};
        return (RequestReader<String>) java.lang.reflect.Proxy.newProxyInstance(
                RulesTest.class.getClassLoader(), new Class<?>[] {RequestReader.class}, (self, method, arguments) -> {
                    calls.add(method.getName());
                    return switch (method.getName()) {
                        case "path" -> arguments[0];
                        case "headers" -> none;
                        default -> null;
                    };
                });
    }

    @Test
    void rejectsPatternThatNoPathMatches() {
        final HttpTracing tracing = HttpTracing.of(traced.tracer());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> tracing.without("health"))
                .getMessage()
                .endsWith(": health"));
    }

    @ParameterizedTest
    @CsvSource({
        "a=1&b=2, a=1&b=2",
        "'', ''",
        "&&=&, &&=&",
        "sig=abc, sig=REDACTED",
        "SIG=abc&a=1, SIG=REDACTED&a=1",
        "a=1&Signature=x=y&b, a=1&Signature=REDACTED&b",
        "AWSAccessKeyId=AK&Expires=1, AWSAccessKeyId=REDACTED&Expires=1",
        "X-Amz-Signature=1&X-Amz-Date=2, X-Amz-Signature=REDACTED&X-Amz-Date=2",
        "X-Goog-Signature=&x=1, X-Goog-Signature=REDACTED&x=1",
        "s%69g=abc, s%69g=REDACTED",
        "s%zzg=abc, s%zzg=abc",
        "sig, sig",
        "design=1&signal=2, design=1&signal=2",
        "%=1&%1=2, %=1&%1=2",
    })
    void redactsCredentialsInQueries(String query, String shown) {
        assertEquals(shown, Urls.query(query));
    }

    @ParameterizedTest
    @CsvSource({
        "http://h/p?a=1, true, http://h/p?a=1",
        "http://h/p?a=1, false, http://h/p",
        "http://me:secret@h:81/p, true, http://REDACTED:REDACTED@h:81/p",
        "https://me@h/p?sig=1&b=2, true, https://REDACTED:REDACTED@h/p?sig=REDACTED&b=2",
        "http://[::1]:81/?sig=1, true, http://[::1]:81/?sig=REDACTED",
        "http://h, true, http://h",
    })
    void redactsPasswordsInUrls(String url, boolean queries, String shown) {
        assertEquals(shown, Urls.full(URI.create(url), queries));
    }

    @ParameterizedTest
    @CsvSource({
        "h, h, 80",
        "h:81, h, 81",
        "h:, h, 80",
        "[::1], ::1, 80",
        "[::1]:81, ::1, 81",
        "h:0, ,",
        "h:65536, ,",
        "h:99999999999999999999, ,",
        "h:-1, ,",
        "[::1, ,",
        "[::1]x:81, ,",
        "'a b', ,",
        "a/b, ,",
        ":81, ,",
    })
    void acceptsOnlyValidHostHeaders(String header, String host, Integer port) {
        Authority.of(header).set(traced.tracer().start("s", SpanKind.SERVER), "http");
        traced.tracer().current().end();
        final String expected =
                host == null ? "" : "  .server.address = \"" + host + "\"\n  .server.port = " + port + "\n";
        assertEquals("s SERVER\n" + expected, traced.picture());
    }

    @Test
    void routeHasOneNameForEachMethod() {
        final Route route = Route.of("/a/{b}");
        assertEquals("GET /a/{b}", route.nameFor(Method.GET).toString());
        assertEquals("HTTP /a/{b}", route.nameFor(Method.of("get")).toString());
        assertSame(route.nameFor(Method.GET), route.nameFor(Method.of("GET")));
        assertEquals("x", route.named(SpanName.of("x")).nameFor(Method.POST).toString());
        assertEquals("POST", Route.name(null, Method.POST).toString());
        assertEquals("GET", Route.of("").nameFor(Method.GET).toString());
    }

    @Test
    void numberOfLookedUpRoutesIsBounded() {
        final Route.Table table = new Route.Table(2);
        final Route first = table.find("/first");
        assertNotNull(first);
        assertNotNull(table.find("/second"));
        assertNull(table.find("/one too many"));
        assertSame(first, table.find("/first"), "known routes are kept");
        assertNull(Route.lookUp(""));
        assertNull(Route.lookUp(null));
    }
}
