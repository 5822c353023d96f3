package io.kraken.tracer.jmh;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** A span from start to end on the caller's thread, with everything behind it running. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-XX:+IgnoreUnrecognizedVMOptions", "--enable-native-access=ALL-UNNAMED"})
@State(Scope.Benchmark)
public class SpanBenchmark {

    private static final SpanName DOWNLOAD = SpanName.of("agent.download_blob");
    private static final StringKey NAMESPACE = Key.ofString("namespace");
    private static final StringKey DIGEST = Key.ofString("digest");
    private static final StringKey METHOD = Key.ofString("http.request.method");
    private static final LongKey SIZE = Key.ofLong("size");
    private static final LongKey STATUS = Key.ofLong("http.response.status_code");

    /** Tokens of work inside the span; 0 does nothing but record. */
    @Param({"0", "300"})
    int work;

    @Param({"auto", "nanotime"})
    String clock;

    private Tracer tracer;
    private Tracer disabled;
    private Tracer unrecorded;

    /** The values of one request: other objects each time, as in a service. */
    @State(Scope.Thread)
    public static class Request {
        private static final int COUNT = 64;
        private final String[] digests = new String[COUNT];
        private final String[] namespaces = new String[COUNT];
        private int next;

        public Request() {
            for (int i = 0; i < COUNT; i++) {
                digests[i] = String.format("%064x", 0x9E3779B97F4A7C15L * (i + 1));
                namespaces[i] = "library/service-" + (100 + i);
            }
        }

        int next() {
            next = (next + 1) & (COUNT - 1);
            return next;
        }
    }

    @Setup
    public void setUp() {
        tracer = Tracers.open(Tracers.config(clock));
        unrecorded = Tracers.open(Tracers.config(clock));
        unrecorded.recording(false);
        disabled = Tracer.disabled();
    }

    @TearDown
    public void tearDown() {
        Tracers.close(tracer);
        Tracers.close(unrecorded);
    }

    @Benchmark
    public void bare() {
        final Span span = tracer.start(DOWNLOAD, SpanKind.SERVER);
        Blackhole.consumeCPU(work);
        span.end();
    }

    @Benchmark
    public void kraken(Request request) {
        kraken(tracer, request);
    }

    @Benchmark
    public void unsampled(Request request) {
        kraken(unrecorded, request);
    }

    @Benchmark
    public void disabled(Request request) {
        kraken(disabled, request);
    }

    private void kraken(Tracer on, Request request) {
        final int i = request.next();
        try (Span span = on.start(DOWNLOAD, SpanKind.SERVER)) {
            span.set(NAMESPACE, request.namespaces[i])
                    .set(DIGEST, request.digests[i])
                    .set(METHOD, "GET");
            Blackhole.consumeCPU(work);
            span.set(SIZE, 100_000_000L + i).set(STATUS, 200);
        }
    }
}
