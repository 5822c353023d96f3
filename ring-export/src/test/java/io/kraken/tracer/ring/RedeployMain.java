package io.kraken.tracer.ring;

import java.io.File;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * Program: a container that repeatedly deploys a traced service, runs it on the container's own threads, and drops it.
 */
final class RedeployMain {

    static final int DEPLOYMENTS = 5;
    private static final int THREADS = 8;
    private static final long PATIENCE_NS = Duration.ofSeconds(25).toNanos();

    private final ReferenceQueue<Object> gone = new ReferenceQueue<>();
    private final List<PhantomReference<Object>> loaders = new ArrayList<>();
    private final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    private final ForkJoinPool workers = new ForkJoinPool(THREADS);
    private final CountDownLatch end = new CountDownLatch(1);

    public static void main(String[] args) throws Exception {
        new RedeployMain().run();
    }

    private void run() throws Exception {
        onEachThread(() -> null); // so that no thread is started by a service
        final long mapped = mapped();
        for (int i = 0; i < DEPLOYMENTS; i++) {
            deploy(i == 0);
        }
        System.out.println("mapped while deployed: " + (mapped() > mapped)); // allow:console output
        awaitGone(DEPLOYMENTS, mapped);
        lateCaller();
        awaitGone(DEPLOYMENTS + 1, mapped);
        end.countDown();
        pool.shutdown();
        workers.shutdown();
    }

    /**
     * Starts the service as a container does: with the service's class loader as the context class loader of the
     * thread.
     */
    private static Function<String, Object> open(URLClassLoader loader) throws ReflectiveOperationException {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            final Object loaded = loader.loadClass("io.kraken.tracer.ring.RedeployedService")
                    .getDeclaredConstructor()
                    .newInstance();
            @SuppressWarnings("unchecked") // that is what it is
            final Function<String, Object> service = (Function<String, Object>) loaded;
            service.apply("open");
            return service;
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private URLClassLoader loader() throws IOException {
        final List<URL> urls = new ArrayList<>();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(element).toUri().toURL());
        }
        final URLClassLoader loader =
                new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        loaders.add(new PhantomReference<>(loader, gone));
        return loader;
    }

    /**
     * Deploys and drops a service. Afterwards its class loader is unreachable, unless the service has left something
     * behind.
     */
    private void deploy(boolean onVirtualThreads) throws Exception {
        final URLClassLoader loader = loader();
        final Function<String, Object> service = open(loader);
        onEachThread(() -> service.apply("span"));
        if (onVirtualThreads && Runtime.version().feature() >= 21) {
            onVirtualThreads(service);
        }
        System.out.println(service.apply("close")); // allow:console output
        loader.close();
    }

    private void onEachThread(Callable<?> each) throws Exception {
        final CountDownLatch all = new CountDownLatch(2 * THREADS);
        final Callable<Object> work = () -> {
            each.call();
            all.countDown();
            all.await(); // so that each thread has a task
            return null;
        };
        final List<Future<Object>> results = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            results.add(pool.submit(work));
            results.add(workers.submit(work));
        }
        for (Future<Object> result : results) {
            result.get();
        }
    }

    /** Runs work on virtual threads that outlive the service. */
    private void onVirtualThreads(Function<String, Object> service) throws Exception {
        final Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
        final CountDownLatch done = new CountDownLatch(THREADS);
        for (int i = 0; i < THREADS; i++) {
            start.invoke(null, new Waiting(service, done, end));
        }
        done.await();
    }

    private static final class Waiting implements Runnable {
        private Function<String, Object> service;
        private final CountDownLatch done;
        private final CountDownLatch end;

        Waiting(Function<String, Object> service, CountDownLatch done, CountDownLatch end) {
            this.service = service;
            this.done = done;
            this.end = end;
        }

        @Override
        public void run() {
            service.apply("span");
            service = null;
            done.countDown();
            while (end.getCount() > 0) {
                LockSupport.park(end);
            }
        }
    }

    /** A caller that uses a closed tracer, across garbage collections. */
    private void lateCaller() throws Exception {
        final URLClassLoader loader = loader();
        final Function<String, Object> service = open(loader);
        service.apply("span");
        final Thread[] late = new Thread[2];
        final CountDownLatch collected = new CountDownLatch(1);
        for (int i = 0; i < late.length; i++) {
            late[i] = new Thread(() -> {
                while (collected.getCount() > 0) {
                    service.apply("span");
                }
            });
            late[i].start();
        }
        service.apply("close");
        for (int i = 0; i < 20; i++) {
            System.gc();
            service.apply("late");
        }
        collected.countDown();
        for (Thread thread : late) {
            thread.join();
        }
        loader.close();
    }

    private void awaitGone(int deployed, long mapped) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while ((loaders.size() > 0 || mapped() > mapped) && System.nanoTime() - deadline < 0) {
            System.gc();
            LockSupport.parkNanos(10_000_000);
            for (Object reference = gone.poll(); reference != null; reference = gone.poll()) {
                loaders.remove(reference);
            }
        }
        System.out.println( // allow:console output
                "of " + deployed + " class loaders " + loaders.size() + " are left, mapped " + (mapped() - mapped));
    }

    private static long mapped() {
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("mapped")) {
                return pool.getTotalCapacity();
            }
        }
        throw new AssertionError("no such pool");
    }
}
