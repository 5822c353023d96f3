package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The libraries that this one can be used with are needed by nobody who does not use them. */
class AloneTest {

    private static final String OURS = "io.kraken.tracer.";

    @Test
    void withNothingElseOnTheClassPathItWorksAndTouchesNothingThatIsOptional() {
        final String[] output =
                Child.run(List.of(), List.of("-Xlog:class+load"), "alone").split("2 spans\n", 2);
        assertEquals(2, output.length, output[0]);
        assertTrue(output[0].contains("[traceparent] true\n"), output[0]);
        for (String optional : List.of("messaging", "rpc", "logs")) {
            assertTrue(!output[0].contains(OURS + optional), optional);
        }
        for (String name :
                List.of("messaging.ProducerSpans$Sent", "rpc.ClientSpans", "logs.Log4jSpans", "logs.LogbackSpans")) {
            assertTrue(output[1].contains(name + " NoClassDefFoundError\n"), output[1]);
        }
    }
}
