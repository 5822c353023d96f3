package io.kraken.tracer.bridge.cli;

/** An invalid command line; the message says what is invalid. */
final class UsageException extends Exception {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
