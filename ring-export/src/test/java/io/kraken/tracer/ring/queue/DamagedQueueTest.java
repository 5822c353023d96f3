package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DamagedQueueTest {

    private static final int CASES = 250;
    private static final Pattern SAID = Pattern.compile("cases=(\\d+) read=(\\d+) refused=(\\d+) .* slowestMs=(\\d+)");

    @TempDir
    Path folder;

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void damagedFilesNeitherCrashNorHangTheReader(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final String output = QueueJvm.start(
                        jdk, QueueJvm.argumentFile(), folder, DamageMain.class, folder, 20 + jdk.feature(), CASES)
                .outputOfQuietRun();
        final Matcher numbers = SAID.matcher(output);
        assertTrue(numbers.matches(), output);
        final int read = Integer.parseInt(numbers.group(2));
        final int refused = Integer.parseInt(numbers.group(3));
        assertTrue(read > CASES * DamageMain.DOCUMENTS / 2 && read < CASES * DamageMain.DOCUMENTS, output);
        assertTrue(refused > 0, output);
        assertTrue(Integer.parseInt(numbers.group(4)) < 15_000, output);
    }
}
