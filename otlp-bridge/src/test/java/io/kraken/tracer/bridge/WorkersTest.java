package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.Agent;
import org.junit.jupiter.api.Test;

class WorkersTest {

    private final AtomicInteger rounds = new AtomicInteger();

    private class Named implements Agent {
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
        final Workers workers = new Workers(List.of(new Named("a"), new Named("b"), new Named("c")), 2, e -> {});
        assertEquals(List.of("kraken-bridge-a", "kraken-bridge-b"), workers.stuck());
        workers.start();
        Waiting.until("the agents run", () -> rounds.get() > 10);
        assertEquals(List.of(), workers.stuck());
        workers.stop();
        assertEquals(List.of("kraken-bridge-a", "kraken-bridge-b"), workers.stuck());
    }

    @Test
    void closesAllAgentsWhenMemoryRunsOut() {
        final List<Throwable> failures = new CopyOnWriteArrayList<>();
        final AtomicInteger closed = new AtomicInteger();
        final OutOfMemoryError error = new OutOfMemoryError("set by the test");
        final class Full extends Named {
            private final boolean isFull;

            Full(String name, boolean isFull) {
                super(name);
                this.isFull = isFull;
            }

            @Override
            public int doWork() {
                if (isFull) {
                    throw error;
                }
                return super.doWork();
            }

            @Override
            public void onClose() {
                closed.incrementAndGet();
            }
        }
        final Workers workers =
                new Workers(List.of(new Full("a", false), new Full("b", true), new Full("c", false)), 2, failures::add);
        workers.start();
        Waiting.until("all are closed", () -> closed.get() == 3);
        workers.stop();
        assertEquals(List.of(error), failures);
    }

    @Test
    void goesOnAfterOtherErrors() {
        final AtomicInteger calls = new AtomicInteger();
        final Workers workers = new Workers(
                List.of(new Named("a") {
                    @Override
                    public int doWork() {
                        if (calls.incrementAndGet() == 1) {
                            throw new StackOverflowError("set by the test");
                        }
                        return 0;
                    }
                }),
                1,
                e -> {});
        workers.start();
        Waiting.until("it is called again", () -> calls.get() > 1);
        workers.stop();
    }
}
