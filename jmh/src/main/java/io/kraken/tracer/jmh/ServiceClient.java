package io.kraken.tracer.jmh;

import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * The clients of {@link ServiceLoad}: persistent connections, each with a thread. Requests are due at fixed times; the
 * next free connection sends each, and its response time counts from when it was due.
 */
final class ServiceClient implements AutoCloseable {

    private static final int CONNECTIONS = 32;
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int LATE_FACTOR = 3;
    private static final int MOST_HEADER_LINES = 100;
    private static final String HEADERS = " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: containerd/1.7.13\r\n"
            + "Accept: application/vnd.oci.image.manifest.v1+json, */*;q=0.5\r\nAccept-Encoding: gzip\r\n"
            + "Authorization: Bearer 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n"
            + "X-Request-Id: ";

    private final List<Connection> connections = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private volatile Throwable failure;

    /** One connection, used by one thread at a time. */
    private static final class Connection {
        private final Socket socket;
        private final InputStream in;
        private final StringBuilder line = new StringBuilder();

        Connection(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
        }

        void exchange(String target, long number) throws IOException {
            final String request = "GET " + target + number + HEADERS + number + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            final String status = readLine();
            if (!status.contains(" " + Request.STATUS + " ")) {
                throw new IOException("the service responded '" + status + "' to " + target + number);
            }
            long length = -1;
            String header = readLine();
            for (int i = 0; i < MOST_HEADER_LINES && !header.isEmpty(); i++) {
                if (header.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                    length = Long.parseLong(
                            header.substring("content-length:".length()).strip());
                }
                header = readLine();
            }
            if (in.readNBytes((int) length).length < length) {
                throw new IOException("the service has closed the connection");
            }
        }

        private String readLine() throws IOException {
            line.setLength(0);
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("the service has closed the connection");
                }
                if (c != '\r') {
                    line.append((char) c);
                }
            }
            return line.toString();
        }
    }

    /**
     * Results of a run: response times by side, and the number of requests not sent because the machine was too slow.
     */
    record Sent(Histogram[] responses, long missing) {}

    ServiceClient(int port) throws IOException {
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(new Connection(port));
        }
    }

    /**
     * Sends requests at this rate for about this time; with a rate too high for the machine it ends after three times
     * that.
     */
    Sent run(double rate, double seconds, Shape shape) throws IOException, InterruptedException {
        final Schedule schedule = new Schedule(rate, seconds, shape);
        final List<Thread> threads = new ArrayList<>();
        final List<Histogram[]> responses = new ArrayList<>();
        for (Connection connection : connections) {
            final Histogram[] sides = newHistograms();
            final Thread thread = new Thread(() -> send(connection, schedule, sides), "client");
            thread.setDaemon(true);
            responses.add(sides);
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure != null) {
            throw new IOException("a request has failed", failure);
        }
        final Histogram[] sum = newHistograms();
        long sent = 0;
        for (Histogram[] sides : responses) {
            for (int side = 0; side < sides.length; side++) {
                sum[side].add(sides[side]);
                sent += sides[side].getTotalCount();
            }
        }
        return new Sent(sum, schedule.requests - sent);
    }

    private static Histogram[] newHistograms() {
        final Histogram[] histograms = new Histogram[Side.values().length];
        for (int side = 0; side < histograms.length; side++) {
            histograms[side] = new Histogram(ServiceRun.LONGEST_NS, ServiceRun.DIGITS);
        }
        return histograms;
    }

    /** The times at which requests are due. */
    private final class Schedule {
        private final double intervalNs;
        private final long requests;
        private final long beginNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(10);
        private final long giveUpNs;
        private final String[] targets = new String[1024];
        private final AtomicLong next = new AtomicLong();

        Schedule(double rate, double seconds, Shape shape) {
            intervalNs = TimeUnit.SECONDS.toNanos(1) / rate;
            requests = Math.max(1, (long) (rate * seconds));
            giveUpNs = beginNs + (long) (LATE_FACTOR * seconds * TimeUnit.SECONDS.toNanos(1));
            for (int i = 0; i < targets.length; i++) {
                targets[i] = ServiceWork.target(i * 31 & ServiceWork.BLOBS - 1, shape);
            }
        }
    }

    private void send(Connection connection, Schedule schedule, Histogram[] responses) {
        try {
            long i = schedule.next.getAndIncrement();
            while (i < schedule.requests && failure == null && System.nanoTime() - schedule.giveUpNs < 0) {
                final long dueNs = schedule.beginNs + (long) (i * schedule.intervalNs);
                for (long wait = dueNs - System.nanoTime(); wait > 0; wait = dueNs - System.nanoTime()) {
                    LockSupport.parkNanos(wait);
                }
                final long number = numbers.getAndIncrement();
                connection.exchange(schedule.targets[(int) number & schedule.targets.length - 1], number);
                responses[Side.of(number).ordinal()].recordValue(
                        Math.min(ServiceRun.LONGEST_NS, System.nanoTime() - dueNs));
                i = schedule.next.getAndIncrement();
            }
        } catch (IOException | RuntimeException e) {
            failure = e;
        }
    }

    @Override
    public void close() throws IOException {
        for (Connection connection : connections) {
            connection.socket.close();
        }
    }
}
