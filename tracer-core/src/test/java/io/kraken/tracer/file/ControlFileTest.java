package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.ControlWords.Rate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Control words written by others, and how the tracer applies them. */
class ControlFileTest {

    private static final SpanFileLayout LAYOUT = new SpanFileLayout(new SpanFileLayout.Shape(256, 2, Mem.PAGE));
    private static final ControlWords HALF = ControlWords.EMPTY.withRate(0.5);

    @TempDir
    Path directory;

    private SpanFile file;
    private ControlFile control;

    @BeforeEach
    void openFile() throws IOException {
        file = SpanFile.create(Files.createDirectory(directory.resolve("files")), "service-1", LAYOUT);
        file.begin(0, 1, 2, false);
        control = ControlFile.open(file.path());
    }

    @AfterEach
    void close() {
        file.close();
    }

    private SpanFileReader reader() throws IOException {
        return SpanFileReader.open(file.path());
    }

    @Test
    void appliesWordsOnNextReadAndAcknowledgesOnTheOneAfter() throws IOException {
        assertEquals(ControlWords.EMPTY, file.control());
        assertTrue(control.inForce(Author.OPERATOR), "nothing is written, so nothing is pending");
        assertEquals(1, control.write(Author.OPERATOR, HALF));
        assertFalse(control.inForce(Author.OPERATOR));
        assertEquals(ControlWords.EMPTY, file.control());

        file.readControl();
        assertTrue(file.controlChanged());
        assertFalse(file.controlChanged(), "reported once");
        assertEquals(HALF, file.control());
        assertFalse(control.inForce(Author.OPERATOR), "the exporter has not applied it yet");

        file.readControl();
        assertTrue(control.inForce(Author.OPERATOR));
        assertFalse(file.controlChanged());
        assertEquals(1, reader().appliedGeneration(Author.OPERATOR));
        assertEquals(0, reader().appliedGeneration(Author.BRIDGE));
        assertEquals(0, file.counters().get(Counter.CONTROL_REFUSED));
    }

    @Test
    void operatorTakesPrecedenceForEachPartAndOperation() throws IOException {
        final ControlWords operator = ControlWords.EMPTY
                .withRecording(true)
                .withBreaker(null, 0.7)
                .withOperation("b", new Rate(1, 0))
                .withOperation("a", new Rate(0.25, 3));
        final ControlWords bridge = ControlWords.EMPTY
                .withRecording(false)
                .withRate(0.1)
                .withLowerBound(2.0)
                .withLimit(100.0)
                .withBreaker(false, 0.8)
                .withOperation("c", new Rate(0, 0))
                .withOperation("a", new Rate(0.75, 0));
        control.write(Author.BRIDGE, bridge);
        control.write(Author.OPERATOR, operator);
        file.readControl();
        final ControlWords both = ControlWords.EMPTY
                .withRecording(true)
                .withRate(0.1)
                .withLowerBound(2.0)
                .withLimit(100.0)
                .withBreaker(false, 0.7)
                .withOperation("b", new Rate(1, 0))
                .withOperation("a", new Rate(0.25, 3))
                .withOperation("c", new Rate(0, 0));
        assertEquals(both, file.control());
        assertEquals(
                List.of("b", "a", "c"), List.copyOf(file.control().operations().keySet()));
        assertEquals(operator, control.read(Author.OPERATOR));
        assertEquals(bridge, reader().control(Author.BRIDGE));

        control.clear(Author.OPERATOR);
        file.readControl();
        assertEquals(bridge, file.control());
    }

    @Test
    void recordingIsOffIfAnyAuthorSaysSoUnlessOperatorOverrules() throws IOException {
        assertTrue(file.isRecording());
        control.write(Author.BRIDGE, ControlWords.EMPTY.withRecording(false));
        file.readControl();
        assertFalse(file.isRecording(), "set by the bridge");
        assertFalse(reader().status().recording());
        control.write(Author.OPERATOR, ControlWords.EMPTY.withRecording(true));
        file.readControl();
        assertTrue(file.isRecording(), "the operator takes precedence");
        file.recording(false);
        file.readControl();
        assertFalse(file.isRecording(), "the program's own switch takes precedence, also at the close");
        file.recording(true);
        assertTrue(file.isRecording());
        assertTrue(reader().status().recording());
    }

    @Test
    void ignoresRecordingWordOtherThanZeroAndOne() throws IOException {
        final ByteBuffer other = otherMapping();
        final int word = LAYOUT.controlOffset();
        other.putInt(word, 0);
        file.readControl();
        assertFalse(file.isRecording());
        for (int i = 0; i < 3; i++) {
            other.putInt(word, 2);
            file.readControl();
            assertFalse(file.isRecording(), "the last valid one");
        }
        assertEquals(1, file.counters().get(Counter.CONTROL_REFUSED));
        other.putInt(word, -1);
        control.write(Author.OPERATOR, HALF);
        file.readControl();
        assertFalse(file.isRecording());
        assertEquals(2, file.counters().get(Counter.CONTROL_REFUSED));
        other.putInt(word, 1);
        file.readControl();
        assertTrue(file.isRecording());
    }

