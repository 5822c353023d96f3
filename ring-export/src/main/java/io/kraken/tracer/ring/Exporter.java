package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The wiring of lanes, agent and thread, and the order in which they stop: first no span gets in, then what is inside
 * goes out until the time is over, then what is left is counted.
 */
final class Exporter implements RecordSink, Lane.Nudge {

    /** With nothing to do the sweeps become rarer, up to this many times. */
    private static final int IDLE_FACTOR = 8;

    private static final long CLOSE_STEP_NS = 200_000;
    /** What a sink in mid-call is given however short the deadline. */
    private static final long GRACE_NS = TimeUnit.MILLISECONDS.toNanos(500);
    /** What a thread in mid-copy is given: it needs nanoseconds, but the machine may have taken the processor from it. */
    private static final long COPY_GRACE_NS = TimeUnit.SECONDS.toNanos(5);

    private SpanFile file;
    private Lanes lanes;
    private ExporterAgent agent;
    private BatchSink sink;
    private volatile Thread thread;
    private volatile Throwable lastError;
    private volatile boolean running = true;
    private boolean agentClosed; // by whoever is on duty
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Held by whoever runs the agent: its own thread, or one that drives it, or one that closes. */
    private final AtomicBoolean onDuty = new AtomicBoolean();

    void begin(SpanFile file, Lanes lanes, ExporterAgent agent, BatchSink sink) {
        this.file = file;
        this.lanes = lanes;
        this.agent = agent;
        this.sink = sink;
    }

    /** Keeps the newest error for {@link #describe}. */
    void onError(Throwable error) {
        lastError = error;
    }

    void start(long sweepNs) {
        final Thread started = new Thread(() -> run(sweepNs), agent.roleName());
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    private void run(long sweepNs) {
        int idle = 1;
        while (running) {
            idle = doWork() > 0 ? 1 : Math.min(IDLE_FACTOR, idle + 1);
            LockSupport.parkNanos(this, sweepNs * idle);
            Thread.interrupted(); // nobody has a reason to, and the next park would return at once
        }
        closeAgent();
        stopped.countDown();
    }

    /** A duty cycle. Whatever is thrown in it, errors too, the next one comes: without it all spans would be lost. */
    int doWork() {
        if (!onDuty.compareAndSet(false, true)) {
            return 0;
        }
        try {
            return agentClosed ? 0 : agent.doWork();
        } catch (Throwable e) {
            failed(e);
            return 0;
        } finally {
            onDuty.set(false);
        }
    }

    /** Has the sink settle what it holds; false while somebody is at work in it. */
    private boolean closeAgent() {
        if (!onDuty.compareAndSet(false, true)) {
            return false;
        }
        try {
            if (!agentClosed) {
                agentClosed = true;
                agent.onClose();
            }
        } catch (Throwable e) {
            failed(e);
        } finally {
            onDuty.set(false);
        }
        return true;
    }

    private void failed(Throwable error) {
        onError(error);
        file.counters().increment(Counter.INTERNAL_ERRORS);
    }

    @Override
    public int publish(int offset, int length, int lane, Throwable[] thrown) {
        return lanes.publish(offset, length, lane, thrown);
    }

    @Override
    public void halfFull() {
        final Thread exporter = thread;
        if (exporter != null) {
            file.counters().increment(Counter.NUDGES);
            LockSupport.unpark(exporter);
        }
    }

    @Override
    public long waiting() {
        return agent.waiting();
    }

    @Override
    public void close(long timeoutNs) {
        final long begun = System.nanoTime();
        final long deadline = begun + timeoutNs;
        final long limit = begun + Math.max(timeoutNs, COPY_GRACE_NS);
        while (!lanes.shut() && System.nanoTime() - limit < 0) {
            Thread.yield(); // who is inside leaves after one copy
        }
        agent.drain();
        boolean empty = false;
        while (!empty && System.nanoTime() - deadline < 0) {
            final Thread exporter = thread;
            if (exporter == null) {
                doWork();
            } else {
                LockSupport.unpark(exporter);
            }
            empty = inLanes() == 0 && agent.waiting() == 0;
            if (!empty) {
                LockSupport.parkNanos(CLOSE_STEP_NS);
            }
        }
        stop(Math.max(deadline, System.nanoTime() + GRACE_NS));
    }

    /**
     * Ends the thread, which has the sink settle what it holds. What is left in the lanes stays there, counted as
     * buffered, and the span file with it. A sink that does not return is left alone until it does.
     */
    private void stop(long limit) {
        running = false;
        final Thread exporter = thread;
        boolean closed = false;
        while (!closed && System.nanoTime() - limit < 0) {
            if (exporter == null) {
                closed = closeAgent();
            } else {
                LockSupport.unpark(exporter);
                closed = stopped.getCount() == 0;
            }
            if (!closed) {
                LockSupport.parkNanos(CLOSE_STEP_NS);
            }
        }
    }

    private long inLanes() {
        long left = 0;
        for (int lane = 0; lane < lanes.count(); lane++) {
            left += file.lanePublished(lane) - file.laneConsumedRecords(lane);
        }
        return left;
    }

    @Override
    public String describe() {
        return sink.describe() + (lastError == null ? "" : ", last error: " + lastError);
    }
}
