package io.kraken.tracer.bridge.keep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.queues.SpanDocuments;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.queue.BatchReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of each rule, on modified documents of a real service. */
class TailSamplerTest {

    private static final long SLOW = TimeUnit.SECONDS.toNanos(1);
    private static final long REMEMBER = TimeUnit.MINUTES.toNanos(5);
    private static final int ERROR = 2;
    private static final int CHECKSUM_OFFSET = 16;
    private static final int CHECKED_OFFSET = 20;

    @TempDir
    static Path scratch;

    private static ByteBuffer sound;

    @TempDir
    Path own;

    private final BatchReader document = new BatchReader();
    private EnumCounters<KeepCount> counts;
    private ByteBuffer bytes;

    @BeforeAll
    static void write() throws IOException {
        sound = new SpanDocuments(scratch, "agent", 1).all.get(0).bytes();
    }

    /** Makes all records unsampled, short child spans, each in a trace of its own: 1, 2, 3, ... */
    @BeforeEach
    void reset() {
        bytes = ByteBuffer.allocate(sound.limit()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(sound.duplicate()).flip();
        assertTrue(document.wrap(bytes, 0, bytes.limit()));
        for (int record = 0; record < document.count(); record++) {
            final int at = document.offset(record);
            RecordLayout.startTicks(bytes, at, 1_000);
            flags(at, 0);
            RecordLayout.endTicks(bytes, at, 1_001);
            spanIds(at, record + 1, 99);
            traceId(at, 0, record + 1);
        }
    }

    private void flags(int at, int flags) {
        bytes.putShort(at + 1, (short) flags); // bits 8 to 23 of the commit word
    }

    private void spanIds(int at, long spanId, long parentId) {
        bytes.putLong(at + RecordLayout.SPAN_ID_OFFSET, spanId).putLong(at + RecordLayout.PARENT_ID_OFFSET, parentId);
    }

    private void traceId(int at, long high, long low) {
        bytes.putLong(at + RecordLayout.TRACE_ID_HIGH_OFFSET, high).putLong(at + RecordLayout.TRACE_ID_LOW_OFFSET, low);
    }

    private BatchReader sealed() {
        final CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate().position(CHECKED_OFFSET));
        bytes.putInt(CHECKSUM_OFFSET, (int) crc.getValue());
        assertTrue(document.wrap(bytes, 0, bytes.limit()), () -> "refused: " + document.refusal());
        assertEquals(document.count(), Long.bitCount(document.soundRecords()));
        return document;
    }

    private int at(int record) {
        return document.offset(record);
    }

    private TailSampler sampler(boolean errors, long slowNs, double share, int traces) throws IOException {
        return new TailSampler(
                new BridgeConfig.Keep(errors, slowNs, share, traces, REMEMBER), new HostLog(own), () -> 0, 1, 0);
    }

    private TailSampler sampler() throws IOException {
        return sampler(true, SLOW, 0, 10_000);
    }

    /** All kept records, those sampled at the root included. */
    private long choose(TailSampler sampler, BatchReader document, long nowNs) {
        final long sampled = TailSampler.sampled(document);
        sampler.countSampled(Long.bitCount(sampled));
        counts = sampler.counts();
        return sampled | sampler.choose(document, nowNs);
    }

    private void assertKept(long sampled, long ofTrace, long ofShare) {
        assertEquals(sampled, counts.get(KeepCount.SAMPLED), "sampled");
        assertEquals(ofTrace, counts.get(KeepCount.TRACE), "of their trace");
        assertEquals(ofShare, counts.get(KeepCount.SHARE), "of the share");
    }

    @Test
    void keepsSampledSpans() throws IOException {
        flags(at(1), 1);
        assertEquals(0b10, choose(sampler(), sealed(), 0));
        assertKept(1, 0, 0);
    }

    @Test
    void keepsAllSpansOfATraceWithAnError() throws IOException {
        final TailSampler sampler = sampler();
        RecordLayout.status(bytes, at(2), ERROR);
        traceId(at(4), 0, 3);
        traceId(at(5), 7, 3);
        sampler.note(sealed(), 0);
        assertEquals(0b10100, choose(sampler, document, 0));
        assertKept(0, 2, 0);
        assertEquals(1, sampler.noted());
        assertEquals(1, sampler.remembered());
    }

    @Test
    void ignoresErrorsIfSwitchedOff() throws IOException {
        final TailSampler sampler = sampler(false, SLOW, 0, 10_000);
        RecordLayout.status(bytes, at(2), ERROR);
        sampler.note(sealed(), 0);
        assertEquals(0, choose(sampler, document, 0));
    }

