package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlWords.Author;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A writer in another process, killed in the middle of writing: no reader ever sees half of a write. */
class KilledWriterTest {

    static final SpanFileLayout LAYOUT = new SpanFileLayout(new SpanFileLayout.Shape(256, 2, Mem.PAGE));

    private static final int KILLS = 6;
    private static final long PATIENCE_NS = Duration.ofSeconds(60).toNanos();

    @TempDir
    Path directory;

    private final Random random = new Random();

    private static Process start(String what, Path where) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriterMain.class.getName(),
                        what,
                        where.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void await(String what, BooleanSupplier condition) {
        final long deadline = System.nanoTime() + PATIENCE_NS;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "waited in vain for " + what);
        }
    }

    private static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"words", "slots"})
    void controlWordsSurviveAKilledWriter(String what) throws IOException, InterruptedException {
        try (SpanFile file = SpanFile.create(directory, "service", LAYOUT)) {
            file.begin(0, 0, 0, false);
            final ControlFile own = ControlFile.open(file.path());
            long seen = 0;
            for (int i = 0; i < KILLS; i++) {
                final Process writer = start(what, file.path());
                final long enough = seen + 20 + random.nextInt(200);
                await("words", () -> look(file, own) >= enough);
                kill(writer);
                look(file, own);
                assertTrue(generation(file) >= enough);

                seen = own.write(Author.OPERATOR, ControlWords.EMPTY.withRecording(true));
                await("the next writer's words", () -> {
                    file.readControl();
                    return own.inForce(Author.OPERATOR);
                });
                assertEquals(ControlWords.EMPTY.withRecording(true), file.control());
                own.clear(Author.OPERATOR);
                file.readControl();
            }
            assertEquals(
                    0, file.counters().get(Counter.CONTROL_REFUSED), "a half-written slot is not counted as refused");
        }
    }

    /** Returns the generation that the tracer has applied. */
    private static long look(SpanFile file, ControlFile control) {
        file.readControl();
        assertTrue(KilledWriterMain.isWhole(file.control()), () -> "mixed: " + file.control());
        final ControlWords words = control.read(Author.OPERATOR);
        assertTrue(KilledWriterMain.isWhole(words), () -> "mixed: " + words);
        return Mem.getLongAcquire(file.buffer(), LAYOUT.appliedOffset(Author.OPERATOR));
    }

    private static long generation(SpanFile file) {
        return new ControlSlots(file.buffer(), LAYOUT).newest(Author.OPERATOR).generation();
    }

    @Test
    void countersSurviveAKilledWriter() throws IOException, InterruptedException {
        for (int i = 0; i < KILLS; i++) {
            final Process writer = start("counters", directory.resolve("files-" + i));
            final BufferedReader output =
                    new BufferedReader(new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8));
            final SpanFileReader reader = SpanFileReader.open(Path.of(output.readLine()));
            final long enough = random.nextInt(1_000_000);
            final long[] last = {0};
            await("counts", () -> {
                last[0] = assertGrows(reader, last[0]);
                return (int) last[0] >= enough;
            });
            assertTrue(reader.isAlive());
            kill(writer);
            last[0] = assertGrows(reader, last[0]);
            assertFalse(reader.isAlive());
            assertEquals(last[0], assertGrows(reader, last[0]), "no process is counting any more");
        }
    }

    private static long assertGrows(SpanFileReader reader, long last) {
        final long count = reader.ledger().count(Counter.SHIPPED);
        assertEquals((int) count, (int) (count >>> 32), "torn");
        assertTrue(count >= last, () -> count + " after " + last);
        return count;
    }
}
