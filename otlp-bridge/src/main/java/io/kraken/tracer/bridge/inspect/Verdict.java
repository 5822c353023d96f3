package io.kraken.tracer.bridge.inspect;

import io.kraken.tracer.ring.view.Waterfall;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;

/** The result of a check: one line about the object that was checked, and one line for each problem. */
public final class Verdict {

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

    public boolean isSound() {
        return problems.isEmpty();
    }

    /** A message for the user; many exceptions of the JDK contain only the file's name. */
    public static String about(IOException e) {
        if (e instanceof NoSuchFileException missing) {
            return missing.getFile() + " does not exist";
        }
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + ": permission denied";
        }
        if (e instanceof FileSystemException || e.getMessage() == null) {
            return e.toString();
        }
        return e.getMessage();
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
