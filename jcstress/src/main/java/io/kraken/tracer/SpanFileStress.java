package io.kraken.tracer;

import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.file.TwoMappings;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Another process reads the open spans of a file, at any moment, by the rules of {@link RecordLayout}. */
public class SpanFileStress {

    private static final SpanName NAME = SpanName.of("stress");
    private static final LongKey NUMBER = Key.ofLong("number");
    private static final StringKey PADDING = Key.ofString("padding");
    private static final String LONG_TEXT = "x".repeat(300);
    private static final int RECORD_LENGTH = 256;
    /** So few that none is a thread's own. */
    private static final int FEW = 64;

    private static final int MANY = 4096;

    private SpanFileStress() {}

    /** One thread's spans, and one reader. All that a span holds follows from its number. */
    private static final class Watched {
        private static final int ABSENT = 0;
        private static final int WHOLE = 1;
        private static final int MIXED = 9;

        private final TwoMappings mappings;
        private final Tracer tracer;
        private final RemoteContext parent = new RemoteContext();
        private final ByteBuffer copy =
                ByteBuffer.wrap(new byte[RECORD_LENGTH * 64]).order(ByteOrder.LITTLE_ENDIAN);
        private final EntryCursor entries = new EntryCursor();
        private final EntryCursor nested = new EntryCursor();
        private final int records;
        private long spans;
        /** Where to look: the record that was taken last. */
        private volatile int recent;

        Watched(int records) {
            this.records = records;
            mappings = TwoMappings.create(new SpanFileLayout.Shape(RECORD_LENGTH, records, 1, 4, Mem.PAGE));
            final TracerConfig config =
                    new TracerConfig().with(TracerConfig.MAX_ATTRIBUTES, 2).conclude();
            final Recorder recorder =
                    new Recorder(mappings.file, new NanoClock("a stress test"), config.limits(), Policy.EVERYTHING);
            recorder.attach(new Nowhere());
            tracer = Tracer.recording(recorder, new Governor(recorder, Governor.Settings.of(config)), config);
        }

        Span start() {
            final long number = ++spans;
            final Span span = tracer.start(NAME, SpanKind.INTERNAL, parent.set(number, ~number, number, 0));
            recent = span.index;
            return span;
        }

        int read() {
            final int first = recent;
            return Math.max(readRecord(first, null), readRecord(first + 1 < records ? first + 1 : 0, null));
        }

        /** A span of another thread begins and outgrows its record while the reader has decided where to read. */
        int readAroundASpan() {
            return readRecord(recent, this::outgrow);
        }

        private void outgrow() {
            final Span span = tracer.startDetached(NAME, SpanKind.INTERNAL);
            span.event(NAME).set(PADDING, LONG_TEXT);
            span.end();
        }

        private int readRecord(int index, Runnable between) {
            return read(mappings.file.layout().stagingOffset() + index * RECORD_LENGTH, between);
        }

        private int read(int home, Runnable between) {
            final ByteBuffer memory = mappings.other;
            final long state = Mem.getLongAcquire(memory, home);
            if (!RecordLayout.isOpen(state) || RecordLayout.leaseAcquire(memory, home) != state) {
                return ABSENT;
            }
            final long overflowAndMoves = Mem.getLongAcquire(memory, home + RecordLayout.OVERFLOW_OFFSET);
            final int overflow = (int) overflowAndMoves;
            final int base = overflow != 0 ? overflow : home;
            final int length = Mem.getIntAcquire(memory, base + RecordLayout.LENGTH_OFFSET);
            if ((overflowAndMoves >>> 32 & 1) != 0 || length < RecordLayout.HEADER_LENGTH || length > copy.capacity()) {
                return ABSENT;
            }
            if (between != null && overflow != 0) {
                between.run();
            }
            memory.get(base, copy.array(), 0, length);
            VarHandle.loadLoadFence();
            final boolean same = memory.getLong(home) == state
                    && memory.getLong(home + RecordLayout.OVERFLOW_OFFSET) == overflowAndMoves;
            return same ? isWhole(length) ? WHOLE : MIXED : ABSENT;
        }

