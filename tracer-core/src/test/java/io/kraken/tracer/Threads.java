package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/** Runs work on new threads and waits for them; any exception fails the test. */
public final class Threads {

    /** The work of one of several threads. */
    public interface Work {
        void run(int thread) throws Exception;
    }

    private Threads() {}

    public static void run(int count, Work work) {
        final List<Thread> threads = new ArrayList<>();
        final List<Throwable> failures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final int number = i;
            threads.add(new Thread(() -> {
                try {
                    work.run(number);
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            join(thread);
        }
        assertEquals(List.of(), failures);
    }

    /** On one thread other than this one. */
    static void elsewhere(Work work) {
        run(1, work);
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
