package io.kraken.tracer;

/** W3C {@code baggage}. Goes its own way: it is there without a trace, too. */
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
    <C> void inject(Outgoing from, C carrier, HeaderSetter<C> setter) {
        final Carried what = from.what();
        if (what != null && what.baggage.length() > 0) {
            setter.set(carrier, BAGGAGE, from.text.of(what.baggage.bytes(), 0, what.baggage.length()));
        }
    }
}
