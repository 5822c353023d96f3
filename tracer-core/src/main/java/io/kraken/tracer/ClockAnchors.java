package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.clock.TickLine;
import io.kraken.tracer.file.Anchors;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFile;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/**
 * The agent that keeps ticks and the wall clock in step: it adds an anchor when the current one has drifted from the
 * wall clock, because of drift or because the wall clock was set, and begins a new line when the counter behind the
 * ticks has jumped. Traces that have begun keep their anchor; only spans that begin below one that has been open for an
 * hour follow the wall clock. Called only by the exporter's thread in its duty cycle, before it converts ticks into
 * time.
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
    /** A second view, to load the anchors of open spans. */
    private final Anchors others;

    private final RecordingController controller;

    private long nextCheckNs;
    private long nextFollowNs;

    ClockAnchors(Clocks clocks, Recorder recorder, RecordingController controller) {
        this.clocks = clocks;
        this.clock = clocks.ticks();
        this.line = new TickLine(clocks);
        this.recorder = recorder;
        this.file = recorder.file;
        this.controller = controller;
        this.anchors = file.anchors();
        this.others = new Anchors(file.buffer(), file.layout().anchorsOffset());
    }

    /** Measures the rate if it is not known, and sets the first anchor. */
    void begin() {
        line.begin();
        addAnchor();
        final long nowNs = clocks.nanoTime().getAsLong();
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        nextFollowNs = nowNs + FOLLOW_INTERVAL_NS;
    }

    /** Writes the time stamp that shows that the process lives, and checks periodically whether a new anchor is due. */
    boolean keep(long nowNs) {
        final long ticks = clock.ticks();
        final boolean isDue = Clocks.isDue(nextCheckNs, nowNs, CHECK_INTERVAL_NS);
        final boolean jumped = (isDue || line.looksOff(ticks, nowNs)) && line.hasJumped();
        if (jumped) {
            beginLine();
        }
        file.lastSign(jumped ? clock.ticks() : ticks);
        controller.keep(nowNs);
        if (Clocks.isDue(nextFollowNs, nowNs, FOLLOW_INTERVAL_NS)) {
            nextFollowNs = nowNs + FOLLOW_INTERVAL_NS;
            recorder.chunks.eachOpen(this::follow);
        }
        if (!isDue && !jumped) {
            return false;
        }
        nextCheckNs = nowNs + CHECK_INTERVAL_NS;
        return jumped || addAnchorWhenDrifted();
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
                            + "). Its rate was measured again; durations of spans are not affected."
                            + " Further jumps are counted as "
                            + Counter.CLOCK_JUMPS.label() + " and not logged");
        }
    }

    /** Spans that begin below this one begin on the new line. */
    private void moveOn(Span open) {
        open.anchor = anchors.current();
        if (line.jumpTo() < line.jumpFrom()) {
            open.startTicks = Long.MIN_VALUE; // ticks of the previous line do not bound those of this one
        }
    }

    /**
     * Spans that begin below this one from now on follow the wall clock, if it has been open for long and did not begin
     * after the time that the wall clock shows.
     */
    private void follow(Span open) {
        final ByteBuffer buffer = file.buffer();
        final int record = file.layout().recordOffset(open.record());
        if (open.anchor == anchors.current()) {
            return;
        }
        others.load(RecordLayout.anchor(buffer, record)); // if overwritten, the oldest anchor left is close enough
        final long now = clock.ticks();
        final long startNs = others.toEpochNs(RecordLayout.startTicks(buffer, record));
        final boolean isOld = others.toEpochNs(now) - startNs >= FOLLOW_AFTER_NS;
        anchors.load(anchors.current());
        if (isOld && anchors.toEpochNs(now) >= startNs) {
            open.anchor = anchors.current();
        }
    }
}
