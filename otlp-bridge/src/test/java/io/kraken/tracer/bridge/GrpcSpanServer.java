package io.kraken.tracer.bridge;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.RetryInfo;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A collector with the generated service whose answers, delay and availability the test controls. */
final class GrpcSpanServer implements AutoCloseable {

    private static final int MOST_MESSAGE_BYTES = 64 << 20;
    private static final int PATIENCE_SECONDS = 30;
    private static final int MANY = 30;

    final SpanBook book = new SpanBook();

    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2, work -> {
        final Thread thread = new Thread(work, "grpc-receiver");
        thread.setDaemon(true);
        return thread;
    });
    private final int port;
    private Server server;

    private volatile Answer answer = Answer.TAKEN;
    private volatile long delayMs;
    private Answer next;
    private int times;

    private int underWay;
    private int mostInFlight;
    private long requests;
    /** Before the first outage, clients have no reason to start with a single request. */
    private long answeredSinceUp = MANY;

    private long overruns;
    private long lastProblemNs;
    private long shortestPauseNs = Long.MAX_VALUE;

    /** The answer to a request. */
    record Answer(StatusRuntimeException problem, boolean isFinal) {

        static final Answer TAKEN = new Answer(null, true);
        /** Accepts the request without answering. */
        static final Answer SILENCE = new Answer(null, false);

        /** To be retried. */
        static Answer retry(String code) {
            return new Answer(status(code).asRuntimeException(), false);
        }

        /** Not to be retried. */
        static Answer refuse(String code) {
            return new Answer(status(code).asRuntimeException(), true);
        }

        /** To be retried after this many milliseconds. */
        static Answer retryAfter(String code, int millis) {
            final RetryInfo info = RetryInfo.newBuilder()
                    .setRetryDelay(Duration.newBuilder().setNanos(millis * 1_000_000))
                    .build();
            return new Answer(
                    StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                            .setCode(status(code).getCode().value())
                            .addDetails(Any.pack(info))
                            .build()),
                    false);
        }

        private static Status status(String code) {
            return Status.Code.valueOf(code).toStatus().withDescription("set by the test");
        }
    }

    GrpcSpanServer() {
        server = listen(0);
        port = server.getPort();
    }

    int port() {
        return port;
    }

    private Server listen(int at) {
        try {
            return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), at))
                    .maxInboundMessageSize(MOST_MESSAGE_BYTES)
                    .executor(threads)
                    .addService(new Traces())
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Answers the calls in flight, then stops. */
    void down() {
        end(server.shutdown());
    }

    /** Stops and aborts the calls in flight. */
    void crash() {
        end(server.shutdownNow());
    }

    private static void end(Server server) {
        try {
            if (!server.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the receiver does not end");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts again, on the same port. */
    void up() {
        synchronized (this) {
            answeredSinceUp = 0;
        }
        server = listen(port);
    }

    void always(Answer given) {
        answer = given;
    }

    /** Gives this answer for a number of requests, then the default answer again. */
    synchronized void next(Answer given, int count) {
        next = given;
        times = count;
        shortestPauseNs = Long.MAX_VALUE;
    }

    /** Times between a failed answer and the next request, since the last call of {@link #next}. */
    synchronized long shortestPauseNs() {
        return shortestPauseNs;
    }

    /** How many times it will still give the answer set by {@link #next}. */
    synchronized int timesLeft() {
        return times;
    }

    /** Sets the delay of each answer. */
    void slow(long millis) {
        delayMs = millis;
    }

    synchronized long requests() {
        return requests;
    }

    synchronized int mostInFlight() {
        return mostInFlight;
    }

    /** Requests beyond the expected ramp-up 1, 2, 4, ... after a start. */
    synchronized long overruns() {
        return overruns;
    }

    private synchronized Answer begin() {
        requests++;
        if (lastProblemNs != 0) {
            shortestPauseNs = Math.min(shortestPauseNs, System.nanoTime() - lastProblemNs);
            lastProblemNs = 0;
        }
        underWay++;
        mostInFlight = Math.max(mostInFlight, underWay);
        overruns += underWay > 1L << Math.min(answeredSinceUp, MANY) ? 1 : 0;
        if (times > 0) {
            times--;
            return next;
        }
        return answer;
    }

    private synchronized void end(Answer given) {
        underWay--;
        answeredSinceUp++;
        lastProblemNs = given.problem() == null ? lastProblemNs : System.nanoTime();
    }

    private final class Traces extends TraceServiceGrpc.TraceServiceImplBase {

        @Override
        public void export(ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> to) {
            // A client that has died must not be answered.
            ((ServerCallStreamObserver<?>) to).setOnCancelHandler(() -> {});
            final Answer given = begin();
            book.arrived(request);
            if (given.problem() == null) {
                book.taken(request);
            } else if (given.isFinal()) {
                book.refused(request);
            }
            if (given == Answer.SILENCE) {
                end(given);
            } else {
                threads.schedule(() -> answer(given, to), delayMs, TimeUnit.MILLISECONDS);
            }
        }

        private void answer(Answer given, StreamObserver<ExportTraceServiceResponse> to) {
            end(given); // first: the client may send the next request before this method continues
            if (given.problem() == null) {
                to.onNext(ExportTraceServiceResponse.getDefaultInstance());
                to.onCompleted();
            } else {
                to.onError(given.problem());
            }
        }
    }

    @Override
    public void close() {
        server.shutdownNow();
        threads.shutdownNow();
    }
}
