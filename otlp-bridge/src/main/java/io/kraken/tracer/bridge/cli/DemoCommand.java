package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.demo.Demo;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** The command that runs the demo. The demo's settings are system properties, which the options set. */
final class DemoCommand implements Command {

    private static final Set<String> KEYS = Set.of("endpoint", "seconds", "rate");
    private static final Set<String> FLAGS = Set.of("direct");

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public String summary() {
        return "runs a small traced Kraken under load and prints a report";
    }

    @Override
    public String help() {
        return """
                [--seconds=N] [--rate=N] [--endpoint=URL] [--direct]

                Runs a small traced Kraken under load, then prints waterfalls of some traces, the ledger (what became
                of every span) and the cost of a span.

                  --seconds=N      duration in seconds; default 10
                  --rate=N         downloads a second; default 667, which is 20,000 in 30 s
                  --endpoint=URL   your own backend for OTLP over HTTP, such as http://localhost:4318
                  --direct         the processes send to the backend themselves, without queues and bridge

                Each can also be given as a system property (-Dseconds=10), which an option overrides.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, KEYS, FLAGS).withoutPositional();
        for (String key : KEYS) {
            if (arguments.has(key)) {
                System.setProperty(key, arguments.text(key, ""));
            }
        }
        if (arguments.has("direct")) {
            System.setProperty("direct", "true");
        }
        try {
            return Demo.run(console.out());
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        } finally {
            console.flush();
        }
    }
}
