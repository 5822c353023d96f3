package io.kraken.tracer.bridge.cli;

/** A command line that makes no sense; the message says what about it. */
final class UsageException extends Exception {

    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
