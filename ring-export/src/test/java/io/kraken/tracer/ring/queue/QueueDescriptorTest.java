package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QueueDescriptorTest {

    private static final QueueDescriptor DESCRIPTOR = descriptor("größe", Map.of("a", "1", "b", ""));

    @TempDir
    Path directory;

    private static QueueDescriptor descriptor(String service, Map<String, String> resource) {
        return new QueueDescriptor(service, "host", 42, 17, new QueueDescriptor.Incarnation(-1, 2), resource);
    }

    @Test
    void readsWhatWasWritten() throws IOException {
        DESCRIPTOR.write(directory);
        assertEquals(DESCRIPTOR, QueueDescriptor.read(directory));
        try (var files = Files.list(directory)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void cutsTooLongTexts() throws IOException {
        final Map<String, String> resource = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            resource.put("key" + i, "v".repeat(1000));
        }
        final QueueDescriptor read =
                QueueDescriptor.decode(descriptor("ü".repeat(40_000), resource).encode());
        assertTrue(read.service().matches("ü{8000,}"), read.service());
        assertTrue(read.resource().size() > 30 && read.resource().size() < 60);
        assertEquals("v".repeat(1000), read.resource().get("key0"));
    }

    @Test
    void detectsEveryDamagedByte() {
        final byte[] sound = bytes();
        for (int at = 0; at < sound.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                final byte[] damaged = sound.clone();
                damaged[at] ^= (byte) (1 << bit);
                assertThrows(QueueException.class, () -> QueueDescriptor.decode(ByteBuffer.wrap(damaged)));
            }
            final int length = at;
            assertThrows(
                    QueueException.class,
                    () -> QueueDescriptor.decode(
                            ByteBuffer.wrap(sound, 0, length).slice()));
        }
    }

    /** Bytes with a valid checksum but arbitrary contents. */
    @Test
    void readsOrRejectsForgedBytes() {
        final Random random = new Random(5);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            final ByteBuffer forged = ByteBuffer.wrap(bytes());
            for (int damage = 0; damage <= random.nextInt(4); damage++) {
                final int at = 20 + random.nextInt(forged.capacity() - 24);
                forged.putInt(at, random.nextBoolean() ? random.nextInt() : random.nextInt(50) - 2);
            }
            final CRC32C crc = new CRC32C();
            crc.update(forged.slice(20, forged.capacity() - 20));
            forged.putInt(16, (int) crc.getValue());
            try {
                QueueDescriptor.decode(forged);
            } catch (QueueException e) {
                refused++;
            }
        }
        assertTrue(refused > 100 && refused < 5000);
    }

    @Test
    void namesFileThatIsNotADescriptor() throws IOException {
        final Path file = directory.resolve(QueueDescriptor.FILE_NAME);
        assertNamed(file);
        Files.createFile(file);
        assertNamed(file);
        Files.write(file, new byte[1 << 20]);
        assertNamed(file);
        Files.delete(file);
        Files.createDirectory(file);
        assertNamed(file);
    }

    private void assertNamed(Path file) {
        final IOException refused = assertThrows(IOException.class, () -> QueueDescriptor.read(directory));
        assertTrue(refused.getMessage().contains(file.toString()), refused::getMessage);
    }

    private static byte[] bytes() {
        final ByteBuffer bytes = DESCRIPTOR.encode();
        final byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }
}
