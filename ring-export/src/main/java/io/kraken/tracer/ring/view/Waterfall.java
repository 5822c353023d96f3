package io.kraken.tracer.ring.view;

import io.kraken.tracer.StatusCode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Renderer of traces for people: a tree of spans with bars that show when each one ran. Texts from spans can't inject
 * control sequences into a terminal or markup into a page.
 */
public final class Waterfall {

    private static final int LEAST_WIDTH = 60;
    private static final int LEAST_BAR = 10;
    private static final int TIME_WIDTH = 9;
    private static final int DEEPEST_INDENT = 16;
    private static final String CUT = "..";
    /**
     * Omitted from {@link #tree}: it changes with every edit of the source, which makes it useless in a text that a
     * test compares.
     */
    private static final String STACK_TRACE = "exception.stacktrace";

    private Waterfall() {}

    /**
     * A header for each trace and one line for each span, no longer than the width, for a terminal. It is ASCII except
     * for the texts from spans.
     */
    public static String text(List<SpanData> spans, int width) {
        final StringBuilder text = new StringBuilder(256 + spans.size() * width);
        for (SpanTree tree : SpanTree.of(spans)) {
            append(text, tree, Math.max(LEAST_WIDTH, width));
        }
        return text.toString();
    }

    /** One self-contained HTML page, without scripts or other files. */
    public static String html(List<SpanData> spans, String title) {
        return new WaterfallPage(title).render(SpanTree.of(spans));
    }

    /**
     * The structure only, for tests: names, kinds, statuses and sorted attributes, with the events below their span.
     * Times, ids and stack traces are omitted; strings are quoted.
     */
    public static String tree(List<SpanData> spans) {
        final StringBuilder text = new StringBuilder(64 * spans.size());
        for (SpanTree tree : SpanTree.of(spans)) {
            for (SpanTree.Row row : tree.rows()) {
                final SpanData span = row.span();
                final String indent = "  ".repeat(row.depth());
                text.append(indent).append(clean(span.name())).append(' ').append(span.kind());
                if (span.status() != StatusCode.UNSET) {
                    text.append(' ').append(span.status());
                }
                if (!span.statusMessage().isEmpty()) {
                    text.append('(').append(clean(span.statusMessage())).append(')');
                }
                appendSorted(text, span.attributes());
                for (SpanData.Event event : span.events()) {
                    text.append(indent).append("  * ").append(clean(event.name()));
                    appendSorted(text, event.attributes());
                }
            }
        }
        return text.toString();
    }

    private static void appendSorted(StringBuilder text, Map<String, Object> attributes) {
        for (Map.Entry<String, Object> attribute : new TreeMap<>(attributes).entrySet()) {
            if (!attribute.getKey().equals(STACK_TRACE)) {
                text.append(' ').append(clean(attribute.getKey())).append('=').append(quoted(attribute.getValue()));
            }
        }
        text.append('\n');
    }

    private static String quoted(Object value) {
        if (value instanceof List<?> items) {
            final StringBuilder text = new StringBuilder("[");
            for (Object item : items) {
                text.append(text.length() == 1 ? "" : ", ").append(quoted(item));
            }
            return text.append(']').toString();
        }
        return value instanceof String ? '"' + clean((String) value) + '"' : String.valueOf(value);
    }

    private static void append(StringBuilder text, SpanTree tree, int width) {
        final List<SpanTree.Row> rows = tree.rows();
        text.append(cut(
                        "trace " + clean(tree.traceId()) + ": " + rows.size()
                                + (rows.size() == 1 ? " span, " : " spans, ") + duration(tree.durationNs()),
                        width))
                .append('\n');
        final String[] labels = labels(rows);
        int longest = 0;
        for (String label : labels) {
            longest = Math.max(longest, label.length());
        }
        final int labelWidth = Math.min(longest, width * 2 / 5);
        final int barWidth = Math.max(LEAST_BAR, width / 5);
        final StringBuilder line = new StringBuilder(width + 64);
        for (int i = 0; i < labels.length; i++) {
            final SpanData span = rows.get(i).span();
            line.setLength(0);
            pad(line.append(cut(labels[i], labelWidth)), labelWidth).append(" |");
            appendBar(line, tree, span, barWidth);
            line.append('|');
            appendRight(line, duration(span.startNs() - tree.root().startNs()));
            appendRight(line, duration(span.endNs() - span.startNs()));
            text.append(cut(line.append("  ").append(about(span)).toString(), width))
                    .append('\n');
        }
    }

