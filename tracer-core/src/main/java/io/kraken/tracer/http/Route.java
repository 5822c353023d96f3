package io.kraken.tracer.http;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * The template of the paths of one kind of request, such as {@code /namespace/{namespace}/blobs/{digest}}: spans are
 * named by their route, never by the path of a request. Kept in {@code static final} fields if routes are known
 * beforehand. Thread-safe.
 */
public final class Route {

    private static final int MAX_LOOKED_UP = 1024;
    private static final Table LOOKED_UP = new Table(MAX_LOOKED_UP);

    private final String template;
    /** A name set by the program, used for every method. */
    private final SpanName given;
    /** By method, created when first needed; racing threads create equal names. */
    private final SpanName[] names = new SpanName[Method.COUNT];

    private Route(String template, SpanName given) {
        this.template = template;
        this.given = given;
    }

    /** For a template that is part of the program; spans are named by method and template. */
    public static Route of(String template) {
        return new Route(template == null ? "" : template, null);
    }

    /** The same route, but all its spans have this name. */
    public Route named(SpanName name) {
        return new Route(template, name);
    }

    /**
     * For a template that a framework knows at run time. The number of templates is bounded, since a template made up
     * from requests would be unbounded; null, for an unknown route, beyond that.
     */
    public static Route lookUp(String template) {
        return template == null || template.isEmpty() ? null : LOOKED_UP.find(template);
    }

    /** Routes by their templates, up to a fixed number. */
    static final class Table {

        private final ConcurrentHashMap<String, Route> routes = new ConcurrentHashMap<>();
        private final AtomicInteger room;

        Table(int size) {
            room = new AtomicInteger(size);
        }

        Route find(String template) {
            final Route known = routes.get(template);
            return known != null ? known : add(template);
        }

        private Route add(String template) {
            if (room.getAndUpdate(places -> Math.max(0, places - 1)) == 0) {
                return null;
            }
            final Route added = of(template);
            final Route present = routes.putIfAbsent(template, added);
            if (present != null) {
                room.incrementAndGet();
            }
            return present != null ? present : added;
        }
    }

    /** Sets the route of a span, if it is known only after the span has started. */
    public void name(Span span, String method) {
        span.name(nameFor(Method.of(method)));
        set(span);
    }

    void set(Span span) {
        if (!template.isEmpty()) {
            span.set(HttpKeys.ROUTE, template);
        }
    }

    SpanName nameFor(Method method) {
        if (given != null) {
            return given;
        }
        final SpanName made = names[method.ordinal()];
        return made != null ? made : make(method);
    }

    private SpanName make(Method method) {
        final SpanName name = template.isEmpty() ? method.name : SpanName.of(method.inName + ' ' + template);
        names[method.ordinal()] = name;
        return name;
    }

    /** The route of a request; null if it is unknown or the program's function fails. */
    static <R> Route of(Function<? super R, Route> routes, R request) {
        try {
            return routes == null ? null : routes.apply(request);
        } catch (RuntimeException e) {
            HttpTracing.failed(e);
            return null;
        }
    }

    /** The span name for a route that may be unknown. */
    static SpanName name(Route route, Method method) {
        return route == null ? method.name : route.nameFor(method);
    }

    @Override
    public String toString() {
        return template;
    }
}
