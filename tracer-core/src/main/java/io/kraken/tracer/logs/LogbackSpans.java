package io.kraken.tracer.logs;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggerContextListener;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.BasicStatusManager;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.spi.LifeCycle;
import ch.qos.logback.core.status.StatusManager;
import io.kraken.tracer.TraceContext;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.slf4j.spi.MDCAdapter;

/**
 * The integration with Logback: adds the ids of the current span to each event, as if they were in the MDC: {@code
 * %X{trace_id}}, and in whatever an encoder writes of the MDC. Enabled by {@code <contextListener
 * class="io.kraken.tracer.logs.LogbackSpans"/>}, or by {@link SpanConverter}.
 *
 * <p>An event copies the MDC of its thread on first access, which asynchronous appenders make before they hand the
 * event to another thread. The ids are added to that copy; the MDC that the program reads and writes is not changed.
 */
public final class LogbackSpans extends ContextAwareBase implements LoggerContextListener, LifeCycle {

    private boolean started;

    /** Adds ids to the context's events from now on. A second call has no effect. */
    static void install(LoggerContext context, LogIds ids) {
        synchronized (LogbackSpans.class) {
            if (context.getMDCAdapter() instanceof Adapter) {
                return;
            }
            final StatusManager original = context.getStatusManager();
            context.setStatusManager(new BasicStatusManager()); // setMDCAdapter warns, which would print all statuses
            try {
                context.setMDCAdapter(new Adapter(context.getMDCAdapter(), ids));
            } finally {
                context.setStatusManager(original);
            }
        }
    }

    @Override
    public void start() {
        if (getContext() instanceof LoggerContext) {
            install((LoggerContext) getContext(), LogIds.PROCESS);
        }
        started = true;
    }

    @Override
    public void stop() {
        started = false;
    }

    @Override
    public boolean isStarted() {
        return started;
    }

    @Override
    public boolean isResetResistant() {
        return false;
    }

    @Override
    public void onStart(LoggerContext context) {}

    @Override
    public void onReset(LoggerContext context) {}

    @Override
    public void onStop(LoggerContext context) {}

    @Override
    public void onLevelChange(Logger logger, Level level) {}

    /** The MDC seen by events. Thread-safe. */
    private static final class Adapter extends LogbackMDCAdapter {

        private final MDCAdapter mdc;
        private final LogIds ids;

        Adapter(MDCAdapter mdc, LogIds ids) {
            this.mdc = mdc == null ? new LogbackMDCAdapter() : mdc;
            this.ids = ids;
        }

        @Override
        public Map<String, String> getPropertyMap() {
            final Map<String, String> own = mdc instanceof LogbackMDCAdapter
                    ? ((LogbackMDCAdapter) mdc).getPropertyMap()
                    : mdc.getCopyOfContextMap();
            final TraceContext context = LogIds.current();
            if (context == null) {
                return own;
            }
            final Map<String, String> both = own == null ? new HashMap<>() : new HashMap<>(own);
            ids.put(context, both::put);
            return both;
        }

        @Override
        public void put(String key, String value) {
            mdc.put(key, value);
        }

        @Override
        public String get(String key) {
            return mdc.get(key);
        }

        @Override
        public void remove(String key) {
            mdc.remove(key);
        }

        @Override
        public void clear() {
            mdc.clear();
        }

        @Override
        public Map<String, String> getCopyOfContextMap() {
            return mdc.getCopyOfContextMap();
        }

        @Override
        public Set<String> getKeys() {
            final Map<String, String> own = mdc.getCopyOfContextMap();
            return own == null ? Set.of() : own.keySet();
        }

        @Override
        @SuppressWarnings({"rawtypes", "unchecked"}) // Logback's signature
        public void setContextMap(Map map) {
            mdc.setContextMap(map);
        }

        @Override
        public void pushByKey(String key, String value) {
            mdc.pushByKey(key, value);
        }

        @Override
        public String popByKey(String key) {
            return mdc.popByKey(key);
        }

        @Override
        public Deque<String> getCopyOfDequeByKey(String key) {
            return mdc.getCopyOfDequeByKey(key);
        }

        @Override
        public void clearDequeByKey(String key) {
            mdc.clearDequeByKey(key);
        }
    }
}
