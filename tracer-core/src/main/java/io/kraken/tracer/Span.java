package io.kraken.tracer;

import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.BooleansKey;
import io.kraken.tracer.Key.DoubleKey;
import io.kraken.tracer.Key.DoublesKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.LongsKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Key.StringsKey;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An operation being recorded. Every method may be called at any time by anyone and neither throws, blocks nor
 * allocates: what can't be done is ignored and counted.
 *
 * <p>A span from {@code start} belongs to the thread that started it, which also ends it: its methods cost no
 * synchronisation, and calls from other threads are counted as misuse. A span from {@code startDetached} belongs to
 * nobody: any thread may use and end it; calls that meet wait for each other for a bounded number of spins. Ending a
 * detached span is lock-free and happens exactly once, whoever races.
 *
 * <p>Spans are pooled. One that has ended must not be used again; for a good while such a use is recognised, ignored
 * and counted, later the object may stand for another span of the same thread, or for a detached one.
 */
public final class Span extends SpanRecord implements AutoCloseable {

    /** Records nothing, costs nothing. What a switched-off tracer starts, and what is current where nothing is. */
    public static final Span NOOP = new Span(null, -1, 0);

    private static final int CLOSED = 0;
    private static final int OPEN = 1;
    private static final int BUSY = 2;
    private static final int ENDING = 3;
    private static final int MAX_SPINS = 10_000;

    private static final VarHandle SHARED;

    static {
        try {
            SHARED = MethodHandles.lookup().findVarHandle(Span.class, "shared", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * The thread a span belongs to; null when it is detached or closed. Only a thread itself ever writes or removes
     * its own name.
     */
    private Thread owner;
    /** The state of a detached span: changed by compare-and-set, so that setters and the end exclude each other. */
    @SuppressWarnings("unused") // through SHARED
    private int shared;

    private ThreadState thread;
    private StatusCode status;

    Span(Recorder recorder, int index, int home) {
        super(recorder, index, home);
    }

    void openAttached(ThreadState thread) {
        open();
        this.thread = thread;
        scratch = thread.scratch;
        thread.push(this);
        owner = thread.thread;
    }

    void openDetached() {
        open();
        scratch = null;
        SHARED.setRelease(this, OPEN);
    }

    private void open() {
        openRecord();
        status = StatusCode.UNSET;
        detail = null;
    }

    @Override
    Span span() {
        return this;
    }

    /** True when the caller may write now; it must {@link #leave} then. */
    boolean enter() {
        return owner == Thread.currentThread() || recorder != null && enterShared();
    }

    void leave() {
        if (owner == null) {
            leaveShared();
        }
    }

    private boolean enterShared() {
        for (int spins = 0; spins < MAX_SPINS; spins++) {
            final int state = (int) SHARED.getAcquire(this);
            if (state == OPEN && SHARED.compareAndSet(this, OPEN, BUSY)) {
                return true;
            }
            if (state == CLOSED || state == ENDING) {
                misuse(owner == null ? Counter.MISUSE_AFTER_END : Counter.MISUSE_WRONG_THREAD);
                return false;
            }
            Thread.onSpinWait();
        }
        misuse(Counter.MISUSE_CONTENDED);
        return false;
    }

    private void leaveShared() {
        if (!SHARED.compareAndSet(this, BUSY, OPEN)) {
            finishDetached(recorder.clock.ticks()); // somebody ended the span meanwhile and left the rest to us
        }
    }

    private void misuse(Counter counter) {
        if (recorder != null) {
            recorder.counters.increment(counter);
        }
    }

    private Span badArgument() {
        misuse(Counter.MISUSE_ARGUMENT);
        return this;
    }

    public Span set(StringKey key, String value) {
        if (key == null || value == null) {
            return badArgument();
        }
        if (enter()) {
            putString(key.symbol, key.text, value);
            leave();
        }
        return this;
    }

    public Span set(LongKey key, long value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putLong(key.symbol, key.text, RecordLayout.LONG, value);
            leave();
        }
        return this;
    }

    public Span set(DoubleKey key, double value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putLong(key.symbol, key.text, RecordLayout.DOUBLE, Double.doubleToRawLongBits(value));
            leave();
        }
        return this;
    }

    public Span set(BooleanKey key, boolean value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putBoolean(key.symbol, key.text, value);
            leave();
        }
        return this;
    }

