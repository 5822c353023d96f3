package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFile;
import java.time.Duration;

/**
 * Starts spans. One for a service, kept in a {@code static final} field; closing it hands on what is still on its way.
 *
 * <p>No method throws, blocks or allocates on behalf of the tracer once a thread has started its first span, {@link
 * #create} and {@link #close} excepted. A tracer without a sink, or one that is switched off, starts {@link
 * Span#NOOP}.
 */
public final class Tracer implements AutoCloseable {

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

    private final Recorder recorder;
    /** Where a tracer that records nothing keeps what it passes on; null when it does not even do that. */
    private final Recorder passing;

    private final Governor governor;
    private final TracerConfig config;
    private final String why;
    private final Propagation propagation;
    private Thread shutdownHook;

    private Tracer(Recorder recorder, Governor governor, Recorder passing, TracerConfig config, String why) {
        this.recorder = recorder;
        this.governor = governor;
        this.passing = passing;
        this.config = config;
        this.why = why;
        this.propagation = new Propagation(config.get(TracerConfig.PROPAGATORS));
    }

    /** With the sink that is found on the class path; without one, a tracer that does nothing. */
    public static Tracer create(TracerConfig config) {
        return TracerStart.start(config, null);
    }

    public static Tracer create(TracerConfig config, RecordSinkProvider provider) {
        return TracerStart.start(config, provider);
    }

    /** A tracer that does nothing. */
    public static Tracer disabled() {
        return new Tracer(null, null, null, new TracerConfig().conclude(), "no tracer was configured");
    }

    /** A tracer that records nothing, and passes on the contexts that come from other processes. */
    static Tracer disabled(TracerConfig config, String why) {
        return new Tracer(null, null, TracerStart.passing(config), config, why);
    }

    /** A tracer that does nothing at all. */
    static Tracer inert(TracerConfig config, String why) {
        return new Tracer(null, null, null, config, why);
    }

    static Tracer recording(Recorder recorder, Governor governor, TracerConfig config) {
        return new Tracer(recorder, governor, null, config, "");
    }

    void shutdownHook(Thread hook) {
        shutdownHook = hook;
    }

    // --- spans of the calling thread

    /** A span under the thread's current one, which it replaces until it ends; of kind INTERNAL. */
    public Span start(SpanName name) {
        return start(name, SpanKind.INTERNAL);
    }

    public Span start(SpanName name, SpanKind kind) {
        return mayStart(name, kind) ? recorder.start(name.symbol, name.text, kind.code | Recorder.ATTACHED) : Span.NOOP;
    }

