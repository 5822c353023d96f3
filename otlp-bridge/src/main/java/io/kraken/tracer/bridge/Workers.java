package io.kraken.tracer.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of some agents: as many as there are agents, or as there may be. An agent that throws is called again.
 * Nobody is interrupted: that would close the files under an agent's hands.
 */
final class Workers {

    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);

    private static final long SHORTEST_PAUSE_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long LONGEST_PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long TROUBLE_PAUSE_NS = TimeUnit.SECONDS.toNanos(1);

    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopping;

    Workers(List<Agent> agents, int most) {
        final int count = Math.min(most, agents.size());
        for (int i = 0; i < count; i++) {
            final List<Agent> own = new ArrayList<>();
            for (int j = i; j < agents.size(); j += count) {
                own.add(agents.get(j));
            }
            threads.add(new Thread(() -> run(own), "kraken-bridge-" + own.get(0).roleName()));
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private void run(List<Agent> agents) {
        final IdleStrategy idle = new BackoffIdleStrategy(10, 10, SHORTEST_PAUSE_NS, LONGEST_PAUSE_NS);
        while (!stopping) {
            int work = 0;
            for (Agent agent : agents) {
                work += work(agent);
            }
            idle.idle(work);
        }
        for (Agent agent : agents) {
            try {
                agent.onClose();
            } catch (RuntimeException | Error e) {
                LOG.error("{} did not end well", agent.roleName(), e);
            }
        }
    }

    private static int work(Agent agent) {
        try {
            return agent.doWork();
        } catch (Exception | Error e) {
            LOG.error("{} failed, and goes on", agent.roleName(), e);
            java.util.concurrent.locks.LockSupport.parkNanos(TROUBLE_PAUSE_NS);
            return 0;
        }
    }

    /** Lets each agent finish what it does, then end. */
    void stop() {
        stopping = true;
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
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
