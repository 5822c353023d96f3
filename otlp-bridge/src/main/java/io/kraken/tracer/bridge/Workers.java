package io.kraken.tracer.bridge;

import io.kraken.tracer.bridge.report.PacedAgent;
import io.kraken.tracer.process.ThrottledLog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.agrona.concurrent.Agent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that run agents: one per agent, or fewer, which then run several agents each. An agent that throws is
 * called again after a pause; but when memory runs out, all agents are stopped, since parts of their state may be
 * missing. An agent that blocks delays only the other agents of its thread; {@link #stuck} reports it. Threads are
 * never interrupted, because an interrupt closes the file channels of an agent.
 */
final class Workers {

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private static final long SHORTEST_PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);
    /** For agents that do not say it themselves; others that say more expect no work. */
    private static final long LONGEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long FAILURE_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);

    /** A thread that has not completed a loop for this long counts as stuck. */
    private static final long STUCK_NS = TimeUnit.SECONDS.toNanos(30);

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLongArray lastLoopNs;
    private final Consumer<OutOfMemoryError> outOfMemory;
    private final ThrottledLog log = new ThrottledLog(System::nanoTime, LOG::error);
    private volatile boolean stopping;

    /** @param outOfMemory called by the thread on which memory ran out, before it closes its agents */
    Workers(List<Agent> agents, int most, Consumer<OutOfMemoryError> outOfMemory) {
        this.outOfMemory = outOfMemory;
        final int count = Math.min(most, agents.size());
        lastLoopNs = new AtomicLongArray(count);
        for (int i = 0; i < count; i++) {
            final List<Agent> own = new ArrayList<>();
            for (int j = i; j < agents.size(); j += count) {
                own.add(agents.get(j));
            }
            final int number = i;
            threads.add(new Thread(
                    () -> run(own, number), "kraken-bridge-" + own.get(0).roleName()));
        }
    }

    void start() {
        for (int i = 0; i < threads.size(); i++) {
            lastLoopNs.set(i, System.nanoTime());
        }
        threads.forEach(Thread::start);
    }

    /** The names of the threads that are stuck or have ended. Any thread. */
    List<String> stuck() {
        final List<String> names = new ArrayList<>();
        for (int i = 0; i < threads.size(); i++) {
            if (!threads.get(i).isAlive() || System.nanoTime() - lastLoopNs.get(i) > STUCK_NS) {
                names.add(threads.get(i).getName());
            }
        }
        return names;
    }

    private void run(List<Agent> agents, int number) {
        try {
            loop(agents, number);
        } catch (OutOfMemoryError e) {
            stopping = true;
            outOfMemory.accept(e);
        }
        for (Agent agent : agents) {
            try {
                agent.onClose();
            } catch (RuntimeException | Error e) {
                LOG.error("agent {} failed to stop; its files are released when the process ends", agent.roleName(), e);
            }
        }
    }

    private void loop(List<Agent> agents, int number) {
        long pauseNs = 0;
        while (!stopping) {
            lastLoopNs.setRelease(number, System.nanoTime());
            int work = 0;
            for (Agent agent : agents) {
                work += work(agent);
            }
            final long longestNs = longestPauseNs(agents);
            if (work > 0 && longestNs <= LONGEST_PAUSE_NS) {
                pauseNs = 0;
            } else if (!stopping) {
                // Work that lets the agents expect nothing more was periodic maintenance.
                pauseNs = Math.max(SHORTEST_PAUSE_NS, work > 0 ? longestNs : Math.min(longestNs, 2 * pauseNs));
                LockSupport.parkNanos(pauseNs);
            }
        }
    }

    private static long longestPauseNs(List<Agent> agents) {
        long longest = Long.MAX_VALUE;
        for (Agent agent : agents) {
            longest = Math.min(longest, agent instanceof PacedAgent paced ? paced.longestPauseNs() : LONGEST_PAUSE_NS);
        }
        return longest;
    }

    private int work(Agent agent) {
        try {
            return agent.doWork();
        } catch (OutOfMemoryError e) {
            throw e;
        } catch (Exception | Error e) {
            log.report(agent.roleName(), "agent " + agent.roleName() + " failed, retrying in 1 s: " + e, e);
            LockSupport.parkNanos(FAILURE_PAUSE_NS);
            return 0;
        }
    }

    /** Ends the pauses of all threads. */
    void wake() {
        threads.forEach(LockSupport::unpark);
    }

    /** Lets each agent finish its current duty cycle, closes the agents, and waits for the threads. */
    void stop() {
        stopping = true;
        wake();
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        log.logAll();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
