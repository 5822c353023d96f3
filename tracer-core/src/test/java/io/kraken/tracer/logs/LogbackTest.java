package io.kraken.tracer.logs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.joran.spi.JoranException;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.TracerFixture;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Log lines contain the ids of their span, on whatever thread they are written. */
class LogbackTest {

    private static final SpanName WORK = SpanName.of("work");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final LoggerContext context = new LoggerContext();
    private final LogbackMDCAdapter mdc = new LogbackMDCAdapter();
    private final Lines lines = new Lines();

    /** Keeps each line; blocks its thread while a test holds it. */
    public static final class Lines extends AppenderBase<ILoggingEvent> {

        final BlockingQueue<String> all = new LinkedBlockingQueue<>();
        final PatternLayout layout = new PatternLayout();
        volatile CountDownLatch gate = new CountDownLatch(0);

        @Override
        protected void append(ILoggingEvent event) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            all.add(layout.doLayout(event));
        }
    }

    @BeforeEach
    void start() {
        context.setMDCAdapter(mdc);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    private Logger logger(String pattern, LogIds ids) {
        lines.layout.setContext(context);
        lines.layout.getInstanceConverterMap().put("span", () -> new SpanConverter(ids));
        lines.layout.setPattern(pattern);
        lines.layout.start();
        return logger(lines);
    }

    private Logger logger(Appender<ILoggingEvent> appender) {
        lines.setContext(context);
        lines.start();
        final Logger logger = context.getLogger("test");
        logger.addAppender(appender);
        return logger;
    }

    private AsyncAppender async() {
        final AsyncAppender async = new AsyncAppender();
        async.setContext(context);
        async.addAppender(lines);
        lines.setContext(context);
        lines.start();
        async.start();
        return async;
    }

    private static String ids(Span span) {
        final String all = span.toString();
        return all.substring(3, 35) + ' ' + all.substring(36, 52) + ' ' + all.substring(53);
    }

    @Test
    void lineHasTheIdsOfTheCurrentSpan() {
        final Logger logger = logger("%span{trace_id} %span{span_id} %span{trace_flags} %msg", LogIds.PROCESS);
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("hello");
            assertEquals(List.of(ids(span) + " hello"), List.copyOf(lines.all));
        }
    }

    @Test
    void converterWritesAllIdsWithNames() {
        final Logger logger = logger("[%span] %msg", LogIds.PROCESS);
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("a");
            final String[] ids = ids(span).split(" ");
            assertEquals("[trace_id=" + ids[0] + " span_id=" + ids[1] + " trace_flags=03] a", lines.all.poll());
        }
        logger.info("b");
        assertEquals("[] b", lines.all.poll());
    }

    @Test
    void namesAreConfigurable() {
        final LogIds chosen =
                new LogIds(new TracerConfig().with(LogIds.TRACE_ID, "traceId").with(LogIds.TRACE_FLAGS, "sampled"));
        final Logger logger = logger("%span{traceId}|%X{traceId}|%span{trace_id}|%span", chosen);
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("");
            final String[] ids = ids(span).split(" ");
            assertEquals(
                    ids[0] + '|' + ids[0] + "||traceId=" + ids[0] + " span_id=" + ids[1] + " sampled=03",
                    lines.all.poll());
        }
    }

    /** The appender's thread writes both lines after both spans have ended, and has a span of its own. */
    @Test
    void asynchronousAppenderHasTheIdsOfTheLoggingThread() throws InterruptedException {
        lines.gate = new CountDownLatch(1);
        logger("%span{span_id} %X{user} %msg", LogIds.PROCESS);
        context.getLogger("test").detachAppender(lines);
        final AsyncAppender async = async();
        final Logger logger = logger(async);
        final String[] expected = new String[2];
        mdc.put("user", "a");
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("mine");
            expected[0] = ids(span).split(" ")[1] + " a mine";
        }
        final Thread other = new Thread(() -> {
            try (Span span = traced.tracer().start(WORK)) {
                logger.info("theirs");
                expected[1] = ids(span).split(" ")[1] + "  theirs";
            }
        });
        other.start();
        other.join();
        logger.info("outside");
        try (Span late = traced.tracer().start(WORK)) {
            assertTrue(late.isRecording());
            lines.gate.countDown();
            assertEquals(expected[0], lines.all.take());
            assertEquals(expected[1], lines.all.take());
            assertEquals(" a outside", lines.all.take());
        }
        async.stop();
    }

    @Test
    void mdcOfTheProgramIsUnchanged() {
        final Logger logger = logger("%span{span_id} %X{user}", LogIds.PROCESS);
        mdc.put("user", "a");
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("");
            assertNull(mdc.get("trace_id"));
            assertEquals(1, mdc.getCopyOfContextMap().size());
            assertEquals(ids(span).split(" ")[1] + " a", lines.all.poll());
            context.getMDCAdapter().put("user", "b");
            assertEquals("b", mdc.get("user"));
        }
    }

    @Test
    void listenerInstallsWithoutPrinting() throws JoranException {
        final String listener = "<configuration><contextListener class='" + LogbackSpans.class.getName()
                + "'/><conversionRule conversionWord='span' class='" + SpanConverter.class.getName()
                + "'/></configuration>";
        final JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(new ByteArrayInputStream(listener.getBytes(StandardCharsets.UTF_8)));
        lines.layout.setContext(context);
        lines.layout.setPattern("%X{span_id} %span{span_id}");
        lines.layout.start();
        final Logger logger = logger(lines);
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("");
            final String id = ids(span).split(" ")[1];
            assertEquals(id + ' ' + id, lines.all.poll());
        }
        assertEquals(
                List.of(),
                context.getStatusManager().getCopyOfStatusList().stream()
                        .filter(status -> status.getLevel() > 0)
                        .toList());
    }

    @Test
    void writesNothingWithoutTracerOrSpan() {
        final Logger logger = logger("[%span{trace_id}] %msg", LogIds.PROCESS);
        logger.info("no tracer");
        final Tracer tracer = traced.tracer();
        logger.info("no span");
        tracer.start(WORK).end();
        logger.info("no more");
        assertEquals(List.of("[] no tracer", "[] no span", "[] no more"), List.copyOf(lines.all));
    }
}
