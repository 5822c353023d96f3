package io.kraken.tracer.jmh;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * Program that runs the benchmarks' own methods and prints what each allocates on the caller's thread, counted by the
 * JVM. The JVM itself allocates a name when compiled code meets a class late, so rounds are repeated until one has no
 * allocation; an allocation by a span would occur in all of them.
 */
final class AllocationMain {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP = 30_000;
    private static final int SPANS = 20_000;
    private static final int BATCHES = 20;
    private static final int ROUNDS = 4;

    private final Request request = new Request();
    private long result;

    private AllocationMain() {}

    public static void main(String[] args) {
        final AllocationMain main = new AllocationMain();
        main.spans();
        main.strings();
        main.encoding();
        main.theirs();
    }

    private void spans() {
        final SpanBenchmark on = opened("kraken");
        print("bare", on::bare);
        print("kraken", () -> on.kraken(request));
        print("disabled", () -> on.disabled(request));
        print("nested", on::nested);
        print("failed", on::failed);
        on.peer().close();
        final SpanBenchmark off = opened("unsampled");
        print("unsampled", () -> off.unsampled(request));
        off.peer().close();
        final SpanBenchmark full = opened("full");
        print("full", () -> full.full(request));
        full.peer().close();
    }

    private static SpanBenchmark opened(String benchmark) {
        final SpanBenchmark spans = new SpanBenchmark();
        spans.clock = "auto";
        spans.open(benchmark);
        return spans;
    }

    private void strings() {
        final StringBenchmark strings = new StringBenchmark();
        strings.open(false);
        for (String characters : new String[] {"ascii", "latin1", "wide"}) {
            final StringBenchmark.Values values = new StringBenchmark.Values();
            values.characters = characters;
            values.length = 256;
            values.setUp();
            print("string." + characters, () -> strings.kraken(values));
        }
        strings.close();
    }

    /** Measures only the encoding, not the sweep before it. */
    private void encoding() {
        final EncodingBenchmark encoding = new EncodingBenchmark();
        final EncodingBenchmark.Records records = new EncodingBenchmark.Records();
        records.open();
        print("encoding", () -> {
            long bytes = 0;
            for (int i = 0; i < BATCHES; i++) {
                records.record();
                final long before = THREADS.getCurrentThreadAllocatedBytes();
                result += encoding.kraken(records);
                bytes += THREADS.getCurrentThreadAllocatedBytes() - before;
            }
            return bytes;
        });
        records.end();
    }

    /** Measures a peer that does allocate, to verify the measurement. */
    private void theirs() {
        final OpenTelemetryBenchmark theirs = new OpenTelemetryBenchmark();
        theirs.open("bare");
        print("theirs", () -> allocated(theirs::bare, 1));
        theirs.peer().close();
    }

    private void print(String what, Runnable span) {
        allocated(span, WARM_UP);
        print(what, () -> allocated(span, SPANS));
    }

    private static long allocated(Runnable span, int spans) {
        final long before = THREADS.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < spans; i++) {
            span.run();
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static void print(String what, LongSupplier roundOfBytes) {
        long bytes = roundOfBytes.getAsLong();
        for (int round = 1; round < ROUNDS && bytes != 0; round++) {
            bytes = roundOfBytes.getAsLong();
        }
        System.out.println(what + " " + bytes); // allow:console output
    }
}
