package io.kraken.tracer.ring.queue;

import java.io.IOException;

/** Thrown when a queue can't be opened, written or read any further; the message names the directory and what to do. */
public final class QueueException extends IOException {

    private static final long serialVersionUID = 1L;

    public QueueException(String message) {
        super(message);
    }

    public QueueException(String message, Throwable cause) {
        super(message, cause);
    }
}
