package io.kraken.tracer;

/** The W3C Trace Context format, Level 2: {@code traceparent} and {@code tracestate}. */
final class W3cPropagator extends Propagator {

    static final String TRACEPARENT = "traceparent";
    static final String TRACESTATE = "tracestate";

    private static final int LENGTH = 55;
    private static final int LATEST_VERSION = 0xFF;

    /** If {@code traceparent} is missing, malformed or repeated, {@code tracestate} is ignored. */
    @Override
    <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        final HeaderValues values = into.values();
        getter.get(carrier, TRACEPARENT, values.begin());
        if (values.count() != 0 && read(values, into)) {
            getter.get(carrier, TRACESTATE, values.begin());
            if (values.count() != 0) {
                into.readState(values);
            }
        }
    }

    /** Accepts later versions, which may append fields. */
    static boolean read(HeaderValues in, RemoteContext into) {
        if (in.count() != 1 || in.length() < LENGTH || in.at(2) != '-' || in.at(35) != '-' || in.at(52) != '-') {
            return false;
        }
        final long version = in.hex(0, 2);
        final long high = in.id(3);
        final long low = in.id(19);
        final long span = in.id(36);
        final long flags = in.hex(53, 55);
        final boolean sound = !in.isMalformed()
                && version != LATEST_VERSION
                && (in.length() == LENGTH || version > 0 && in.at(LENGTH) == '-')
                && (high | low) != 0
                && span != 0;
        if (sound) {
            into.ids(high, low, span, (int) flags, Sampling.SAMPLED);
        }
        return sound;
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
