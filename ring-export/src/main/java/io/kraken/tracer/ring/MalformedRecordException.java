package io.kraken.tracer.ring;

/** A record that does not hold together: skipped and counted, never fatal. */
final class MalformedRecordException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message) {
        super(message);
    }
}
