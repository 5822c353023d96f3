package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.bridge.demo.Demo;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Runs the demo. Its settings are system properties; options set those. */
final class DemoCommand implements Command {

    private static final Set<String> KEYS = Set.of("endpoint", "seconds", "rate");
    private static final Set<String> FLAGS = Set.of("direct");

    @Override
    public String name() {
        return "demo";
    }

    @Override
    public String summary() {
        return "runs a small Kraken under load, traced, and reports";
    }

    @Override
    public String help() {
        return """
                [--seconds=N] [--rate=N] [--endpoint=URL] [--direct]

                Runs a small Kraken under load, traced, and ends with waterfalls, the ledger and what a span cost.

                  --seconds=N      how long; 10
                  --rate=N         downloads a second; 667, which is 20,000 in 30 s
                  --endpoint=URL   a backend of one's own that takes OTLP over HTTP, as http://localhost:4318
                  --direct         the processes send by themselves

                Each may be a system property as well (-Dseconds=10); options weigh more.
                """;
    }

    @Override
    public int run(List<String> given, Console console) throws IOException, UsageException {
        final Arguments arguments = Arguments.parse(given, KEYS, FLAGS).nothingElse();
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
