package io.kraken.tracer.bridge.index;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * The replacement of an index file by one with as few segments as possible, so that a search needs few reads.
 * Successive segments are merged as long as no document between them is uncovered and their pairs fit into one. The
 * file is complete at all times: the new one is written under another name and renamed. A merge is not urgent, so that
 * it can run on another thread than the writer, with buffers of its own.
 */
public final class TraceIndexMerge {

    private static final String TEMPORARY = ".tmp";

    private TraceIndexMerge() {}

    /**
     * Merges a file that no {@link TraceIndexWriter} has open. Never throws.
     *
     * @return false if it failed, or the file is damaged or missing: it is left as it is
     */
    public static boolean merge(Path file, IndexScratch scratch) {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) { // opening another kind may block
            return false;
        }
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            final SegmentReader reader = scratch.reader;
            reader.open(from);
            if (reader.isDamaged() || reader.end() != from.size()) {
                return false;
            }
            if (isWorthwhile(reader)) {
                replace(file, reader, scratch);
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isWorthwhile(SegmentReader reader) {
        for (int segment = 1; segment < reader.segments(); segment++) {
            if (isMergeable(reader, segment, reader.pairs(segment - 1))) {
                return true;
            }
        }
        return false;
    }

    private static void replace(Path file, SegmentReader reader, IndexScratch scratch) throws IOException {
        final Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
        Files.deleteIfExists(temporary);
        try {
            try (FileChannel out = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    OwnerOnly.file())) {
                copy(reader, new SegmentOutput(out, 0, scratch), scratch);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static void copy(SegmentReader reader, SegmentOutput out, IndexScratch scratch) throws IOException {
        for (int segment = 0; segment < reader.segments(); ) {
            final int begin = segment;
            int pairs = 0;
            do {
                pairs += reader.pairs(segment++);
            } while (segment < reader.segments() && isMergeable(reader, segment, pairs));
            load(reader, begin, segment, scratch.pairs(pairs));
            final boolean sealed = reader.isSealed() && segment == reader.segments();
            out.write(reader.first(begin), reader.last(segment - 1), sealed, scratch.sorted(pairs), pairs);
        }
    }

    private static boolean isMergeable(SegmentReader reader, int segment, int pairs) {
        return reader.first(segment) == reader.last(segment - 1) + 1
                && reader.pairs(segment) <= TraceIndexLayout.MAX_PAIRS - pairs;
    }

    private static void load(SegmentReader reader, int from, int to, long[] pairs) throws IOException {
        int count = 0;
        for (int segment = from; segment < to; segment++) {
            for (int block = 0; block < reader.blocks(segment); block++) {
                if (!reader.read(segment, block)) {
                    throw new IOException("a block is damaged");
                }
                reader.copyTo(pairs, count);
                count += reader.pairsRead();
            }
        }
    }
}
