package io.kraken.tracer.bridge.ship;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ErrorCountsTest {

    private final List<String> log = new ArrayList<>();
    private final ErrorCounts errors = new ErrorCounts("main", log::add, log::add);

    private static Outcome outcome(Verdict verdict, String reason, String message) {
        return new Outcome(verdict, 0, 0, reason, message);
    }

    private long count(String reason) {
        return errors.failures().get(reason).sum();
    }

    @Test
    void logsTheBeginningAndTheEndOfAnOutage() {
        errors.retry(outcome(Verdict.RETRY, "UNAVAILABLE", "UNAVAILABLE: io exception"), 0);
        errors.retry(outcome(Verdict.RETRY, "UNAVAILABLE", "UNAVAILABLE: io exception"), 1);
        errors.answered(outcome(Verdict.TAKEN, "", ""), 3_000_000_000L);
        assertEquals(
                List.of("main: UNAVAILABLE: io exception; retrying with backoff", "main: answering again after 3 s"),
                log);
        assertEquals(2, count("UNAVAILABLE"));
    }

    @Test
    void logsLoudlyThatADestinationIsHeld() {
        errors.retry(outcome(Verdict.HELD, "http_401", "HTTP status 401"), 0);
        errors.retry(outcome(Verdict.HELD, "http_401", "HTTP status 401"), 1);
        assertTrue(errors.isHeld());
        errors.answered(outcome(Verdict.TAKEN, "", ""), 60_000_000_000L);
        assertFalse(errors.isHeld());
        assertEquals(
                List.of(
                        "main: HTTP status 401: check the address, the credentials and what the server supports; all"
                                + " spans are kept until it accepts them, or until the disk limit is reached",
                        "main: HTTP status 401; retrying with backoff",
                        "main: answering again after 60 s"),
                log);
    }

    @Test
    void logsARefusedRequestWithoutMessage() {
        errors.answered(outcome(Verdict.REFUSED, "INTERNAL", ""), 0);
        assertEquals(List.of("main: INTERNAL; not retried, the spans of the request are lost"), log);
        assertEquals(1, count("INTERNAL"));
    }

    @Test
    void logsMessagesOfAcceptedRequests() {
        errors.answered(outcome(Verdict.TAKEN, "", ""), 0);
        errors.answered(outcome(Verdict.TAKEN, "", "slow down"), 0);
        assertEquals(List.of("main: accepted, with a message: slow down"), log);
        assertEquals(0, errors.failures().size());
    }
}
