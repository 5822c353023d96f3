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

/** A collector with the generated service that answers what a test says, is slow, or is not there at all. */
final class GrpcReceiver implements AutoCloseable {

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
    private int mostUnderWay;
    private long requests;
    /** Before it was ever down, whoever comes has no reason to begin with a single request. */
    private long answeredSinceUp = MANY;

    private long overruns;
    private long lastProblemNs;
    private long shortestPauseNs = Long.MAX_VALUE;

    /** What becomes of a request. */
    record Answer(StatusRuntimeException problem, boolean isFinal) {

        static final Answer TAKEN = new Answer(null, true);
        /** Takes the request, and never says so. */
        static final Answer SILENCE = new Answer(null, false);

        /** To be tried again. */
        static Answer retry(String code) {
            return new Answer(status(code).asRuntimeException(), false);
        }

        /** Never to be tried again. */
        static Answer refuse(String code) {
            return new Answer(status(code).asRuntimeException(), true);
        }

        /** To be tried again, in so many milliseconds. */
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
            return Status.Code.valueOf(code).toStatus().withDescription("as the test says");
        }
    }

    GrpcReceiver() {
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

    /** Answers what is under way, and is gone. */
    void down() {
        end(server.shutdown());
    }

    /** Is gone, with all that is under way. */
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

    /** Is there again, at the same port. */
    void up() {
        synchronized (this) {
            answeredSinceUp = 0;
        }
        server = listen(port);
    }

    void always(Answer given) {
        answer = given;
    }

    /** Answers this so often, and goes on with what it answers always. */
    synchronized void next(Answer given, int count) {
        next = given;
        times = count;
        shortestPauseNs = Long.MAX_VALUE;
    }

    /** Between an answer that was not "taken" and the request after it, since it was last told what to say next. */
    synchronized long shortestPauseNs() {
        return shortestPauseNs;
    }

    /** How often it is still going to say what it was told to say next. */
    synchronized int timesLeft() {
        return times;
    }

    /** How long each answer takes. */
    void slow(long millis) {
        delayMs = millis;
    }

    synchronized long requests() {
        return requests;
    }

    synchronized int mostUnderWay() {
        return mostUnderWay;
    }

    /** Requests that came in spite of how few answers there had been since this was up: 1, 2, 4, ... are fine. */
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
        mostUnderWay = Math.max(mostUnderWay, underWay);
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
            // Nobody who has died is to be told that his call is over.
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
            end(given); // first: who gets the answer may send the next request before this goes on
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