    /** Under a parent of one's choice; an invalid parent or null begins a new trace. */
    public Span start(SpanName name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, name.symbol, name.text, kind.code | Recorder.ATTACHED)
                : passedOn(parent, true);
    }

    /** With a name that is only known at run time. */
    public Span start(String name, SpanKind kind) {
        return mayStart(name, kind)
                ? recorder.start(Symbols.idOf(name), name, kind.code | Recorder.ATTACHED)
                : Span.NOOP;
    }

    /** With a name that is only known at run time, under a parent of one's choice. */
    public Span start(String name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, Symbols.idOf(name), name, kind.code | Recorder.ATTACHED)
                : passedOn(parent, true);
    }

    // --- spans of no thread

    /** A span under the thread's current one that does not become current, and that any thread may use and end. */
    public Span startDetached(SpanName name, SpanKind kind) {
        return mayStart(name, kind) ? recorder.start(name.symbol, name.text, kind.code) : Span.NOOP;
    }

    /** Under a parent of one's choice; an invalid parent or null begins a new trace. */
    public Span startDetached(SpanName name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, name.symbol, name.text, kind.code)
                : passedOn(parent, false);
    }

    /** With a name that is only known at run time. */
    public Span startDetached(String name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, Symbols.idOf(name), name, kind.code)
                : passedOn(parent, false);
    }

    /** Whether there is something to start and a tracer to start it. */
    private boolean mayStart(Object name, SpanKind kind) {
        if (recorder == null) {
            return false;
        }
        if (name == null || kind == null) {
            recorder.counters.increment(Counter.MISUSE_ARGUMENT);
            return false;
        }
        return true;
    }

    /** Of a tracer that records nothing: what another process has said is there for whatever is called from here. */
    private Span passedOn(TraceContext parent, boolean attached) {
        if (passing == null
                || !(parent instanceof RemoteContext)
                || !parent.isValid() && !((RemoteContext) parent).saysMore()) {
            return Span.NOOP;
        }
        final Span span = passing.startUnder(
                parent, EntryLayout.NO_SYMBOL, "", SpanKind.INTERNAL.code | (attached ? Recorder.ATTACHED : 0));
        if (!span.isNoop() && parent.sampling() == Sampling.DEFERRED) {
            span.marks |= TraceContext.UNDECIDED;
        }
        return span;
    }

    // --- what is current, and what became of it all

    /** The calling thread's current span, {@link Span#NOOP} when there is none. */
    public Span current() {
        final Recorder behind = behind();
        if (behind == null) {
            return Span.NOOP;
        }
        final Frame top = behind.top();
        return top == null ? Span.NOOP : top.span();
    }

    /**
     * The context that a child started now would have as its parent, null when it would begin a trace. Unlike {@link
     * #current()} it is there even when the span it belongs to has ended on another thread.
     */
    public TraceContext currentContext() {
        final Recorder behind = behind();
        return behind == null ? null : behind.top();
    }

    /**
     * The same for those who have no tracer in hand, such as a logging library: what is current in any open tracer of
     * this process; the one opened first counts. Makes nothing for threads that never had a span.
     */
    public static TraceContext currentContextOfAny() {
        return OpenRecorders.top();
    }

    /** What is current here and now, to be made so on another thread later. Allocates; see {@link Traced}. */
    public Handover handover() {
        final Recorder behind = behind();
        return behind == null ? Handover.NOTHING : new Handover(behind);
    }

    /** Where it is kept what is current on a thread; null when nothing ever is. */
    Recorder behind() {
        return recorder != null ? recorder : passing;
    }

    /** How contexts get into headers and out of them; also when the tracer does nothing. */
    public Propagation propagation() {
        return propagation;
    }

    /**
     * Whether there may be contexts to take out of headers, to hand over and to put into headers: not of a tracer that
     * was closed, nor of one that does nothing at all.
     */
    public boolean isPassingOn() {
        return passing != null || isEnabled();
    }

    /** Whether spans may be recorded. */
    public boolean isEnabled() {
        return recorder != null && !recorder.isClosed();
    }

    /** Switches recording off and on again; spans started meanwhile are counted as unrecorded. */
    public void recording(boolean on) {
        if (isEnabled()) {
            governor.recording(on);
        }
    }

    /** Where every span went; exact while none starts or ends. */
    public Ledger ledger() {
        return recorder == null ? Ledger.EMPTY : Ledger.read(recorder.file, recorder::waiting);
    }

    /** The memory behind this tracer; null for one that does nothing. */
    public SpanFile file() {
        return recorder == null ? null : recorder.file;
    }

    /** Which clock, file and sink are in use and why, how to get better ones, and what was wrong with the settings. */
    public String describe() {
        return TracerStart.describe(recorder, config, why);
    }

    /** Closes within a few seconds. */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT);
    }

    /**
     * Takes no more spans, hands on what is on its way until the time is over, and says what became of everything.
     * Spans still open go on without harm and end into nothing. A second call only reports.
     */
    public synchronized Ledger close(Duration timeout) {
        if (isEnabled()) {
            recorder.close(nanos(timeout));
            TracerStart.stop(recorder, shutdownHook);
        }
        return ledger();
    }

    private static long nanos(Duration timeout) {
        if (timeout == null || timeout.isNegative()) {
            return 0;
        }
        return timeout.compareTo(LONGEST_TIMEOUT) < 0 ? timeout.toNanos() : LONGEST_TIMEOUT.toNanos();
    }
}
