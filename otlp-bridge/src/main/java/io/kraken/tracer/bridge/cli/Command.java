package io.kraken.tracer.bridge.cli;

import java.io.IOException;
import java.util.List;

/** Something that {@code kraken-trace} can do. */
interface Command {

    int OK = 0;
    /** Something was found wrong, or not found. */
    int WRONG = 1;
    /** The command line makes no sense. */
    int USAGE = 2;
    /** A file, or the JVM, or the host is not as it has to be. */
    int TROUBLE = 3;

    /** As it is typed. */
    String name();

    /** One line of the list of commands. */
    String summary();

    /** What stands after the command's name, then a page about it. */
    String help();

    /**
     * Returns the exit code.
     *
     * @param arguments what follows the command's name
     * @throws UsageException when they make no sense
     * @throws IOException when that can't be done here; the message names the file concerned
     */
    int run(List<String> arguments, Console console) throws IOException, UsageException;
}
