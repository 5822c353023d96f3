package io.kraken.tracer.bridge;

/** An exchange that was over when it began. */
record CompletedExchange(Destination.Outcome outcome) implements Destination.Exchange {

    @Override
    public void cancel() {
        // There is nothing to give up.
    }

    @Override
    public boolean isAtRest() {
        return true;
    }
}
