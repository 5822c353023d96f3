package io.kraken.tracer.ring;

/**
 * What a backend's answer over HTTP comes to.
 *
 * @param taken whether it has the spans, perhaps but for some
 * @param retryable whether the same request may be tried again
 * @param retryAfterNs how long it wants to be left alone; 0 when it does not say
 * @param rejected spans that it took and threw away
 * @param message its own words, or what is wrong with its answer; not cleaned, may be empty
 */
public record OtlpReply(
        int status, boolean taken, boolean retryable, long retryAfterNs, long rejected, String message) {

    /** @param body null when it was longer than anybody may answer */
    static OtlpReply of(int status, boolean protobuf, String retryAfter, byte[] body) {
        final boolean success = status / 100 == 2;
        if (success && body != null) {
            final OtlpAnswer said = protobuf ? OtlpAnswer.ofResponse(body) : new OtlpAnswer(0, "");
            return new OtlpReply(status, true, false, 0, said.rejected(), said.message());
        }
        if (success) {
            return new OtlpReply(status, false, false, 0, 0, "an answer of more than 4 MiB");
        }
        final boolean retryable = status == 429 || status == 502 || status == 503 || status == 504;
        final String said = protobuf && body != null ? OtlpAnswer.statusMessage(body) : "";
        return new OtlpReply(
                status,
                false,
                retryable,
                retryable ? OtlpAnswer.retryAfterNs(retryAfter, System.currentTimeMillis()) : 0,
                0,
                "HTTP status " + status + (said.isEmpty() ? "" : ": " + said));
    }
}
