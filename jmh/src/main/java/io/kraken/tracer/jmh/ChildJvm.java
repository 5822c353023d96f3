package io.kraken.tracer.jmh;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds the command for a new process with this JDK and class path. */
final class ChildJvm {

    private ChildJvm() {}

    /** A command with this process's JVM flags. */
    static List<String> command(Class<?> main, List<String> arguments) {
        final List<String> flags =
                new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        flags.addAll(Defaults.JVM_ARGUMENTS);
        return command(flags, main, arguments);
    }

    /** A command with exactly these JVM flags. */
    static List<String> command(List<String> flags, Class<?> main, List<String> arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-cp", classPath(), main.getName()));
        command.addAll(arguments);
        return command;
    }

    private static String classPath() {
        final String path = System.getProperty("java.class.path");
        return path.isEmpty() ? "." + File.pathSeparator : path;
    }
}
