package io.kraken.tracer.logs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.TracerFixture;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.appender.AsyncAppender;
import org.apache.logging.log4j.core.async.AsyncLoggerContext;
import org.apache.logging.log4j.core.config.AppenderRef;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ids in the log lines of Log4j, which calls a context data provider. */
class Log4jTest {

    private static final SpanName WORK = SpanName.of("work");

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private static final class Lines extends AbstractAppender {

        final BlockingQueue<String> all = new LinkedBlockingQueue<>();
        volatile CountDownLatch gate = new CountDownLatch(0);

        Lines() {
            super(
                    "lines",
                    null,
                    PatternLayout.newBuilder()
                            .withPattern("[%X{trace_id} %X{span_id} %X{trace_flags}] %m")
                            .build(),
                    false,
                    Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            all.add(getLayout().toSerializable(event).toString());
        }
    }

    private final Lines lines = new Lines();

    private Logger logger(LoggerContext context, boolean async) {
        context.start(ConfigurationBuilderFactory.newConfigurationBuilder().build(false));
        final Configuration configuration = context.getConfiguration();
        configuration.getRootLogger().getAppenders().keySet().forEach(configuration.getRootLogger()::removeAppender);
        lines.start();
        configuration.addAppender(lines);
        if (async) {
            final AppenderRef ref = AppenderRef.createAppenderRef("lines", null, null);
            final AsyncAppender appender = AsyncAppender.newBuilder()
                    .setName("async")
                    .setAppenderRefs(new AppenderRef[] {ref})
                    .setConfiguration(configuration)
                    .build();
            appender.start();
            configuration.addAppender(appender);
            configuration.getRootLogger().addAppender(appender, Level.ALL, null);
        } else {
            configuration.getRootLogger().addAppender(lines, Level.ALL, null);
        }
        configuration.getRootLogger().setLevel(Level.INFO);
        context.updateLoggers();
        return context.getLogger("test");
    }

    private static String ids(Span span) {
        final String all = span.toString();
        return '[' + all.substring(3, 35) + ' ' + all.substring(36, 52) + ' ' + all.substring(53) + ']';
    }

    @Test
    void lineHasTheIdsOfTheCurrentSpan() {
        try (LoggerContext context = new LoggerContext("plain")) {
            final Logger logger = logger(context, false);
            logger.info("before");
            try (Span span = traced.tracer().start(WORK)) {
                logger.info("in it");
                assertEquals("[  ] before", lines.all.poll());
                assertEquals(ids(span) + " in it", lines.all.poll());
            }
            logger.info("after");
            assertEquals("[  ] after", lines.all.poll());
        }
    }

    @Test
    void asynchronousAppenderHasTheIdsOfTheLoggingThread() throws InterruptedException {
        try (LoggerContext context = new LoggerContext("appender")) {
            assertRightBehindAnotherThread(logger(context, true));
        }
    }

    @Test
    void asynchronousLoggersHaveTheIdsOfTheLoggingThread() throws InterruptedException {
        try (LoggerContext context = new AsyncLoggerContext("loggers")) {
            assertRightBehindAnotherThread(logger(context, false));
        }
    }

    private void assertRightBehindAnotherThread(Logger logger) throws InterruptedException {
        lines.gate = new CountDownLatch(1);
        final String[] expected = new String[2];
        try (Span span = traced.tracer().start(WORK)) {
            logger.info("mine");
            expected[0] = ids(span) + " mine";
        }
        final Thread other = new Thread(() -> {
            try (Span span = traced.tracer().start(WORK)) {
                logger.info("theirs");
                expected[1] = ids(span) + " theirs";
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
            assertEquals("[  ] outside", lines.all.take());
        }
    }

    @Test
    void namesAreConfigurable() {
        final Log4jSpans chosen = new Log4jSpans(new LogIds(new TracerConfig()
                .with(LogIds.TRACE_ID, "t")
                .with(LogIds.SPAN_ID, "s")
                .with(LogIds.TRACE_FLAGS, "f")));
        assertEquals(Map.of(), chosen.supplyContextData());
        assertSame(chosen.supplyStringMap(), chosen.supplyStringMap());
        try (Span span = traced.tracer().start(WORK)) {
            final Map<String, String> data = chosen.supplyContextData();
            assertEquals(ids(span), '[' + data.get("t") + ' ' + data.get("s") + ' ' + data.get("f") + ']');
            assertEquals(data, chosen.supplyStringMap().toMap());
        }
    }
}
