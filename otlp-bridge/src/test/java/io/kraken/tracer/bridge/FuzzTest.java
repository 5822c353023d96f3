package io.kraken.tracer.bridge;

import io.kraken.tracer.Fuzzing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Fuzzes the parsers of the bridge. */
class FuzzTest extends Fuzzing {

    static List<Class<?>> targets() {
        return List.of(FuzzTargets.Position.class, FuzzTargets.Strategy.class, FuzzTargets.Yaml.class);
    }

    @Override
    protected void seed(Class<?> target, Path corpus) throws IOException {
        if (target == FuzzTargets.Yaml.class) {
            final String more = SettingsFileTest.ALL + "    other: &a [1, *a]\n";
            Files.writeString(corpus.resolve("sound"), SettingsFileTest.ALL);
            Files.writeString(corpus.resolve("more"), more);
            Files.writeString(corpus.resolve("services"), ServiceSettingsTest.SERVICES);
        }
        if (target == FuzzTargets.Strategy.class) {
            Files.writeString(corpus.resolve("json"), SamplingAnswerTest.OPERATIONS);
            Files.write(corpus.resolve("protobuf"), Wire.perOperation("a.b", 0.25));
        }
    }
}
