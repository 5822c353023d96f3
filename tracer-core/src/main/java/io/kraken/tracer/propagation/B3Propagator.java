package io.kraken.tracer.propagation;

import io.kraken.tracer.sampling.Sampling;
import io.kraken.tracer.text.Hex;

/**
 * The B3 format, in one header or in several. Extraction accepts either form and prefers the single header. A sampling
 * decision may arrive without ids: then it applies to the trace that begins here. A 64-bit id is the lower half of a
 * trace id.
 */
final class B3Propagator extends Propagator {

    static final String SINGLE = "b3";
    static final String TRACE_ID = "X-B3-TraceId";
    static final String SPAN_ID = "X-B3-SpanId";
    static final String SAMPLED = "X-B3-Sampled";
    static final String FLAGS = "X-B3-Flags";
    /** Never written here, but other implementations write it. */
    static final String PARENT_ID = "X-B3-ParentSpanId";

    private static final String[] SEVERAL = {TRACE_ID, SPAN_ID, PARENT_ID, SAMPLED, FLAGS};

    private static final int BEHIND_SPAN_ID = 1 + Hex.ID_DIGITS;
    private static final int BEHIND_DECISION = BEHIND_SPAN_ID + 2;
    private static final int BEHIND_PARENT_ID = BEHIND_DECISION + 1 + Hex.ID_DIGITS;

    private final boolean single;

    B3Propagator(boolean single) {
        this.single = single;
    }

    @Override
    public <C> void extract(C carrier, HeaderGetter<C> getter, ExtractedContext into) {
        final HeaderValues values = into.values;
        getter.get(carrier, SINGLE, values.begin());
        if (values.count() == 0) {
            extractSeveral(carrier, getter, into);
        } else if (values.count() == 1) {
            read(values, into);
        }
    }

    private static void read(HeaderValues in, ExtractedContext into) {
        if (in.length() == 1) {
            set(into, 0, 0, 0, decision(in.at(0)));
            return;
        }
        final int digits = in.at(Hex.ID_DIGITS) == '-' ? Hex.ID_DIGITS : 2 * Hex.ID_DIGITS;
        final int rest = in.length() - digits;
        final boolean decided = rest == BEHIND_DECISION || rest == BEHIND_PARENT_ID;
        if (!decided && rest != BEHIND_SPAN_ID
                || in.at(digits) != '-'
                || decided && in.at(digits + BEHIND_SPAN_ID) != '-'
                || rest == BEHIND_PARENT_ID && in.at(digits + BEHIND_DECISION) != '-') {
            return;
        }
        final long high = digits == Hex.ID_DIGITS ? 0 : in.id(0);
        final long low = in.id(digits - Hex.ID_DIGITS);
        final long span = in.id(digits + 1);
        if (rest == BEHIND_PARENT_ID) {
            in.id(digits + BEHIND_DECISION + 1); // must be well-formed; its value is not used
        }
        if (!in.isMalformed() && (high | low) != 0 && span != 0) {
            set(into, high, low, span, decided ? decision(in.at(digits + BEHIND_SPAN_ID + 1)) : Sampling.DEFERRED);
        }
    }

    /** Null if the character is not a decision. */
    private static Sampling decision(int c) {
        return c == '0' ? Sampling.DENIED : c == '1' ? Sampling.SAMPLED : c == 'd' ? Sampling.DEBUG : null;
    }

    private static void set(ExtractedContext into, long high, long low, long span, Sampling decided) {
        if (decided == null) {
            return;
        }
        final boolean sampled = decided == Sampling.SAMPLED || decided == Sampling.DEBUG;
        into.ids(high, low, span, sampled ? TraceParent.SAMPLED : 0, decided);
        if (decided == Sampling.DEBUG) {
            into.debug();
        }
    }

    private static <C> void extractSeveral(C carrier, HeaderGetter<C> getter, ExtractedContext into) {
        final HeaderValues values = into.values;
        getter.get(carrier, TRACE_ID, values.begin());
        final int digits = values.length();
        final boolean ids = values.count() > 0;
        boolean sound = values.count() <= 1;
        long high = 0;
        long low = 0;
        long span = 0;
        if (ids) {
            sound &= digits == Hex.ID_DIGITS || digits == 2 * Hex.ID_DIGITS;
            high = digits == 2 * Hex.ID_DIGITS ? values.id(0) : 0;
            low = values.id(digits - Hex.ID_DIGITS);
            sound &= !values.isMalformed() && (high | low) != 0;
            getter.get(carrier, SPAN_ID, values.begin());
            span = values.id(0);
            sound &= values.count() == 1 && values.length() == Hex.ID_DIGITS && !values.isMalformed() && span != 0;
        }
        final Sampling decided = sound ? decision(carrier, getter, values) : null;
        if (ids || decided != Sampling.DEFERRED) {
            set(into, high, low, span, decided);
        }
    }

    /** Null when it is malformed. */
    private static <C> Sampling decision(C carrier, HeaderGetter<C> getter, HeaderValues values) {
        getter.get(carrier, FLAGS, values.begin());
        if (values.is("1")) {
            return Sampling.DEBUG;
        }
        getter.get(carrier, SAMPLED, values.begin());
        if (values.count() == 0) {
            return Sampling.DEFERRED;
        }
        if (values.is("true") || values.is("false")) { // older form, before digits were used
            return values.length() == 4 ? Sampling.SAMPLED : Sampling.DENIED;
        }
        return values.length() == 1 ? decision(values.at(0)) : null;
    }

    @Override
    public <C> void inject(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        final Sampling decided = from.sampling();
        if (single) {
            injectSingle(from, decided, carrier, setter);
            return;
        }
        final HeaderWriter out = from.out();
        if (from.isValid()) {
            setter.set(carrier, TRACE_ID, out.text(out.putTraceId(0, from)));
            setter.set(carrier, SPAN_ID, out.text(out.putSpanId(0, from)));
        }
        if (decided == Sampling.DEBUG) {
            setter.set(carrier, FLAGS, out.text(out.put(0, '1')));
        } else if (decided != Sampling.DEFERRED) {
            setter.set(carrier, SAMPLED, out.text(out.put(0, letter(decided))));
        }
    }

    private static <C> void injectSingle(InjectedContext from, Sampling decided, C carrier, HeaderSetter<C> setter) {
        final HeaderWriter out = from.out();
        int at = 0;
        if (from.isValid()) {
            at = out.putTraceId(at, from);
            at = out.putSpanId(out.put(at, '-'), from);
            at = decided == Sampling.DEFERRED ? at : out.put(at, '-');
        }
        at = decided == Sampling.DEFERRED ? at : out.put(at, letter(decided));
        if (at > 0) {
            setter.set(carrier, SINGLE, out.text(at));
        }
    }

    /** Removes both forms, since the receiver may prefer either. */
    @Override
    public <C> void clear(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        for (String name : SEVERAL) {
            setter.remove(carrier, name);
        }
        setter.remove(carrier, SINGLE);
    }

    @Override
    public boolean owns(String name) {
        boolean owned = SINGLE.equalsIgnoreCase(name);
        for (String each : SEVERAL) {
            owned |= each.equalsIgnoreCase(name);
        }
        return owned;
    }

    private static char letter(Sampling decided) {
        return decided == Sampling.DENIED ? '0' : decided == Sampling.DEBUG ? 'd' : '1';
    }
}
