package io.kraken.tracer.ring.queue;

import java.util.List;

/**
 * Check of the JVM flags that Chronicle needs: two packages of the JDK must be opened to it. Checked before any of its
 * classes is loaded, since they would fail with an error that names neither the flag nor the remedy.
 */
final class QueueFlags {

    static final List<String> PACKAGES = List.of("java.lang.reflect", "sun.nio.ch");

    private QueueFlags() {}

    /** @throws QueueException when a package is not open; the message says what to do */
    static void require(Module chronicle) throws QueueException {
        if (areOpen(chronicle)) {
            return;
        }
        openByAgent(chronicle);
        if (areOpen(chronicle)) {
            return;
        }
        throw new QueueException("The queue needs two JDK packages to be opened: start the JVM with"
                + " -javaagent:ring-export.jar (the path of this library's jar), or with @queue.args (a file in it,"
                + " META-INF/kraken-tracer/queue.args), or with " + arguments(target(chronicle)));
    }

    private static String target(Module chronicle) {
        return chronicle.isNamed() ? chronicle.getName() : "ALL-UNNAMED";
    }

    private static String arguments(String target) {
        final StringBuilder arguments = new StringBuilder();
        for (String name : PACKAGES) {
            arguments.append(arguments.length() == 0 ? "" : " ");
            arguments.append("--add-opens=java.base/").append(name).append('=').append(target);
        }
        return arguments.toString();
    }

    private static boolean areOpen(Module chronicle) {
        final Module base = Object.class.getModule();
        for (String name : PACKAGES) {
            if (!base.isOpen(name, chronicle)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Opens the packages through the agent, which the system class loader has loaded; that need not be the loader of
     * this class.
     */
    private static void openByAgent(Module chronicle) {
        try {
            ClassLoader.getSystemClassLoader()
                    .loadClass(QueueAgent.class.getName())
                    .getMethod("open", Module.class)
                    .invoke(null, chronicle);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            // No agent was started; the exception says what is missing.
        }
    }
}
