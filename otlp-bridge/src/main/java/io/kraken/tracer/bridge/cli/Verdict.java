package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.ring.view.Waterfall;
import java.util.ArrayList;
import java.util.List;

/** The result of a check: one line about the object that was checked, and one line for each problem. */
final class Verdict {

    private static final int MOST_PROBLEMS = 10;

    private final String subject;
    private final List<String> problems = new ArrayList<>();
    private String summary = "";
    private int more;

    Verdict(String subject) {
        this.subject = subject;
    }

    void problem(String problem) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(problem);
        } else {
            more++;
        }
    }

    Verdict summary(String text) {
        summary = text;
        return this;
    }

    boolean isSound() {
        return problems.isEmpty();
    }

    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder(128);
        text.append(isSound() ? "sound " : "WRONG ").append(Waterfall.clean(subject));
        text.append(summary.isEmpty() ? "" : ": ")
                .append(Waterfall.clean(summary))
                .append('\n');
        for (String problem : problems) {
            text.append("      ").append(Waterfall.clean(problem)).append('\n');
        }
        if (more > 0) {
            text.append("      and ").append(more).append(" more\n");
        }
        return text.toString();
    }
}
