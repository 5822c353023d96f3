package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestWindowTest {

    private static final long TIMEOUT = 10_000_000;
    /** Longer than any pause, jitter included. */
    private static final long PAUSE = 5000;

    private static final Outcome TAKEN = new Outcome(Verdict.TAKEN, 0, 0, "", "");
    private static final Outcome REFUSED = new Outcome(Verdict.REFUSED, 0, 0, "http_400", "no");
    private static final Outcome BUSY = Outcome.failed("http_503", "busy");

    private final Network network = new Network();
    private final List<String> events = new ArrayList<>();
    private final Sample one = new Sample("one");
    private final Sample two = new Sample("two");
    private final RequestWindow window =
            new RequestWindow(network, new Backoff(1000, 3000, 2), TIMEOUT, false, one, two);
    private long now = Long.MAX_VALUE - 3000; // near the overflow: System.nanoTime may start anywhere

    private static final class Network implements Transport {
        final List<Attempt> attempts = new ArrayList<>();
        boolean closed;

        @Override
        public Exchange send(ByteBuffer request) {
            final Attempt attempt = new Attempt();
            attempts.add(attempt);
            return attempt;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class Attempt implements Transport.Exchange {
        Outcome outcome;
        boolean cancelled;

        @Override
        public Outcome outcome() {
            return outcome;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    private final class Sample extends RequestWindow.Request {
        final String name;
        int most = Integer.MAX_VALUE;

        Sample(String name) {
            this.name = name;
        }

        @Override
        protected ByteBuffer body() {
            return ByteBuffer.allocate(1);
        }

        @Override
        protected void onSend(int attempt, long nowNs) {
            events.add(name + " sent " + attempt);
        }

        @Override
        protected boolean onFailure(Outcome outcome, int attempt, long nowNs) {
            events.add(name + " failed " + outcome.reason());
            return attempt < most;
        }

        @Override
        protected void onAnswer(Outcome outcome, long nowNs) {
            events.add(name + " answered " + outcome.verdict());
        }
    }

    private void work(long later) {
        now += later;
        window.work(now);
    }

    private void answer(Outcome outcome) {
        network.attempts.get(network.attempts.size() - 1).outcome = outcome;
        work(0);
    }

    private void events(String... expected) {
        assertEquals(List.of(expected), events);
        events.clear();
    }

    @Test
    void sendsSubmittedRequestsOnce() {
        window.submit(one);
        window.submit(two);
        assertEquals(2, window.send(now));
        assertEquals(0, window.send(now));
        events("one sent 1", "two sent 1");
        answer(TAKEN);
        network.attempts.get(0).outcome = REFUSED;
        work(PAUSE);
        events("two answered TAKEN", "one answered REFUSED");
        window.submit(two);
        work(0);
        events("two sent 1");
    }

    @Test
    void retriesTheRequestWithTheFewestAttemptsFirst() {
        window.submit(one);
        work(0);
        answer(BUSY);
        window.submit(two);
        work(999);
        events("one sent 1", "one failed http_503");
        work(PAUSE);
        events("two sent 1");
        answer(TAKEN);
        events("two answered TAKEN", "one sent 2");
    }

    @Test
    void endsAnAttemptAtTheTimeout() {
        window.submit(one);
        work(0);
        work(TIMEOUT - 1);
        assertFalse(network.attempts.get(0).cancelled);
        work(1);
        assertTrue(network.attempts.get(0).cancelled);
        work(PAUSE);
        events("one sent 1", "one failed timeout", "one sent 2");
    }

    @Test
    void forgetsARequestThatItsOwnerGivesUp() {
        one.most = 2;
        window.submit(one);
        work(0);
        for (int i = 0; i < 2; i++) {
            answer(BUSY);
            work(PAUSE);
        }
        work(PAUSE);
        events("one sent 1", "one failed http_503", "one sent 2", "one failed http_503");
        window.submit(one);
        work(0);
        events("one sent 1");
    }

    @Test
    void waitsAsLongAsTheBackendAsks() {
        window.submit(one);
        work(0);
        answer(new Outcome(Verdict.RETRY, 0, 100_000, "http_429", ""));
        window.submit(two);
        work(99_999);
        events("one sent 1", "one failed http_429");
        work(100_000 / 5 + 1);
        events("two sent 1");
    }

    @Test
    void takesOutcomesAndCancelsTheRestOnClose() {
        window.submit(one);
        window.submit(two);
        work(0);
        network.attempts.get(0).outcome = TAKEN;
        window.close();
        events("one sent 1", "two sent 1", "one answered TAKEN");
        assertFalse(network.attempts.get(0).cancelled);
        assertTrue(network.attempts.get(1).cancelled && network.closed);
        window.close();
        work(PAUSE);
        events();
    }
}
