package io.kraken.tracer;

import io.kraken.tracer.text.Hex;

/** The W3C Trace Context format, Level 2: {@code traceparent} and {@code tracestate}. */
final class W3cPropagator extends Propagator {

    static final String TRACEPARENT = "traceparent";
    static final String TRACESTATE = "tracestate";

    /** Repeated, malformed or missing: then there is no trace state either. */
    @Override
    <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        final HeaderValues values = into.values();
        getter.get(carrier, TRACEPARENT, values.begin());
        if (values.count() != 0 && into.readParent(values)) {
            getter.get(carrier, TRACESTATE, values.begin());
            if (values.count() != 0) {
                into.readState(values);
            }
        }
    }

    @Override
    <C> void inject(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        if (!from.isValid()) {
            return;
        }
        from.bytes[0] = '0';
        from.bytes[1] = '0';
        int at = from.putTraceId(from.put(2, '-'));
        at = from.putSpanId(from.put(at, '-'));
        at = Hex.putByte(from.bytes, from.put(at, '-'), from.flags & (TraceContext.SAMPLED | TraceContext.RANDOM));
        setter.set(carrier, TRACEPARENT, from.text(at));
        if (hasState(from)) {
            final TraceState state = from.what().state;
            setter.set(carrier, TRACESTATE, from.text.of(state.bytes(), 0, state.length()));
        }
    }

    private static boolean hasState(InjectionBuffer from) {
        return from.what() != null && from.what().state.length() > 0;
    }

    @Override
    <C> void clear(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        if (!hasState(from)) {
            setter.remove(carrier, TRACESTATE);
        }
    }

    @Override
    boolean owns(String name) {
        return TRACEPARENT.equalsIgnoreCase(name) || TRACESTATE.equalsIgnoreCase(name);
    }
}
