package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.destination.Destination;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failed start of the bridge releases everything, so that a later start succeeds. */
class BridgeStartTest {

    @TempDir
    Path folder;

    private final List<ScriptedDestination> opened = new ArrayList<>();

    private Destination open(DestinationConfig config) throws IOException {
        if (config.name().equals("broken")) {
            throw new IOException("no such certificate");
        }
        opened.add(new ScriptedDestination(config.name(), 1, 1 << 16));
        return opened.get(opened.size() - 1).destination();
    }

    private BridgeConfig config(InetSocketAddress watch, String... names) {
        final BridgeSetup setup = new BridgeSetup(folder.resolve("queues"));
        for (String name : names) {
            setup.grpc(name, 1);
        }
        final BridgeConfig plain = setup.drainMs(1).config();
        return new BridgeConfig(
                plain.queues(),
                plain.decisionDelayNs(),
                plain.batchDelayNs(),
                plain.stallNs(),
                plain.diskBytes(),
                plain.quarantineNs(),
                plain.drainNs(),
                plain.threads(),
                watch,
                plain.keep(),
                plain.window(),
                null,
                plain.destinations());
    }

    private String refusal(BridgeConfig config) {
        return assertThrows(IOException.class, () -> Bridge.start(config, this::open))
                .getMessage();
    }

    private void assertEverythingReleased(int destinations) throws IOException {
        assertEquals(destinations, opened.size());
        assertTrue(opened.stream().allMatch(destination -> destination.closed));
        opened.clear();
        try (Bridge next = Bridge.start(config(null, "first"), this::open)) {
            assertEquals(1, next.shippers().size());
            assertFalse(opened.get(0).closed);
        }
        assertTrue(opened.get(0).closed);
    }

    @Test
    void closesOpenDestinationsWhenALaterOneFails() throws IOException {
        assertEquals("no such certificate", refusal(config(null, "first", "second", "broken", "last")));
        assertEverythingReleased(2);
    }

    @Test
    void closesAllDestinationsWhenTheAddressIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final InetSocketAddress address = new InetSocketAddress(taken.getInetAddress(), taken.getLocalPort());
            final String refusal = refusal(config(address, "first", "second"));
            assertTrue(refusal.startsWith("cannot serve metrics and health at 127.0.0.1:"), refusal);
        }
        assertEverythingReleased(2);
    }
}
