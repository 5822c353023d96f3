package io.kraken.tracer.bridge;

import io.kraken.tracer.ring.queue.QueueTailer;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Closes readers of queues, on threads of its own. Nobody waits for that: on JDK 17 a file of which a page was missing
 * while it was read may never close, and whoever closes it never comes back. So many threads may be lost like that;
 * beyond, readers are left open, which costs their memory and nothing else. Any thread.
 */
final class Closing {

    private static final int MOST_THREADS = 16;
    private static final long IDLE_SECONDS = 1;

    private static final ThreadPoolExecutor THREADS = new ThreadPoolExecutor(
            0,
            MOST_THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> {
                final Thread thread = new Thread(work, "kraken-bridge-closing");
                thread.setDaemon(true);
                return thread;
            },
            new ThreadPoolExecutor.DiscardPolicy());

    private Closing() {}

    static void close(QueueTailer tailer) {
        THREADS.execute(tailer::close);
    }
}