    @Test
    void updateSeesPreviousWordsAndGenerationsIncrease() throws IOException {
        for (int i = 1; i <= 5; i++) {
            final double rate = i / 10.0;
            assertEquals(i, control.update(Author.BRIDGE, words -> words.withOperation("o" + rate, new Rate(rate, 0))));
        }
        file.readControl();
        assertEquals(5, file.control().operations().size());
        assertEquals(5, reader().controlGeneration(Author.BRIDGE));
    }

    @Test
    void rejectsWordsThatDoNotFitIntoASlot() throws IOException {
        control.write(Author.OPERATOR, HALF);
        ControlWords many = ControlWords.EMPTY;
        for (int i = 0; i < ControlWords.MAX_OPERATIONS; i++) {
            many = many.withOperation("operation-" + i, new Rate(0.5, 0));
        }
        assertEquals(2, control.write(Author.OPERATOR, many));
        final ControlWords tooMany = many.withOperation("one more", new Rate(0.5, 0));
        assertThrows(IllegalArgumentException.class, () -> control.write(Author.OPERATOR, tooMany));
        final ControlWords tooLong = HALF.withOperation("ü".repeat(513), new Rate(0.5, 0));
        assertThrows(IllegalArgumentException.class, () -> control.write(Author.OPERATOR, tooLong));
        ControlWords tooMuch = ControlWords.EMPTY;
        for (int i = 0; i < 16; i++) {
            tooMuch = tooMuch.withOperation(i + "x".repeat(1022), new Rate(0.5, 0));
        }
        final ControlWords asMuch = tooMuch;
        assertThrows(IllegalArgumentException.class, () -> control.write(Author.OPERATOR, asMuch));
        assertEquals(many, control.read(Author.OPERATOR));
        file.readControl();
        assertEquals(many, file.control());
    }

    @Test
    void rejectsInvalidWords() {
        for (double share : new double[] {-0.1, 1.1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> HALF.withRate(share));
            assertThrows(IllegalArgumentException.class, () -> HALF.withBreaker(true, share));
            assertThrows(IllegalArgumentException.class, () -> new Rate(share, 0));
        }
        for (double perSecond : new double[] {-1, 2e9, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThrows(IllegalArgumentException.class, () -> HALF.withLimit(perSecond));
            assertThrows(IllegalArgumentException.class, () -> HALF.withLowerBound(perSecond));
            assertThrows(IllegalArgumentException.class, () -> new Rate(0.5, perSecond));
        }
        assertThrows(IllegalArgumentException.class, () -> HALF.withBreaker(true, 0.0));
        assertThrows(IllegalArgumentException.class, () -> HALF.withOperation("", new Rate(0.5, 0)));
    }

    @Test
    void refusesClosedDeadAndForeignFiles() throws IOException {
        final Path text = Files.writeString(directory.resolve("text.spans"), "x".repeat(5_000));
        assertThrows(IOException.class, () -> ControlFile.open(text));
        final Path copy = Left.copy(file.path(), directory.resolve("dead.spans"));
        final IOException dead = assertThrows(IOException.class, () -> ControlFile.open(copy));
        assertTrue(dead.getMessage().contains("dead.spans: the tracer is closed"), dead.getMessage());
        final Path link = Files.createSymbolicLink(directory.resolve("link.spans"), file.path());
        assertThrows(IOException.class, () -> ControlFile.open(link));
        file.close(true);
        assertThrows(IOException.class, () -> control.write(Author.OPERATOR, HALF));
        assertThrows(IOException.class, () -> ControlFile.open(file.path()));
    }

    @Test
    void lockFileBelongsToTheOwnerOfTheSpanFile() throws IOException {
        control.write(Author.OPERATOR, HALF);
        final Path lock = file.path().resolveSibling(ControlFile.LOCK_NAME);
        assertEquals(Files.getOwner(file.path()), Files.getOwner(lock));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lock)));
        assertEquals(0, DeadFiles.delete(file.path().getParent(), 0).deleted());
        assertTrue(Files.exists(lock));
    }

    @Test
    void statusIsReadAndInvalidValuesAreUnknown() throws IOException {
        assertEquals(new TracerStatus(true, Double.NaN, Double.NaN, BreakerState.CLOSED, 0), reader().status());
        file.status(0.25, 0.5, BreakerState.HALF_OPEN, 3);
        assertEquals(new TracerStatus(true, 0.25, 0.5, BreakerState.HALF_OPEN, 3), reader().status());
        final ByteBuffer other = otherMapping();
        final int control = LAYOUT.controlOffset();
        other.putDouble(control + 80, 1.5).putDouble(control + 88, -1);
        other.putLong(control + 96, -1).putInt(control + 104, 4).putInt(control + 108, 0);
        assertEquals(new TracerStatus(false, Double.NaN, Double.NaN, null, 0), reader().status());
    }

    private ByteBuffer otherMapping() throws IOException {
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
