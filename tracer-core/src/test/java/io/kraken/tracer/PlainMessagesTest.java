package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** The exception classes whose message is known to be a field. */
class PlainMessagesTest {

    private final PlainMessages messages = new PlainMessages();

    private static class Plain extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static class Own extends Plain {
        private static final long serialVersionUID = 1;

        @Override
        public String getMessage() {
            return "own";
        }
    }

    private static final class Inherited extends Own {
        private static final long serialVersionUID = 1;
    }

    @Test
    void commonClassesAreKnownFromTheStart() {
        assertTrue(messages.isPlain(IllegalStateException.class));
        assertTrue(messages.isPlain(NoSuchElementException.class));
        assertFalse(messages.isPlain(NullPointerException.class), "computes its message, and locks");
    }

    @Test
    void classIsKnownOnceItHasBeenLearned() {
        assertFalse(messages.isPlain(Plain.class));
        messages.learn(Plain.class);
        messages.learn(Plain.class);
        assertTrue(messages.isPlain(Plain.class));
    }

    @Test
    void classThatOverridesGetMessageIsNeverKnown() {
        messages.learn(Own.class);
        messages.learn(Inherited.class);
        messages.learn(NullPointerException.class);
        messages.learn(Proxy.class);
        assertFalse(messages.isPlain(Own.class));
        assertFalse(messages.isPlain(Inherited.class));
        assertFalse(messages.isPlain(NullPointerException.class));
        assertFalse(messages.isPlain(Proxy.class), "no exception at all");
    }
}
