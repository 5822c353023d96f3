package io.kraken.tracer;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.EntryLayout;
import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.sampling.Sampling;
import io.kraken.tracer.text.Symbols;
import java.time.Duration;

/**
 * The entry point: starts spans. One for a service, kept in a {@code static final} field; closing it hands over pending
 * spans.
 *
 * <p>Except for {@link #create} and {@link #close}, the tracer never throws or blocks, and does not allocate once a
 * thread has started its first span. A tracer that is disabled or has no sink starts {@link Span#NOOP}.
 */
public final class Tracer implements AutoCloseable {

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

    private final Recorder recorder;
    /** The recorder of a tracer that records nothing and only propagates contexts; null if it does not even do that. */
    private final Recorder propagating;

    private final RecordingController controller;
    private final TracerConfig config;
    /** Why the tracer records nothing; empty if it records. */
    private final String why;

    private final Propagation propagation;
    private Thread shutdownHook;

    private Tracer(
            Recorder recorder, RecordingController controller, Recorder propagating, TracerConfig config, String why) {
        this.recorder = recorder;
        this.controller = controller;
        this.propagating = propagating;
        this.config = config;
        this.why = why;
        this.propagation = new Propagation(config.get(TracerConfig.PROPAGATORS));
    }

    /** Creates a tracer with the sink found on the class path; without one, a disabled tracer. */
    public static Tracer create(TracerConfig config) {
        return TracerBootstrap.start(config, null);
    }

    public static Tracer create(TracerConfig config, RecordSinkProvider provider) {
        return TracerBootstrap.start(config, provider);
    }

    /** A tracer that does nothing. */
    public static Tracer disabled() {
        return new Tracer(null, null, null, new TracerConfig().conclude(), "no tracer was configured");
    }

    /** A tracer that records nothing, but propagates contexts of other processes. */
    static Tracer disabled(TracerConfig config, String why) {
        return new Tracer(null, null, TracerBootstrap.propagating(config), config, why);
    }

    /** A tracer without any function. */
    static Tracer inert(TracerConfig config, String why) {
        return new Tracer(null, null, null, config, why);
    }

    static Tracer recording(Recorder recorder, RecordingController controller, TracerConfig config) {
        return new Tracer(recorder, controller, null, config, "");
    }

    void shutdownHook(Thread hook) {
        shutdownHook = hook;
    }

    // --- spans of the calling thread

    /** Starts a span below the thread's current one, and makes it current until it ends; of kind INTERNAL. */
    public Span start(SpanName name) {
        return start(name, SpanKind.INTERNAL);
    }

    public Span start(SpanName name, SpanKind kind) {
        return mayStart(name, kind) ? recorder.start(name.symbol, name.text, kind.code | Recorder.ATTACHED) : Span.NOOP;
    }

