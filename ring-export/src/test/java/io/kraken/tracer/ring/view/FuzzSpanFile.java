package io.kraken.tracer.ring.view;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.file.SymbolTable;
import io.kraken.tracer.ring.DiscardSink;
import io.kraken.tracer.ring.Harness;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Fuzz target for span files with ended and open spans of which some bytes are overwritten. The input is a sequence of
 * four bytes for position and length, followed by the bytes.
 */
public final class FuzzSpanFile {

    private static final Key.StringKey TEXT = Key.ofString("text");
    private static final int SPANS = 8;
    private static final int MOST = 16;
    private static final int SYMBOLS = 64;
    private static final int HEAD = 4;
    /** Bytes at the start, mostly the header, in which most damage is interesting. */
    private static final int FIRST = 256;

    private static final Path FILE = soundFile();
    private static final ByteBuffer BYTES = map(FILE);
    private static final ByteBuffer SOUND =
            ByteBuffer.allocate(BYTES.capacity()).put(0, BYTES, 0, BYTES.capacity());

    private FuzzSpanFile() {}

    private static Path soundFile() {
        try {
            final Path folder = Files.createTempDirectory("fuzz");
            final Path copy = folder.resolve("copy");
            final Harness<DiscardSink> harness = Harness.driven(
                    Harness.config().with(TracerConfig.FILE, folder.toString()).with(TracerConfig.RECORDS, 256),
                    DiscardSink::new);
            final List<Span> open = new ArrayList<>();
            record(harness.tracer, open);
            Files.copy(harness.tracer.file().path(), copy);
            open.forEach(Span::end);
            harness.close();
            for (Path path : List.of(copy, folder)) {
                path.toFile().deleteOnExit();
            }
            return copy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void record(Tracer tracer, List<Span> open) {
        for (int i = 0; i < SPANS; i++) {
            final Span ended = tracer.startDetached(Harness.WORK, io.kraken.tracer.SpanKind.CLIENT);
            ended.set(TEXT, "x".repeat(i * 100)).event("event").set(TEXT, "y");
            open.add(tracer.startDetached(Harness.WORK, io.kraken.tracer.SpanKind.SERVER)
                    .set(TEXT, "z".repeat(i * 300)));
            open.get(i).link(ended);
            ended.end();
        }
    }

    private static ByteBuffer map(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Overwrites the bytes, or restores them. */
    private static void change(byte[] data, boolean right) {
        int at = 0;
        for (int i = 0; i < MOST && data.length - at > HEAD; i++) {
            final int where = (data[at] & 0x7F) << 16 | (data[at + 1] & 0xFF) << 8 | data[at + 2] & 0xFF;
            final int offset = where % (data[at] < 0 ? FIRST : BYTES.capacity());
            final int length =
                    Math.min(Math.min(data[at + 3] & 0xFF, data.length - at - HEAD), BYTES.capacity() - offset);
            if (right) {
                BYTES.put(offset, SOUND, offset, length);
            } else {
                BYTES.put(offset, data, at + HEAD, length);
            }
            at += HEAD + length;
        }
    }

    public static void fuzzerTestOneInput(byte[] data) {
        change(data, false);
        try {
            look();
        } finally {
            change(data, true);
        }
    }

    private static void look() {
        final SpanFileReader file;
        try {
            file = SpanFileReader.open(FILE);
        } catch (IOException expected) {
            assertNotNull(expected.getMessage());
            return;
        }
        final int[] spans = new int[1];
        final FileSpans.Found found = FileSpans.read(file, FileSpans.Traces.ALL, span -> spans[0]++);
        assertTrue(found.malformed() >= 0 && found.ended() + found.open() == spans[0]);
        assertTrue(file.recordsInUse() >= 0 && file.recordsInUse() <= 1);
        assertNotNull(file.ledger().toString());
        final SymbolTable symbols = file.symbols();
        for (int id = 0; id < Math.min(SYMBOLS, symbols.idLimit()); id++) {
            symbols.text(id);
        }
        file.isClosed();
    }
}
