package io.kraken.tracer.ring.queue;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Documents that contain their number and a checksum. */
final class Documents {

    static final int OVERHEAD = 2 * Integer.BYTES;
    static final int MOST = 5000;

    private Documents() {}

    static int length(int number) {
        return OVERHEAD + number * 31 % MOST;
    }

    static long append(QueueAppender appender, int number) throws QueueException {
        final int length = length(number);
        final ByteBuffer bytes = ByteBuffer.allocateDirect(length + 3);
        return append(appender, bytes, number);
    }

    static long append(QueueAppender appender, ByteBuffer bytes, int number) throws QueueException {
        final int length = length(number);
        bytes.putInt(3, number);
        for (int i = OVERHEAD; i < length; i++) {
            bytes.put(3 + i, (byte) (number + i));
        }
        bytes.putInt(3 + Integer.BYTES, crc(bytes, 3, length));
        return appender.append(bytes, 3, length);
    }

    private static int crc(ByteBuffer bytes, int offset, int length) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.slice(offset, Integer.BYTES));
        crc.update(bytes.slice(offset + OVERHEAD, length - OVERHEAD));
        return (int) crc.getValue();
    }

    /** The number of the next document; 0 when there is none, -1 when it is damaged. */
    static int read(QueueTailer tailer, ByteBuffer into) throws QueueException {
        final int length = tailer.read(into);
        if (length == 0) {
            return 0;
        }
        if (length < OVERHEAD || into.getInt(Integer.BYTES) != crc(into, 0, length)) {
            return -1;
        }
        return into.getInt(0);
    }
}