    /** Starts a span below a given parent; null or an invalid parent begins a new trace. */
    public Span start(SpanName name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, name.symbol, name.text, kind.code | Recorder.ATTACHED)
                : startPassing(parent, true);
    }

    /** Starts a span below the thread's current one, with a name that is known only at run time. */
    public Span start(String name, SpanKind kind) {
        return mayStart(name, kind)
                ? recorder.start(Symbols.idOf(name), name, kind.code | Recorder.ATTACHED)
                : Span.NOOP;
    }

    /** Starts a span below a given parent, with a name that is known only at run time. */
    public Span start(String name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, Symbols.idOf(name), name, kind.code | Recorder.ATTACHED)
                : startPassing(parent, true);
    }

    // --- detached spans

    /** Starts a span below the thread's current one; it does not become current, and any thread may use and end it. */
    public Span startDetached(SpanName name, SpanKind kind) {
        return mayStart(name, kind) ? recorder.start(name.symbol, name.text, kind.code) : Span.NOOP;
    }

    /** Starts a detached span below a given parent; null or an invalid parent begins a new trace. */
    public Span startDetached(SpanName name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, name.symbol, name.text, kind.code)
                : startPassing(parent, false);
    }

    /** Starts a detached span below a given parent, with a name that is known only at run time. */
    public Span startDetached(String name, SpanKind kind, TraceContext parent) {
        return mayStart(name, kind)
                ? recorder.startUnder(parent, Symbols.idOf(name), name, kind.code)
                : startPassing(parent, false);
    }

    /** Whether the arguments are valid and the tracer records. */
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

    /** For a tracer that records nothing: makes the context of another process available to called processes. */
    private Span startPassing(TraceContext parent, boolean attached) {
        if (propagating == null
                || !(parent instanceof RemoteContext)
                || !parent.isValid() && !((RemoteContext) parent).carriesMore()) {
            return Span.NOOP;
        }
        final Span span = propagating.startUnder(
                parent, EntryLayout.NO_SYMBOL, "", SpanKind.INTERNAL.code | (attached ? Recorder.ATTACHED : 0));
        if (!span.isNoop() && parent.sampling() == Sampling.DEFERRED) {
            span.marks |= TraceContext.UNDECIDED;
        }
        return span;
    }

    // --- current span, ledger, state

    /** The calling thread's current span, {@link Span#NOOP} if there is none. */
    public Span current() {
        final Recorder activeRecorder = activeRecorder();
        if (activeRecorder == null) {
            return Span.NOOP;
        }
        final Frame top = activeRecorder.top();
        return top == null ? Span.NOOP : top.span();
    }

    /**
     * The context that a child started now would have as its parent, null if it would begin a trace. Unlike {@link
     * #current()} it is available even if its span has ended on another thread.
     */
    public TraceContext currentContext() {
        final Recorder activeRecorder = activeRecorder();
        return activeRecorder == null ? null : activeRecorder.top();
    }

    /**
     * The same for code without access to a tracer, such as a logging library: the current context in any open tracer
     * of this process; the tracer opened first takes precedence. Creates no state for threads that never had a span.
     */
    public static TraceContext currentContextOfAny() {
        return OpenRecorders.top();
    }

    /** A snapshot of the current context, to be made current on another thread. Allocates; see {@link TracedTasks}. */
    public ContextSnapshot snapshot() {
        final Recorder activeRecorder = activeRecorder();
        return activeRecorder == null ? ContextSnapshot.NOTHING : new ContextSnapshot(activeRecorder);
    }

    /** The recorder that holds the threads' current spans; null if the tracer does nothing. */
    Recorder activeRecorder() {
        return recorder != null ? recorder : propagating;
    }

    /** Extracts contexts from headers and injects them; also works if the tracer is disabled. */
    public Propagation propagation() {
        return propagation;
    }

    /**
     * Whether there may be contexts to extract, to pass to other threads and to inject: false for a closed tracer, and
     * for one that does nothing at all.
     */
    public boolean isPropagating() {
        return propagating != null || isEnabled();
    }

    /** Whether spans may be recorded. */
    public boolean isEnabled() {
        return recorder != null && !recorder.isClosed();
    }

    /** Switches recording off and on again; spans started meanwhile are counted as unrecorded. */
    public void recording(boolean on) {
        if (isEnabled()) {
            controller.recording(on);
        }
    }

    /** The account of all spans; exact while none starts or ends. */
    public Ledger ledger() {
        return recorder == null ? Ledger.EMPTY : Ledger.read(recorder.file, recorder::waiting);
    }

    /** The memory of this tracer; null if it does nothing. */
    public SpanFile file() {
        return recorder == null ? null : recorder.file;
    }

    /** The clock, file and sink in use, the reasons, how to get better ones, and problems with the settings. */
    public String describe() {
        return TracerBootstrap.describe(recorder, config, why);
    }

    /** As {@link #close(Duration)}, with five seconds. */
    @Override
    public void close() {
        close(CLOSE_TIMEOUT);
    }

    /**
     * Accepts no more spans, hands over pending ones until the time is over, and returns the account of all spans.
     * Spans that are still open can be used without harm and are not exported. A second call only returns the account.
     */
    public synchronized Ledger close(Duration timeout) {
        if (isEnabled()) {
            recorder.close(nanos(timeout));
            TracerBootstrap.stop(recorder, shutdownHook);
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
