package io.kraken.tracer.ring.queue;

import io.kraken.tracer.file.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Description of the process that owns a queue, stored in a file next to the queue's files.
 *
 * <pre>
 *   0        8         12       16      20                                              20 + length
 *   +--------+---------+--------+-------+-----------------------------------------------+
 *   | magic  | version | length | CRC   | started, pid, incarnation (2), service, host, |
 *   |        |         |        |       | count of attributes, keys and values          |
 *   +--------+---------+--------+-------+-----------------------------------------------+
 * </pre>
 *
 * Numbers are big-endian; a string is its length in bytes and UTF-8. The CRC-32C covers what follows it.
 *
 * @param startedNs since the epoch
 */
public record QueueDescriptor(
        String service, String host, long pid, long startedNs, Incarnation incarnation, Map<String, String> resource) {

    /** Random id of one start of a process; the span file of the process has the same. */
    public record Incarnation(long high, long low) {}

    public static final int VERSION = 1;

    static final String FILE_NAME = "descriptor";
    static final int MAX_BYTES = 1 << 16;

    private static final String TEMPORARY_NAME = "descriptor.tmp";
    // KTQUEUE and a line end, which a transfer as text would change
    private static final long MAGIC = 0x4b54_5155_4555_450aL;
    private static final int VERSION_OFFSET = Long.BYTES;
    private static final int LENGTH_OFFSET = VERSION_OFFSET + Integer.BYTES;
    private static final int CRC_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    private static final int BODY_OFFSET = CRC_OFFSET + Integer.BYTES;

    public QueueDescriptor {
        resource = Collections.unmodifiableMap(new LinkedHashMap<>(resource));
    }

    /** Encodes the descriptor. Attributes that do not fit are omitted, the last ones first. */
    ByteBuffer encode() {
        final ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);
        bytes.position(BODY_OFFSET);
        bytes.putLong(startedNs).putLong(pid).putLong(incarnation.high()).putLong(incarnation.low());
        put(bytes, service.getBytes(StandardCharsets.UTF_8), MAX_BYTES / 4);
        put(bytes, host.getBytes(StandardCharsets.UTF_8), MAX_BYTES / 4);
        final int countAt = bytes.position();
        bytes.putInt(0);
        int count = 0;
        for (Map.Entry<String, String> attribute : resource.entrySet()) {
            final byte[] key = attribute.getKey().getBytes(StandardCharsets.UTF_8);
            final byte[] value = attribute.getValue().getBytes(StandardCharsets.UTF_8);
            if (key.length + value.length + 2L * Integer.BYTES > bytes.remaining()) {
                break;
            }
            put(bytes, key, key.length);
            put(bytes, value, value.length);
            count++;
        }
        bytes.putInt(countAt, count);
        final int length = bytes.position() - BODY_OFFSET;
        bytes.putLong(0, MAGIC).putInt(VERSION_OFFSET, VERSION).putInt(LENGTH_OFFSET, length);
        return bytes.putInt(CRC_OFFSET, crc(bytes, length)).flip();
    }

    private static void put(ByteBuffer bytes, byte[] text, int most) {
        int length = Math.min(text.length, most);
        while (length < text.length && length > 0 && (text[length] & 0xc0) == 0x80) {
            length--; // never cut inside a character
        }
        bytes.putInt(length).put(text, 0, length);
    }

    private static int crc(ByteBuffer bytes, int length) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.slice(BODY_OFFSET, length));
        return (int) crc.getValue();
    }

    /**
     * Decodes untrusted bytes.
     *
     * @throws QueueException when they are not a descriptor or are damaged
     */
    static QueueDescriptor decode(ByteBuffer bytes) throws QueueException {
        if (bytes.remaining() < BODY_OFFSET || bytes.getLong(0) != MAGIC) {
            throw new QueueException("is not a queue descriptor");
        }
        final int version = bytes.getInt(VERSION_OFFSET);
        if (version != VERSION) {
            throw new QueueException(
                    "is a queue descriptor of version " + version + ", this library supports version " + VERSION);
        }
        final int length = bytes.getInt(LENGTH_OFFSET);
        if (length != bytes.remaining() - BODY_OFFSET || crc(bytes, length) != bytes.getInt(CRC_OFFSET)) {
            throw new QueueException("is damaged");
        }
        try {
            return decodeBody(bytes.slice(BODY_OFFSET, length));
        } catch (java.nio.BufferUnderflowException | CharacterCodingException e) {
            throw new QueueException("is damaged: " + e, e);
        }
    }

    private static QueueDescriptor decodeBody(ByteBuffer body) throws CharacterCodingException {
        final long startedNs = body.getLong();
        final long pid = body.getLong();
        final Incarnation incarnation = new Incarnation(body.getLong(), body.getLong());
        final String service = text(body);
        final String host = text(body);
        final Map<String, String> resource = new LinkedHashMap<>();
        for (int left = body.getInt(); left > 0; left--) {
            resource.put(text(body), text(body));
        }
        return new QueueDescriptor(service, host, pid, startedNs, incarnation, resource);
    }

    private static String text(ByteBuffer body) throws CharacterCodingException {
        final int length = body.getInt();
        if (length < 0 || length > body.remaining()) {
            throw new java.nio.BufferUnderflowException();
        }
        final ByteBuffer bytes = body.slice(body.position(), length);
        body.position(body.position() + length);
        return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    }

    /** Writes the descriptor to a temporary file and renames it, so that no reader sees an incomplete one. */
    void write(Path directory) throws IOException {
        final Path temporary = directory.resolve(TEMPORARY_NAME);
        try (FileChannel file = FileChannel.open(
                temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.file())) {
            final ByteBuffer bytes = encode();
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(temporary, directory.resolve(FILE_NAME), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Reads the descriptor of a queue.
     *
     * @throws IOException when the file can't be read or is invalid; the message names it
     */
    public static QueueDescriptor read(Path directory) throws IOException {
        final Path path = directory.resolve(FILE_NAME);
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new QueueException(path + " is not there");
        }
        final ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES + 1);
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
            while (bytes.hasRemaining() && file.read(bytes) >= 0) {
                // until the whole file is read
            }
        }
        try {
            return decode(bytes.flip());
        } catch (QueueException e) {
            throw new QueueException(path + " " + e.getMessage(), e);
        }
    }
}
