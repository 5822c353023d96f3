package io.kraken.tracer;

import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.Propagator;
import java.util.HashMap;
import java.util.Map;

/**
 * Spans recorded and discarded before the first tracer starts, with every feature that a span can have: so every class
 * a span needs, the JDK's included, is initialised here. If an error such as a stack overflow interrupted a class's
 * initialisation later, in the middle of a program, that class would stay unusable and no span could be started any
 * more.
 */
final class FirstSpans {

    private static final int RECORD_LENGTH = 256;
    private static final int KIND = SpanKind.INTERNAL.code;

    private static final Key.StringKey KEY = Key.ofString("exception.type");
    private static final Key.LongKey NUMBER = Key.ofLong("exception.message");
    private static final Key.LongsKey NUMBERS = Key.ofLongs("exception.stacktrace");

    private static boolean recorded;

    private FirstSpans() {}

    /** Runs once in a process. */
    static synchronized void record(TracerConfig config) {
        if (recorded) {
            return;
        }
        recorded = true;
        final SpanFileLayout layout = new SpanFileLayout(new SpanFileLayout.Shape(RECORD_LENGTH, 1, Mem.PAGE));
        final FailingClock clock = new FailingClock(config.clock());
        final Recorder recorder = new Recorder(
                SpanFile.anonymous(layout),
                clock,
                config.limits(),
                RecordingPolicy.EVERYTHING,
                Recorder.Full.RECYCLING);
        recorder.attach(new RecyclingSink());
        try (Span span = recorder.start(EntryLayout.INLINE_SYMBOL, "n", KIND | Recorder.ATTACHED)) {
            fill(span);
            final Span detached = recorder.startUnder(span, EntryLayout.NO_SYMBOL, "", KIND);
            try (Scope scope = detached.makeCurrent()) {
                fill(detached);
                new ContextSnapshot(recorder).makeCurrent().close();
                detached.link(scope);
                recorder.top();
            }
            passOn(recorder, detached);
            recorder.memory.getAndAddLong(recorder.memory.address(layout.freeOffset(0)), 0); // as an exporter needs it
            detached.end();
            detached.end();
        }
        fail(recorder, clock);
    }

    /** Runs the handlers of errors: they have no room to resolve classes later, when an error occurs. */
    private static void fail(Recorder recorder, FailingClock clock) {
        final Span span = recorder.start(EntryLayout.NO_SYMBOL, "", KIND | Recorder.ATTACHED);
        final Span detached = recorder.startUnder(span, EntryLayout.NO_SYMBOL, "", KIND);
        clock.fails = true;
        recorder.start(EntryLayout.NO_SYMBOL, "", KIND | Recorder.ATTACHED);
        recorder.startUnder(span, EntryLayout.NO_SYMBOL, "", KIND);
        detached.end();
        span.end();
        clock.fails = false;
        recorder.top();
    }

    /** A clock that throws an error on demand. */
    private static final class FailingClock implements TickClock {
        private final TickClock clock;
        private final Error error = new StackOverflowError();
        private boolean fails;

        FailingClock(TickClock clock) {
            this.clock = clock;
        }

        @Override
        public long ticks() {
            if (fails) {
                throw error;
            }
            return clock.ticks();
        }

        @Override
        public boolean isTsc() {
            return clock.isTsc();
        }

        @Override
        public String describe() {
            return clock.describe();
        }
    }

    /** In all formats, configured or not: there are few. */
    private static void passOn(Recorder recorder, Span span) {
        for (String format : Propagator.FORMATS) {
            final Propagation propagation = new Propagation(format);
            final Map<String, String> headers = new HashMap<>();
            propagation.inject(span, headers, HeaderSetter.ofMap());
            final RemoteContext caller = propagation.extract(headers, HeaderGetter.ofMap(), new RemoteContext());
            caller.baggage("k");
            caller.traceState();
            recorder.startUnder(caller, EntryLayout.NO_SYMBOL, "", KIND).end();
        }
    }

    private static void fill(Span span) {
        span.set(KEY, "v").set(KEY, "\u00fc".repeat(20)).set(NUMBER, 1).set(KEY, "v".repeat(2 * RECORD_LENGTH));
        span.baggage("k", "v");
        span.event("exception").set(NUMBER, 2).set(KEY, "v");
        span.exception(new Exception("m"));
        for (int i = 0; i < 2; i++) {
            span.set(NUMBERS, new long[RECORD_LENGTH]);
        }
        span.error("e");
    }
}
