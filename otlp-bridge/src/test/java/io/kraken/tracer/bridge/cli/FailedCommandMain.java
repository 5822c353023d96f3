package io.kraken.tracer.bridge.cli;

/** A command that fails while it waits for the end. */
public final class FailedCommandMain {

    public static final String CLEANED = "cleaned up";

    private FailedCommandMain() {}

    public static void main(String[] args) {
        final ShutdownSignal signal = new ShutdownSignal();
        new Thread(signal::fail).start();
        System.exit(signal.await(() -> {}, () -> System.out.println(CLEANED))); // allow:console read by the test
    }
}
