package io.kraken.tracer.propagation;

import java.util.List;
import java.util.Map;

/** One header format. Stateless, hence thread-safe. */
public abstract class Propagator {

    public static final String NONE = "none";

    /** All supported formats. */
    public static final List<String> FORMATS = List.of("tracecontext", "baggage", "b3", "b3multi", "jaeger");

    /** In a class of its own: the propagators are initialised after this class, whose subclasses they are. */
    private static final class Known {
        static final Map<String, Propagator> BY_NAME = Map.of(
                "tracecontext", new W3cPropagator(),
                "baggage", new BaggagePropagator(),
                "b3", new B3Propagator(true),
                "b3multi", new B3Propagator(false),
                "jaeger", new JaegerPropagator());
    }

    Propagator() {}

    /** The format of this name, by OpenTelemetry's names; null if it is not supported. */
    public static Propagator named(String name) {
        return Known.BY_NAME.get(name);
    }

    /** Fills the context from the headers; leaves it unchanged if they are absent or malformed. */
    public abstract <C> void extract(C carrier, HeaderGetter<C> getter, ExtractedContext into);

    public abstract <C> void inject(InjectedContext from, C carrier, HeaderSetter<C> setter);

    /** Removes the headers of another context that {@link #inject} does not overwrite. */
    public abstract <C> void clear(InjectedContext from, C carrier, HeaderSetter<C> setter);

    /** Whether a header belongs to the format, whatever the case of its name. */
    public abstract boolean owns(String name);
}
