package io.kraken.tracer.bridge.cli;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The handler of SIGHUP. Java has no supported interface for it; the one of the module {@code jdk.unsupported} is used
 * by reflection, since a runtime image may lack it.
 */
final class HangUpSignal {

    private static final Logger LOG = LoggerFactory.getLogger(HangUpSignal.class);

    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private HangUpSignal() {}

    /** Runs the task on a thread of the JVM at each SIGHUP; false if that is not possible here, which is logged. */
    static boolean handle(Runnable task) {
        try {
            final Class<?> type = Class.forName(SIGNAL);
            final Class<?> handlerType = Class.forName(HANDLER);
            final Constructor<?> newSignal = type.getConstructor(String.class);
            final Object handler = Proxy.newProxyInstance(
                    HangUpSignal.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            task.run();
                            return null;
                        }
                        return answer(proxy, method.getName(), arguments);
                    });
            type.getMethod("handle", type, handlerType).invoke(null, newSignal.newInstance("HUP"), handler);
            return true;
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            final Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
            LOG.warn("SIGHUP is not handled and ends the bridge: {}; restart it to change settings", cause.toString());
            return false;
        }
    }

    /** The methods of {@link Object}. */
    private static Object answer(Object proxy, String method, Object[] arguments) {
        return switch (method) {
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> HangUpSignal.class.getName();
        };
    }
}
