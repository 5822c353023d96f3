package io.kraken.tracer;

import java.io.IOException;

/** Commands of the operating system, which may be missing or not permitted. */
public final class Commands {

    private Commands() {}

    /** Runs a command to its end; returns whether it succeeded. Its output is discarded. */
    public static boolean succeeds(String... words) {
        try {
            return new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }
}
