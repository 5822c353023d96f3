package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The record sink of the recording threads: it passes their calls to the rings, runs the agent on a thread, and shuts
 * both down. Until the deadline of a shutdown ended spans are exported; the others stay in the span file.
 *
 * <p>Any thread may call any method after {@link #begin}. At most one thread at a time runs the agent: the one that
 * holds {@code onDuty}. A thread that finds it held does not wait but returns. The methods for recording threads are
 * lock-free; {@link #close} returns by its deadline, or up to half a second later while a sink call is in progress.
 */
final class Exporter implements RecordSink, ChunkRings.Nudge {

    /** While there is no work the interval between sweeps grows up to this maximum. */
    private static final long IDLE_NS = TimeUnit.MILLISECONDS.toNanos(60);

    private static final long CLOSE_STEP_NS = 200_000;
    /** Time allowed for a sink call in progress, however short the deadline is. */
    private static final long SINK_GRACE_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private SpanFile file;
    private ChunkRings rings;
    private int chunks;
    private ExporterAgent agent;
    private BatchSink sink;
    private volatile Thread thread;
    private volatile Throwable lastError;
    private volatile boolean running = true;
    /** Whether the exporter was woken since its last duty cycle began. */
    private volatile boolean nudged;

    private boolean agentClosed; // guarded by onDuty
    private final CountDownLatch stopped = new CountDownLatch(1);
    /**
     * Held by the thread that runs the agent: the exporter's thread, a caller that drives it, or one that closes it.
     */
    private final AtomicBoolean onDuty = new AtomicBoolean();

    void begin(SpanFile file, ChunkRings rings, ExporterAgent agent, BatchSink sink) {
        this.file = file;
        this.chunks = file.layout().shape().chunks();
        this.rings = rings;
        this.agent = agent;
        this.sink = sink;
    }

    /** Stores the latest error for {@link #describe}. */
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
        boolean ignoreNudges = false;
        while (running) {
            final boolean wasNudged = nudged && !ignoreNudges;
            final int work = doWork();
            pauseNs = work > 0 ? sweepNs : Math.max(sweepNs, Math.min(IDLE_NS, pauseNs + sweepNs));
            ignoreNudges = wasNudged && work == 0 && rings.isShort();
            if (ignoreNudges) { // the sink takes nothing: sweeping again at once would not help
                nudged = true;
                pauseNs = sweepNs;
            }
            LockSupport.parkNanos(this, pauseNs);
            Thread.interrupted(); // clears a stray interrupt, which would make the next park return at once
        }
        closeAgent();
        stopped.countDown();
    }

    /** One duty cycle. Errors too are caught, since without further cycles all spans would be lost. */
    int doWork() {
        if (!onDuty.compareAndSet(false, true)) {
            return 0;
        }
        nudged = false; // a nudge from here on is seen by the next cycle or ends the park before it
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

    /**
     * Closes the agent, which settles the spans that the sink holds; false while another thread is running the agent.
     */
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

    // --- called by the recording threads

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

    /** Wakes the exporter, at most once per duty cycle. */
    @Override
    public void chunksAreShort() {
        final Thread exporter = thread;
        // the exporter itself claims chunks on behalf of other threads
        if (!nudged && exporter != Thread.currentThread()) {
            nudged = true;
            if (exporter != null) {
                file.counters().increment(Counter.NUDGES);
                LockSupport.unpark(exporter);
            }
        }
    }

    // --- called by any thread

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
        stop(Math.max(deadline, System.nanoTime() + SINK_GRACE_NS));
    }

    /**
     * Stops the thread, which settles the spans that the sink holds. Spans left in the records stay there, counted as
     * buffered, and so does the span file. A sink call that does not return is not waited for beyond the limit.
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
