package io.kraken.tracer.propagation;

/** The W3C {@code baggage} format. Independent of the trace: baggage is propagated without a trace, too. */
final class BaggagePropagator extends Propagator {

    static final String BAGGAGE = "baggage";

    @Override
    public <C> void extract(C carrier, HeaderGetter<C> getter, ExtractedContext into) {
        final HeaderValues values = into.values;
        getter.get(carrier, BAGGAGE, values.begin());
        if (values.length() != 0) {
            into.readBaggage(values);
        }
    }

    @Override
    public <C> void inject(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        if (hasBaggage(from)) {
            final Baggage baggage = from.baggage();
            setter.set(carrier, BAGGAGE, from.out().text.of(baggage.bytes(), 0, baggage.length()));
        }
    }

    private static boolean hasBaggage(InjectedContext from) {
        return from.baggage() != null && from.baggage().length() > 0;
    }

    @Override
    public <C> void clear(InjectedContext from, C carrier, HeaderSetter<C> setter) {
        if (!hasBaggage(from)) {
            setter.remove(carrier, BAGGAGE);
        }
    }

    @Override
    public boolean owns(String name) {
        return BAGGAGE.equalsIgnoreCase(name);
    }
}
