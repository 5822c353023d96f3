package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** A chart of lines over labelled positions of an x axis, each line with its last value after it. Times in ns. */
final class LineChart {

    private static final int LEFT = 84;
    private static final int RIGHT = 168;
    private static final int HEIGHT = 300;
    private static final int LABEL_STEP = 15;
    private static final int GRID_LINES = 6;

    private final String title;
    private final String subtitle;
    private final String axis;
    private final List<String> places;
    /** Positions on the x axis, in any unit. */
    private final double[] at;

    private final boolean logarithmic;
    private final List<Line> lines = new ArrayList<>();

    private record Line(int system, double[] values) {

        /** Index of the last value, or -1. */
        int last() {
            int last = values.length - 1;
            while (last >= 0 && Double.isNaN(values[last])) {
                last--;
            }
            return last;
        }
    }

    /** The range of the y axis. */
    private record Scale(double from, double to, boolean logarithmic) {

        double y(double value) {
            final double share = logarithmic
                    ? (Math.log10(Math.max(1, value)) - Math.log10(from)) / (Math.log10(to) - Math.log10(from))
                    : (value - from) / (to - from);
            return Svg.TOP + 10 + HEIGHT * (1 - share);
        }

        /** Grid values: every power of ten, or about six round numbers. */
        List<Double> grid() {
            final List<Double> grid = new ArrayList<>();
            final double step = logarithmic ? 0 : round((to - from) / GRID_LINES);
            for (double value = from; value <= to * 1.0001; value = logarithmic ? value * 10 : value + step) {
                grid.add(value);
            }
            return grid;
        }
    }

    private LineChart(
            String title, String subtitle, String axis, List<String> places, double[] at, boolean logarithmic) {
        this.title = title;
        this.subtitle = subtitle;
        this.axis = axis;
        this.places = places;
        this.at = at;
        this.logarithmic = logarithmic;
    }

    /** A chart over {@link PeakResult.Latency#LABELS}: each further nine has the same width, as has the maximum. */
    static LineChart percentiles(String title, String subtitle) {
        final double[] fractions = PeakResult.Latency.FRACTIONS;
        final double[] at = new double[fractions.length];
        for (int i = 0; i < at.length; i++) {
            at[i] = fractions[i] == 100 ? at[i - 1] + 1 : -Math.log10(1 - fractions[i] / 100);
        }
        return new LineChart(title, subtitle, "", List.of(PeakResult.Latency.LABELS), at, true);
    }

    /** A chart over numbers of threads: each doubling has the same width. */
    static LineChart threads(String title, String subtitle, List<Integer> counts) {
        final List<String> places = new ArrayList<>();
        final double[] at = new double[counts.size()];
        for (int i = 0; i < at.length; i++) {
            places.add(counts.get(i).toString());
            at[i] = Math.log(counts.get(i));
        }
        return new LineChart(title, subtitle, "threads", places, at, false);
    }

    /** Adds a line with a value for each position; NaN if not measured. */
    void add(int system, double... values) {
        final Line line = new Line(system, values);
        if (line.last() >= 0) {
            lines.add(line);
        }
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    private double x(int place) {
        final double width = Svg.WIDTH - LEFT - RIGHT;
        final double range = at[at.length - 1] - at[0];
        return LEFT + (range == 0 ? width / 2 : width * (at[place] - at[0]) / range);
    }

    private Scale scale() {
        double least = Double.MAX_VALUE;
        double most = 1;
        for (Line line : lines) {
            for (double value : line.values) {
                if (!Double.isNaN(value)) {
                    least = Math.min(least, value);
                    most = Math.max(most, value);
                }
            }
        }
        if (!logarithmic) {
            final double step = round((most - Math.min(0, least)) / GRID_LINES);
            return new Scale(Math.min(0, Math.floor(least / step) * step), Math.ceil(most / step) * step, false);
        }
        final double from = Math.floor(Math.log10(Math.max(1, least)));
        final double to = Math.max(from + 1, Math.ceil(Math.log10(most)));
        return new Scale(Math.pow(10, from), Math.pow(10, to), true);
    }

    /** The next number above that is 1, 2 or 5 times a power of ten. */
    private static double round(double value) {
        final double power = Math.pow(10, Math.floor(Math.log10(value)));
        final double digits = value / power;
        return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
    }

    String svg() {
        final TreeSet<Integer> systems = new TreeSet<>();
        for (Line line : lines) {
            systems.add(line.system);
        }
        final Scale scale = scale();
        final Svg svg = new Svg(title, subtitle, new ArrayList<>(systems));
        for (double value : scale.grid()) {
            svg.line(LEFT, scale.y(value), Svg.WIDTH - RIGHT, scale.y(value), "grid");
            svg.text(LEFT - 8, scale.y(value) + 4, "small", "end", time(value));
        }
        for (int i = 0; i < places.size(); i++) {
            svg.line(x(i), scale.y(scale.to), x(i), scale.y(scale.from), "grid");
            svg.text(x(i), Svg.TOP + HEIGHT + 32, "small", "middle", places.get(i));
        }
        if (!axis.isEmpty()) {
            svg.text(LEFT + (Svg.WIDTH - LEFT - RIGHT) / 2.0, Svg.TOP + HEIGHT + 50, "small", "middle", axis);
        }
        for (Line line : lines) {
            draw(svg, line, scale);
        }
        label(svg, scale);
        return svg.page(Svg.TOP + HEIGHT + (axis.isEmpty() ? 52 : 68));
    }

    private void draw(Svg svg, Line line, Scale scale) {
        final StringBuilder points = new StringBuilder();
        for (int i = 0; i < line.values.length; i++) {
            if (!Double.isNaN(line.values[i])) {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(i), scale.y(line.values[i])));
            }
        }
        svg.path(points.toString().strip(), line.system);
        for (int i = 0; i < line.values.length; i++) {
            if (!Double.isNaN(line.values[i])) {
                svg.dot(x(i), scale.y(line.values[i]), line.system);
            }
        }
    }

    /**
     * Writes the last values from top to bottom, moved apart where they are too close, and up again where they would be
     * below the axis.
     */
    private void label(Svg svg, Scale scale) {
        final List<Line> sorted = new ArrayList<>(lines);
        sorted.sort(Comparator.comparingDouble(line -> scale.y(line.values[line.last()])));
        final double[] y = new double[sorted.size()];
        for (int i = 0; i < y.length; i++) {
            final Line line = sorted.get(i);
            y[i] = Math.max(i == 0 ? 0 : y[i - 1] + LABEL_STEP, scale.y(line.values[line.last()]) + 4);
        }
        double lowest = scale.y(scale.from) + 4;
        for (int i = y.length - 1; i >= 0; i--) {
            y[i] = Math.min(y[i], lowest);
            lowest = y[i] - LABEL_STEP;
            final Line line = sorted.get(i);
            final String text = Svg.SYSTEMS.get(line.system) + ' ' + time(line.values[line.last()]);
            svg.text(x(line.last()) + 10, y[i], "small", "start", text);
        }
    }

    private static String time(double ns) {
        return ns >= 1e9
                ? number(ns / 1e9) + " s"
                : ns >= 1e6 ? number(ns / 1e6) + " ms" : ns >= 1e3 ? number(ns / 1e3) + " µs" : number(ns) + " ns";
    }

    private static String number(double value) {
        final boolean fraction = value < 10 && value != Math.rint(value);
        return String.format(Locale.ROOT, fraction ? "%.1f" : "%.0f", value);
    }
}
