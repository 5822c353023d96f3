package io.kraken.tracer.bridge;

import java.io.IOException;

/** The main class of a bridge in a process of its own, which runs until SIGTERM. */
final class BridgeOfItsOwnMain {

    static final String STARTED = "the bridge has started";
    static final String CLOSED = "the bridge is closed";

    private BridgeOfItsOwnMain() {}

    public static void main(String[] args) {
        try {
            final Bridge bridge = Bridge.start(BridgeSetup.of(args).config());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                bridge.close();
                System.out.println(CLOSED); // allow:console read by the test
            }));
            System.out.println(STARTED); // allow:console read by the test
        } catch (IOException e) {
            System.out.println(e.getMessage()); // allow:console read by the test
            System.exit(1);
        }
    }
}
