package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.kraken.tracer.Key;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.kraken.tracer.TraceContext;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;

/**
 * The phases of the hostile application, one method each, in which it misuses its tracers. At the end of a phase its
 * own threads have ended and the application's pool is idle; it throws if the application was harmed.
 */
final class HostilePhases {

    private static final SpanName REQUEST = SpanName.of("hostile.request");
    private static final SpanName STEP = SpanName.of("hostile.step");
    private static final SpanName LEAK = SpanName.of("hostile.leak");
    private static final Key.LongKey COUNT = Key.ofLong("count");
    private static final Key.StringKey TEXT = Key.ofString("text");

    private static final int PATIENCE_SECONDS = 30;
    private static final int SURGE_THREADS = 200;
    private static final int POOL_THREADS = 8;
    private static final int SMALL_STACK = 256 << 10;
    /** More spans than a thread may have open at a time. */
    private static final int SCOPES = 1500;

    /** Work of the application that may throw anything. */
    private interface Work {
        void run() throws Exception;
    }

    private final List<HostileTracer> tracers;
    private final Random random;
    private final int percent;
    private final List<String> redeployed;
    private final ThreadPoolExecutor pool =
            new ThreadPoolExecutor(POOL_THREADS, POOL_THREADS, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    private final HostileWork traced = new HostileWork();
    private final HostileWork untraced = new HostileWork();
    private int redeployments;

    /** @param percent of the full volume of each phase */
    HostilePhases(List<HostileTracer> tracers, long seed, int percent, List<String> redeployed) {
        this.tracers = tracers;
        this.random = new Random(seed);
        this.percent = percent;
        this.redeployed = redeployed;
        pool.prestartAllCoreThreads(); // a thread started by a redeployed application would keep its class loader alive
    }

    /** @return the result of the phase: services and the numbers of spans that they have shipped */
    String run(String phase) throws Exception {
        switch (phase) {
            case "surge" -> surge();
            case "exceptions" -> exceptions();
            case "leaks" -> leaks();
            case "foreign" -> foreignEnds();
            case "threads" -> manyThreads();
            case "overflow" -> stackOverflows();
            case "ledger" -> ledger();
            case "recordUnderFault" -> recordUnderFault();
            case "redeploy" -> {
                return redeploy();
            }
            default -> throw new IllegalArgumentException(phase);
        }
        return phase;
    }

    String report() {
        return "P99 of the application's own work in surges: " + traced.percentileMicros(0.99) + " us traced, "
                + untraced.percentileMicros(0.99) + " us untraced (" + traced.count() + " and " + untraced.count()
                + " times)";
    }

    private int volume(int full) {
        return Math.max(1, full * percent / 100);
    }

    // --- phases

    /** 200 threads that record as fast as they can, alternating with and without the tracers. */
    private void surge() throws Exception {
        final List<HostileTracer> none = List.of(HostileTracer.untraced());
        final boolean tracedFirst = random.nextBoolean();
        surge(tracedFirst ? tracers : none, tracedFirst ? traced : untraced);
        surge(tracedFirst ? none : tracers, tracedFirst ? untraced : traced);
    }

    private void surge(List<HostileTracer> with, HostileWork measured) throws Exception {
        final int requests = volume(300);
        final HostileWork.Measurement running = measured.begin();
        onThreads(SURGE_THREADS, 0, () -> {
            for (int i = 0; i < requests; i++) {
                for (HostileTracer tracer : with) {
                    request(tracer, i);
                }
                HostileWork.once();
            }
        });
        running.end();
    }

    private static void request(HostileTracer tracer, int number) {
        try (Span request = tracer.start(REQUEST)) {
            request.set(COUNT, number).set(TEXT, "a text of the usual length");
            for (int i = 0; i < 4; i++) {
                try (Span step = tracer.start(STEP)) {
                    step.set(COUNT, i);
                }
            }
        }
    }

    /** Exceptions whose methods block, throw, or never return. */
    private void exceptions() throws Exception {
        try (HostileException.Gate gate = new HostileException.Gate()) {
            for (int i = 0; i < volume(20); i++) {
                onPool(() -> {
                    for (HostileException thrown : HostileException.allKinds(gate)) {
                        for (HostileTracer tracer : tracers) {
                            try (Span span = tracer.start(REQUEST)) {
                                span.exception(thrown);
                                span.status(StatusCode.ERROR, "failed");
                            }
                        }
                    }
                });
            }
            awaitExporters(); // the exporters must not wait for blocking methods either
        }
    }

    /** Spans that are never ended, by threads that end and by others; scopes that are never closed. */
    private void leaks() throws Exception {
        onThreads(volume(50), 0, () -> {
            for (HostileTracer tracer : tracers) {
                tracer.start(LEAK).set(COUNT, 1);
                tracer.startDetached(LEAK).makeCurrent();
            }
        });
        onPool(() -> {
            for (HostileTracer tracer : tracers) {
                tracer.start(LEAK);
                final Span detached = tracer.startDetached(LEAK);
                for (int i = 0; i < SCOPES; i++) {
                    detached.makeCurrent();
                }
                final Span next = tracer.startDetached(REQUEST);
                final Scope scope = next.makeCurrent();
                if (next.isRecording()) {
                    assertEquals(next.spanId(), currentSpanId(tracer), "current span after a leaked span");
                } else {
                    assertNotEquals(0, tracer.count(Counter.RECORDS_FULL), "a span that is not recorded");
                }
                scope.close();
                next.end();
            }
        });
        awaitExporters();
    }

    /** Spans ended by another thread: they are exported, and the current span of their own thread is unchanged. */
    private void foreignEnds() throws Exception {
        for (int i = 0; i < volume(200); i++) {
            onPool(() -> {
                for (HostileTracer tracer : tracers) {
                    final long before = currentSpanId(tracer);
                    final Span span = tracer.start(REQUEST);
                    final Thread other = new Thread(span::end);
                    other.start();
                    other.join();
                    assertEquals(before, currentSpanId(tracer), "current span after a foreign end");
                    tracer.start(STEP).end();
                }
            });
        }
    }

    private static long currentSpanId(HostileTracer tracer) {
        final TraceContext current = tracer.tracer.currentContext();
        return current == null ? 0 : current.spanId();
    }

    /** Threads that each serve one request. */
    private void manyThreads() throws Exception {
        for (int wave = 0; wave < volume(50); wave++) {
            onThreads(SURGE_THREADS, 0, () -> {
                for (HostileTracer tracer : tracers) {
                    request(tracer, 1);
                }
            });
        }
    }

    /** Stack overflows at any instruction of start, set and end. */
    private void stackOverflows() throws Exception {
        for (int wave = 0; wave < volume(10); wave++) {
            onThreads(50, SMALL_STACK, () -> {
                for (HostileTracer tracer : tracers) {
                    final Descent descent = new Descent(tracer);
                    try {
                        descent.descend(random.nextInt(4));
                    } catch (StackOverflowError expected) {
                        assertNotEquals(0, descent.calls);
                    }
                    tracer.counted(descent.calls, descent.returned);
                    request(tracer, 1);
                }
            });
        }
        awaitExporters();
    }

    /** Counts in fields, because even a call of a counter may overflow the stack. */
    private static final class Descent {
        private final HostileTracer tracer;
        private long calls;
        private long returned;

        Descent(HostileTracer tracer) {
            this.tracer = tracer;
        }

        private void descend(int depth) {
            calls++;
            final Span span = tracer.tracer.start(STEP);
            returned++;
            try {
                span.set(COUNT, depth).set(TEXT, "deep");
                descend(depth + 1);
            } finally {
                span.end();
            }
        }
    }

    /** Ledgers read while only the exporters are active. */
    private void ledger() throws Exception {
        for (int burst = 0; burst < volume(200); burst++) {
            onPool(() -> {
                for (HostileTracer tracer : tracers) {
                    for (int i = 0; i < 20; i++) {
                        request(tracer, i);
                    }
                }
            });
            for (int i = 0; i < 20; i++) {
                for (HostileTracer tracer : tracers) {
                    final Ledger ledger = tracer.tracer.ledger();
                    assertEquals(0, ledger.lost(), () -> ledger + "; later: " + tracer.describe());
                }
            }
        }
    }

    /** Records with the collector in its present state until a number of requests have been made. */
    private void recordUnderFault() {
        final HostileTracer direct = tracers.get(0);
        final long enough = direct.count(Counter.REQUESTS) + volume(40);
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (direct.count(Counter.REQUESTS) < enough) {
            for (HostileTracer tracer : tracers) {
                for (int i = 0; i < 20; i++) {
                    request(tracer, i);
                }
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("the exporter makes no requests: " + direct.describe());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** Web applications that are deployed and undeployed in a container whose threads stay. */
    private String redeploy() throws Exception {
        final StringBuilder answer = new StringBuilder();
        for (int i = 0; i < volume(4); i++) {
            answer.append(deploy()).append(' ');
        }
        return answer.toString();
    }

    private String deploy() throws Exception {
        final List<URL> urls = new ArrayList<>();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(element).toUri().toURL());
        }
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
            loaders.add(new WeakReference<>(loader));
            thread.setContextClassLoader(loader);
            @SuppressWarnings("unchecked") // its actual type
            final BiFunction<List<String>, ExecutorService, String> application =
                    (BiFunction<List<String>, ExecutorService, String>) loader.loadClass(RedeployedMain.class.getName())
                            .getDeclaredConstructor()
                            .newInstance();
            final List<String> arguments = new ArrayList<>(redeployed);
            arguments.set(0, redeployed.get(0) + '-' + ++redeployments);
            return application.apply(arguments, pool);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Waits until the class loaders of undeployed applications have been collected. */
    void awaitLoadersGone() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        final int deployed = loaders.size();
        while (true) {
            HostResources.collectGarbage();
            loaders.removeIf(loader -> loader.get() == null);
            if (loaders.isEmpty()) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError(loaders.size() + " of " + deployed + " class loaders are still reachable");
            }
        }
    }

    // --- building blocks of phases

    /** Waits until all ended spans are queued or dropped, which must happen in any state of the collector. */
    private void awaitExporters() {
        for (HostileTracer tracer : tracers) {
            if (tracer.service.contains(HostileMain.QUEUE)) {
                request(tracer, 0);
                Waiting.until(
                        "the exporter: " + tracer.describe(),
                        () -> tracer.tracer.ledger().buffered() == 0);
            }
        }
    }

    /** Runs work on each thread of the application's pool. */
    private void onPool(Work work) throws Exception {
        final CyclicBarrier all = new CyclicBarrier(POOL_THREADS);
        final List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < POOL_THREADS; i++) {
            results.add(pool.submit(() -> {
                all.await(); // so that no thread runs two
                work.run();
                return null;
            }));
        }
        for (Future<?> result : results) {
            try {
                result.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("a thread of the application is blocked", e);
            }
        }
    }

    /** Runs work on new threads, which have ended when this returns. */
    private static void onThreads(int count, long stackBytes, Work work) throws InterruptedException {
        final List<Throwable> thrown = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final Runnable body = () -> {
                try {
                    work.run();
                } catch (Throwable e) {
                    synchronized (thrown) {
                        thrown.add(e);
                    }
                }
            };
            threads.add(new Thread(null, body, "application-" + i, stackBytes));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(2 * PATIENCE_SECONDS));
            if (thread.isAlive()) {
                final AssertionError blocked = new AssertionError(thread.getName() + " is blocked");
                blocked.setStackTrace(thread.getStackTrace());
                throw blocked;
            }
        }
        synchronized (thrown) {
            assertNull(thrown.isEmpty() ? null : thrown.get(0), () -> "thrown into the application: " + trace(thrown));
        }
    }

    private static String trace(List<Throwable> thrown) {
        final StringBuilder text = new StringBuilder(thrown.size() + " times, first ").append(thrown.get(0));
        final StackTraceElement[] frames = thrown.get(0).getStackTrace();
        for (int i = 0; i < Math.min(20, frames.length); i++) {
            text.append("\n  at ").append(frames[i]);
        }
        return text.toString();
    }
}
