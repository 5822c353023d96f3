package io.kraken.tracer.bridge.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Index files with valid magic numbers and checksums: a search ends, and a writer resumes. */
public final class FuzzTraceIndex {

    private static final Path FILE = newFile();
    private static final IndexScratch SCRATCH = new IndexScratch();
    private static final int NEXT = 1 << 20;

    private FuzzTraceIndex() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        makeValid(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN));
        Files.write(FILE, data);
        final int covered;
        try (TraceIndexFile index = new TraceIndexFile()) {
            assertTrue(index.open(FILE));
            covered = index.coveredSequence();
            for (int i = 0; i < 4; i++) {
                index.find(i, data.length, sequence -> assertTrue(index.isCovered(sequence)));
            }
        }
        resume(covered);
    }

    private static void resume(int covered) {
        if (covered >= NEXT) {
            return; // a forged index may leave no number for a document
        }
        try (TraceIndexWriter writer = new TraceIndexWriter(SCRATCH);
                TraceIndexFile index = new TraceIndexFile()) {
            assertEquals(covered + 1, writer.begin(FILE, 0));
            if (writer.beginDocument(NEXT)) { // it was not sealed
                writer.addTrace(1, 2);
                assertTrue(writer.flush());
                final List<Integer> found = new ArrayList<>();
                assertTrue(index.open(FILE));
                assertEquals(NEXT, index.coveredSequence());
                assertTrue(!index.find(1, 2, found::add) || found.contains(NEXT));
            }
            writer.seal();
            TraceIndexMerge.merge(FILE, SCRATCH);
        }
    }

    /** Treats the input as segments, of which every second or so becomes valid. */
    private static void makeValid(ByteBuffer bytes) {
        final CRC32C crc = new CRC32C();
        int at = 0;
        while (bytes.limit() - at >= TraceIndexLayout.HEADER_LENGTH && bytes.get(at) % 4 != 0) {
            final int room = bytes.limit() - at - TraceIndexLayout.HEADER_LENGTH;
            final int pairs = (bytes.getShort(at) & 0x7ff) % (1 + Math.max(0, room / Long.BYTES - 8));
            final int first = bytes.getShort(at + 2) & 0x7fff;
            TraceIndexLayout.header(bytes, at, bytes.get(at + 4) & 1, first, first + bytes.getShort(at + 5), pairs);
            crc.reset();
            crc.update(bytes.array(), at, TraceIndexLayout.HEADER_CHECKSUM_OFFSET);
            final int checksum = (int) crc.getValue();
            bytes.putInt(at + TraceIndexLayout.HEADER_CHECKSUM_OFFSET, checksum);
            for (int block = 0; block < TraceIndexLayout.blocks(pairs); block++) {
                final int length = TraceIndexLayout.blockLength(TraceIndexLayout.pairsOfBlock(pairs, block));
                final int from = at + (int) TraceIndexLayout.blockOffset(block);
                if (from + length > bytes.limit()) {
                    return;
                }
                TraceIndexLayout.blockChecksumAndNumber(bytes, from, checksum, block);
                crc.reset();
                crc.update(bytes.array(), from, length);
                TraceIndexLayout.blockChecksumAndNumber(bytes, from, (int) crc.getValue(), block);
            }
            at += (int) TraceIndexLayout.segmentLength(pairs);
        }
    }

    private static Path newFile() {
        try {
            final Path file = Files.createTempFile("fuzz", "");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
