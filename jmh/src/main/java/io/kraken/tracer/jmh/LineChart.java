package io.kraken.tracer.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** Lines over named places of the x axis, such as percentiles; the y axis is logarithmic. */
final class LineChart {

    private static final int LEFT = 84;
    private static final int RIGHT = 60;
    private static final int HEIGHT = 300;

    private final String title;
    private final String subtitle;
    private final List<String> places;
    private final List<Line> lines = new ArrayList<>();

    private record Line(int system, double[] values) {}

    LineChart(String title, String subtitle, List<String> places) {
        this.title = title;
        this.subtitle = subtitle;
        this.places = places;
    }

    void add(int system, double... values) {
        lines.add(new Line(system, values));
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    private double x(int place) {
        final double width = Svg.WIDTH - LEFT - RIGHT;
        return LEFT + (places.size() == 1 ? width / 2 : width * place / (places.size() - 1));
    }

    String svg() {
        final TreeSet<Integer> systems = new TreeSet<>();
        double least = Double.MAX_VALUE;
        double most = 1;
        for (Line line : lines) {
            systems.add(line.system);
            for (double value : line.values) {
                least = Math.min(least, Math.max(1, value));
                most = Math.max(most, value);
            }
        }
        final int from = (int) Math.floor(Math.log10(least));
        final int to = Math.max(from + 1, (int) Math.ceil(Math.log10(most)));
        final Svg svg = new Svg(title, subtitle, new ArrayList<>(systems));
        for (int power = from; power <= to; power++) {
            final double y = y(Math.pow(10, power), from, to);
            svg.line(LEFT, y, Svg.WIDTH - RIGHT, y, "grid");
            svg.text(LEFT - 8, y + 4, "small", "end", time(Math.pow(10, power)));
        }
        for (int i = 0; i < places.size(); i++) {
            svg.text(x(i), Svg.TOP + HEIGHT + 32, "small", "middle", places.get(i));
        }
        for (Line line : lines) {
            draw(svg, line, from, to);
        }
        return svg.page(Svg.TOP + HEIGHT + 52);
    }

    private void draw(Svg svg, Line line, int from, int to) {
        final StringBuilder points = new StringBuilder();
        for (int i = 0; i < line.values.length; i++) {
            points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(i), y(line.values[i], from, to)));
        }
        svg.path(points.toString().strip(), line.system);
        for (int i = 0; i < line.values.length; i++) {
            svg.dot(x(i), y(line.values[i], from, to), line.system);
        }
    }

    private static double y(double value, int from, int to) {
        return Svg.TOP + 10 + HEIGHT * (1 - (Math.log10(Math.max(1, value)) - from) / (to - from));
    }

    private static String time(double ns) {
        return ns >= 1e9
                ? String.format(Locale.ROOT, "%.0f s", ns / 1e9)
                : ns >= 1e6
                        ? String.format(Locale.ROOT, "%.0f ms", ns / 1e6)
                        : ns >= 1e3
                                ? String.format(Locale.ROOT, "%.0f µs", ns / 1e3)
                                : String.format(Locale.ROOT, "%.0f ns", ns);
    }
}
