package io.kraken.tracer;

/** The W3C {@code baggage} format. Independent of the trace: baggage is propagated without a trace, too. */
final class BaggagePropagator extends Propagator {

    static final String BAGGAGE = "baggage";

    @Override
    <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into) {
        final HeaderValues values = into.values();
        getter.get(carrier, BAGGAGE, values.begin());
        if (values.length() != 0) {
            into.readBaggage(values);
        }
    }

    @Override
    <C> void inject(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        if (hasBaggage(from)) {
            final Baggage baggage = from.what().baggage;
            setter.set(carrier, BAGGAGE, from.text.of(baggage.bytes(), 0, baggage.length()));
        }
    }

    private static boolean hasBaggage(InjectionBuffer from) {
        return from.what() != null && from.what().baggage.length() > 0;
    }

    @Override
    <C> void clear(InjectionBuffer from, C carrier, HeaderSetter<C> setter) {
        if (!hasBaggage(from)) {
            setter.remove(carrier, BAGGAGE);
        }
    }

    @Override
    boolean owns(String name) {
        return BAGGAGE.equalsIgnoreCase(name);
    }
}
