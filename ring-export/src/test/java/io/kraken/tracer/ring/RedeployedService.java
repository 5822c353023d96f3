package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.Scope;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.time.Duration;
import java.util.function.Function;

/** The service deployed by {@link RedeployMain}: loaded, with all classes of the tracer, by its own class loader. */
public final class RedeployedService implements Function<String, Object> {

    private static final SpanName NAME = SpanName.of("work");
    private static final Key.StringKey TEXT = Key.ofString("text");

    private Tracer tracer;
    private Span open;

    @Override
    public Object apply(String order) {
        switch (order) {
            case "open" -> {
                tracer = Tracer.create(TracerConfig.fromEnvironment());
                open = tracer.startDetached(NAME, SpanKind.INTERNAL);
            }
            case "span" -> span();
            case "late" -> open.set(TEXT, "late");
            case "close" -> {
                open.end();
                return tracer.close(Duration.ofSeconds(10)).lost();
            }
            default -> throw new IllegalArgumentException(order);
        }
        return "";
    }

    private void span() {
        final Span outer = tracer.start(NAME, SpanKind.SERVER);
        outer.set(TEXT, "some text");
        final Scope scope = tracer.snapshot().makeCurrent();
        tracer.start(NAME).end();
        scope.close();
        outer.end();
    }
}
