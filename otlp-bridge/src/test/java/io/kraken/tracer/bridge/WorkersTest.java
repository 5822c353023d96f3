package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.Agent;
import org.junit.jupiter.api.Test;

class WorkersTest {

    private final AtomicInteger rounds = new AtomicInteger();

    private final class Named implements Agent {
        private final String name;

        Named(String name) {
            this.name = name;
        }

        @Override
        public int doWork() {
            rounds.incrementAndGet();
            return 0;
        }

        @Override
        public String roleName() {
            return name;
        }
    }

    @Test
    void namesEveryThreadThatDoesNotRun() {
        final Workers workers = new Workers(List.of(new Named("a"), new Named("b"), new Named("c")), 2);
        assertEquals(List.of("kraken-bridge-a", "kraken-bridge-b"), workers.stuck());
        workers.start();
        Waiting.until("the agents run", () -> rounds.get() > 10);
        assertEquals(List.of(), workers.stuck());
        workers.stop();
        assertEquals(List.of("kraken-bridge-a", "kraken-bridge-b"), workers.stuck());
    }
}
