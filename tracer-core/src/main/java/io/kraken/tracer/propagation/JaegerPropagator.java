package io.kraken.tracer.propagation;

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
    public <C> void extract(C carrier, HeaderGetter<C> getter, ExtractedContext into) {
        final HeaderValues values = into.values;
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

    private static void read(HeaderValues in, ExtractedContext into) {
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

    private static void set(ExtractedContext into, long high, long low, long spanId, long flags) {
        final boolean debug = (flags & FLAG_DEBUG) != 0;
        final boolean sampled = debug || (flags & FLAG_SAMPLED) != 0;
        into.ids(high, low, spanId, sampled ? TraceParent.SAMPLED : 0, Sampling.SAMPLED);
        if (debug) {
            into.debug();
        }
        if ((flags & FLAG_FIREHOSE) != 0) {
            into.addFlags(TraceState.FIREHOSE);
        }
    }

    @Override
    public <C> void inject(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        if (from.isValid()) {
            final Sampling decided = from.sampling();
            final boolean sampled = decided == Sampling.SAMPLED || decided == Sampling.DEBUG;
            final int flags = (sampled ? FLAG_SAMPLED : 0)
                    | (decided == Sampling.DEBUG ? FLAG_DEBUG : 0)
                    | ((letters(from) & TraceState.FIREHOSE) != 0 ? FLAG_FIREHOSE : 0);
            final HeaderWriter out = from.out();
            int at = out.put(out.putTraceId(0, from), ':');
            at = out.put(out.putSpanId(at, from), ':');
            at = out.put(out.put(at, '0'), ':');
            at = out.put(at, Character.forDigit(flags, 16));
            setter.set(carrier, UBER_TRACE_ID, out.text(at));
        }
        if (from.baggage() != null) {
            injectBaggage(from.out(), from.baggage(), carrier, setter);
        }
    }

    private static int letters(InjectedContext from) {
        final TraceState state = from.state();
        return state == null ? 0 : state.letters();
    }

    @Override
    public <C> void clear(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        setter.removeAll(carrier, BAGGAGE_PREFIX);
    }

    @Override
    public boolean owns(String name) {
        return UBER_TRACE_ID.equalsIgnoreCase(name)
                || name.regionMatches(true, 0, BAGGAGE_PREFIX, 0, BAGGAGE_PREFIX.length());
    }

    private static <C> void injectBaggage(HeaderWriter out, Baggage baggage, C carrier, HeaderSetter<C> setter) {
        for (int at = 0; at < baggage.length(); at = baggage.endOfMember(at) + 1) {
            final int equals = baggage.endOfKey(at);
            out.name.of(baggage.bytes(), at, equals - at);
            out.text.of(baggage.bytes(), equals + 1, baggage.endOfValue(equals) - equals - 1);
            setter.set(carrier, BAGGAGE_PREFIX, out.name, out.text);
        }
    }
}
