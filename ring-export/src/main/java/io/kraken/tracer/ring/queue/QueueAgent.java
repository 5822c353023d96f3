package io.kraken.tracer.ring.queue;

import java.lang.instrument.Instrumentation;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Java agent ({@code -javaagent:ring-export.jar}) that opens the JDK packages that Chronicle needs; it changes no
 * class. It uses the platform only, since the class path may contain nothing else when it runs. It can't suppress the
 * warning of JDK 24 and later about Chronicle's use of {@code sun.misc.Unsafe}, which needs {@code
 * -Dsun.misc.unsafe.memory.access=allow}.
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

    /** Opens the packages to the module of another class loader; does nothing when no agent was started. */
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
