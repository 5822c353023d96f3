package io.kraken.tracer;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.Propagator;
import java.util.ArrayList;
import java.util.List;

/**
 * Extracts contexts from headers and injects them into headers, in the configured formats. Neither direction allocates,
 * except for strings if the carrier needs them. No content of a header causes an exception; exceptions of a getter or
 * setter reach the program. Thread-safe, with one {@link RemoteContext} for each thread.
 */
public final class Propagation {

    private final Propagator[] propagators;

    /** @param names OpenTelemetry's names of formats, separated by commas */
    Propagation(String names) {
        final List<Propagator> chosen = new ArrayList<>();
        for (String name : names.split(",")) {
            final Propagator known = Propagator.named(name);
            if (known != null && !chosen.contains(known)) {
                chosen.add(known);
            }
        }
        propagators = chosen.toArray(new Propagator[0]);
    }

    /**
     * Reads the context from the headers of a carrier, replacing what was there. The context is not valid if the
     * headers contain no trace, a malformed one, or several; it may still carry baggage and a decision, so it can be
     * used as a parent in any case. If several formats are present, the one configured last counts; data of formats
     * that name the same span is merged.
     */
    public <C> RemoteContext extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        into.clear();
        if (carrier != null && getter != null) {
            for (Propagator each : propagators) {
                each.extract(carrier, getter, into.extraction());
            }
        }
        return into;
    }

    /**
     * Writes a context, such as a span or {@link Tracer#currentContext}, into a carrier; null writes nothing. If a
     * trace is written, headers of other traces in the configured formats are removed.
     */
    public <C> void inject(TraceContext context, C carrier, HeaderSetter<C> setter) {
        if (context == null || carrier == null || setter == null || context == Span.NOOP) {
            return;
        }
        final InjectionBuffer buffer = InjectionBuffer.of(context);
        boolean isReleased = false;
        try {
            try {
                inject(buffer, carrier, setter);
            } finally {
                buffer.release();
                isReleased = true;
            }
        } catch (Throwable e) { // no method call in this block, see TraceBaggagePool
            if (!isReleased) {
                if (!buffer.isPooled && buffer.traceBaggage != null && buffer.carried != TraceBaggagePool.OWN) {
                    buffer.traceBaggage.unreleased++;
                }
                buffer.left = true;
            }
            throw e;
        }
    }

    private <C> void inject(InjectionBuffer buffer, C carrier, HeaderSetter<C> setter) {
        if (buffer.isValid()) {
            for (Propagator each : propagators) {
                each.clear(buffer, carrier, setter);
            }
        }
        for (Propagator each : propagators) {
            each.inject(buffer, carrier, setter);
        }
    }

    /** Whether {@link #inject} writes or removes a header of this name, for carriers that can't be changed. */
    public boolean owns(String name) {
        for (Propagator each : propagators) {
            if (each.owns(name)) {
                return true;
            }
        }
        return false;
    }
}
