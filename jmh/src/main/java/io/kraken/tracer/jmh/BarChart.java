package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** A chart of bars in groups, each bar with its value after it and its error as a whisker. */
final class BarChart {

    private static final int LABELS = 140;
    private static final int VALUES = 180;
    private static final int BAR = 16;
    private static final int STEP = 22;
    private static final int GAP = 34;

    private final String title;
    private final String subtitle;
    private final List<Group> groups = new ArrayList<>();

    /** @param note text after the value, such as the number of dropped spans; may be empty */
    private record Bar(int system, String label, double value, double error, String note) {}

    /** A group of bars to be compared. */
    static final class Group {
        private final String label;
        private final List<Bar> bars = new ArrayList<>();

        Group(String label) {
            this.label = label;
        }

        Group bar(int system, String label, double value, double error, String note) {
            bars.add(new Bar(system, label, value, error, note));
            return this;
        }
    }

    BarChart(String title, String subtitle) {
        this.title = title;
        this.subtitle = subtitle;
    }

    void add(Group group) {
        if (!group.bars.isEmpty()) {
            groups.add(group);
        }
    }

    boolean isEmpty() {
        return groups.isEmpty();
    }

    String svg() {
        final TreeSet<Integer> systems = new TreeSet<>();
        double most = 1;
        for (Group group : groups) {
            for (Bar bar : group.bars) {
                systems.add(bar.system);
                most = Math.max(most, bar.value);
            }
        }
        final Svg svg = new Svg(title, subtitle, new ArrayList<>(systems));
        final double scale = (Svg.WIDTH - 2 * Svg.MARGIN - LABELS - VALUES) / most;
        int y = Svg.TOP + 12;
        for (Group group : groups) {
            svg.text(Svg.MARGIN, y, "strong", "start", group.label);
            y += 10;
            for (Bar bar : group.bars) {
                draw(svg, bar, y, scale, most);
                y += STEP;
            }
            y += GAP - 10;
        }
        return svg.page(y - 10);
    }

    private static void draw(Svg svg, Bar bar, int y, double scale, double most) {
        final int left = Svg.MARGIN + LABELS;
        final double width = Math.max(1, bar.value * scale);
        double end = left + width;
        svg.text(left - 8, y + BAR - 3, "small", "end", bar.label);
        svg.rect(left, y, width, BAR, "f" + bar.system);
        if (Double.isFinite(bar.error) && bar.error > 0) {
            final double from = left + Math.max(0, bar.value - bar.error) * scale;
            final double to = left + Math.min(most * 1.05, bar.value + bar.error) * scale;
            svg.line(from, y + BAR / 2.0, to, y + BAR / 2.0, "whisker");
            end = Math.max(end, to);
        }
        svg.text(end + 6, y + BAR - 3, "small", "start", number(bar.value) + bar.note);
    }

    static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%,.1f" : "%,.0f", value);
    }
}
