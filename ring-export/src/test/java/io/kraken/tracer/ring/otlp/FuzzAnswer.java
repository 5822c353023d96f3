package io.kraken.tracer.ring.otlp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Fuzz target for responses of a backend. */
public final class FuzzAnswer {

    private static final long MOST_NS = TimeUnit.MINUTES.toNanos(1);

    private FuzzAnswer() {}

    public static void fuzzerTestOneInput(byte[] data) {
        final OtlpAnswer answer = OtlpAnswer.ofResponse(data);
        assertTrue(answer.rejected() >= 0);
        OtlpAnswer.statusMessage(data);
        final long retryInfoNs = OtlpAnswer.retryInfoNs(data);
        assertTrue(retryInfoNs >= -1 && retryInfoNs <= MOST_NS);
        final String text = new String(data, StandardCharsets.UTF_8);
        final long retryAfterNs = OtlpAnswer.retryAfterNs(text, 1_700_000_000_000L);
        assertTrue(retryAfterNs >= 0 && retryAfterNs <= MOST_NS);
        final String tame = OtlpAnswer.tame(text);
        assertTrue(tame.length() < 600 && tame.indexOf('\n') < 0);
    }
}
