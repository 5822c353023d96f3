package io.kraken.tracer.ring.view;

import io.kraken.tracer.StatusCode;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.file.SpanFileReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.agrona.collections.LongHashSet;

/**
 * Reader of the spans in a span file: ended ones that the exporter has not taken yet, and open ones. Open spans of a
 * dead process will never end: they are returned as interrupted, with the process's last sign of life as their end.
 * Used by one thread.
 */
public final class FileSpans {

    /** True on a span that was open when its process died. */
    public static final String INTERRUPTED = "kraken.interrupted";
    /** True on a span that has not ended yet. */
    public static final String OPEN = "kraken.open";

    /** Selects the traces to be read. */
    public interface Traces {
        Traces ALL = (high, low) -> true;

        boolean include(long high, long low);
    }

    /**
     * Numbers of spans that were found.
     *
     * @param malformed malformed records, of any trace
     */
    public record Found(long ended, long open, long malformed) {}

    private final SpanFileReader file;
    private final boolean alive;
    private final SpanDecoder decoder;
    private final Traces selected;
    private final LongHashSet endedIds = new LongHashSet(0);
    private final List<SpanData> open = new ArrayList<>();
    private long ended;
    private long malformed;

    private FileSpans(SpanFileReader file, Traces selected) {
        this.file = file;
        this.selected = selected;
        alive = file.isAlive();
        final Map<String, String> resource = file.resource();
        decoder = new SpanDecoder(file.symbols(), file.anchors(), resource, null);
    }

    /** Passes the ended spans to the consumer, then the open ones, each span once. */
    public static Found read(SpanFileReader file, Traces selected, Consumer<SpanData> to) {
        return new FileSpans(file, selected).read(to);
    }

    private Found read(Consumer<SpanData> to) {
        // Open spans first: one that ends meanwhile is found again among the ended ones, whereas in the other order it
        // would be missed.
        malformed +=
                file.open((record, bytes, length) -> takeOpen(bytes, length)).malformed();
        malformed += file.ended((record, bytes, length) -> takeEnded(bytes, length, to))
                .malformed();
        long left = 0;
        for (SpanData span : open) {
            if (!endedIds.contains(Long.parseUnsignedLong(span.spanId(), 16))) {
                left++;
                to.accept(span);
            }
        }
        return new Found(ended, left, malformed);
    }

    private void takeEnded(ByteBuffer record, int length, Consumer<SpanData> to) {
        final SpanData span = decode(record, length);
        if (span != null) {
            ended++;
            endedIds.add(RecordLayout.spanId(record, 0));
            to.accept(span);
        }
    }

    private void takeOpen(ByteBuffer record, int length) {
        final long startTicks = RecordLayout.startTicks(record, 0);
        RecordLayout.endTicks(record, 0, Math.max(startTicks, file.lastSignTicks()));
        final SpanData span = decode(record, length);
        if (span != null) {
            open.add(marked(span));
        }
    }

    private SpanData decode(ByteBuffer record, int length) {
        if (!selected.include(RecordLayout.traceIdHigh(record, 0), RecordLayout.traceIdLow(record, 0))) {
            return null;
        }
        final SpanData span = decoder.decode(record, 0, length);
        malformed += span == null ? 1 : 0;
        return span;
    }

    private SpanData marked(SpanData span) {
        final SpanData.Builder marked = SpanData.of(span.traceId(), span.spanId(), span.name())
                .parent(span.parentId(), span.flags())
                .traceState(span.traceState())
                .kind(span.kind())
                .time(span.startNs(), span.endNs())
                .attributes(span.attributes())
                .attribute(alive ? OPEN : INTERRUPTED, true)
                .dropped(span.droppedAttributes(), span.droppedEvents(), span.droppedLinks())
                .status(alive ? span.status() : StatusCode.ERROR, span.statusMessage())
                .resource(span.resource());
        span.events().forEach(marked::event);
        span.links().forEach(marked::link);
        return marked.build();
    }
}
