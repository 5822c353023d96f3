package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import java.util.List;

/** Assertions about a shipper's counts. */
final class Ledgers {

    private static final List<ShipCount> TERMS = List.of(
            ShipCount.SENT,
            ShipCount.REJECTED,
            ShipCount.REFUSED,
            ShipCount.NOT_KEPT,
            ShipCount.MALFORMED,
            ShipCount.TOO_LARGE,
            ShipCount.UNREADABLE,
            ShipCount.LOST);

    private Ledgers() {}

    /** Asserts that every span read has an outcome or waits; for an idle shipper. */
    static void assertClosed(Shipper shipper) {
        long sum = shipper.waiting();
        for (ShipCount term : TERMS) {
            sum += shipper.counts().get(term);
        }
        assertEquals(shipper.counts().get(ShipCount.READ), sum, "all terms together");
    }
}
