package io.kraken.tracer.ring;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests stack overflows inside every method of the tracer. */
class AtTheEdgeTest {

    record Run(Jdks.Jdk jdk, String mode, int rounds, int threads, boolean passing) {}

    static List<Run> runs() {
        return Jdks.found().stream()
                .flatMap(jdk -> List.of(
                        new Run(jdk, "-Xint", 20, 10, false),
                        new Run(jdk, "-XX:TieredStopAtLevel=1", 40, 20, false),
                        new Run(jdk, "-XX:+TieredCompilation", 60, 20, false),
                        new Run(jdk, "-XX:TieredStopAtLevel=1", 40, 20, true))
                        .stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("runs")
    void losesNothing(Run run) throws IOException, InterruptedException {
        final List<String> flags = List.of(
                run.mode,
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=exclude," + AtTheEdgeMain.class.getName() + "::descend",
                "-XX:-StackTraceInThrowable",
                "-Xss256k",
                "-Xmx128m",
                "-Dpassing=" + run.passing,
                "-Drounds=" + run.rounds,
                "-Dthreads=" + run.threads);
        Forked.run(run.jdk, AtTheEdgeMain.class, flags, Map.of())
                .assertSays("nothing is lost")
                .assertQuiet();
    }
}
