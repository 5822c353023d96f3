package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests services that are deployed and dropped in a process whose threads survive. */
class RedeployTest {

    @TempDir
    Path directory;

    static List<Arguments> jvms() {
        final List<Arguments> all = new ArrayList<>();
        for (Jdks.Jdk jdk : Jdks.found()) {
            all.add(Arguments.of(jdk, "buffer", List.of()));
            if (jdk.feature() < 24) {
                all.add(Arguments.of(jdk, "unsafe", List.of()));
            } else {
                all.add(Arguments.of(jdk, "unsafe", List.of("-Dsun.misc.unsafe.memory.access=allow")));
                all.add(Arguments.of(jdk, "segment", List.of("--enable-native-access=ALL-UNNAMED")));
            }
        }
        return all;
    }

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    @ParameterizedTest
    @MethodSource("jvms")
    void releasesEverythingOfClosedTracer(Jdks.Jdk jdk, String memory, List<String> flags)
            throws IOException, InterruptedException {
        final List<String> all = new ArrayList<>(flags);
        all.add("-Dkraken.tracer.memory=" + memory);
        all.add("-Dkraken.tracer.sink=discard");
        deploy(jdk, all, Map.of());
    }

    /** The threads of the JDK's HTTP client live some seconds longer. */
    @Tag("slow")
    @ParameterizedTest
    @MethodSource("jdks")
    void releasesTheHttpClientToo(Jdks.Jdk jdk) throws IOException, InterruptedException {
        try (OtlpBackend backend = new OtlpBackend()) {
            deploy(jdk, List.of(), Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", backend.address()));
        }
    }

    private void deploy(Jdks.Jdk jdk, List<String> flags, Map<String, String> environment)
            throws IOException, InterruptedException {
        final List<String> all = new ArrayList<>(flags);
        all.add("-Xmx256m");
        all.add("-XX:+UseSerialGC");
        all.add("-XX:TieredStopAtLevel=1");
        all.add("-Dkraken.tracer.file=" + directory);
        all.add("-Dkraken.tracer.records=1024"); // four threads may own chunks, the others share
        final Forked run = Forked.run(jdk, RedeployMain.class, all, environment);
        run.assertQuiet();
        assertEquals(
                "0\n".repeat(RedeployMain.DEPLOYMENTS)
                        + "mapped while deployed: true\n"
                        + "of 5 class loaders 0 are left, mapped 0\n"
                        + "of 6 class loaders 0 are left, mapped 0\n",
                run.out());
    }
}
