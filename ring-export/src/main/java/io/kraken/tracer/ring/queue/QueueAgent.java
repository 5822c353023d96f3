package io.kraken.tracer.ring.queue;

import java.lang.instrument.Instrumentation;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * {@code -javaagent:ring-export.jar}: opens what Chronicle needs, and changes no class. Uses the platform only, since
 * nothing else need be on the class path when it runs. What it can't do is to silence JDK 24 and later, which warn of
 * Chronicle's use of {@code sun.misc.Unsafe}: that takes {@code -Dsun.misc.unsafe.memory.access=allow}.
 */
public final class QueueAgent {

    private static volatile Instrumentation instrumentation;

    private QueueAgent() {}

    public static void premain(String arguments, Instrumentation given) {
        start(given);
    }

    public static void agentmain(String arguments, Instrumentation given) {
        start(given);
    }

    private static void start(Instrumentation given) {
        instrumentation = given;
        open(ClassLoader.getSystemClassLoader().getUnnamedModule());
    }

    /** Opens the same to the module of a class loader of its own; does nothing where no agent was started. */
    public static void open(Module module) {
        final Instrumentation given = instrumentation;
        if (given == null) {
            return;
        }
        final Map<String, Set<Module>> opens = new HashMap<>();
        for (String name : QueueFlags.PACKAGES) {
            opens.put(name, Set.of(module));
        }
        given.redefineModule(Object.class.getModule(), Set.of(), Map.of(), opens, Set.of(), Map.of());
    }
}
