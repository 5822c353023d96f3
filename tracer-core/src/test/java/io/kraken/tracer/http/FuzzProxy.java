package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;

/** The header of a proxy as a fuzz target. */
public final class FuzzProxy {

    private static final Proxy STANDARD = new Proxy("Forwarded");
    private static final Proxy LIST = new Proxy("X-Forwarded-For");

    private FuzzProxy() {}

    public static void fuzzerTestOneInput(byte[] data) {
        final String header = new String(data, StandardCharsets.ISO_8859_1);
        for (Proxy proxy : new Proxy[] {STANDARD, LIST}) {
            final String client = proxy.client(header, "peer");
            assertTrue(client.equals("peer") || client.matches("[0-9a-fA-F.:]{2,45}"), client);
            assertTrue(client.equals("peer")
                    || header.substring(header.lastIndexOf(',') + 1).contains(client));
        }
    }
}