        private boolean isWhole(int length) {
            final long number = RecordLayout.traceIdHigh(copy, 0);
            boolean whole = RecordLayout.traceIdLow(copy, 0) == ~number && RecordLayout.parentId(copy, 0) == number;
            entries.wrap(copy, RecordLayout.HEADER_LENGTH, length);
            while (entries.next()) {
                if (entries.type() == EntryLayout.LONG) {
                    whole &= entries.symbol() == NUMBER.symbol && entries.longValue() == number;
                } else if (entries.type() == EntryLayout.EVENT) {
                    nested.wrap(copy, entries.nestedOffset(), entries.endOffset());
                    while (nested.next()) {
                        whole &= nested.symbol() == PADDING.symbol || nested.longValue() == -number;
                    }
                    whole &= !nested.malformed();
                }
            }
            return whole && !entries.malformed();
        }
    }

    /** Publishing is what the tests of lanes are for. */
    private static final class Nowhere implements RecordSink {
        @Override
        public int publish(int offset, int length, int lane, Throwable[] thrown) {
            return 0;
        }

        @Override
        public long waiting() {
            return 0;
        }

        @Override
        public void close(long timeoutNs) {}

        @Override
        public String describe() {
            return "nowhere";
        }
    }

    /** The records are common ones: taken by a claim on the state word. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "none open, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "an open span as it was at a moment")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one")
    public static class CommonRecords {
        private static final Watched WATCHED = new Watched(FEW);

        @Actor
        public void service() {
            final Span span = WATCHED.start();
            span.set(NUMBER, span.traceIdHigh());
            span.end();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** The records are in a window of the thread's own: taken without a claim. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "none open, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "an open span as it was at a moment")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one")
    public static class OwnRecords {
        private static final Watched WATCHED = new Watched(MANY);

        @Actor
        public void service() {
            final Span span = WATCHED.start();
            span.set(NUMBER, span.traceIdHigh());
            span.end();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** The span outgrows its record, twice, and leaves the larger ones to the next. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "none open, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "an open span as it was at a moment")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one")
    public static class Outgrown {
        private static final Watched WATCHED = new Watched(FEW);

        @Actor
        public void service() {
            final Span span = WATCHED.start();
            final long number = span.traceIdHigh();
            span.set(NUMBER, number);
            for (int i = 0; i < 8; i++) {
                span.event(NAME).set(PADDING, LONG_TEXT);
            }
            span.event(NAME).set(NUMBER, -number);
            span.end();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }

    /** A larger record goes from one span to another while the reader is at it. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "not outgrown, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "an open span as it was at a moment")
    @Outcome(expect = Expect.FORBIDDEN, desc = "two spans in one")
    public static class OutgrownByTwo {
        private static final Watched WATCHED = new Watched(FEW);

        @Actor
        public void service() {
            final Span span = WATCHED.start();
            span.set(NUMBER, span.traceIdHigh()).event(NAME).set(PADDING, LONG_TEXT);
            span.end();
        }

        @Actor
        public void readerAndService(I_Result result) {
            result.r1 = WATCHED.readAroundASpan();
        }
    }

    /** Entries are rewritten in place: an event grows, and attributes set again are pushed together. */
    @JCStressTest
    @State
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "none open, or it changed while it was read")
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "an open span as it was at a moment")
    @Outcome(expect = Expect.FORBIDDEN, desc = "an event's attribute as the span's, or half an entry")
    public static class Rewritten {
        private static final Watched WATCHED = new Watched(FEW);

        @Actor
        public void service() {
            final Span span = WATCHED.start();
            final long number = span.traceIdHigh();
            span.set(NUMBER, number).set(NUMBER, number);
            span.event(NAME).set(NUMBER, -number);
            span.set(NUMBER, number);
            span.end();
        }

        @Actor
        public void reader(I_Result result) {
            result.r1 = WATCHED.read();
        }
    }
}
