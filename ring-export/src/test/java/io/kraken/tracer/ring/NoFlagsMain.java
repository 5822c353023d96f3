package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.time.Duration;

/** Program: a service that has just added two jars to its class path. */
final class NoFlagsMain {

    static final long PARENT_NS = Duration.ofMillis(30).toNanos();
    static final long CHILD_NS = Duration.ofMillis(10).toNanos();

    private static final SpanName PARENT = SpanName.of("parent");
    private static final SpanName CHILD = SpanName.of("child");
    private static final Key.LongKey MILLIS = Key.ofLong("wall.clock.millis");

    private NoFlagsMain() {}

    public static void main(String[] args) {
        final Tracer tracer = Tracer.create(TracerConfig.fromEnvironment());
        System.out.println(tracer.describe()); // allow:console output
        try (Span parent = tracer.start(PARENT, SpanKind.SERVER)) {
            final long begun = System.nanoTime();
            parent.set(MILLIS, System.currentTimeMillis());
            final Span child = tracer.start(CHILD, SpanKind.CLIENT);
            spinUntil(System.nanoTime() + CHILD_NS);
            child.end();
            spinUntil(begun + PARENT_NS);
        }
        System.out.println(tracer.close(Duration.ofSeconds(20))); // allow:console output
    }

    private static void spinUntil(long deadline) {
        while (System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
    }
}
