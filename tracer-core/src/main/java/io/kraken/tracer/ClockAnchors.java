package io.kraken.tracer;

import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * Keeps ticks and the wall clock together: adds an anchor whenever the current one has drifted from the wall clock,
 * by itself or because somebody set it, and begins a new line when the counter behind the ticks has jumped. Traces that
 * have begun keep the anchor they began under; only what begins below a span that has been open for an hour follows
 * the wall clock. Called by the exporter's thread in its duty cycle, before it turns any ticks into time; by nobody
 * else.
 */
final class ClockAnchors {

    private static final System.Logger LOG = System.getLogger("io.kraken.tracer");

    private static final long CHECK_INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long MAX_DRIFT_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long FOLLOW_INTERVAL_NS = TimeUnit.MINUTES.toNanos(1);
    private static final long FOLLOW_AFTER_NS = TimeUnit.HOURS.toNanos(1);

    private final TickClock clock;
    private final Clocks clocks;
    private final TickLine line;
    private final Recorder recorder;
    private final SpanFile file;
    private final Anchors anchors;
    /** Of its own, for the anchors of spans that are open. */
    private final Anchors others;

    private final RecordingController governor;

    private long nextCheckNs;
    private long nextFollowNs;

    ClockAnchors(Clocks clocks, Recorder recorder, RecordingController governor) {
        this.clocks = clocks;
        this.clock = clocks.ticks();
        this.line = new TickLine(clocks);
        this.recorder = recorder;
        this.file = recorder.file;
        this.governor = governor;
        this.anchors = file.anchors();
        this.others = new Anchors(file.buffer(), file.layout().anchorsOffset());
    }

    /** Measures the rate where it is not known, and sets the first anchor. */
    void begin() {
        line.begin();
        addAnchor();
        final long nowNs = clocks.nanoTime().getAsLong();
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        nextFollowNs = nowNs + FOLLOW_INTERVAL_NS;
    }

    /** Leaves a sign of life, and now and then looks whether a new anchor is due. Returns whether one was added. */
    boolean keep(long nowNs) {
        final long ticks = clock.ticks();
        final boolean isDue = isDue(nextCheckNs, nowNs, CHECK_INTERVAL_NS);
        final boolean jumped = (isDue || line.looksOff(ticks, nowNs)) && line.hasJumped();
        if (jumped) {
            beginLine();
        }
        file.lastSign(jumped ? clock.ticks() : ticks);
        governor.keep(nowNs);
        if (isDue(nextFollowNs, nowNs, FOLLOW_INTERVAL_NS)) {
            nextFollowNs = nowNs + FOLLOW_INTERVAL_NS;
            recorder.chunks.eachOpen(this::follow);
        }
        if (!isDue && !jumped) {
            return false;
        }
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        return jumped || addAnchorWhenDrifted();
    }

    /** Also when the clock has gone back, and the moment would not come for a long time. */
    static boolean isDue(long atNs, long nowNs, long intervalNs) {
        return nowNs - atNs >= 0 || atNs - nowNs > intervalNs;
    }

    private boolean addAnchorWhenDrifted() {
        line.sample(clocks.epochNs());
        anchors.load(anchors.current());
        if (Math.abs(anchors.toEpochNs(line.ticks()) - line.ns()) <= MAX_DRIFT_NS) {
            return false;
        }
        addAnchor();
        return true;
    }

    private void addAnchor() {
        recorder.nanosPerTick(line.rate());
        line.sample(clocks.epochNs());
        recorder.anchor(anchors.add(line.ticks(), line.ns(), line.rate()));
        file.counters().increment(Counter.ANCHORS);
    }

    private void beginLine() {
        anchors.beginLine(line.jumpFrom(), line.jumpTo(), line.rate());
        addAnchor();
        file.counters().increment(Counter.CLOCK_JUMPS);
        recorder.chunks.eachOpen(this::moveOn);
        if (anchors.lines() == 1) {
            final long byNs = (long) ((line.jumpTo() - line.jumpFrom()) * line.rate());
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the clock of spans jumped by " + byNs + " ns (" + clock.describe()
                            + "). Its rate was measured again, spans keep their durations."
                            + " Further jumps are counted as "
                            + Counter.CLOCK_JUMPS.label() + " and not logged");
        }
    }

    /** What begins below this span begins on the new line. */
    private void moveOn(Span open) {
        open.anchor = anchors.current();
        if (line.jumpTo() < line.jumpFrom()) {
            open.startTicks = Long.MIN_VALUE; // ticks of the line before are no bound for those of this one
        }
    }

    /**
     * What begins below this span from now on follows the wall clock, when it has been open for long and has not begun
     * after what the wall clock shows.
     */
    private void follow(Span open) {
        final ByteBuffer buffer = file.buffer();
        final int record = file.layout().recordOffset(open.record());
        if (open.anchor == anchors.current()) {
            return;
        }
        others.load(RecordLayout.anchor(buffer, record)); // one that is lost was long ago: the oldest one left will do
        final long now = clock.ticks();
        final long startNs = others.toEpochNs(RecordLayout.startTicks(buffer, record));
        final boolean isOld = others.toEpochNs(now) - startNs >= FOLLOW_AFTER_NS;
        anchors.load(anchors.current());
        if (isOld && anchors.toEpochNs(now) >= startNs) {
            open.anchor = anchors.current();
        }
    }
}