    public Span set(StringsKey key, String[] values) {
        if (key == null || values == null) {
            return badArgument();
        }
        if (enter()) {
            Entries.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(LongsKey key, long[] values) {
        if (key == null || values == null) {
            return badArgument();
        }
        if (enter()) {
            Entries.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(DoublesKey key, double[] values) {
        if (key == null || values == null) {
            return badArgument();
        }
        if (enter()) {
            Entries.put(this, key, values);
            leave();
        }
        return this;
    }

    public Span set(BooleansKey key, boolean[] values) {
        if (key == null || values == null) {
            return badArgument();
        }
        if (enter()) {
            Entries.put(this, key, values);
            leave();
        }
        return this;
    }

    /** For a key that is only known at run time. */
    public Span set(String key, String value) {
        if (key == null || value == null) {
            return badArgument();
        }
        if (enter()) {
            putString(Symbols.idOf(key), key, value);
            leave();
        }
        return this;
    }

    public Span set(String key, long value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putLong(Symbols.idOf(key), key, RecordLayout.LONG, value);
            leave();
        }
        return this;
    }

    public Span set(String key, double value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putLong(Symbols.idOf(key), key, RecordLayout.DOUBLE, Double.doubleToRawLongBits(value));
            leave();
        }
        return this;
    }

    public Span set(String key, boolean value) {
        if (key == null) {
            return badArgument();
        }
        if (enter()) {
            putBoolean(Symbols.idOf(key), key, value);
            leave();
        }
        return this;
    }

    public Detail event(SpanName name) {
        if (name == null) {
            badArgument();
            return Detail.NOOP;
        }
        return addEvent(name.symbol, name.text);
    }

    /** For an event whose name is only known at run time. */
    public Detail event(String name) {
        if (name == null) {
            badArgument();
            return Detail.NOOP;
        }
        return addEvent(Symbols.idOf(name), name);
    }

    private Detail addEvent(int symbol, String name) {
        if (!enter()) {
            return Detail.NOOP;
        }
        final Detail added = Entries.event(this, RecordLayout.EVENT, symbol, name);
        leave();
        return added;
    }

    /**
     * Adds the event {@code exception} with type, message and, written later by the exporter, the stack trace. Does
     * not set the status.
     */
    public Detail exception(Throwable thrown) {
        if (thrown == null) {
            badArgument();
            return Detail.NOOP;
        }
        final String message = isRecording() ? Entries.message(thrown, recorder) : null;
        if (!enter()) {
            return Detail.NOOP;
        }
        final Detail added = Entries.exception(this, thrown, message);
        leave();
        return added;
    }

    /** Links to a span of this or of another trace. */
    public Detail link(TraceContext other) {
        if (other == null || !other.isValid()) {
            badArgument();
            return Detail.NOOP;
        }
        if (!enter()) {
            return Detail.NOOP;
        }
        final Detail added = Entries.link(this, other);
        leave();
        return added;
    }

    // --- name and status

    /** Changes the name. */
    public Span name(SpanName name) {
        if (name == null) {
            return badArgument();
        }
        if (enter()) {
            recorder.writeName(this, name.symbol, name.text);
            leave();
        }
        return this;
    }

    /** Changes the name to one that is only known at run time. */
    public Span name(String name) {
        if (name == null) {
            return badArgument();
        }
        if (enter()) {
            recorder.writeName(this, Symbols.idOf(name), name);
            leave();
        }
        return this;
    }

    public Span ok() {
        return status(StatusCode.OK, null);
    }

    /** Marks the span failed; the description may be null. */
    public Span error(String description) {
        return status(StatusCode.ERROR, description);
    }

    /** OK is final, ERROR is not unset; a description counts with ERROR only. */
    public Span status(StatusCode code, String description) {
        if (code == null) {
            return badArgument();
        }
        if (enter()) {
            if (status != StatusCode.OK && code != StatusCode.UNSET) {
                if (code == StatusCode.ERROR && (description != null || status == StatusCode.ERROR)) {
                    appendText(RecordLayout.STATUS, description == null ? "" : description);
                }
                status = code;
                RecordLayout.status(buffer, base, code.ordinal());
            }
            leave();
        }
        return this;
    }

    /** False for {@link #NOOP} and once the span has ended: whether there is any use in computing attributes. */
    public boolean isRecording() {
        return owner != null || (int) SHARED.getAcquire(this) != CLOSED;
    }

    /**
     * Makes this span the current one of the calling thread until the scope is closed. The span itself stays where
     * it belongs.
     */
    public Scope makeCurrent() {
        if (recorder == null || !isRecording()) {
            misuse(Counter.MISUSE_AFTER_END);
            return Scope.NOOP;
        }
        final Scope scope = recorder.thread().scope();
        if (scope == null) {
            misuse(Counter.MISUSE_OPEN_SCOPES);
            return Scope.NOOP;
        }
        return scope.open(this);
    }

    // --- the end

    /** Ends the span; what was current before is current again. */
    public void end() {
        if (owner == Thread.currentThread()) {
            final long ticks = recorder.clock.ticks();
            final ThreadState ender = thread;
            owner = null;
            thread = null; // a thread that has died must not be kept by the spans it started
            ender.remove(this);
            recorder.finish(this, ender, ticks);
        } else if (recorder != null) {
            endShared();
        }
    }

    @Override
    public void close() {
        end();
    }

    private void endShared() {
        final long ticks = recorder.clock.ticks();
        while (true) {
            final int state = (int) SHARED.getAcquire(this);
            if (state == OPEN && SHARED.compareAndSet(this, OPEN, ENDING)) {
                finishDetached(ticks);
                return;
            }
            if (state == BUSY && SHARED.compareAndSet(this, BUSY, ENDING)) {
                return; // the setter that is at work finishes the span when it leaves
            }
            if (state == CLOSED || state == ENDING) {
                misuse(owner == null ? Counter.MISUSE_AFTER_END : Counter.MISUSE_WRONG_THREAD);
                return;
            }
        }
    }

    private void finishDetached(long ticks) {
        final ThreadState ender = recorder.thread();
        SHARED.setRelease(this, CLOSED);
        recorder.finish(this, ender, ticks);
    }
}
