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
 * Replaces an index file by one with as few segments as possible: successive segments are merged as long as no document
 * between them is uncovered and their pairs fit into one.
 */
final class SegmentMerge {

    private static final String TEMPORARY = ".tmp";

    private SegmentMerge() {}

    /**
     * Merges a file, which is complete at all times: the new one is renamed.
     *
     * @param last whether the queue file has no further documents
     * @throws IOException if it fails, or the file is damaged: it is left as it is
     */
    static void merge(Path file, FileChannel channel, boolean last, IndexScratch scratch) throws IOException {
        final Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
        Files.deleteIfExists(temporary);
        try {
            try (FileChannel out = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    OwnerOnly.file())) {
                copy(channel, out, last, scratch);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
    }

    private static void copy(FileChannel from, FileChannel to, boolean last, IndexScratch scratch) throws IOException {
        final SegmentReader reader = scratch.reader;
        reader.open(from);
        if (reader.isDamaged() || reader.end() != from.size()) {
            throw new IOException("a header is damaged");
        }
        final SegmentOutput out = new SegmentOutput(to, 0, scratch);
        for (int segment = 0; segment < reader.segments(); ) {
            final int begin = segment;
            int pairs = 0;
            do {
                pairs += reader.pairs(segment++);
            } while (segment < reader.segments() && isMergeable(reader, segment, pairs));
            load(reader, begin, segment, scratch.pairs(pairs));
            final boolean sealed = last && segment == reader.segments();
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
