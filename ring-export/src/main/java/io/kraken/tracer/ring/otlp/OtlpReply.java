package io.kraken.tracer.ring.otlp;

/**
 * The outcome of a request over HTTP.
 *
 * @param taken whether the backend accepted the spans, possibly except some
 * @param retryable whether the same request may be sent again
 * @param retryAfterNs delay requested by the backend; 0 without one
 * @param rejected number of spans that it accepted and discarded
 * @param message text from the backend, or a description of its invalid response; not sanitised, may be empty
 */
public record OtlpReply(
        int status, boolean taken, boolean retryable, long retryAfterNs, long rejected, String message) {

    /** @param body null when it exceeded the maximum length */
    static OtlpReply of(int status, boolean protobuf, String retryAfter, byte[] body) {
        final boolean success = status / 100 == 2;
        if (success && body != null) {
            final OtlpAnswer answer = protobuf ? OtlpAnswer.ofResponse(body) : new OtlpAnswer(0, "");
            return new OtlpReply(status, true, false, 0, answer.rejected(), answer.message());
        }
        if (success) {
            return new OtlpReply(status, false, false, 0, 0, "the response is longer than 4 MiB");
        }
        final boolean retryable = status == 429 || status == 502 || status == 503 || status == 504;
        final String text = protobuf && body != null ? OtlpAnswer.statusMessage(body) : "";
        return new OtlpReply(
                status,
                false,
                retryable,
                retryable ? OtlpAnswer.retryAfterNs(retryAfter, System.currentTimeMillis()) : 0,
                0,
                "HTTP status " + status + (text.isEmpty() ? "" : ": " + text));
    }
}
