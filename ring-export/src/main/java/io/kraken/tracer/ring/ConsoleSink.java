package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import io.kraken.tracer.ring.view.SpanData;
import io.kraken.tracer.ring.view.SpanDecoder;
import io.kraken.tracer.ring.view.Waterfall;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A sink for development that prints traces as waterfalls. A trace is printed a short time after its local root has
 * arrived (long enough for one more sweep of the chunks), or when its first span has waited for the maximum time; the
 * oldest trace is printed early when too many spans are held.
 */
public final class ConsoleSink implements BatchSink {

    private static final int WIDTH = 140;
    private static final int MOST_SPANS = 4096;
    private static final long LONGEST_WAIT_NS = TimeUnit.SECONDS.toNanos(3);
    /**
     * Delay after the root: a child's chunk may be swept after the root's chunk, and a child may end a little later
     * than the root.
     */
    private static final long AFTER_ROOT_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Counters counters;
    private final SpanDecoder decoder;
    /** By trace id, in order of arrival. */
    private final Map<String, Held> traces = new LinkedHashMap<>();

    private volatile long waiting;
    private boolean draining;

    /** A trace that has not been printed yet. */
    private static final class Held {
        private final List<SpanData> spans = new ArrayList<>();
        private long dueNs;
        private boolean hasRoot;
    }

    public ConsoleSink(RingExport.Environment environment) {
        counters = environment.file().counters();
        decoder = new SpanDecoder(environment.file(), environment.config().resource());
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        for (SpanData span : decoder.decode(batch, 0)) {
            if (waiting == MOST_SPANS) {
                printOldest();
            }
            hold(span, nowNs);
        }
        batch.clear();
    }

    private void printOldest() {
        final Iterator<Held> oldest = traces.values().iterator();
        final Held held = oldest.next();
        oldest.remove();
        print(held);
    }

    private void hold(SpanData span, long nowNs) {
        final Held held = traces.computeIfAbsent(span.traceId(), id -> new Held());
        if (held.spans.isEmpty()) {
            held.dueNs = nowNs + LONGEST_WAIT_NS;
        }
        if (span.isLocalRoot() && !held.hasRoot) {
            held.hasRoot = true;
            held.dueNs = nowNs + AFTER_ROOT_NS;
        }
        held.spans.add(span);
        waiting++;
    }

    private void print(Held held) {
        System.out.print(Waterfall.text(held.spans, WIDTH)); // a PrintStream does not throw
        counters.add(Counter.SHIPPED, held.spans.size());
        waiting -= held.spans.size();
    }

    @Override
    public int doWork(long nowNs) {
        int printed = 0;
        for (Iterator<Held> all = traces.values().iterator(); all.hasNext(); ) {
            final Held held = all.next();
            if (draining || nowNs - held.dueNs >= 0) {
                all.remove();
                print(held);
                printed++;
            }
        }
        return printed;
    }

    @Override
    public void drain() {
        draining = true;
    }

    @Override
    public long waiting() {
        return waiting;
    }

    /** Prints the remaining traces: printing is fast, so no span is given up. */
    @Override
    public void close() {
        drain();
        doWork(0);
        System.out.flush();
    }

    @Override
    public String describe() {
        return "console: traces are printed when they are complete";
    }
}
