package io.kraken.tracer;

import io.kraken.tracer.sampling.Sampling;
import io.kraken.tracer.text.Hex;

/**
 * Jaeger's format: {@code uber-trace-id}, with ids of any number of digits, and baggage with a header for each key.
 * Flags that W3C does not have, debug and firehose, are propagated in this tracer's member of the trace state.
 */
final class JaegerPropagator extends Propagator {

    static final String UBER_TRACE_ID = "uber-trace-id";
    static final String BAGGAGE_PREFIX = "uberctx-";

    private static final int FLAG_SAMPLED = 1;
    private static final int FLAG_DEBUG = 2;
    private static final int FLAG_FIREHOSE = 8;
    private static final int FLAG_DIGITS = 2;

    @Override
    <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        final HeaderValues values = into.values();
        getter.get(carrier, UBER_TRACE_ID, values.begin());
        if (values.count() == 1) {
            values.decode(); // some clients percent-encode the colons
            read(values, into);
        }
        getter.getAll(carrier, BAGGAGE_PREFIX, values.begin());
        if (values.length() != 0) {
            into.readBaggage(values);
        }
    }

    private static void read(HeaderValues in, RemoteContext into) {
        final int trace = in.find(':', 0);
        final int spanAt = trace + 1;
        final int span = in.find(':', spanAt);
        final int parent = in.find(':', span + 1);
        final int flagsAt = parent + 1;
        final int end = in.length();
        if (flagsAt >= end
                || end - flagsAt > FLAG_DIGITS
                || trace == 0
                || trace > 2 * Hex.ID_DIGITS
                || span == spanAt
                || span - spanAt > Hex.ID_DIGITS
                || parent - span - 1 > Hex.ID_DIGITS) {
            return;
        }
        final int half = Math.max(0, trace - Hex.ID_DIGITS);
        final long high = in.hex(0, half);
        final long low = in.hex(half, trace);
        final long spanId = in.hex(spanAt, span);
        in.hex(span + 1, parent); // must be well-formed; its value is not used
        final long flags = in.hex(flagsAt, end);
        if (!in.isMalformed() && (high | low) != 0 && spanId != 0) {
            set(into, high, low, spanId, flags);
        }
    }

    private static void set(RemoteContext into, long high, long low, long spanId, long flags) {
        final boolean debug = (flags & FLAG_DEBUG) != 0;
        final boolean sampled = debug || (flags & FLAG_SAMPLED) != 0;
        into.ids(high, low, spanId, sampled ? TraceContext.SAMPLED : 0, Sampling.SAMPLED);
        if (debug) {
            into.debug();
        }
        if ((flags & FLAG_FIREHOSE) != 0) {
            into.addFlags(TraceState.FIREHOSE);
        }
    }

    @Override
    <C> void inject(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        if (from.isValid()) {
            final Sampling decided = from.sampling();
            final boolean sampled = decided == Sampling.SAMPLED || decided == Sampling.DEBUG;
            final int flags = (sampled ? FLAG_SAMPLED : 0)
                    | (decided == Sampling.DEBUG ? FLAG_DEBUG : 0)
                    | ((from.letters() & TraceState.FIREHOSE) != 0 ? FLAG_FIREHOSE : 0);
            int at = from.put(from.putTraceId(0), ':');
            at = from.put(from.putSpanId(at), ':');
            at = from.put(from.put(at, '0'), ':');
            at = from.put(at, Character.forDigit(flags, 16));
            setter.set(carrier, UBER_TRACE_ID, from.text(at));
        }
        if (from.what() != null) {
            injectBaggage(from, from.what().baggage, carrier, setter);
        }
    }

    @Override
    <C> void clear(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        setter.removeAll(carrier, BAGGAGE_PREFIX);
    }

    @Override
    boolean owns(String name) {
        return UBER_TRACE_ID.equalsIgnoreCase(name)
                || name.regionMatches(true, 0, BAGGAGE_PREFIX, 0, BAGGAGE_PREFIX.length());
    }

    private static <C> void injectBaggage(InjectionBuffer from, Baggage baggage, C carrier, HeaderSetter<C> setter) {
        for (int at = 0; at < baggage.length(); at = baggage.endOfMember(at) + 1) {
            final int equals = baggage.endOfKey(at);
            from.name.of(baggage.bytes(), at, equals - at);
            from.text.of(baggage.bytes(), equals + 1, baggage.endOfValue(equals) - equals - 1);
            setter.set(carrier, BAGGAGE_PREFIX, from.name, from.text);
        }
    }
}
