package io.kraken.tracer.bridge;

import io.kraken.tracer.Fuzzing;
import io.kraken.tracer.bridge.control.FuzzStrategy;
import io.kraken.tracer.bridge.index.FuzzTraceIndex;
import io.kraken.tracer.bridge.settings.FuzzSettings;
import io.kraken.tracer.bridge.ship.FuzzPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Fuzzes the parsers of the bridge. */
class BridgeFuzzTest extends Fuzzing {

    static List<Class<?>> targets() {
        return List.of(FuzzPosition.class, FuzzTraceIndex.class, FuzzStrategy.class, FuzzSettings.class);
    }

    @Override
    protected void seed(Class<?> target, Path corpus) throws IOException {
        if (target == FuzzSettings.class) {
            FuzzSettings.seed(corpus);
        }
        if (target == FuzzStrategy.class) {
            FuzzStrategy.seed(corpus);
        }
    }
}
