package io.kraken.tracer.bridge.cli;

import java.io.IOException;
import java.util.List;

/** A command of {@code kraken-trace}. */
interface Command {

    int OK = 0;
    /** A check failed, or nothing matched. */
    int WRONG = 1;
    /** The command line is invalid. */
    int USAGE = 2;
    /** A file, the JVM or the host cannot be used. */
    int TROUBLE = 3;

    /** The word that selects it on the command line. */
    String name();

    /** Its line in the list of commands. */
    String summary();

    /** The help text: the usage after the command's name, then a description. */
    String help();

    /**
     * Returns the exit code.
     *
     * @param arguments those after the command's name
     * @throws UsageException when they are invalid
     * @throws IOException when a file or the environment cannot be used; the message names the file
     */
    int run(List<String> arguments, Console console) throws IOException, UsageException;
}