    /** The names of the spans, with the lines of the tree in front. */
    private static String[] labels(List<SpanTree.Row> rows) {
        final String[] labels = new String[rows.size()];
        final boolean[] open = new boolean[DEEPEST_INDENT + 1];
        final StringBuilder label = new StringBuilder();
        for (int i = 0; i < labels.length; i++) {
            final SpanTree.Row row = rows.get(i);
            final int depth = Math.min(row.depth(), DEEPEST_INDENT);
            open[depth] = !row.isLast();
            label.setLength(0);
            for (int above = 1; above < depth; above++) {
                label.append(open[above] ? "|  " : "   ");
            }
            label.append(depth == 0 ? "" : row.isLast() ? "`- " : "|- ")
                    .append(clean(row.span().name()));
            labels[i] = label.toString();
        }
        return labels;
    }

    private static void appendBar(StringBuilder line, SpanTree tree, SpanData span, int width) {
        final double scale = (double) width / Math.max(1, tree.durationNs());
        final int from = Math.min(width - 1, (int) ((span.startNs() - tree.beginNs()) * scale));
        final int to = Math.min(width, (int) Math.ceil((span.endNs() - tree.beginNs()) * scale));
        final int length = Math.max(1, to - from); // the shortest span is visible too
        line.append(" ".repeat(from)).append((span.status() == StatusCode.ERROR ? "!" : "=").repeat(length));
        line.append(" ".repeat(width - from - length));
    }

    private static String about(SpanData span) {
        final StringBuilder about = new StringBuilder(128);
        if (!span.serviceName().isEmpty()) {
            about.append(clean(span.serviceName())).append(' ');
        }
        about.append(span.kind());
        if (span.status() != StatusCode.UNSET) {
            about.append(' ').append(span.status());
        }
        if (!span.statusMessage().isEmpty()) {
            about.append(": ").append(clean(span.statusMessage()));
        }
        span.attributes()
                .forEach((key, value) ->
                        about.append(' ').append(clean(key)).append('=').append(clean(String.valueOf(value))));
        for (SpanData.Event event : span.events()) {
            about.append(" *").append(clean(event.name()));
        }
        return about.toString();
    }

    /** A duration with three or four digits and a unit; 0 has no unit. */
    public static String duration(long ns) {
        final long size = Math.abs(ns);
        if (size < 1_000) {
            return ns == 0 ? "0" : ns + " ns";
        }
        if (size < 1_000_000) {
            return String.format(Locale.ROOT, "%.1f us", ns / 1e3);
        }
        if (size < 1_000_000_000) {
            return String.format(Locale.ROOT, "%.2f ms", ns / 1e6);
        }
        return String.format(Locale.ROOT, "%.2f s", ns / 1e9);
    }

    private static void appendRight(StringBuilder line, String text) {
        line.append(' ')
                .append(" ".repeat(Math.max(0, TIME_WIDTH - text.length())))
                .append(text);
    }

    private static StringBuilder pad(StringBuilder line, int width) {
        return line.append(" ".repeat(Math.max(0, width - line.length())));
    }

    private static String cut(String text, int width) {
        if (text.length() <= width) {
            return text.stripTrailing();
        }
        int end = width - CUT.length();
        end -= Character.isHighSurrogate(text.charAt(end - 1)) ? 1 : 0;
        return text.substring(0, end) + CUT;
    }

    /** Replaces characters that move the cursor, end a line or change the direction of writing. */
    public static String clean(String text) {
        StringBuilder cleaned = null;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            final int type = Character.getType(c);
            if (type == Character.CONTROL
                    || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR) {
                cleaned = cleaned == null ? new StringBuilder(text) : cleaned;
                cleaned.setCharAt(i, '?');
            }
        }
        return cleaned == null ? text : cleaned.toString();
    }
}
