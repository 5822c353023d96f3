package io.kraken.tracer.bridge.cli;

import java.io.PrintStream;

/**
 * Where a command writes. When nobody reads any more ({@code | head}) the command is ended by {@link Gone}: there is
 * nothing left to do for it. One thread.
 */
final class Console {

    /** Standard output was closed by who read it. */
    static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Gone() {
            super("nobody reads", null, false, false);
        }
    }

    private static final int LOOK_CHARS = 1 << 14;
    private static final int WIDTH_DEFAULT = 120;
    private static final int WIDTH_MOST = 1000;

    private final PrintStream out;
    private final PrintStream err;
    private final boolean terminal;
    private final int width;
    private int unlooked;

    /** @param width characters of a line */
    Console(PrintStream out, PrintStream err, boolean terminal, int width) {
        this.out = out;
        this.err = err;
        this.terminal = terminal;
        this.width = width;
    }

    /** The script knows whether standard output is a terminal, and says so. */
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
        unlooked += text.length();
        if (unlooked >= LOOK_CHARS) {
            flush();
        }
    }

    /** Lets the reader see what there is. */
    void flush() {
        unlooked = 0;
        if (out.checkError()) {
            throw new Gone();
        }
    }

    /** For what else is to be said than what was asked for. */
    void note(String text) {
        err.println(text);
    }

    PrintStream out() {
        return out;
    }
}
