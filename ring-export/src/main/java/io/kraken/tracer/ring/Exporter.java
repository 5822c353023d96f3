package io.kraken.tracer.ring;

import io.kraken.tracer.RecordSink;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.SpanFile;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.AgentInvoker;

/**
 * The wiring of lanes, agent and thread, and the order in which they stop: first no span gets in, then what is inside
 * goes out until the time is over, then what is left is counted.
 */
final class Exporter implements RecordSink, Lane.Nudge {

    /** With nothing to do the sweeps become rarer, up to this many times. */
    private static final int IDLE_FACTOR = 8;

    private static final long CLOSE_STEP_NS = 200_000;
    private static final long STOP_GRACE_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private SpanFile file;
    private Lanes lanes;
    private ExporterAgent agent;
    private BatchSink sink;
    private AgentInvoker invoker;
    private volatile Thread thread;
    private volatile Throwable lastError;
    private volatile boolean running = true;
    private final CountDownLatch stopped = new CountDownLatch(1);

    void begin(SpanFile file, Lanes lanes, ExporterAgent agent, BatchSink sink) {
        this.file = file;
        this.lanes = lanes;
        this.agent = agent;
        this.sink = sink;
        this.invoker = new AgentInvoker(this::onError, null, agent);
        invoker.start();
    }

    private void onError(Throwable error) {
        lastError = error;
        file.counters().increment(Counter.INTERNAL_ERRORS);
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
            idle = invoker.invoke() > 0 ? 1 : Math.min(IDLE_FACTOR, idle + 1);
            LockSupport.parkNanos(this, sweepNs * idle);
        }
        stopped.countDown();
    }

    int doWork() {
        return invoker.invoke();
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
        final long deadline = System.nanoTime() + timeoutNs;
        while (!lanes.shut() && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        agent.drain();
        boolean empty = false;
        while (!empty && System.nanoTime() - deadline < 0) {
            final Thread exporter = thread;
            if (exporter == null) {
                invoker.invoke();
            } else {
                LockSupport.unpark(exporter);
            }
            empty = inLanes() == 0 && agent.waiting() == 0;
            if (!empty) {
                LockSupport.parkNanos(CLOSE_STEP_NS);
            }
        }
        stop(deadline);
    }

    /**
     * Ends the thread and has the sink settle what it holds. What is left in the lanes stays there, counted as
     * buffered, and the span file with it. A sink that never returns is left alone.
     */
    private void stop(long deadline) {
        running = false;
        if (thread != null) {
            final long limit = Math.max(deadline, System.nanoTime() + STOP_GRACE_NS);
            while (stopped.getCount() > 0 && System.nanoTime() - limit < 0) {
                LockSupport.unpark(thread);
                LockSupport.parkNanos(CLOSE_STEP_NS);
            }
            if (stopped.getCount() > 0) {
                return;
            }
        }
        invoker.close();
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