    @Test
    void appliesChangedRules() throws IOException {
        final TailSampler sampler = sampler(false, SLOW, 0, 10_000);
        RecordLayout.status(bytes, at(2), ERROR);
        sampler.configure(new BridgeConfig.Keep(true, SLOW, 1, 10_000, REMEMBER));
        sampler.note(sealed(), 0);
        assertEquals(0, choose(sampler, document, 0), "not yet in force");
        sampler.applyRules();
        sampler.note(document, 0);
        assertEquals(1, sampler.noted());
        assertEquals(document.soundRecords(), choose(sampler, document, 0));
    }

    @Test
    void keepsATraceWithASlowRoot() throws IOException {
        final TailSampler sampler = sampler();
        spanIds(at(0), 1, 0);
        RecordLayout.endTicks(bytes, at(0), 1_000 + SLOW);
        spanIds(at(1), 2, 0);
        RecordLayout.endTicks(bytes, at(1), 1_000 + SLOW - 1);
        RecordLayout.endTicks(bytes, at(2), 1_000 + 2 * SLOW); // a child
        traceId(at(3), 0, 1);
        sampler.note(sealed(), 0);
        assertEquals(0b1001, choose(sampler, document, 0));
        assertKept(0, 2, 0);
    }

    @Test
    void ignoresSlowRootsIfSwitchedOff() throws IOException {
        final TailSampler sampler = sampler(true, 0, 0, 10_000);
        spanIds(at(0), 1, 0);
        RecordLayout.endTicks(bytes, at(0), 1_000 + TimeUnit.HOURS.toNanos(1));
        sampler.note(sealed(), 0);
        assertEquals(0, choose(sampler, document, 0));
    }

    @Test
    void keepsAShareOfTraceIdsConsistently() throws IOException {
        final double share = 0.1;
        final Random random = new Random(1);
        final TailSampler sampler = sampler(true, SLOW, share, 10_000);
        final int documents = 3000;
        for (int i = 0; i < documents; i++) {
            // Pairs of records share a trace; the random part of an id is its lower 56 bits.
            for (int record = 0; record + 1 < document.count(); record += 2) {
                final long low = random.nextLong();
                traceId(at(record), random.nextLong(), low);
                traceId(at(record + 1), random.nextLong(), low);
            }
            final long kept = choose(sampler, sealed(), 0);
            assertEquals(kept & 0x55, kept >>> 1 & 0x55);
        }
        final double traces = documents * (document.count() / 2);
        final double sigma = Math.sqrt(traces * share * (1 - share));
        final double kept = counts.get(KeepCount.SHARE) / 2.0;
        assertTrue(Math.abs(kept - traces * share) < 3 * sigma, () -> kept + " of " + traces);
    }

    @Test
    void keepsNoneOrAllWithShareZeroOrOne() throws IOException {
        traceId(at(0), 0, -1);
        traceId(at(1), 1, 0);
        assertEquals(0, choose(sampler(true, SLOW, 0, 10_000), sealed(), 0));
        final long all = (1L << document.count()) - 1;
        assertEquals(all, choose(sampler(true, SLOW, 1, 10_000), document, 0));
        assertKept(0, 0, document.count());
    }

    @Test
    void keepsLateSpansWhileTheTraceIsRemembered() throws IOException {
        final TailSampler sampler = sampler();
        RecordLayout.status(bytes, at(0), ERROR);
        sampler.note(sealed(), 0);
        assertEquals(1, choose(sampler, document, REMEMBER));
        // The look-up keeps it.
        assertEquals(1, choose(sampler, document, 2 * REMEMBER));
        assertEquals(0, choose(sampler, document, 5 * REMEMBER));
        assertEquals(0, sampler.forgottenEarly());
    }

    @Test
    void countsTracesForgottenEarly() throws IOException {
        final TailSampler sampler = sampler(true, SLOW, 0, 64);
        long next = 1;
        for (int i = 0; i < 64; i++) {
            for (int record = 0; record < document.count(); record++) {
                RecordLayout.status(bytes, at(record), ERROR);
                traceId(at(record), 0, next++);
            }
            sampler.note(sealed(), 0);
            assertEquals(document.count(), Long.bitCount(choose(sampler, document, 0)));
        }
        assertEquals(next - 1, sampler.noted());
        assertTrue(sampler.remembered() <= 64);
        assertEquals(next - 1, sampler.forgottenEarly() + sampler.remembered());
    }
}
