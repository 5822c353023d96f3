package io.kraken.tracer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Takes contexts out of headers and puts them into headers, in the formats that are set. Neither direction allocates,
 * but for the strings that a carrier of strings asks for. Whatever a header says, nothing is thrown; what a getter or
 * setter throws is the program's. Any thread, with a {@link RemoteContext} of its own.
 */
public final class Propagation {

    static final String NONE = "none";

    /** All that there are. */
    static final List<String> FORMATS = List.of("tracecontext", "baggage", "b3", "b3multi", "jaeger");

    private static final Map<String, Propagator> KNOWN = Map.of(
            "tracecontext", new W3cPropagator(),
            "baggage", new BaggagePropagator(),
            "b3", new B3Propagator(true),
            "b3multi", new B3Propagator(false),
            "jaeger", new JaegerPropagator());

    private final Propagator[] propagators;

    /** @param names those of OpenTelemetry, between commas */
    Propagation(String names) {
        final List<Propagator> chosen = new ArrayList<>();
        for (String name : names.split(",")) {
            if (KNOWN.containsKey(name) && !chosen.contains(KNOWN.get(name))) {
                chosen.add(KNOWN.get(name));
            }
        }
        propagators = chosen.toArray(new Propagator[0]);
    }

    /**
     * What the headers of a carrier say, in the place of what the context was. It is not valid when there is no trace
     * in them, or one that is malformed or said twice; it may still carry baggage and a decision, so it is a good
     * parent in any case. Of several formats that are there, the one that is set last counts; two that speak of the
     * same span add up.
     */
    public <C> RemoteContext extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        into.clear();
        if (carrier != null && getter != null) {
            for (Propagator each : propagators) {
                each.extract(carrier, getter, into);
            }
        }
        return into;
    }

    /**
     * Puts a context, such as a span or {@link Tracer#currentContext}, into a carrier; null puts nothing. Once a trace
     * is put into it, the carrier says nothing of another one any more, in the formats that are set.
     */
    public <C> void inject(TraceContext context, C carrier, HeaderSetter<C> setter) {
        if (context == null || carrier == null || setter == null || context == Span.NOOP) {
            return;
        }
        final Outgoing outgoing = Outgoing.of(context);
        try {
            if (outgoing.isValid()) {
                for (Propagator each : propagators) {
                    each.clear(outgoing, carrier, setter);
                }
            }
            for (Propagator each : propagators) {
                each.inject(outgoing, carrier, setter);
            }
            outgoing.letGo();
        } catch (Throwable e) { // no call in here, see CarriedPool
            if (!outgoing.isPooled && outgoing.what != null && outgoing.carried != CarriedPool.OWN) {
                outgoing.what.owed++;
            }
            outgoing.left = true;
            throw e;
        }
    }

    /** Whether {@link #inject} writes a header of this name or takes it away, for carriers that can't be changed. */
    public boolean owns(String name) {
        for (Propagator each : propagators) {
            if (each.owns(name)) {
                return true;
            }
        }
        return false;
    }
}
