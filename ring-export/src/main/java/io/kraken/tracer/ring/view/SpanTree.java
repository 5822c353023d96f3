package io.kraken.tracer.ring.view;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The spans of one trace in display order: each span is followed by its children, ordered by start. A span whose parent
 * is missing is placed at the top level. Every span appears exactly once whatever its ids are: a cycle of parents is
 * cut at the span that began first. The depth is not limited, since no recursion is used.
 */
final class SpanTree {

    /** A span and its position in the tree. */
    record Row(SpanData span, int depth, boolean isLast) {}

    private static final Comparator<SpanData> BY_START = Comparator.comparingLong(SpanData::startNs);

    private final String traceId;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, List<SpanData>> children = new HashMap<>();
    private long beginNs = Long.MAX_VALUE;
    private long endNs = Long.MIN_VALUE;

    private SpanTree(String traceId, List<SpanData> spans) {
        this.traceId = traceId;
        final List<SpanData> byStart = new ArrayList<>(spans);
        byStart.sort(BY_START); // stable: spans with the same start keep their order
        final Map<String, SpanData> byId = new HashMap<>();
        for (SpanData span : byStart) {
            byId.putIfAbsent(span.spanId(), span);
            beginNs = Math.min(beginNs, span.startNs());
            endNs = Math.max(endNs, Math.max(span.startNs(), span.endNs()));
        }
        final List<SpanData> top = new ArrayList<>();
        for (SpanData span : byStart) {
            final SpanData parent = byId.get(span.parentId());
            if (parent == null || parent == span) {
                top.add(span);
            } else {
                children.computeIfAbsent(parent.spanId(), id -> new ArrayList<>())
                        .add(span);
            }
        }
        place(top);
        for (SpanData span : byStart) { // the remaining spans are in cycles, or descend from spans in cycles
            final List<SpanData> siblings = children.get(span.parentId());
            if (siblings != null && siblings.remove(span)) {
                place(List.of(span));
            }
        }
    }

    private void place(List<SpanData> top) {
        final Deque<Row> next = new ArrayDeque<>();
        push(next, top, 0);
        while (!next.isEmpty()) {
            final Row row = next.pop();
            rows.add(row);
            final List<SpanData> below = children.remove(row.span.spanId());
            if (below != null) {
                push(next, below, row.depth + 1);
            }
        }
    }

    private static void push(Deque<Row> rows, List<SpanData> siblings, int depth) {
        for (int i = siblings.size() - 1; i >= 0; i--) {
            rows.push(new Row(siblings.get(i), depth, i == siblings.size() - 1));
        }
    }

    /** One tree for each trace, ordered by the start of the trace. */
    static List<SpanTree> of(List<SpanData> spans) {
        final Map<String, List<SpanData>> byTrace = new LinkedHashMap<>();
        for (SpanData span : spans) {
            byTrace.computeIfAbsent(span.traceId(), id -> new ArrayList<>()).add(span);
        }
        final List<SpanTree> trees = new ArrayList<>();
        byTrace.forEach((traceId, ofTrace) -> trees.add(new SpanTree(traceId, ofTrace)));
        trees.sort(Comparator.comparingLong(tree -> tree.beginNs));
        return trees;
    }

    String traceId() {
        return traceId;
    }

    List<Row> rows() {
        return rows;
    }

    /** The first span at the top level. */
    SpanData root() {
        return rows.get(0).span;
    }

    /** Start of the earliest span; with clocks that disagree this need not be the root. */
    long beginNs() {
        return beginNs;
    }

    long durationNs() {
        return endNs - beginNs;
    }
}
