package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.CapturingSink;
import io.kraken.tracer.Key;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading spans, through another mapping, while they are written, grow, shrink, end and are taken. */
class LiveReaderTest {

    private static final SpanName NAME = SpanName.of("live.span");
    private static final Key.LongKey LETTER = Key.ofLong("live.letter");
    private static final Key.StringKey TEXT = Key.ofString("live.text");
    private static final int LETTERS = 26;

    @TempDir
    Path directory;

    /** All texts of a span consist of the letter that it sets first, and each contains only one letter. */
    private static void assertWhole(ByteBuffer record, int length, SpanKind kind) {
        assertEquals(kind.ordinal() + 1, RecordLayout.kind(record, 0));
        final EntryCursor entries = new EntryCursor().wrap(record, RecordLayout.HEADER_LENGTH, length);
        long letter = -1;
        while (entries.next()) {
            if (entries.type() == EntryLayout.LONG) {
                assertTrue(letter == -1 || letter == entries.longValue());
                letter = entries.longValue();
            } else {
                for (int at = entries.valueOffset(); at < entries.endOffset(); at++) {
                    assertEquals('a' + letter, record.get(at));
                }
            }
        }
        assertTrue(!entries.malformed());
    }

    private static void write(Span span, int number, int rounds) {
        final int letter = number % LETTERS;
        span.set(LETTER, letter);
        for (int i = 0; i < rounds; i++) {
            span.set(TEXT, Character.toString('a' + letter).repeat(1 + (number * 31 + i * 17) % 120));
        }
        span.end();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40}) // within a record; in parts, with compactions
    void readsSpansCompletelyOrNotAtAll(int rounds) throws Exception {
        final CapturingSink sink = new CapturingSink().keeping(false);
        final Tracer tracer = Tracer.create(
                new TracerConfig()
                        .with(TracerConfig.FILE, directory.toString())
                        .with(TracerConfig.RECORDS, 256)
                        .with(TracerConfig.MAX_ATTRIBUTES, 16)
                        .with(TracerConfig.SHUTDOWN_HOOK, false),
                sink);
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Thread[] writers = new Thread[2];
        for (int i = 0; i < writers.length; i++) {
            final boolean detached = i == 0;
            writers[i] = new Thread(() -> {
                try {
                    for (int n = 0; !done.get(); n++) {
                        write(
                                detached
                                        ? tracer.startDetached(NAME, SpanKind.CLIENT)
                                        : tracer.start(NAME, SpanKind.CLIENT),
                                n,
                                rounds);
                        if (n % 50 == 0) {
                            sink.accepted();
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            writers[i].start();
        }
        final SpanFileReader reader = SpanFileReader.open(tracer.file().path());
        long open = 0;
        long ended = 0;
        final long deadline = System.nanoTime() + 20_000_000_000L;
        for (int i = 0; (i < 2_000 || open < 500 || ended < 500) && System.nanoTime() - deadline < 0; i++) {
            open += reader.open((number, record, length) -> assertWhole(record, length, SpanKind.CLIENT))
                    .records();
            ended += reader.ended((number, record, length) -> assertWhole(record, length, SpanKind.CLIENT))
                    .records();
        }
        done.set(true);
        for (Thread writer : writers) {
            writer.join();
        }
        assertEquals(null, failure.get());
        assertTrue(open >= 500 && ended >= 500, open + " open and " + ended + " ended ones were seen");
        assertEquals(0, tracer.ledger().lost());
        assertEquals(0, tracer.ledger().open());
        assertEquals(
                tracer.ledger().started(), sink.accepted() + tracer.ledger().dropped());
        tracer.close();
    }

    @Test
    void ledgerReadFromOutsideBalances() throws Exception {
        final CapturingSink sink = new CapturingSink();
        final Tracer tracer = Tracer.create(
                new TracerConfig()
                        .with(TracerConfig.FILE, directory.toString())
                        .with(TracerConfig.RECORDS, 256)
                        .with(TracerConfig.SHUTDOWN_HOOK, false),
                sink);
        sink.taking(false);
        final Span left = tracer.startDetached(NAME, SpanKind.SERVER).set(TEXT, "x".repeat(1_000));
        for (int i = 0; i < 3; i++) {
            tracer.start(NAME).set(TEXT, "x".repeat(1_000)).end();
        }
        final SpanFileReader reader = SpanFileReader.open(tracer.file().path());
        assertEquals(
                "ledger started=4 ended=3 unrecorded=0 published=3 shipped=0 rejected=0 dropped=0 open=1 lost=0"
                        + " buffered=3 not_kept=0",
                reader.ledger().toString());
        assertEquals((4 + 4 * 4) / 256.0, reader.recordsInUse());
        sink.taking(true);
        assertEquals(3, sink.accepted());
        assertEquals(5 / 256.0, reader.recordsInUse());
        left.end();
        assertEquals(4, sink.accepted());
        assertEquals(
                "ledger started=4 ended=4 unrecorded=0 published=4 shipped=4 rejected=0 dropped=0 open=0 lost=0"
                        + " buffered=0 not_kept=0",
                reader.ledger().toString());
        assertEquals(0, reader.recordsInUse());
        tracer.close();
    }
}
