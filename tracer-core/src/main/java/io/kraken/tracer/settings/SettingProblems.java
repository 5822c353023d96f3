package io.kraken.tracer.settings;

/** The receiver of what is wrong with settings. */
public interface SettingProblems {

    /** Receives a warning, which changes nothing else. */
    void warn(String warning);

    /** Receives a warning about an invalid setting, which is an error if settings are strict. */
    void problem(String problem);
}
