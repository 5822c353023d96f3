package io.kraken.tracer.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.kraken.tracer.Child;
import java.util.List;
import org.junit.jupiter.api.Test;

class HttpAloneTest {

    @Test
    void tracesServerAndClientWithoutServlets() {
        assertEquals("status 200, servlets not there\n", Child.run(List.of(), List.of(), "http"));
    }
}
