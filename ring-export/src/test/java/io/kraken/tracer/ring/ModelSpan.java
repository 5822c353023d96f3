package io.kraken.tracer.ring;

import io.kraken.tracer.CoreAccess;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;

/** The expected state of a span of {@link ChunkModelTest}. */
final class ModelSpan {
    final Span span;
    final int record;
    final long spanId;
    final long traceIdHigh;
    final long parentId;
    final boolean recorded;
    final ModelThread owner;
    SpanName name;
    SpanKind kind;
    long number = -1;
    String text;
    int events;
    boolean error;
    /** It was abandoned and thus removed from its thread's stack. */
    boolean takenBack;
    /** Some values did not fit, so only a part of them may be present. */
    boolean lossy;

    ModelSpan(Span span, boolean recorded, ModelThread owner, long parentId) {
        this.span = span;
        this.record = CoreAccess.record(span);
        this.spanId = span.spanId();
        this.traceIdHigh = span.traceIdHigh();
        this.recorded = recorded;
        this.owner = owner;
        this.parentId = parentId;
    }
}
