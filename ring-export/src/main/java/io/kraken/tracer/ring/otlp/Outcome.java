package io.kraken.tracer.ring.otlp;

import java.util.Set;

/**
 * The outcome of a request to an OTLP backend, as the protocol defines it for HTTP and for gRPC.
 *
 * @param rejected spans that the backend reports as rejected in an accepted request
 * @param retryAfterNs delay requested by the backend; 0 without one
 * @param reason a short, stable name of the cause, for counters; empty on success
 * @param message one line for the log, which also states the cause of a failure; empty if there is nothing to say
 */
public record Outcome(Verdict verdict, long rejected, long retryAfterNs, String reason, String message) {

    public enum Verdict {
        /** Accepted, possibly without some rejected spans: must not be sent again. */
        TAKEN,
        /** Not accepted, to be retried. */
        RETRY,
        /** Not accepted, and a retry would not help. */
        REFUSED,
        /**
         * Not accepted because of a wrong setting, such as the address or the credentials: the same data may be
         * accepted once that is corrected. A sender that cannot wait for that treats it as {@link #REFUSED}.
         */
        HELD
    }

    private static final Set<Integer> RETRYABLE_STATUS = Set.of(429, 502, 503, 504);
    /** Among them redirects, which are not followed, and a proxy's demand for credentials. */
    private static final Set<Integer> HELD_STATUS = Set.of(301, 302, 307, 308, 401, 403, 404, 405, 407, 501);

    private static final Set<String> HELD_CODE = Set.of("UNIMPLEMENTED", "UNAUTHENTICATED", "PERMISSION_DENIED");
    private static final Set<String> RETRYABLE_CODE =
            Set.of("CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS");

    /** Messages come from the backend: each is made safe for logs. */
    public Outcome {
        message = OtlpAnswer.tame(message);
    }

    /** An attempt that failed without an answer of the backend, to be retried. */
    public static Outcome failed(String reason, String problem) {
        return new Outcome(Verdict.RETRY, 0, 0, reason, problem);
    }

    /** The outcome of a request that was accepted with this ExportTraceServiceResponse. */
    public static Outcome taken(byte[] response) {
        final OtlpAnswer answer = OtlpAnswer.ofResponse(response);
        return new Outcome(Verdict.TAKEN, answer.rejected(), 0, "", answer.message());
    }

    /** @param body null when it exceeded the maximum length */
    static Outcome ofHttp(int status, boolean protobuf, String retryAfter, byte[] body) {
        final String reason = "http_" + status;
        if (status / 100 == 2) {
            return body == null
                    ? new Outcome(Verdict.REFUSED, 0, 0, reason, "the response is longer than 4 MiB")
                    : taken(protobuf ? body : new byte[0]);
        }
        final boolean retryable = RETRYABLE_STATUS.contains(status);
        final long retryAfterNs = retryable ? OtlpAnswer.retryAfterNs(retryAfter, System.currentTimeMillis()) : 0;
        final String text = protobuf && body != null ? OtlpAnswer.statusMessage(body) : "";
        return new Outcome(
                verdict(retryable, HELD_STATUS.contains(status)),
                0,
                retryAfterNs,
                reason,
                "HTTP status " + status + (text.isEmpty() ? "" : ": " + text));
    }

    /**
     * The outcome of a call that the server answered with a status other than OK.
     *
     * @param details a google.rpc.Status; null without one
     */
    public static Outcome ofGrpc(String code, String message, byte[] details) {
        final long delayNs = details == null ? -1 : OtlpAnswer.retryInfoNs(details);
        final boolean retryable = RETRYABLE_CODE.contains(code) || code.equals("RESOURCE_EXHAUSTED") && delayNs >= 0;
        return new Outcome(
                verdict(retryable, HELD_CODE.contains(code)), 0, retryable ? Math.max(0, delayNs) : 0, code, message);
    }

    private static Verdict verdict(boolean retryable, boolean held) {
        return retryable ? Verdict.RETRY : held ? Verdict.HELD : Verdict.REFUSED;
    }

    /** The same outcome for a sender that cannot wait until a setting is corrected. */
    Outcome refused() {
        return new Outcome(Verdict.REFUSED, rejected, retryAfterNs, reason, message);
    }
}
