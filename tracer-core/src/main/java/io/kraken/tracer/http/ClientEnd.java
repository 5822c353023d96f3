package io.kraken.tracer.http;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.http.HttpClient;
import java.time.Duration;

/** The methods that close the JDK's client, which exist since Java 21; before, an unreachable client is collected. */
final class ClientEnd {

    private static final MethodHandle SHUTDOWN = find("shutdown", void.class);
    private static final MethodHandle AWAIT = find("awaitTermination", boolean.class, Duration.class);
    private static final MethodHandle IS_TERMINATED = find("isTerminated", boolean.class);
    private static final MethodHandle SHUTDOWN_NOW = find("shutdownNow", void.class);
    private static final MethodHandle CLOSE = find("close", void.class);

    private ClientEnd() {}

    private static MethodHandle find(String name, Class<?> result, Class<?>... parameters) {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(HttpClient.class, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    static void shutdown(HttpClient client) {
        run(SHUTDOWN, client);
    }

    static void shutdownNow(HttpClient client) {
        run(SHUTDOWN_NOW, client);
    }

    static void close(HttpClient client) {
        run(CLOSE, client);
    }

    static boolean isTerminated(HttpClient client) {
        try {
            return IS_TERMINATED != null && (boolean) IS_TERMINATED.invokeExact(client);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static boolean awaitTermination(HttpClient client, Duration duration) throws InterruptedException {
        try {
            return AWAIT != null && (boolean) AWAIT.invokeExact(client, duration);
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    private static void run(MethodHandle method, HttpClient client) {
        if (method != null) {
            try {
                method.invokeExact(client);
            } catch (Throwable e) {
                throw unchecked(e);
            }
        }
    }

    private static RuntimeException unchecked(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }
}
