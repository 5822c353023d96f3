package io.kraken.tracer.jmh;

import java.util.List;
import java.util.Locale;

/** An SVG image with a title, a legend and the colours of the systems, for light and dark backgrounds. */
final class Svg {

    static final int WIDTH = 760;
    static final int MARGIN = 24;
    /** Vertical position at which the content below the legend begins. */
    static final int TOP = 92;

    /** The systems, in the order of their colours; the same system has the same colour in every chart. */
    static final List<String> SYSTEMS = List.of("floor", "Kraken", "OpenTelemetry", "Brave", "JFR event", "Datadog");

    private static final String STYLE = """
            <style>
              text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #52514e }
              .page { fill: #fcfcfb; stroke: #e1e0d9 }
              .title { font-size: 16px; font-weight: 600; fill: #0b0b0b }
              .strong { font-weight: 600; fill: #0b0b0b }
              .small { font-size: 12px }
              .grid { stroke: #e1e0d9; stroke-width: 1 }
              .whisker { stroke: #0b0b0b; stroke-width: 1 }
              .line { fill: none; stroke-width: 2 }
              .f0 { fill: #898781 } .f1 { fill: #2a78d6 } .f2 { fill: #eb6834 } .f3 { fill: #1baf7a } .f4 { fill: #4a3aa7 }
              .f5 { fill: #eda100 } .s5 { stroke: #eda100 }
              .s0 { stroke: #898781 } .s1 { stroke: #2a78d6 } .s2 { stroke: #eb6834 } .s3 { stroke: #1baf7a }
              .s4 { stroke: #4a3aa7 }
              @media (prefers-color-scheme: dark) {
                text { fill: #c3c2b7 }
                .page { fill: #1a1a19; stroke: #383835 }
                .title, .strong { fill: #ffffff }
                .grid { stroke: #383835 }
                .whisker { stroke: #ffffff }
                .f1 { fill: #3987e5 } .f2 { fill: #d95926 } .f3 { fill: #199e70 } .f4 { fill: #9085e9 }
                .f5 { fill: #c98500 } .s5 { stroke: #c98500 }
                .s1 { stroke: #3987e5 } .s2 { stroke: #d95926 } .s3 { stroke: #199e70 } .s4 { stroke: #9085e9 }
              }
            </style>
            """;

    private final StringBuilder body = new StringBuilder(4096);

    Svg(String title, String subtitle, List<Integer> systems) {
        text(MARGIN, 32, "title", "start", title);
        text(MARGIN, 52, "small", "start", subtitle);
        int x = MARGIN;
        for (int system : systems) {
            rect(x, 65, 12, 12, "f" + system);
            text(x + 18, 76, "small", "start", SYSTEMS.get(system));
            x += 44 + 7 * SYSTEMS.get(system).length();
        }
    }

    void text(double x, double y, String style, String anchor, String text) {
        add("<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>", x, y, style, anchor, escape(text));
    }

    void rect(double x, double y, double width, double height, String style) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\" class=\"%s\"/>",
                x, y, width, height, style);
    }

    void line(double x1, double y1, double x2, double y2, String style) {
        add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>", x1, y1, x2, y2, style);
    }

    void path(String points, int system) {
        add("<polyline points=\"%s\" class=\"line s%d\"/>", points, system);
    }

    void dot(double x, double y, int system) {
        add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"f%d\"/>", x, y, system);
    }

    private void add(String format, Object... args) {
        body.append(String.format(Locale.ROOT, format, args)).append('\n');
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** The whole file, with the height of its content. */
    String page(int height) {
        return String.format(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">%n",
                        WIDTH, height, WIDTH, height)
                + STYLE
                + String.format(
                        "<rect x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\" class=\"page\"/>%n",
                        WIDTH - 1, height - 1)
                + body
                + "</svg>\n";
    }
}
