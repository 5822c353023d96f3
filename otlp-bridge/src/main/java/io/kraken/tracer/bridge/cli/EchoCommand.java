package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Runs a service that calls whom it is told to call, in the trace of who tells it. */
final class EchoCommand implements Command {

    private static final int PORT = 5000;
    private static final int HIGHEST_PORT = 65_535;
    private static final List<String> SINKS =
            List.of(ExportSettings.DISCARD, ExportSettings.CONSOLE, ExportSettings.OTLP, ExportSettings.QUEUE);

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public String summary() {
        return "a small traced service, to test how contexts travel";
    }

    @Override
    public String help() {
        return """
                [--port=N] [--sink=SINK]

                Listens on the loopback interface for POST /test with a JSON list of {"url": ..., "arguments": ...}, and
                POSTs the arguments of each to its URL, with the context of the request in the headers. That is what the
                test suite of the W3C's trace context needs. Runs until it is told to end (SIGTERM, SIGINT).

                  --port=N      where it listens; 5000, and 0 is any port that is free
                  --sink=SINK   where its spans go: discard, console, otlp or queue; discard

                Which headers are understood and written is told by OTEL_PROPAGATORS: tracecontext and baggage, unless
                it says something else.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments =
                Arguments.parse(given, Set.of("port", "sink"), Set.of()).nothingElse();
        final int port = arguments.number("port", PORT, 0);
        if (port > HIGHEST_PORT) {
            throw new UsageException("--port is " + port + " and should be at most " + HIGHEST_PORT);
        }
        final Tracer tracer = Tracer.create(TracerConfig.fromEnvironment()
                .serviceName("kraken-echo")
                .with(ExportSettings.SINK, arguments.choice("sink", SINKS)));
        final Echo echo = Echo.start(tracer, port);
        console.line("listens on http://" + echo.address() + "/test");
        console.flush();
        ShutdownSignal.await(() -> {
            echo.close();
            tracer.close();
        });
        return OK;
    }
}
