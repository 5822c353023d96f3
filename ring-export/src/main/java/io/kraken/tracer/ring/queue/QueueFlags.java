package io.kraken.tracer.ring.queue;

import java.util.List;

/**
 * What Chronicle needs of the JVM: two packages of the platform opened to it. Asked before any of its classes is
 * touched, which would fail with an error that names neither flag nor remedy.
 */
final class QueueFlags {

    static final List<String> PACKAGES = List.of("java.lang.reflect", "sun.nio.ch");

    private QueueFlags() {}

    /** @throws QueueException with what to do, when something is missing */
    static void require(Module chronicle) throws QueueException {
        if (areOpen(chronicle)) {
            return;
        }
        openByAgent(chronicle);
        if (areOpen(chronicle)) {
            return;
        }
        throw new QueueException("The queue needs two packages of the JDK opened: start the JVM with"
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

    /** The agent is loaded by the system's class loader, which need not be the one of this class. */
    private static void openByAgent(Module chronicle) {
        try {
            ClassLoader.getSystemClassLoader()
                    .loadClass(QueueAgent.class.getName())
                    .getMethod("open", Module.class)
                    .invoke(null, chronicle);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            // No agent there; the message says what is missing.
        }
    }
}
