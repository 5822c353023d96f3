package io.kraken.tracer.bridge.cli;

import java.io.PrintStream;

/**
 * The output of a command. When the reader of standard output has closed it, as {@code | head} does, {@link Gone} ends
 * the command, because its result is not needed any more. Single-threaded.
 */
final class Console {

    /** Thrown when the reader of standard output has closed it. */
    static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Gone() {
            super("standard output was closed", null, false, false);
        }
    }

    private static final int CHECK_CHARS = 1 << 14;
    private static final int WIDTH_DEFAULT = 120;
    private static final int WIDTH_MOST = 1000;

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private final int width;
    private int unchecked;

    /** @param width in characters */
    Console(PrintStream out, PrintStream err, boolean terminal, int width) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
        this.width = width;
    }

    /** The start script passes whether standard output is a terminal, as a system property: Java cannot find out. */
    static Console of(PrintStream out, PrintStream err) {
        return new Console(out, err, Boolean.getBoolean("kraken.trace.terminal"), width(System.getenv("COLUMNS")));
    }

    private static int width(String columns) {
        try {
            return columns == null ? WIDTH_DEFAULT : Math.max(1, Math.min(WIDTH_MOST, Integer.parseInt(columns)));
        } catch (NumberFormatException e) {
            return WIDTH_DEFAULT;
        }
    }

    boolean isTerminal() {
        return terminal;
    }

    int width() {
        return width;
    }

    void line(CharSequence text) {
        print(text + "\n");
    }

    void print(String text) {
        out.print(text);
        unchecked += text.length();
        if (unchecked >= CHECK_CHARS) {
            flush();
        }
    }

    /** Flushes standard output, and ends the command if it was closed. */
    void flush() {
        unchecked = 0;
        if (out.checkError()) {
            throw new Gone();
        }
    }

    /** Writes a warning or an error to standard error. */
    void note(String text) {
        err.println(text);
    }

    PrintStream out() {
        return out;
    }
}
