package io.kraken.tracer.ring;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that 20 million spans fit into a fixed heap without a garbage collector. */
class EpsilonTest {

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("jdks")
    void recordsAndEncodesTwentyMillionSpansWithoutCollector(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final List<String> flags = List.of("-XX:+UnlockExperimentalVMOptions", "-XX:+UseEpsilonGC", "-Xmx64m");
        Forked.run(jdk, EpsilonMain.class, flags, Map.of())
                .assertSays("shipped " + EpsilonMain.SPANS + ", started " + EpsilonMain.SPANS
                        + ", lost 0, dropped 0, buffered 0")
                .assertQuiet();
    }
}
