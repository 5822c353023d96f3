package io.kraken.tracer.propagation;

import io.kraken.tracer.text.Hex;

/** The W3C Trace Context format, Level 2: {@code traceparent} and {@code tracestate}. */
final class W3cPropagator extends Propagator {

    static final String TRACEPARENT = "traceparent";
    static final String TRACESTATE = "tracestate";

    /** Repeated, malformed or missing: then there is no trace state either. */
    @Override
    public <C> void extract(C carrier, HeaderGetter<C> getter, ExtractedContext into) {
        final HeaderValues values = into.values;
        getter.get(carrier, TRACEPARENT, values.begin());
        if (values.count() != 0 && TraceParent.read(into)) {
            getter.get(carrier, TRACESTATE, values.begin());
            if (values.count() != 0) {
                into.readState(values);
            }
        }
    }

    @Override
    public <C> void inject(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        if (!from.isValid()) {
            return;
        }
        final HeaderWriter out = from.out();
        out.bytes[0] = '0';
        out.bytes[1] = '0';
        int at = out.putTraceId(out.put(2, '-'), from);
        at = out.putSpanId(out.put(at, '-'), from);
        at = Hex.putByte(out.bytes, out.put(at, '-'), from.flags() & (TraceParent.SAMPLED | TraceParent.RANDOM));
        setter.set(carrier, TRACEPARENT, out.text(at));
        if (hasState(from)) {
            final TraceState state = from.state();
            setter.set(carrier, TRACESTATE, out.text.of(state.bytes(), 0, state.length()));
        }
    }

    private static boolean hasState(InjectedContext from) {
        return from.state() != null && from.state().length() > 0;
    }

    @Override
    public <C> void clear(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        if (!hasState(from)) {
            setter.remove(carrier, TRACESTATE);
        }
    }

    @Override
    public boolean owns(String name) {
        return TRACEPARENT.equalsIgnoreCase(name) || TRACESTATE.equalsIgnoreCase(name);
    }
}
