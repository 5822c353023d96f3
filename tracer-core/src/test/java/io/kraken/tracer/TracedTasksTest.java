package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The current span is passed to wrapped tasks. */
class TracedTasksTest {

    private static final SpanName REQUEST = SpanName.of("request");
    private static final SpanName WORK = SpanName.of("work");
    private static final String TREE = """
            request SERVER
              work INTERNAL
            """;

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final ExecutorService pool = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertTrue(pool.awaitTermination(60, TimeUnit.SECONDS));
    }

    private Tracer tracer() {
        return traced.tracer();
    }

    private void work() {
        tracer().start(WORK).end();
    }

    /** The current span of the pool's thread between two tasks. */
    private TraceContext left() throws Exception {
        return pool.submit(() -> tracer().currentContext()).get();
    }

    @Test
    void executedTaskIsAChildOfTheCurrentSpan() throws Exception {
        final Executor executor = TracedTasks.executor(tracer(), (Executor) pool);
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            executor.execute(this::work);
            assertNull(left());
            assertSame(request, tracer().current());
        }
        assertEquals(TREE, traced.picture());
    }

    @Test
    void submittedAndInvokedTasksAreChildren() throws Exception {
        final ExecutorService executor = TracedTasks.executor(tracer(), pool);
        final Callable<String> call = () -> {
            work();
            return "done";
        };
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            executor.submit(this::work).get();
            assertEquals("done", executor.submit(call).get());
            assertEquals("given", executor.submit(this::work, "given").get());
            assertEquals("done", executor.invokeAll(List.of(call)).get(0).get());
            assertEquals(
                    "done",
                    executor.invokeAll(List.of(call), 60, TimeUnit.SECONDS)
                            .get(0)
                            .get());
            assertEquals("done", executor.invokeAny(List.of(call)));
            assertEquals("done", executor.invokeAny(List.of(call), 60, TimeUnit.SECONDS));
            assertTrue(request.isRecording());
        }
        assertNull(left());
        assertEquals("request SERVER\n" + "  work INTERNAL\n".repeat(7), traced.picture());
    }

    @Test
    void oneTimeScheduledTaskIsAChildAndPeriodicTaskIsNot() throws Exception {
        final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        final ScheduledExecutorService executor = TracedTasks.executor(tracer(), timer);
        final CountDownLatch repeated = new CountDownLatch(2);
        final List<TraceContext> seen = new ArrayList<>();
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            executor.schedule(this::work, 0, TimeUnit.MILLISECONDS).get();
            executor.schedule(Executors.callable(this::work), 0, TimeUnit.MILLISECONDS)
                    .get();
            final Runnable again = () -> {
                seen.add(tracer().currentContext());
                repeated.countDown();
            };
            executor.scheduleAtFixedRate(again, 0, 1, TimeUnit.MILLISECONDS);
            executor.scheduleWithFixedDelay(again, 0, 1, TimeUnit.MILLISECONDS);
            repeated.await();
            assertTrue(request.isRecording());
        } finally {
            executor.shutdownNow();
            assertTrue(executor.awaitTermination(60, TimeUnit.SECONDS));
        }
        assertTrue(executor.isShutdown() && executor.isTerminated());
        seen.forEach(context -> assertNull(context));
        assertEquals("request SERVER\n" + "  work INTERNAL\n".repeat(2), traced.picture());
    }

    @Test
    void stagesOfAFutureAreChildrenOfTheirCreatorsSpan() {
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            final String result = CompletableFuture.supplyAsync(
                            TracedTasks.supplier(tracer(), () -> {
                                work();
                                return "a";
                            }),
                            pool)
                    .thenApplyAsync(
                            TracedTasks.function(tracer(), a -> {
                                work();
                                return a + "b";
                            }),
                            pool)
                    .handleAsync(
                            TracedTasks.biFunction(tracer(), (b, thrown) -> {
                                work();
                                return b + "c";
                            }),
                            pool)
                    .whenCompleteAsync(TracedTasks.biConsumer(tracer(), (c, thrown) -> work()), pool)
                    .join();
            CompletableFuture.completedFuture(result)
                    .thenAcceptAsync(TracedTasks.consumer(tracer(), c -> work()), pool)
                    .join();
            assertEquals("abc", result);
            assertTrue(request.isRecording());
        }
        assertEquals("request SERVER\n" + "  work INTERNAL\n".repeat(5), traced.picture());
    }

    @Test
    void currentSpanIsRestoredAfterAnException() throws Exception {
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            final Runnable failing = TracedTasks.runnable(tracer(), () -> {
                throw new IllegalStateException("on purpose");
            });
            pool.submit(() -> {
                        try (Span own = tracer().start(WORK)) {
                            assertThrows(IllegalStateException.class, failing::run);
                            assertSame(own, tracer().current());
                        }
                    })
                    .get();
            assertTrue(request.isRecording());
        }
        assertNull(left());
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void spanLeftOpenIsNotCurrentForTheNextTask() throws Exception {
        final Span[] left = new Span[1];
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            pool.submit(TracedTasks.runnable(tracer(), () -> left[0] = tracer().start(WORK)))
                    .get();
            assertTrue(request.isRecording());
        }
        assertNull(left());
        pool.submit(() -> left[0].end()).get();
        assertNull(left());
        assertEquals(TREE, traced.picture());
        assertEquals(Map.of("misuse.out_of_order", 1L), traced.problems());
    }

    @Test
    void taskWithoutSpanHasNoneOnTheOtherThread() {
        final Runnable ofNobody = TracedTasks.runnable(tracer(), () -> {
            assertNull(tracer().currentContext());
            assertSame(Span.NOOP, tracer().current());
            work();
        });
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            ofNobody.run();
            assertSame(request, tracer().current());
        }
        assertEquals("""
                request SERVER
                work INTERNAL
                """, traced.picture());
    }

    @Test
    void taskMayEndASpanBelowItsOwnOnTheStack() {
        final Span outer = tracer().start(REQUEST, SpanKind.SERVER);
        final Span inner = tracer().start(WORK);
        TracedTasks.runnable(tracer(), inner::end).run();
        assertSame(outer, tracer().current());
        outer.end();
        assertNull(tracer().currentContext());
        assertEquals(Map.of("misuse.out_of_order", 1L), traced.problems());
    }

    @Test
    void endedSpanIsStillTheParent() throws Exception {
        final Span request = tracer().start(REQUEST, SpanKind.SERVER);
        request.baggage("user", "J\u00fcrgen");
        final List<String> seen = new ArrayList<>();
        final Runnable late = TracedTasks.runnable(tracer(), () -> {
            seen.add(tracer().currentContext().baggage("user"));
            assertSame(Span.NOOP, tracer().current());
            work();
        });
        request.end();
        for (int i = 0; i < 100; i++) {
            tracer().start(REQUEST).end(); // the object is reused for other spans meanwhile
        }
        traced.sink.forget();
        pool.submit(late).get();
        pool.submit(late).get();
        assertEquals(List.of("J\u00fcrgen", "J\u00fcrgen"), seen);
        final List<CapturingSink.Published> records = traced.sink.published();
        assertEquals(2, records.size());
        for (CapturingSink.Published record : records) {
            assertEquals(
                    records.get(0).bytes().getLong(8),
                    record.bytes().getLong(8)); // the same trace, whatever the object is used for now
        }
        assertEquals(Map.of(), traced.problems());
    }

    @Test
    void snapshotCanBeLinkedAndMadeCurrent() throws Exception {
        final ContextSnapshot snapshot;
        final String ids;
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            snapshot = tracer().snapshot();
            ids = request.toString();
        }
        assertEquals(ids, snapshot.toString());
        pool.submit(() -> {
                    try (Scope scope = snapshot.makeCurrent()) {
                        assertEquals(ids, scope.toString());
                        work();
                    }
                    final Span linked = tracer().start(WORK);
                    linked.link(snapshot);
                    linked.end();
                })
                .get();
        assertNull(left());
        assertEquals(TREE + "work INTERNAL\n  -> " + linkOf(ids) + '\n', traced.picture());
    }

    private static String linkOf(String traceparent) {
        return traceparent.substring(3, 52) + " flags=103";
    }

    @Test
    void threadsInheritTheSpanOfTheirCreator() throws Exception {
        final ThreadFactory threads = TracedTasks.threads(tracer(), Thread::new);
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            final Thread thread = threads.newThread(this::work);
            thread.start();
            thread.join();
            assertTrue(request.isRecording());
        }
        assertEquals(TREE, traced.picture());
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void virtualThreadsInheritTheSpanOfTheirCreator() throws Exception {
        final ExecutorService virtual = TracedTasks.executor(tracer(), (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null));
        final Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        final ThreadFactory factory = (ThreadFactory)
                Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            virtual.submit(this::work).get();
            final Thread thread = TracedTasks.threads(tracer(), factory).newThread(this::work);
            thread.start();
            thread.join();
            assertTrue(request.isRecording());
        } finally {
            virtual.shutdown();
            assertTrue(virtual.awaitTermination(60, TimeUnit.SECONDS));
        }
        assertEquals("request SERVER\n" + "  work INTERNAL\n".repeat(2), traced.picture());
    }

    /** By reflection: the API can be compiled against only once it is no preview any more. */
    @Test
    @EnabledForJreRange(minVersion = 25, maxVersion = 25)
    void forksOfAStructuredScopeAreChildrenOfItsSpan() throws Exception {
        final String name = "java.util.concurrent.StructuredTaskScope";
        final Class<?> type = Class.forName(name);
        final Class<?> joiner = Class.forName(name + "$Joiner");
        final Method threads =
                Class.forName(name + "$Configuration").getMethod("withThreadFactory", ThreadFactory.class);
        final Object virtual = Thread.class.getMethod("ofVirtual").invoke(null);
        final ThreadFactory plain = (ThreadFactory)
                Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(virtual);
        final UnaryOperator<Object> traces = configuration -> {
            try {
                return threads.invoke(configuration, TracedTasks.threads(tracer(), plain));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        };
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER);
                AutoCloseable scope = (AutoCloseable) type.getMethod("open", joiner, Function.class)
                        .invoke(
                                null,
                                joiner.getMethod("awaitAllSuccessfulOrThrow").invoke(null),
                                traces)) {
            final Method fork = type.getMethod("fork", Runnable.class);
            fork.invoke(scope, (Runnable) this::work);
            fork.invoke(scope, (Runnable) this::work);
            type.getMethod("join").invoke(scope);
            assertTrue(request.isRecording());
        }
        assertEquals("request SERVER\n" + "  work INTERNAL\n".repeat(2), traced.picture());
    }

    @Test
    void shutdownNowReturnsTheOriginalTasks() throws Exception {
        final ExecutorService executor = TracedTasks.executor(tracer(), pool);
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);
        executor.execute(() -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException expected) {
                Thread.currentThread().interrupt();
            }
        });
        begun.await();
        final Runnable waiting = this::work;
        executor.execute(waiting);
        assertEquals(List.of(waiting), executor.shutdownNow());
    }

    @Test
    void disabledTracerReturnsTheArguments() {
        final Tracer off = Tracer.disabled();
        final Runnable work = this::work;
        assertSame(work, TracedTasks.runnable(off, work));
        assertSame(pool, TracedTasks.executor(off, pool));
        assertSame(Scope.NOOP, off.snapshot().makeCurrent());
        assertNull(TracedTasks.runnable(tracer(), null));
    }

    /** The cost without escape analysis: an object of about a hundred bytes. */
    @Test
    void taskCostsOneObject() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final Runnable nothing = () -> {};
        final Runnable[] kept = new Runnable[1];
        try (Span request = tracer().start(REQUEST, SpanKind.SERVER)) {
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 20; round++) {
                final long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 10_000; i++) {
                    kept[0] = TracedTasks.runnable(tracer(), nothing);
                    kept[0].run();
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(request.isRecording());
            assertTrue(least > 0 && least <= 10_000 * 128L, "bytes for each: " + least / 10_000.0);
        }
    }
}
