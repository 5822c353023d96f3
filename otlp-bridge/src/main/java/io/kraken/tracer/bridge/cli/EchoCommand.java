package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import io.kraken.tracer.settings.SettingType;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** The command that runs {@link Echo}: a service that sends requests on demand, in the trace of the caller. */
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
        return "runs a small traced service to test context propagation";
    }

    @Override
    public String help() {
        return """
                [--port=N] [--sink=SINK]

                Listens on the loopback interface for POST /test with a JSON list of {"url": ..., "arguments": ...} and
                POSTs the arguments of each entry to its URL, with the trace context of the request in the headers, as
                the W3C's test suite for Trace Context requires. Runs until SIGTERM or SIGINT.

                  --port=N      port to listen on; default 5000; 0: any free port
                  --sink=SINK   destination of its spans: discard, console, otlp or queue; default discard

                The variable OTEL_PROPAGATORS selects the headers that are read and written; default:
                tracecontext,baggage.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments =
                Arguments.parse(given, Set.of("port", "sink"), Set.of()).withoutPositional();
        final int port = arguments.value("port", SettingType.wholeNumber(0, HIGHEST_PORT), PORT);
        final Tracer tracer = Tracer.create(TracerConfig.fromEnvironment()
                .serviceName("kraken-echo")
                .with(ExportSettings.SINK, arguments.choice("sink", SINKS)));
        final Echo echo = Echo.start(tracer, port);
        console.line("listening on http://" + echo.address() + "/test");
        console.flush();
        ShutdownSignal.await(() -> {
            echo.close();
            tracer.close();
        });
        return OK;
    }
}
