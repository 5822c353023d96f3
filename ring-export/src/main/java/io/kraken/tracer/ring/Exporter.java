package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The wiring of rings, agent and thread, and the order in which they stop: what has ended goes out until the time is
 * over, what is left stays in the span file.
 */
final class Exporter implements RecordSink, ChunkRings.Nudge {

    /** With nothing to do the sweeps become rarer, down to one in this time. */
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(60);

    private static final long CLOSE_STEP_NS = 200_000;
    /** What a sink in mid-call is given however short the deadline. */
    private static final long GRACE_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private SpanFile file;
    private ChunkRings rings;
    private int chunks;
    private ExporterAgent agent;
    private BatchSink sink;
    private volatile Thread thread;
    private volatile Throwable lastError;
    private volatile boolean running = true;
    /** Whether the exporter's attention has been asked for since its last duty cycle began. */
    private volatile boolean nudged;

    private boolean agentClosed; // by whoever is on duty
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Held by whoever runs the agent: its own thread, or one that drives it, or one that closes. */
    private final AtomicBoolean onDuty = new AtomicBoolean();

    void begin(SpanFile file, ChunkRings rings, ExporterAgent agent, BatchSink sink) {
        this.file = file;
        this.chunks = file.layout().shape().chunks();
        this.rings = rings;
        this.agent = agent;
        this.sink = sink;
    }

    /** Keeps the newest error for {@link #describe}. */
    void onError(Throwable error) {
        lastError = error;
    }

    void start(long sweepNs) {
        final Thread started = new Thread(null, () -> run(sweepNs), agent.roleName(), 0, false);
        started.setDaemon(true);
        thread = started;
        started.start();
    }

    private void run(long sweepNs) {
        long pauseNs = sweepNs;
        boolean deaf = false;
        while (running) {
            final boolean asked = nudged && !deaf;
            final int work = doWork();
            pauseNs = work > 0 ? sweepNs : Math.max(sweepNs, Math.min(IDLE_NS, pauseNs + sweepNs));
            deaf = asked && work == 0 && rings.isShort();
            if (deaf) { // a sink that takes nothing: looking again at once is of no use
                nudged = true;
                pauseNs = sweepNs;
            }
            LockSupport.parkNanos(this, pauseNs);
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
        nudged = false; // whoever asks from here on is heard by the next cycle, or by the park before it
        file.beginCycle();
        try {
            return agentClosed ? 0 : agent.doWork();
        } catch (Throwable e) {
            failed(e);
            return 0;
        } finally {
            file.endCycle();
            onDuty.set(false);
        }
    }

    /** Has the sink settle what it holds; false while somebody is at work in it. */
    private boolean closeAgent() {
        if (!onDuty.compareAndSet(false, true)) {
            return false;
        }
        file.beginCycle();
        try {
            if (!agentClosed) {
                agentClosed = true;
                agent.onClose();
            }
        } catch (Throwable e) {
            failed(e);
        } finally {
            file.endCycle();
            onDuty.set(false);
        }
        return true;
    }

    private void failed(Throwable error) {
        onError(error);
        file.counters().increment(Counter.INTERNAL_ERRORS);
    }

    // --- the threads that record

    @Override
    public int claim() {
        return rings.claim();
    }

    @Override
    public int share(int number) {
        return rings.share(number);
    }

    @Override
    public void pass(int chunk) {
        rings.pass(chunk);
    }

    @Override
    public void usedUp(int chunk) {
        rings.usedUp(chunk);
    }

    @Override
    public void nudge() {
        chunksAreShort();
    }

    /** Wakes the exporter, once for each of its duty cycles. */
    @Override
    public void chunksAreShort() {
        final Thread exporter = thread;
        if (!nudged && exporter != Thread.currentThread()) { // which itself claims chunks for others
            nudged = true;
            if (exporter != null) {
                file.counters().increment(Counter.NUDGES);
                LockSupport.unpark(exporter);
            }
        }
    }

    // --- anybody

    @Override
    public double occupancy() {
        return 1 - (double) rings.available() / chunks;
    }

    @Override
    public long waiting() {
        return agent.waiting();
    }

    @Override
    public void close(long timeoutNs) {
        final long deadline = System.nanoTime() + timeoutNs;
        agent.drain();
        boolean empty = false;
        while (!empty && System.nanoTime() - deadline < 0) {
            final Thread exporter = thread;
            if (exporter == null) {
                doWork();
            } else {
                LockSupport.unpark(exporter);
            }
            empty = agent.isDrained();
            if (!empty) {
                LockSupport.parkNanos(CLOSE_STEP_NS);
            }
        }
        stop(Math.max(deadline, System.nanoTime() + GRACE_NS));
    }

    /**
     * Ends the thread, which has the sink settle what it holds. What is left in the records stays there, counted as
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

    @Override
    public String describe() {
        return sink.describe() + (lastError == null ? "" : ", last error: " + lastError);
    }
}
