package io.kraken.tracer.bridge;

import io.kraken.tracer.Fuzzing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The bridge's own files. */
class FuzzTest extends Fuzzing {

    static List<Class<?>> targets() {
        return List.of(FuzzTargets.Position.class, FuzzTargets.Yaml.class);
    }

    @Override
    protected void seed(Class<?> target, Path corpus) throws IOException {
        if (target == FuzzTargets.Yaml.class) {
            final String yaml = """
                    bridge:
                      queues: "a\\tb" # why
                      keep: {errors: true, share: .5}
                      destinations:
                        main:
                          type: otlp_http
                          endpoint: http://collector:4318
                          headers:
                            authorization: >
                              Basic abc
                        other: &a [1, *a]
                    """;
            Files.write(corpus.resolve("sound"), yaml.getBytes(StandardCharsets.UTF_8));
        }
    }
}
