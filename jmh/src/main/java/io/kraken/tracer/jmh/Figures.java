package io.kraken.tracer.jmh;

import java.util.List;

/** The figures of a run, by name; NaN if not measured. */
final class Figures {

    private final List<Measured> all;

    Figures(List<Measured> all) {
        this.all = all;
    }

    List<Measured> all() {
        return all;
    }

    /** The figure with this name and these parameters (name, value, ...), or null. */
    Measured find(String benchmark, String... params) {
        for (Measured figure : all) {
            if (figure.is(benchmark, params)) {
                return figure;
            }
        }
        return null;
    }

    /** The figure with this name on this number of threads, or null. */
    Measured find(String benchmark, int threads) {
        for (Measured figure : all) {
            if (figure.is(benchmark) && figure.threads() == threads) {
                return figure;
            }
        }
        return null;
    }

    double score(String benchmark, String... params) {
        final Measured figure = find(benchmark, params);
        return figure == null ? Double.NaN : figure.score();
    }

    /** The time of the work alone. */
    Measured work(String tokens) {
        return find("FloorBenchmark.work", "work", tokens, "clock", "auto");
    }

    /** Time above the work alone; saturated figures are unchanged. */
    double net(Measured figure) {
        final Measured work = work(figure.params().getOrDefault("work", Plan.SATURATED));
        return Plan.SATURATED.equals(figure.params().get("work"))
                        || !figure.params().containsKey("work")
                ? figure.score()
                : work == null ? Double.NaN : figure.score() - work.score();
    }

    /** The errors of a difference add up as squares. */
    double netError(Measured figure) {
        final Measured work = work(figure.params().getOrDefault("work", Plan.SATURATED));
        return Plan.PACED.equals(figure.params().get("work")) && work != null
                ? Math.hypot(figure.error(), work.error())
                : figure.error();
    }

    double net(String benchmark, String... params) {
        final Measured figure = find(benchmark, params);
        return figure == null ? Double.NaN : net(figure);
    }
}
