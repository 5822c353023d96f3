package io.kraken.tracer.bridge.settings;

import java.util.Collection;
import java.util.List;

/** The problems of invalid settings, all of them, so that they can be corrected in one go. */
public final class SettingsException extends Exception {

    private static final long serialVersionUID = 1;

    private final String[] problems;

    SettingsException(Collection<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = problems.toArray(new String[0]);
    }

    /** Each names a setting, its origin and the permitted values; none contains a secret. */
    public List<String> problems() {
        return List.of(problems);
    }
}
