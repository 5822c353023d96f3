package io.kraken.tracer.ring;

/** Thrown for an inconsistent record, which is skipped and counted. */
final class MalformedRecordException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MalformedRecordException(String message) {
        super(message);
    }
}
