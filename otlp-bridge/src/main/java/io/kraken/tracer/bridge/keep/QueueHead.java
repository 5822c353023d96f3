package io.kraken.tracer.bridge.keep;

import io.kraken.tracer.bridge.index.TraceIndexWriter;
import io.kraken.tracer.bridge.log.Decision;
import io.kraken.tracer.bridge.log.DecisionCursor;
import io.kraken.tracer.bridge.log.DecisionFile;
import io.kraken.tracer.bridge.log.HostLog;
import io.kraken.tracer.bridge.log.LogEnd;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.QueueCursor;
import io.kraken.tracer.bridge.queues.ReadCount;
import io.kraken.tracer.bridge.queues.SilenceBackoff;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.DocumentFile;
import io.kraken.tracer.ring.queue.QueueException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The head of one queue: reads its documents, enters each into the log, and makes the decision about it when it is due.
 * What is in the log is not read again after a restart, and decisions that were made are never changed. While the log
 * cannot be written, nothing more is read. Single-threaded.
 */
final class QueueHead implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(QueueHead.class);

    /** Maximum number of documents read or decided before the next queue. */
    private static final int BURST = 256;

    private static final long INDEX_FLUSH_NS = TimeUnit.SECONDS.toNanos(1);

    /** Maximum interval between two polls of a silent queue: adds to the time until its next span is shipped. */
    private static final long LONGEST_POLL_NS = TimeUnit.MILLISECONDS.toNanos(250);

    /** Interval at which is checked whether a decision is due. */
    private static final long DECISION_POLL_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final HostQueue queue;
    private final BridgeConfig config;
    private final HostLog log;
    private final TailSampler sampler;
    private final EpochNanoClock timeOfDay;
    private final Workspace workspace;
    private final TraceIndexes indexes;
    private final TraceIndexWriter index;
    private final LateSpans late;
    private final QueueCursor cursor;
    private final DecisionDelay delay;
    /** Of the document read last. */
    private final Decision entered = new Decision();
    /** Of the document about which the decision is made. */
    private final Decision decision = new Decision();

    /** Of the decisions that are not made yet; null until the log has been opened. */
    private DecisionCursor undecided;
    /** Of the cycle that is being read. */
    private DecisionFile file;
    /** The documents of the cycle of the last decision; opened when one is needed. */
    private DocumentFile documents;

    private int documentCycle;

    private int indexedCycle = HostQueue.NO_CYCLE;
    private long indexFlushedNs;
    /** Index of the last document in the log; the cursor may have skipped invalid ones after it. */
    private long recorded = HostQueue.NOTHING;
    /** Whether the document read last is not in the log yet. */
    private boolean unrecorded;

    private boolean failing;

    private final SilenceBackoff polls = new SilenceBackoff(0, LONGEST_POLL_NS);

    /** Whether the end of the queue has been reached at least once. */
    private boolean reachedEnd;
    /** All documents that were in the queue at this time have been read. */
    private long completeNs;

    /** Buffers that all heads share. */
    static final class Workspace {
        private final BatchReader document = new BatchReader();
        private final ByteBuffer bytes = ByteBuffer.allocateDirect(QueueCursor.mostBytes());

        BatchReader document() {
            return document;
        }

        /** Reads the document of a decision once more; false when that is not possible. */
        boolean read(DocumentFile documents, Decision decision) {
            try {
                if (documents == null) {
                    return false;
                }
                documents.read(decision.position, decision.length, bytes);
                return document.wrap(bytes, 0, decision.length);
            } catch (QueueException e) {
                LOG.debug("cannot read a document", e);
                return false;
            }
        }
    }

    /** What all heads share. */
    record Shared(Workspace workspace, TraceIndexes indexes) {}

    QueueHead(
            HostQueue queue,
            BridgeConfig config,
            HostLog log,
            TailSampler sampler,
            EpochNanoClock timeOfDay,
            Shared shared) {
        this.queue = queue;
        this.config = config;
        this.log = log;
        this.sampler = sampler;
        this.timeOfDay = timeOfDay;
        workspace = shared.workspace;
        indexes = shared.indexes;
        index = indexes.newWriter();
        late = new LateSpans(queue, log);
        cursor = new QueueCursor(queue, queue.counts(), config.stallNs());
        delay = new DecisionDelay(config.decisionDelayNs());
    }

    HostQueue queue() {
        return queue;
    }

    LateSpans late() {
        return late;
    }

    boolean hasReachedEnd() {
        return reachedEnd;
    }

    long completeNs() {
        return completeNs;
    }

    // --- what is in the log already

    private void open(long nowNs) throws IOException {
        final Path directory = log.makeDirectory(queue.name());
        final DecisionCursor opened = DecisionCursor.writer(directory);
        final LogEnd end = LogEnd.of(directory);
        if (end.isPresent()) {
            cursor.startAfter(end.index(), end.number());
            delay.seen(end.index(), nowNs + config.decisionDelayNs());
            opened.startAfter(end.decided());
            queue.seen(end.index());
            queue.decided(end.decided());
        }
        late.open();
        undecided = opened;
    }

    // --- reading

    /** Whether the queue is to be read. One whose process has ended is read without pauses. */
    boolean isDue(long nowNs) {
        return !queue.isHeadDone() && (polls.isDue(nowNs) || queue.isDead());
    }

    /** The time until the queue is to be read, or a decision may be due. */
    long dueInNs(long nowNs) {
        final boolean isDecided = queue.limit(HostQueue.Stream.KEPT) == queue.limit(HostQueue.Stream.SAMPLED);
        if (queue.isHeadDone()) {
            return Long.MAX_VALUE;
        }
        final long pauseNs = queue.isDead() || !isDecided ? DECISION_POLL_NS : Long.MAX_VALUE;
        return Math.min(pauseNs, polls.dueInNs(nowNs));
    }

    /** Reads the next documents; returns their number. */
    int read(long nowNs) {
        int read = 0;
        try {
            if (undecided == null) {
                open(nowNs);
            }
            read = readBurst(nowNs);
            failing = false;
        } catch (IOException e) {
            failed(e);
        }
        polls.checked(read > 0 || failing, nowNs);
        holdFiles();
        return read;
    }

    private int readBurst(long nowNs) throws IOException {
        final boolean wasDead = queue.isDead();
        int read = 0;
        if (unrecorded) {
            record(nowNs);
            read++;
        }
        while (read < BURST && cursor.next(workspace.document, workspace.bytes, nowNs)) {
            enter(workspace.document);
            index(workspace.document);
            sampler.note(workspace.document, nowNs);
            record(nowNs);
            read++;
        }
        if (file != null && recorded != queue.limit(HostQueue.Stream.SAMPLED)) {
            file.flush();
            queue.seen(recorded);
        }
        flushIndex(nowNs);
        if (read < BURST) {
            reachedEnd = true;
            completeNs = nowNs;
            finishWhenDead(wasDead);
        }
        return read;
    }

    /** Describes the document read last. */
    private void enter(BatchReader document) {
        entered.clear();
        entered.position = cursor.position();
        entered.length = document.length();
        entered.records = document.count();
        entered.malformed = document.count() - Long.bitCount(document.soundRecords());
        entered.number = document.number();
        entered.latestEndNs = document.latestEndNs();
        entered.sampled = TailSampler.sampled(document);
        entered.decided = false;
        sampler.countSampled(Long.bitCount(entered.sampled));
        unrecorded = true;
    }

    private void index(BatchReader document) {
        final int cycle = cursor.cycle();
        if (indexedCycle != cycle) {
            seal();
            indexedCycle = cycle;
            index.begin(log.index(queue.name(), cycle), (int) cursor.index());
        }
        index.add(document, (int) cursor.index());
    }

    /** Ends the index of a queue file that is read completely. */
    private void seal() {
        if (indexedCycle != HostQueue.NO_CYCLE && index.seal()) {
            indexes.sealed(log.index(queue.name(), indexedCycle));
        }
        indexedCycle = HostQueue.NO_CYCLE;
    }

    private void flushIndex(long nowNs) {
        if (nowNs - indexFlushedNs >= INDEX_FLUSH_NS) {
            indexFlushedNs = nowNs;
            index.flush();
        }
    }

    private void record(long nowNs) throws IOException {
        final int cycle = cursor.cycle();
        if (file == null || file.cycle() != cycle) {
            closeFile();
            file = log.write(queue.name(), cycle);
        }
        file.put((int) cursor.index(), entered);
        unrecorded = false;
        recorded = cursor.index();
        queue.count(cycle);
        delay.seen(cursor.index(), nowNs + waitNs());
    }

    /** The rest of the delay; clamped to 0 and the full delay, in case the clock of the process is wrong. */
    private long waitNs() {
        final long age = timeOfDay.nanoTime() - entered.latestEndNs;
        return Math.max(0, Math.min(config.decisionDelayNs(), config.decisionDelayNs() - Math.max(0, age)));
    }

    private void finishWhenDead(boolean wasDead) {
        final long last = queue.limit(HostQueue.Stream.SAMPLED);
        // Not before all decisions are made: the last ones may wait until the other queues are read.
        if (wasDead && cursor.isAtEnd() && !unrecorded && queue.limit(HostQueue.Stream.KEPT) == last) {
            seal();
            queue.finishHead();
            close();
        }
    }

    private void failed(IOException e) {
        if (!failing) {
            LOG.warn(
                    "{}: cannot write the log of its documents, retrying; nothing of it is shipped: {}",
                    queue,
                    e.toString());
        }
        failing = true;
        log.releaseSpare();
        queue.counts().add(ReadCount.FAILURES, 1);
    }

    // --- deciding

    /** Makes the decisions that are due; returns their number. */
    int decide(long completeNs, long nowNs) {
        if (undecided == null || queue.isHeadDone()) {
            return 0;
        }
        final long due = Math.min(delay.passed(completeNs), queue.limit(HostQueue.Stream.SAMPLED));
        int made = 0;
        try {
            while (made < BURST && undecided.next(due, decision)) {
                if (!decision.decided) {
                    decision.kept = choose(nowNs);
                    decision.decided = true;
                    undecided.rewrite(decision);
                }
                made++;
            }
            undecided.flush();
            if (undecided.place() != queue.limit(HostQueue.Stream.KEPT)) {
                queue.decided(undecided.place());
            }
            if (made < BURST) {
                undecided.rest();
                closeDocuments();
            }
        } catch (IOException e) {
            failed(e);
            restart();
        }
        holdFiles();
        return made;
    }

    /** Continues after the last decision that others know of. */
    private void restart() {
        try {
            undecided.startAfter(queue.limit(HostQueue.Stream.KEPT));
        } catch (IOException e) {
            LOG.debug("{}: cannot close the log", queue, e);
        }
    }

    private long choose(long nowNs) throws IOException {
        if (decision.unsampled() <= 0 || !sampler.keepsUnsampled()) {
            return 0;
        }
        final int cycle = CycleFiles.cycleOf(undecided.place());
        if (documents == null || documentCycle != cycle) {
            closeDocuments();
            documents = DocumentFile.open(queue.directory(), cycle);
            documentCycle = cycle;
        }
        if (workspace.read(documents, decision)) {
            return sampler.choose(workspace.document, nowNs);
        }
        queue.markDamaged();
        LOG.warn(
                "{}: the document at index {} cannot be read any more; only its sampled spans are kept",
                queue,
                Long.toHexString(undecided.place()));
        return 0;
    }

    // --- files

    private void holdFiles() {
        final long decided = queue.limit(HostQueue.Stream.KEPT);
        final int deciding = decided == HostQueue.NOTHING ? HostQueue.NO_CYCLE : CycleFiles.cycleOf(decided);
        final boolean allDecided = decided == queue.limit(HostQueue.Stream.SAMPLED);
        queue.headAt(allDecided ? cursor.cycle() : Math.min(deciding, cursor.cycle()));
    }

    private void closeFile() throws IOException {
        if (file != null) {
            file.flush();
            final DecisionFile left = file;
            file = null;
            left.close();
        }
    }

    private void closeDocuments() {
        if (documents != null) {
            final DocumentFile left = documents;
            documents = null;
            left.close();
        }
    }

    @Override
    public void close() {
        cursor.close();
        index.close();
        try {
            late.close();
            closeFile();
            closeDocuments();
            if (undecided != null) {
                undecided.close();
            }
        } catch (IOException e) {
            LOG.debug("{}: cannot close its log; after a restart the last documents are read again", queue, e);
        }
    }
}
