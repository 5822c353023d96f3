package io.kraken.tracer.bridge.destination;

import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.file.SunUnsafe;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.otlp.Gzip;
import io.kraken.tracer.ring.otlp.OtlpAnswer;
import io.kraken.tracer.ring.otlp.OtlpHttp;
import io.kraken.tracer.ring.otlp.OtlpReply;
import io.kraken.tracer.ring.otlp.RequestEncoder;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/**
 * A destination for OTLP over HTTP, as protobuf. It has a fixed number of slots, one for each request in flight. A slot
 * owns the buffer of its compressed request and reuses it for later requests. Single-threaded.
 */
final class HttpDestination implements Destination {

    private final DestinationConfig config;
    private final OtlpHttp http;
    private final Gzip gzip;
    private final Slot[] slots;

    /** A request in flight and the buffer of its compressed body. */
    private static final class Slot {
        private ByteBuffer compressed;
        /** Length of the longest request that the buffer can hold when compressed. */
        private int length;

        private OtlpHttp.Post post;
    }

    HttpDestination(DestinationConfig config, TlsFiles tls) {
        this.config = config;
        http = new OtlpHttp(
                uriOf(config.endpoint()), config.headers(), config.gzip(), tls == null ? null : tls.context());
        gzip = config.gzip() ? new Gzip() : null;
        slots = new Slot[config.requests()];
        Arrays.setAll(slots, i -> new Slot());
    }

    /** The endpoint, with the default path if it has none. */
    private static URI uriOf(URI endpoint) {
        final String path = endpoint.getRawPath();
        return path == null || path.isEmpty() || path.equals("/") ? endpoint.resolve(OtlpHttp.PATH) : endpoint;
    }

    @Override
    public DestinationConfig config() {
        return config;
    }

    @Override
    public RequestEncoder newEncoder() {
        return new DocumentEncoder();
    }

    @Override
    public Exchange send(ByteBuffer request) {
        final Slot slot = free();
        if (slot == null) {
            return new CompletedExchange(failed("busy", "all " + config.requests() + " requests are in flight"));
        }
        try {
            slot.post = http.post(gzip == null ? request : compress(slot, request));
            return new Sent(slot, config.timeoutNs());
        } catch (RuntimeException e) {
            return new CompletedExchange(failed("local", e.toString()));
        }
    }

    private Slot free() {
        for (Slot slot : slots) {
            if (slot.post == null) {
                return slot;
            }
        }
        return null;
    }

    private ByteBuffer compress(Slot slot, ByteBuffer request) {
        final int length = Math.max(request.remaining(), config.requestBytes());
        if (slot.length < length) {
            free(slot);
            slot.compressed = Gzip.newBuffer(length);
            slot.length = length;
        }
        gzip.compress(request, slot.compressed);
        return slot.compressed;
    }

    private static void free(Slot slot) {
        if (slot.compressed != null) {
            SunUnsafe.free(slot.compressed);
            slot.compressed = null;
            slot.length = 0;
        }
    }

    private static Outcome failed(String reason, String problem) {
        return new Outcome(Verdict.RETRY, 0, 0, reason, OtlpAnswer.tame(problem));
    }

    /** A request in flight, until it has an outcome or is cancelled. */
    private static final class Sent implements Exchange {
        private final Slot slot;
        private final OtlpHttp.Post post;
        private final long begunNs = System.nanoTime();
        private final long timeoutNs;
        private Outcome outcome;

        Sent(Slot slot, long timeoutNs) {
            this.slot = slot;
            this.timeoutNs = timeoutNs;
            post = slot.post;
        }

        @Override
        public Outcome outcome() {
            if (slot.post == post) {
                if (post.isDone()) {
                    outcome = outcomeOf(post);
                    slot.post = null;
                } else if (System.nanoTime() - begunNs >= timeoutNs) {
                    outcome = failed("timeout", "no answer within " + timeoutNs / 1_000_000 + " ms");
                    cancel();
                }
            }
            return outcome;
        }

        @Override
        public void cancel() {
            if (slot.post == post) {
                post.cancel();
                slot.post = null;
            }
        }

        @Override
        public boolean isAtRest() {
            return slot.post != post;
        }
    }

    private static Outcome outcomeOf(OtlpHttp.Post post) {
        final OtlpReply reply;
        try {
            reply = post.reply();
        } catch (CompletionException | CancellationException e) {
            return failed("connection", String.valueOf(e.getCause() == null ? e : e.getCause()));
        }
        final Verdict verdict = reply.taken() ? Verdict.TAKEN : reply.retryable() ? Verdict.RETRY : Verdict.REFUSED;
        return new Outcome(
                verdict,
                reply.rejected(),
                reply.retryAfterNs(),
                reply.taken() ? "" : "http_" + reply.status(),
                OtlpAnswer.tame(reply.message()));
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            if (slot.post != null) {
                slot.post.cancel();
                slot.post = null;
            }
            free(slot);
        }
        http.close();
        if (gzip != null) {
            gzip.close();
        }
    }
}
