package io.kraken.tracer.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of every access kind, tested with the kind in force; the build runs it with each. */
class MemoryTest {

    private static final int SIZE = 512;
    private static final byte GUARD = 0x5A;

    private final ByteBuffer buffer = ByteBuffer.allocateDirect(SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private final Memory memory = Memory.of(buffer);

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 0x0102_0304_0506_0708L})
    void valuesMatchTheBufferAtAnyOffset(long value) {
        for (int offset = 0; offset <= SIZE - Long.BYTES; offset++) {
            fill();
            memory.putLong(memory.address(offset), value);
            assertEquals(value, buffer.getLong(offset));
            assertEquals(value, memory.getLong(memory.address(offset)));
            assertOnlyWritten(offset, Long.BYTES);

            memory.putInt(memory.address(offset), (int) value);
            assertEquals((int) value, buffer.getInt(offset));
            assertEquals((int) value, memory.getInt(memory.address(offset)));
            assertOnlyWritten(offset, Long.BYTES);

            memory.putShort(memory.address(offset), (int) value);
            assertEquals((short) value, buffer.getShort(offset));
            assertEquals(value & 0xFFFF, memory.getShort(memory.address(offset)));

            memory.putByte(memory.address(offset), (int) value);
            assertEquals((byte) value, buffer.get(offset));
            assertEquals((byte) value, memory.getByte(memory.address(offset)));
        }
    }

    @Test
    void narrowValuesDoNotTouchTheirNeighbours() {
        for (int offset = 1; offset < SIZE - Integer.BYTES; offset++) {
            fill();
            memory.putInt(memory.address(offset), -1);
            assertOnlyWritten(offset, Integer.BYTES);
            fill();
            memory.putShort(memory.address(offset), -1);
            assertOnlyWritten(offset, Short.BYTES);
            fill();
            memory.putByte(memory.address(offset), -1);
            assertOnlyWritten(offset, Byte.BYTES);
        }
    }

    @Test
    void bytesAreLittleEndian() {
        memory.putLong(memory.address(3), 0x0807_0605_0403_0201L);
        for (int i = 0; i < Long.BYTES; i++) {
            assertEquals(i + 1, buffer.get(3 + i));
        }
        assertEquals(0x0403_0201, memory.getInt(memory.address(3)));
        assertEquals(0x0201, memory.getShort(memory.address(3)));
        buffer.putShort(3, (short) 0xFEDC);
        assertEquals(0xFEDC, memory.getShort(memory.address(3)), "unsigned");
        assertEquals((byte) 0xDC, memory.getByte(memory.address(3)), "signed");
    }

    @Test
    void orderedValuesMatchTheBuffer() {
        for (int offset = 0; offset < SIZE; offset += Long.BYTES) {
            memory.putLongRelease(memory.address(offset), Long.MIN_VALUE + offset);
            assertEquals(Long.MIN_VALUE + offset, buffer.getLong(offset));
            assertEquals(Long.MIN_VALUE + offset, memory.getLongAcquire(memory.address(offset)));
            memory.putIntRelease(memory.address(offset + Integer.BYTES), -offset);
            assertEquals(-offset, buffer.getInt(offset + Integer.BYTES));
            assertEquals(-offset, memory.getIntAcquire(memory.address(offset + Integer.BYTES)));
        }
    }

    @Test
    void compareAndSetNeedsTheExpectedValue() {
        final int last = SIZE - Long.BYTES;
        memory.putLong(memory.address(last), -7);
        assertFalse(memory.compareAndSetLong(memory.address(last), 7, 1));
        assertEquals(-7, memory.getLong(memory.address(last)));
        assertTrue(memory.compareAndSetLong(memory.address(last), -7, Long.MAX_VALUE));
        assertEquals(Long.MAX_VALUE, buffer.getLong(last));
        assertEquals(Long.MAX_VALUE, memory.getAndAddLong(memory.address(last), 2));
        assertEquals(Long.MIN_VALUE + 1, memory.getLong(memory.address(last)));
    }

    @Test
    void blocksOfAnyLengthAreCopied() {
        final byte[] bytes = new byte[SIZE];
        new Random(1).nextBytes(bytes);
        for (int length = 0; length <= 200; length++) {
            final int offset = 1 + length % 9;
            final int start = length % 5;
            fill();
            memory.putBytes(memory.address(offset), bytes, start, length);
            assertOnlyWritten(offset, length);
            final byte[] found = new byte[length + 2];
            memory.getBytes(memory.address(offset), found, 1, length);
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, start, start + length), Arrays.copyOfRange(found, 1, length + 1));
            assertEquals(0, found[0] | found[length + 1]);
        }
    }

    @Test
    void copiesMayOverlap() {
        final byte[] bytes = new byte[SIZE];
        new Random(2).nextBytes(bytes);
        for (int length : new int[] {0, 1, 7, 8, 63, 200}) {
            for (int distance : new int[] {-100, -8, -3, -1, 0, 1, 3, 8, 100, 200}) {
                buffer.put(0, bytes);
                memory.copy(memory.address(101), memory.address(101 + distance), length);
                final byte[] expected = bytes.clone();
                System.arraycopy(bytes, 101, expected, 101 + distance, length);
                final byte[] found = new byte[SIZE];
                memory.getBytes(memory.address(0), found, 0, SIZE);
                assertArrayEquals(expected, found, () -> length + " bytes by " + distance);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, SIZE, SIZE + 1, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void offsetOutsideThrowsWithAssertions(int offset) {
        assertOutside(() -> memory.getByte(memory.address(offset)));
        assertOutside(() -> memory.putByte(memory.address(offset), 1));
        assertOutside(() -> memory.getLong(memory.address(offset)));
        assertOutside(() -> memory.putLong(memory.address(offset), 1));
        assertOutside(() -> memory.getLongAcquire(memory.address(offset & -Long.BYTES)));
        assertOutside(() -> memory.putIntRelease(memory.address(offset & -Long.BYTES), 1));
        assertOutside(() -> memory.compareAndSetLong(memory.address(offset & -Long.BYTES), 0, 1));
        assertOutside(() -> memory.getAndAddLong(memory.address(offset & -Long.BYTES), 1));
        assertOutside(() -> memory.putBytes(memory.address(offset), new byte[70], 0, 70));
        assertOutside(() -> memory.getBytes(memory.address(offset), new byte[9], 0, 9));
        assertOutside(() -> memory.copy(memory.address(offset), memory.address(0), 1));
        assertOutside(() -> memory.copy(memory.address(0), memory.address(offset), 1));
    }

    @Test
    void valueBeyondTheEndThrowsWithAssertions() {
        assertOutside(() -> memory.getLong(memory.address(SIZE - Long.BYTES + 1)));
        assertOutside(() -> memory.putLong(memory.address(SIZE - Long.BYTES + 1), 1));
        assertOutside(() -> memory.getInt(memory.address(SIZE - Integer.BYTES + 1)));
        assertOutside(() -> memory.putInt(memory.address(SIZE - Integer.BYTES + 1), 1));
        assertOutside(() -> memory.getShort(memory.address(SIZE - 1)));
        assertOutside(() -> memory.putShort(memory.address(SIZE - 1), 1));
        assertOutside(() -> memory.putBytes(memory.address(SIZE - 9), new byte[10], 0, 10));
        assertOutside(() -> memory.putBytes(memory.address(0), new byte[10], 1, 10));
        assertOutside(() -> memory.putBytes(memory.address(0), new byte[10], 0, -1));
        assertOutside(() -> memory.copy(memory.address(SIZE - 10), memory.address(0), 11));
        memory.putLong(memory.address(SIZE - Long.BYTES), 1);
        memory.putByte(memory.address(SIZE - 1), 1);
    }

    @Test
    void orderedAccessMustBeAligned() {
        assertOutside(() -> memory.getLongAcquire(memory.address(4)));
        assertOutside(() -> memory.putLongRelease(memory.address(1), 0));
        assertOutside(() -> memory.getIntAcquire(memory.address(2)));
        assertOutside(() -> memory.putIntRelease(memory.address(3), 0));
        assertOutside(() -> memory.compareAndSetLong(memory.address(4), 0, 1));
        assertOutside(() -> memory.getAndAddLong(memory.address(4), 1));
    }

    @Test
    void rejectsUnsuitableBuffers() {
        assertSame(buffer, memory.buffer());
        assertEquals(SIZE, memory.capacity());
        final ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        assertRefused(ByteBuffer.allocate(64).order(order));
        assertRefused(ByteBuffer.allocateDirect(64));
        assertRefused(ByteBuffer.allocateDirect(64).order(order).limit(32));
        assertRefused(buffer.slice(4, 64).order(order));
        final Memory part = Memory.of(buffer.slice(64, 64).order(order));
        part.putLong(part.address(8), -5);
        assertEquals(-5, memory.getLong(memory.address(72)));
        assertEquals(64, part.capacity());
    }

    @Test
    void writesBeforeReleaseAreVisibleAfterAcquire() throws InterruptedException {
        final int rounds = 20_000;
        final AtomicInteger torn = new AtomicInteger();
        final Thread reader = new Thread(() -> {
            for (long round = 1; round <= rounds; round++) {
                while (memory.getLongAcquire(memory.address(64)) < round) {
                    Thread.onSpinWait();
                }
                if (memory.getLong(memory.address(131)) != round || memory.getInt(memory.address(7)) != (int) round) {
                    torn.incrementAndGet();
                }
                memory.putIntRelease(memory.address(256), (int) round);
            }
        });
        reader.start();
        for (long round = 1; round <= rounds; round++) {
            memory.putLong(memory.address(131), round);
            memory.putInt(memory.address(7), (int) round);
            memory.putLongRelease(memory.address(64), round);
            while (memory.getIntAcquire(memory.address(256)) < round && reader.isAlive()) {
                Thread.onSpinWait();
            }
        }
        reader.join();
        assertEquals(0, torn.get());
    }

    @Test
    void concurrentAdditionsAreNotLost() throws InterruptedException {
        final int rounds = 50_000;
        final Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int round = 0; round < rounds; round++) {
                    memory.getAndAddLong(memory.address(8), 3);
                    long before;
                    do {
                        before = memory.getLongAcquire(memory.address(16));
                    } while (!memory.compareAndSetLong(memory.address(16), before, before - 1));
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(3L * threads.length * rounds, memory.getLong(memory.address(8)));
        assertEquals(-(long) threads.length * rounds, memory.getLong(memory.address(16)));
    }

    private void fill() {
        for (int i = 0; i < SIZE; i++) {
            buffer.put(i, GUARD);
        }
    }

    private void assertOnlyWritten(int offset, int length) {
        for (int i = 0; i < SIZE; i++) {
            if (i < offset || i >= offset + length) {
                assertEquals(GUARD, buffer.get(i), "written to another address");
            }
        }
    }

    private static void assertOutside(Runnable access) {
        assertThrows(IndexOutOfBoundsException.class, access::run);
    }

    private static void assertRefused(ByteBuffer wrong) {
        assertThrows(IllegalArgumentException.class, () -> Memory.of(wrong));
    }
}
