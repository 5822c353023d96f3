package io.kraken.tracer.bridge;

import java.util.List;

/** Settings that can't be used: everything that is wrong with them, so that it can be put right in one go. */
public final class SettingsException extends Exception {

    private static final long serialVersionUID = 1;

    private final String[] problems;

    SettingsException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = problems.toArray(new String[0]);
    }

    /** Each a sentence that names the setting, where it was found and what it should be; none shows a secret. */
    public List<String> problems() {
        return List.of(problems);
    }
}
