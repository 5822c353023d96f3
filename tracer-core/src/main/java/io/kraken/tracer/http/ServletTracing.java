package io.kraken.tracer.http;

import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.propagation.HeaderGetter;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Enumeration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A servlet filter that creates server spans. Map it before all other filters, for the dispatcher types REQUEST and
 * ASYNC. The span is current while the request is handled by its first thread, and by the threads it is dispatched to;
 * it ends with the request, on whatever thread.
 *
 * <p>The filter itself allocates only for an asynchronous request: the listener for its end. What it calls in the
 * container (an attribute of the request, enumerations of headers) may allocate.
 */
public final class ServletTracing implements Filter {

    private static final String SPAN = ServletTracing.class.getName() + ".span";
    private static final String TIMEOUT = "timeout";

    private final HttpServerSpans<HttpServletRequest> spans;

    /** Spans are named by the method until a handler sets a route, see {@link Route#name}. */
    public ServletTracing(HttpTracing tracing) {
        this(tracing, null);
    }

    /** @param routes returns the route of a request; null if unknown */
    public ServletTracing(HttpTracing tracing, Function<? super HttpServletRequest, Route> routes) {
        spans = new HttpServerSpans<>(tracing, new Reader(), routes);
    }

    /** The pattern by which the container has chosen the servlet, as a route. */
    public static Route mapping(HttpServletRequest request) {
        final String context = request.getContextPath();
        final String pattern = request.getHttpServletMapping().getPattern();
        return Route.lookUp(context == null || context.isEmpty() ? pattern : context + pattern);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest) || !(response instanceof HttpServletResponse)) {
            chain.doFilter(request, response);
        } else if (request.getDispatcherType() == DispatcherType.REQUEST && request.getAttribute(SPAN) == null) {
            trace((HttpServletRequest) request, (HttpServletResponse) response, chain);
        } else if (request.getDispatcherType() == DispatcherType.ASYNC
                && request.getAttribute(SPAN) instanceof Ending ending) {
            ending.dispatch(request, response, chain);
        } else {
            chain.doFilter(request, response);
        }
    }

    private void trace(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        final Span span = spans.begin(request, true);
        if (span == Span.NOOP) {
            chain.doFilter(request, response);
            return;
        }
        request.setAttribute(SPAN, span);
        final Scope scope = span.makeCurrent();
        Throwable thrown = null;
        try {
            chain.doFilter(request, response);
        } catch (Throwable e) {
            thrown = e;
            throw e;
        } finally {
            scope.close();
            if (!request.isAsyncStarted() || !Ending.await(span, request, response, thrown)) {
                request.removeAttribute(SPAN);
                // an exception becomes a response only after the filters
                final boolean answered = thrown == null || response.isCommitted();
                final int code = answered ? response.getStatus() : HttpKeys.SERVER_ERROR;
                HttpKeys.finish(span, code, HttpKeys.SERVER_ERROR, thrown);
                span.end();
            }
        }
    }

    /** The listener that ends the span of an asynchronous request. The container calls it from one thread at a time. */
    private static final class Ending implements AsyncListener {

        private final Span span;
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final AtomicBoolean over = new AtomicBoolean();
        private volatile Throwable thrown;
        private volatile boolean timedOut;

        private Ending(Span span, HttpServletRequest request, HttpServletResponse response, Throwable thrown) {
            this.span = span;
            this.request = request;
            this.response = response;
            this.thrown = thrown;
        }

        /** False if the request has already completed. */
        static boolean await(Span span, HttpServletRequest request, HttpServletResponse response, Throwable thrown) {
            final Ending ending = new Ending(span, request, response, thrown);
            try {
                request.setAttribute(SPAN, ending);
                request.getAsyncContext().addListener(ending);
                return true;
            } catch (IllegalStateException e) {
                return false;
            }
        }

        /** Runs on a thread that the request is dispatched to. */
        void dispatch(ServletRequest again, ServletResponse to, FilterChain chain)
                throws IOException, ServletException {
            final Scope scope = span.makeCurrent();
            try {
                chain.doFilter(again, to);
            } catch (Throwable e) {
                thrown = e;
                throw e;
            } finally {
                scope.close();
            }
        }

        @Override
        public void onComplete(AsyncEvent event) {
            if (over.compareAndSet(false, true)) {
                request.removeAttribute(SPAN);
                if (thrown == null && timedOut) {
                    HttpKeys.finish(span, response.getStatus(), HttpKeys.SERVER_ERROR, TIMEOUT);
                } else {
                    HttpKeys.finish(span, response.getStatus(), HttpKeys.SERVER_ERROR, thrown);
                }
                span.end();
            }
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            timedOut = true;
        }

        @Override
        public void onError(AsyncEvent event) {
            thrown = event.getThrowable();
        }

        /** A request that becomes asynchronous again drops its listeners. */
        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
        }
    }

    private static final class Reader implements RequestReader<HttpServletRequest> {

        @Override
        public String method(HttpServletRequest request) {
            return request.getMethod();
        }

        @Override
        public String path(HttpServletRequest request) {
            return request.getRequestURI();
        }

        @Override
        public String query(HttpServletRequest request) {
            return request.getQueryString();
        }

        @Override
        public String scheme(HttpServletRequest request) {
            return request.getScheme();
        }

        @Override
        public String protocol(HttpServletRequest request) {
            return request.getProtocol();
        }

        @Override
        public String peer(HttpServletRequest request) {
            return request.getRemoteAddr();
        }

        @Override
        public String host(HttpServletRequest request) {
            return request.getHeader("Host");
        }

        @Override
        public String userAgent(HttpServletRequest request) {
            return request.getHeader("User-Agent");
        }

        @Override
        public String last(HttpServletRequest request, String name) {
            final Enumeration<String> all = request.getHeaders(name);
            String last = null;
            while (all != null && all.hasMoreElements()) {
                last = all.nextElement();
            }
            return last;
        }

        @Override
        public HeaderGetter<HttpServletRequest> headers() {
            return ServletHeaders.GETTER;
        }
    }
}
