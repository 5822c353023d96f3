package io.kraken.tracer;

import java.io.IOException;

/** Commands of the operating system, which may not be there or not be allowed. */
public final class Commands {

    private Commands() {}

    /** Runs it to its end; whether that was a good one. What it prints is thrown away. */
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
