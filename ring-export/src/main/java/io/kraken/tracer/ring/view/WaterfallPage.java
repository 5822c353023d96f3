package io.kraken.tracer.ring.view;

import io.kraken.tracer.StatusCode;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Traces as one HTML page. All interaction uses HTML and CSS only, and the page's content security policy forbids
 * scripts and requests: a text from a span is harmless even if escaping had a gap. Lines that are out of sight are not
 * laid out, so that the page can have thousands of them.
 */
final class WaterfallPage {

    private static final int DEEPEST_INDENT = 24;

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <title>""";

    private static final String STYLE = """
            :root{color-scheme:light dark;--back:#fff;--text:#1c2024;--dim:#68707a;--line:#e3e6ea;--hover:#f2f5f9;
            --bad:#c62828}
            @media(prefers-color-scheme:dark){:root{--back:#16181c;--text:#e4e7eb;--dim:#98a1ac;--line:#2c3138;
            --hover:#20242a;--bad:#ff6b60}}
            body{margin:0;padding:1rem 1.5rem;background:var(--back);color:var(--text);
            font:13px/1.5 system-ui,sans-serif}
            h1{font-size:1.2rem}h2{font-size:.95rem;margin:1.6rem 0 .4rem}td,.t{font-family:ui-monospace,monospace}
            small,.s,.t{color:var(--dim)}
            details{border-top:1px solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 25px}
            summary{display:grid;grid-template-columns:minmax(14rem,34%) 1fr 5.5rem;gap:.8rem;padding:.1rem 0;
            cursor:pointer;list-style:none}
            summary::-webkit-details-marker{display:none}summary:hover{background:var(--hover)}
            summary:focus-visible{outline:2px solid var(--dim)}
            .n{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
            .n::before{content:"\\25b8\\00a0";color:var(--dim)}[open]>summary .n::before{content:"\\25be\\00a0"}
            .w{position:relative}.w i{position:absolute;top:.3rem;bottom:.3rem;min-width:2px;border-radius:2px;
            background:hsl(var(--h) 55% 52%)}
            .e{color:var(--bad)}.w i.e{background:var(--bad)}.t{text-align:right;white-space:nowrap}
            table{border-collapse:collapse;margin:.2rem 0 .8rem 2rem}
            td{padding:.05rem 1rem .05rem 0;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}
            td:first-child{color:var(--dim);white-space:nowrap}
            """;

    private final StringBuilder page = new StringBuilder(1 << 16);
    private final String title;

    WaterfallPage(String title) {
        this.title = title;
    }

    String render(List<SpanTree> trees) {
        page.append(HEAD);
        text(title);
        page.append("</title>\n<style>\n").append(STYLE).append("</style></head>\n<body><h1>");
        text(title);
        page.append("</h1>\n");
        for (SpanTree tree : trees) {
            appendTrace(tree);
        }
        return page.append("</body></html>\n").toString();
    }

    private void appendTrace(SpanTree tree) {
        page.append("<section><h2>");
        text(tree.root().name());
        page.append(" <small>").append(Waterfall.duration(tree.durationNs())).append(", ");
        page.append(tree.rows().size()).append(tree.rows().size() == 1 ? " span, " : " spans, trace ");
        text(tree.traceId());
        page.append("</small></h2>\n");
        for (SpanTree.Row row : tree.rows()) {
            appendSpan(tree, row);
        }
        page.append("</section>\n");
    }

    private void appendSpan(SpanTree tree, SpanTree.Row row) {
        final SpanData span = row.span();
        final boolean failed = span.status() == StatusCode.ERROR;
        page.append("<details><summary title=\"");
        text(span.name());
        page.append("\"><span class=\"n").append(failed ? " e" : "").append("\" style=\"padding-left:");
        page.append(Math.min(DEEPEST_INDENT, row.depth())).append("rem\">");
        text(span.name());
        page.append(" <span class=\"s\">");
        text(span.serviceName());
        page.append("</span></span><span class=\"w\"><i")
                .append(failed ? " class=\"e\"" : "")
                .append(" style=\"");
        appendBar(tree, span);
        page.append("\"></i></span><span class=\"t\">").append(Waterfall.duration(span.endNs() - span.startNs()));
        page.append("</span></summary>\n<table>");
        appendDetails(tree, span);
        page.append("</table></details>\n");
    }

    private void appendBar(SpanTree tree, SpanData span) {
        final double scale = 100.0 / Math.max(1, tree.durationNs());
        final double left = Math.min(100, (span.startNs() - tree.beginNs()) * scale);
        final double width = Math.max(0, Math.min(100 - left, (span.endNs() - span.startNs()) * scale));
        page.append(String.format(
                Locale.ROOT,
                "--h:%d;left:%.3f%%;width:%.3f%%",
                Math.floorMod(span.serviceName().hashCode() * 47, 360),
                left,
                width));
    }

    private void appendDetails(SpanTree tree, SpanData span) {
        detail("span", span.spanId() + (span.parentId().isEmpty() ? "" : ", child of " + span.parentId()));
        detail("kind", span.kind().toString());
        detail("begins", "+" + Waterfall.duration(span.startNs() - tree.root().startNs()));
        if (span.status() != StatusCode.UNSET) {
            detail("status", span.status() + (span.statusMessage().isEmpty() ? "" : ": " + span.statusMessage()));
        }
        details(span.attributes());
        for (SpanData.Event event : span.events()) {
            detail("event", event.name() + " at +" + Waterfall.duration(event.timeNs() - span.startNs()));
            details(event.attributes());
        }
        for (SpanData.Link link : span.links()) {
            detail("link", link.traceId() + '-' + link.spanId());
            details(link.attributes());
            if (!link.traceState().isEmpty()) {
                detail("trace state of the link", link.traceState());
            }
        }
        if (!span.traceState().isEmpty()) {
            detail("trace state", span.traceState());
        }
        final int dropped = span.droppedAttributes() + span.droppedEvents() + span.droppedLinks();
        if (dropped > 0) {
            detail(
                    "dropped",
                    span.droppedAttributes() + " attributes, " + span.droppedEvents() + " events, "
                            + span.droppedLinks() + " links");
        }
    }

    private void details(Map<String, Object> attributes) {
        attributes.forEach((key, value) -> detail(key, String.valueOf(value)));
    }

    private void detail(String key, String value) {
        page.append("<tr><td>");
        text(key);
        page.append("<td>");
        text(value);
        page.append('\n');
    }

    private void text(String text) {
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            switch (c) {
                case '<' -> page.append("&lt;");
                case '>' -> page.append("&gt;");
                case '&' -> page.append("&amp;");
                case '"' -> page.append("&quot;");
                case '\'' -> page.append("&#39;");
                default ->
                    page.append(
                            c < ' ' && c != '\n' && c != '\t' || Character.isSurrogate(c) && !isPaired(text, i)
                                    ? '\uFFFD'
                                    : c);
            }
        }
    }

    private static boolean isPaired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }
}
