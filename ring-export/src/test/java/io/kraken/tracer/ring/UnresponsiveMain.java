package io.kraken.tracer.ring;

import com.sun.management.UnixOperatingSystemMXBean;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Program that sends thousands of requests that time out. It prints the growth of direct memory, descriptors and
 * threads between a warm state and the maximum afterwards, and the ledger.
 */
final class UnresponsiveMain {

    static final int REQUESTS = 8;
    private static final int WARM = 25;
    private static final int TIMEOUT_MILLIS = 10_000;
    /** Longer than any, jitter included. */
    private static final int BACKOFF_MILLIS = 7000;
    /** More bytes than the buffers of a connection can hold. */
    static final int SPANS = 12;

    private static final String TEXT = "x".repeat(15_000);

    private UnresponsiveMain() {}

    /** Behaviour of the collector. */
    enum Mode {
        /** Accepts connections, but reads and sends nothing. */
        SILENT,
        /** Accepts connections and reads a little only. */
        SLOW,
        /** Does not accept: connections are never established. */
        HALF_OPEN,
        /** Never answers the first message of a TLS handshake. */
        SILENT_TLS
    }

    public static void main(String[] args) throws Exception {
        final Mode mode = Mode.valueOf(args[0]);
        try (Collector collector = new Collector(mode)) {
            final TracerConfig settings = Rig.settings()
                    .with(ExportSettings.OTLP_ENDPOINT, collector.address(mode == Mode.SILENT_TLS ? "https" : "http"))
                    .with(TracerConfig.RECORDS, 16_384)
                    .with(ExportSettings.OTLP_TIMEOUT_MILLIS, TIMEOUT_MILLIS)
                    .with(ExportSettings.OTLP_REQUESTS, REQUESTS)
                    .with(ExportSettings.OTLP_COMPRESSION, args[1])
                    .with(ExportSettings.OTLP_ATTEMPTS, 1);
            final Rig rig = new Rig(OtlpHttpSink::new, settings);
            timeOut(rig, collector, mode, Integer.parseInt(args[2]));
            final Ledger ledger = rig.closed(Duration.ofSeconds(1));
            say("rejected=" + ledger.count(Counter.RETRIES_EXHAUSTED) + " requests=" + ledger.count(Counter.REQUESTS)
                    + " lost=" + ledger.lost() + " dropped=" + ledger.dropped() + " buffered=" + ledger.buffered());
        }
    }

    private static void timeOut(Rig rig, Collector collector, Mode mode, int rounds) throws IOException {
        final Usage warm = new Usage();
        final Usage later = new Usage();
        for (int round = 0; round < rounds; round++) {
            for (int request = 0; request < REQUESTS; request++) {
                for (int span = 0; span < SPANS; span++) {
                    rig.tracer.start(Rig.OUTER).set(Rig.TEXT, TEXT).end();
                }
                rig.doWork();
                if (round > 0) {
                    timeOut(rig, collector, mode);
                }
            }
            if (round == 0) { // all at once, before the first failure; later ones one by one
                timeOut(rig, collector, mode);
            }
            (round < WARM ? warm : later).look();
        }
        say("direct grew by " + Math.max(0, later.direct - warm.direct) + ", descriptors by "
                + Math.max(0, later.descriptors - warm.descriptors) + ", threads by "
                + Math.max(0, later.threads - warm.threads) + ": from " + warm + " to " + later);
    }

    /** Waits until all requests so far are connected, and for their timeout, and for the back-off. */
    private static void timeOut(Rig rig, Collector collector, Mode mode) {
        if (mode != Mode.HALF_OPEN) {
            rig.until(() -> collector.accepted.get() >= rig.count(Counter.REQUESTS));
        }
        rig.step(TIMEOUT_MILLIS);
        rig.step(BACKOFF_MILLIS);
    }

    private static void say(String line) {
        System.out.println(line); // allow:console the test that forked this reads it
    }

    /** The maximum of all measurements. */
    private static final class Usage {
        private final BufferPoolMXBean pool = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(bean -> bean.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        private final UnixOperatingSystemMXBean system =
                ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class);
        private long direct;
        private long descriptors;
        private int threads;

        void look() {
            direct = Math.max(direct, pool.getMemoryUsed());
            descriptors = Math.max(descriptors, system.getOpenFileDescriptorCount());
            threads = Math.max(threads, Thread.activeCount());
        }

        @Override
        public String toString() {
            return "{direct=" + direct + " descriptors=" + descriptors + " threads=" + threads + "}";
        }
    }

    /** Keeps the newest connections and closes older ones, so that descriptors kept by the client can be told apart. */
    private static final class Collector implements AutoCloseable {
        private static final int KEPT = 4 * REQUESTS;

        private final AtomicInteger accepted = new AtomicInteger();
        private final ServerSocket server;
        private final List<Socket> backlog = new ArrayList<>();

        Collector(Mode mode) throws IOException {
            server = new ServerSocket();
            server.setReceiveBufferSize(4096);
            server.bind(
                    new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    mode == Mode.HALF_OPEN ? 1 : KEPT);
            if (mode == Mode.HALF_OPEN) {
                fillBacklog();
                return;
            }
            final Thread thread = new Thread(() -> accept(mode), "collector");
            thread.setDaemon(true);
            thread.start();
        }

        /** Backlog: the kernel completes no more connections than these. */
        private void fillBacklog() throws IOException {
            for (int i = 0; i < 2; i++) {
                backlog.add(new Socket(server.getInetAddress(), server.getLocalPort()));
            }
        }

        String address(String scheme) {
            return scheme + "://127.0.0.1:" + server.getLocalPort();
        }

        private void accept(Mode mode) {
            final Deque<Socket> kept = new ArrayDeque<>();
            try {
                while (true) {
                    final Socket socket = server.accept();
                    kept.add(socket);
                    if (mode == Mode.SLOW) {
                        readALittle(socket);
                    }
                    accepted.incrementAndGet();
                    if (kept.size() > KEPT) {
                        kept.remove().close();
                    }
                }
            } catch (IOException e) {
                say("collector: " + e);
            }
        }

        private static void readALittle(Socket socket) {
            try {
                socket.getInputStream().readNBytes(100);
            } catch (IOException e) {
                say("collector: " + e);
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : backlog) {
                socket.close();
            }
            server.close();
        }
    }
}
