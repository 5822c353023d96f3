package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {

    @Test
    void logsOneLineWithTimeToStandardError() {
        final PrintStream before = System.err; // allow:console under test
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8)); // allow:console under test
        try {
            LoggerFactory.getLogger("io.kraken.tracer.bridge.ship.Shipper").info("main takes spans again");
        } finally {
            System.setErr(before);
        }
        final String line = bytes.toString(StandardCharsets.UTF_8);
        assertTrue(
                line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) INFO Shipper"
                        + " (- )?main takes spans again\\R"),
                line);
        assertEquals(1, line.lines().count());
    }

    @Test
    void limitsLoggingOfLibraries() {
        assertFalse(LoggerFactory.getLogger("io.kraken.tracer.bridge.Any").isDebugEnabled());
        final String grpc = "io.grpc"; // allow:grpc a logger's name
        final String chronicle = "net.openhft"; // allow:chronicle a logger's name
        // Its warnings concern developers, not operators.
        assertFalse(LoggerFactory.getLogger(chronicle).isWarnEnabled());
        assertTrue(LoggerFactory.getLogger(chronicle).isErrorEnabled());
        for (String library : new String[] {"io.netty", grpc}) {
            assertFalse(LoggerFactory.getLogger(library).isInfoEnabled(), library);
            assertTrue(LoggerFactory.getLogger(library).isWarnEnabled(), library);
        }
    }
}
