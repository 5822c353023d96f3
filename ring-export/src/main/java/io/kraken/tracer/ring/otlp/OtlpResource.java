package io.kraken.tracer.ring.otlp;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The parts of a request that are the same for every batch of a process: its resource and the instrumentation scope.
 */
final class OtlpResource {

    static final String SCOPE_NAME = "io.kraken.tracer";

    private static final int RESOURCE_SPANS = 1;
    private static final int SCOPE_SPANS = 2;

    private OtlpResource() {}

    /** Maximum number of bytes that {@link #close} writes. */
    static int room(ReverseProto.Piece resource, ReverseProto.Piece scope) {
        return resource.length() + scope.length() + 64;
    }

    /** Completes a request from the spans written so far, which extend to the end of the buffer. */
    static void close(ReverseProto proto, ReverseProto.Piece resource, ReverseProto.Piece scope) {
        proto.piece(scope);
        proto.message(SCOPE_SPANS, 0);
        proto.piece(resource);
        proto.message(RESOURCE_SPANS, 0);
    }

    /** Encodes the resource field of ResourceSpans. */
    static ReverseProto.Piece encode(Map<String, String> attributes) {
        int room = 64;
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            room += 3 * (attribute.getKey().length() + attribute.getValue().length()) + 64;
        }
        final ReverseProto proto = new ReverseProto();
        proto.begin(ReverseProto.newBuffer(room));
        final List<Map.Entry<String, String>> reversed = new ArrayList<>(attributes.entrySet());
        Collections.reverse(reversed);
        for (Map.Entry<String, String> attribute : reversed) {
            final int mark = proto.mark();
            proto.text(1, attribute.getValue());
            proto.message(2, mark);
            proto.text(1, attribute.getKey());
            proto.message(1, mark);
        }
        proto.message(1, 0);
        return new ReverseProto.Piece(proto.toBytes());
    }

    /** Encodes the scope field of ScopeSpans. */
    static ReverseProto.Piece scope() {
        final String version = OtlpResource.class.getPackage().getImplementationVersion();
        final ReverseProto proto = new ReverseProto();
        proto.begin(ReverseProto.newBuffer(256));
        if (version != null && version.getBytes(StandardCharsets.UTF_8).length < 128) {
            proto.text(2, version);
        }
        proto.text(1, SCOPE_NAME);
        proto.message(1, 0);
        return new ReverseProto.Piece(proto.toBytes());
    }
}
