package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.RandomDocuments;
import io.kraken.tracer.ring.otlp.DocumentEncoder;
import io.kraken.tracer.ring.view.SpanDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Fuzz targets for the readers of a queue's bytes: classes with one static method, which throws when it finds a defect.
 */
public final class ExportFuzzTargets {

    private ExportFuzzTargets() {}

    private static ByteBuffer exact(byte[] data, ByteOrder order) {
        return ByteBuffer.allocateDirect(data.length).order(order).put(0, data);
    }

    private static int crc(ByteBuffer bytes, int from) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, bytes.capacity() - from));
        return (int) crc.getValue();
    }

    /** A document with a valid checksum; malformed ones must be rejected with a reason. */
    public static final class Document {
        private static final DocumentEncoder ENCODER = new DocumentEncoder();
        private static final ByteBuffer OUT = ENCODER.newBuffer(8 << 20);

        private Document() {}

        public static void fuzzerTestOneInput(byte[] data) {
            final ByteBuffer bytes = exact(data, ByteOrder.LITTLE_ENDIAN);
            if (data.length >= BatchLayout.HEADER_LENGTH && data[0] != 0) {
                BatchLayout.magicAndVersion(bytes, 0);
                BatchLayout.lengthAndChecksum(bytes, 0, data.length, 0);
                BatchLayout.lengthAndChecksum(bytes, 0, data.length, crc(bytes, BatchLayout.CHECKED_OFFSET));
            }
            final BatchReader reader = new BatchReader();
            if (!reader.wrap(bytes, 0, data.length)) {
                assertNotNull(reader.refusal());
                return;
            }
            ENCODER.begin(OUT);
            assertEquals(0, ENCODER.add(reader, -1L));
            assertEquals(
                    reader.count() - Long.bitCount(ENCODER.malformed()),
                    SpanDecoder.decode(reader).size(),
                    "encoder and decoder disagree about malformed records");
            ENCODER.finish();
        }
    }

    /** A record of arbitrary bytes, with the symbols of a valid document. */
    public static final class Spans {
        private static final SpanDecoder DECODER = decoder();

        private Spans() {}

        private static SpanDecoder decoder() {
            final byte[] document = RandomDocuments.of(7, 1).get(0);
            final BatchReader reader = new BatchReader();
            assertTrue(reader.wrap(exact(document, ByteOrder.LITTLE_ENDIAN), 0, document.length));
            return SpanDecoder.of(reader);
        }

        public static void fuzzerTestOneInput(byte[] data) {
            DECODER.decode(exact(data, ByteOrder.LITTLE_ENDIAN), 0, data.length);
        }
    }

    /** A descriptor with a valid checksum. */
    public static final class Descriptor {
        private static final int HEADER = 20;

        private Descriptor() {}

        public static void fuzzerTestOneInput(byte[] data) {
            final ByteBuffer bytes = exact(data, ByteOrder.BIG_ENDIAN);
            if (data.length >= HEADER && data[0] != 0) {
                bytes.putLong(0, 0x4b54_5155_4555_450aL).putInt(8, QueueDescriptor.VERSION);
                bytes.putInt(12, data.length - HEADER).putInt(16, crc(bytes, HEADER));
            }
            try {
                assertNotNull(QueueDescriptor.decode(bytes).service());
            } catch (QueueException expected) {
                assertNotNull(expected.getMessage());
            }
        }
    }
}
