package io.kraken.tracer.bridge;

import java.io.IOException;

/** A bridge as a process: from its arguments to SIGTERM. */
final class BridgeOfItsOwnMain {

    static final String STARTED = "the bridge has started";
    static final String CLOSED = "the bridge is closed";

    private BridgeOfItsOwnMain() {}

    public static void main(String[] args) {
        try {
            final Bridge bridge = Bridge.start(BridgeSetup.of(args).config());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                bridge.close();
                System.out.println(CLOSED); // allow:console what the test reads
            }));
            System.out.println(STARTED); // allow:console what the test reads
        } catch (IOException e) {
            System.out.println(e.getMessage()); // allow:console what the test reads
            System.exit(1);
        }
    }
}
