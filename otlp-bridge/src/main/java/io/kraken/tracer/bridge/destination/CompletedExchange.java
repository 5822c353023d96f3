package io.kraken.tracer.bridge.destination;

/** An exchange that is complete from the start. */
record CompletedExchange(Destination.Outcome outcome) implements Destination.Exchange {

    @Override
    public void cancel() {
        // Nothing is in flight.
    }

    @Override
    public boolean isAtRest() {
        return true;
    }
}
