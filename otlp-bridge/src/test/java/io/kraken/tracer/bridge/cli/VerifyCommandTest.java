package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.ring.queue.BatchReader;
import io.kraken.tracer.ring.queue.CycleFiles;
import io.kraken.tracer.ring.queue.QueueAppender;
import io.kraken.tracer.ring.queue.QueueDescriptor;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.ring.queue.QueueRoot;
import io.kraken.tracer.ring.queue.QueueTailer;
import io.kraken.tracer.ring.queue.Queues;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyCommandTest {

    private static final int SPANS = 320;
    private static final int CASES = 60;

    @TempDir
    Path folder;

    private Path queue() throws IOException {
        RecordingService.start("verified", folder).work(SPANS).close();
        return QueueRoot.list(RecordingService.queues(folder)).get(0);
    }

    private static Path cycle(Path queue) throws IOException {
        final int[] cycles = CycleFiles.cycles(queue);
        return CycleFiles.file(queue, cycles[cycles.length - 1]);
    }

    /** The offsets of the documents in a file, found by their magic number. */
    private static List<Integer> documents(byte[] file) {
        final byte[] magic = "KRKNBTCH".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        final List<Integer> found = new ArrayList<>();
        for (int at = 0; at <= file.length - magic.length; at += 4) {
            if (java.util.Arrays.equals(file, at, at + magic.length, magic, 0, magic.length)) {
                found.add(at);
            }
        }
        return found;
    }

    private static byte[] beginning(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            final ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(1 << 20, channel.size()));
            channel.read(bytes);
            return bytes.array();
        }
    }

    private static void write(Path file, int at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    @Test
    void readsASoundQueueToItsEnd() throws IOException {
        final Path queue = queue();
        CommandLine.run("verify", queue)
                .assertExit(0)
                .assertNoComplaint()
                .assertSays("sound queue " + queue + ": verified, process ")
                .assertSays(" " + SPANS + " spans")
                .assertSays("1 queues and 0 span files, no problems found\n");
        CommandLine.run("verify", RecordingService.queues(folder)).assertExit(0).assertSays(" " + SPANS + " spans");
    }

    @Test
    void reportsALiveQueueAsSound() {
        try (RecordingService service =
                RecordingService.start("writing", folder).work(100)) {
            service.tracer.start(RecordingService.WORK).end();
            CommandLine.run("verify", RecordingService.queues(folder), RecordingService.files(folder))
                    .assertExit(0)
                    .assertNoComplaint();
        }
    }

    @Test
    void findsAFlippedBitInADocument() throws IOException {
        final Path file = cycle(queue());
        final byte[] bytes = beginning(file);
        final List<Integer> documents = documents(bytes);
        final int from = documents.get(1);
        final int end = documents.get(2) - Integer.BYTES - 8; // the bytes before the next one may be padding
        final Random random = new Random(1);
        for (int i = 0; i < CASES; i++) {
            final int at = from + random.nextInt(end - from);
            write(file, at, new byte[] {(byte) (bytes[at] ^ 1 << random.nextInt(8))});
            final CommandLine said =
                    CommandLine.run("verify", RecordingService.queues(folder)).assertExit(1);
            said.assertSays("documents 2 to 2 are missing").assertSays(" is invalid: ");
            write(file, at, new byte[] {bytes[at]});
        }
        CommandLine.run("verify", RecordingService.queues(folder)).assertExit(0);
    }

    @Test
    void alwaysEndsWithAVerdictForFlippedBits() throws IOException {
        final Path file = cycle(queue());
        final byte[] bytes = beginning(file);
        final int used = documents(bytes).get(4);
        final Random random = new Random(2);
        for (int i = 0; i < CASES; i++) {
            final int at = random.nextInt(used);
            write(file, at, new byte[] {(byte) (bytes[at] ^ 1 << random.nextInt(8))});
            final CommandLine said =
                    CommandLine.run("verify", RecordingService.queues(folder)).assertNoComplaint();
            assertTrue(said.exit() <= 1, said.out());
            CommandLine.run("dump", RecordingService.queues(folder));
            write(file, at, new byte[] {bytes[at]});
        }
    }

    @Test
    void findsDocumentsAfterAZeroedRegion() throws IOException {
        final Path file = cycle(queue());
        final byte[] bytes = beginning(file);
        final List<Integer> documents = documents(bytes);
        final int from = documents.get(2) - Integer.BYTES;
        write(file, from, new byte[documents.get(3) - Integer.BYTES - from]);
        final int behind = documents.size() - 3;
        CommandLine.run("verify", RecordingService.queues(folder))
                .assertExit(1)
                .assertSays("WRONG queue ")
                .assertSays("      " + behind + " complete documents in " + file + " cannot be reached by readers\n");
    }

    @Test
    void findsMissingAndForeignDocuments() throws IOException {
        final Path whole = queue();
        final Path other = folder.resolve("other");
        final QueueDescriptor descriptor = QueueDescriptor.read(whole);
        try (QueueDirectory directory = QueueDirectory.create(other, descriptor)) {
            copyWithout(whole, directory.path(), 3);
        }
        CommandLine.run("verify", other)
                .assertExit(1)
                .assertSays("documents 3 to 3 are missing, and ")
                .assertSays("1 with problems");
        final QueueDescriptor stranger =
                new QueueDescriptor("stranger", "", 1, 1, new QueueDescriptor.Incarnation(1, 2), descriptor.resource());
        try (QueueDirectory directory = QueueDirectory.create(folder.resolve("strange"), stranger)) {
            copyWithout(whole, directory.path(), 0);
        }
        CommandLine.run("verify", folder.resolve("strange")).assertExit(1).assertSays(" belongs to another process\n");
    }

    private static void copyWithout(Path from, Path to, long number) throws IOException {
        final ByteBuffer into = ByteBuffer.allocateDirect(Queues.MOST_BYTES);
        final BatchReader document = new BatchReader();
        try (QueueTailer tailer = Queues.read(from);
                QueueAppender appender = Queues.append(to, 20)) {
            for (int length = tailer.read(into); length > 0; length = tailer.read(into)) {
                assertTrue(document.wrap(into, 0, length));
                if (document.number() != number) {
                    appender.append(into, 0, length);
                }
            }
            appender.settle();
        }
    }

    @Test
    void reportsADamagedOrMissingDescriptor() throws IOException {
        final Path queue = queue();
        final Path descriptor = queue.resolve("descriptor");
        final byte[] bytes = Files.readAllBytes(descriptor);
        bytes[30] ^= 1;
        Files.write(descriptor, bytes);
        CommandLine.run("verify", queue)
                .assertExit(1)
                .assertSays("descriptor is damaged\n")
                .assertSays("320 spans");
        CommandLine.run("dump", queue)
                .assertExit(1)
                .assertComplains("descriptor is damaged")
                .assertSays("cli.number=0 ");
        Files.delete(descriptor);
        CommandLine.run("verify", queue)
                .assertExit(1)
                .assertSays("descriptor is not there\n")
                .assertSays("320 spans");
    }

    @Test
    void reportsADirectoryWithoutAQueue() throws IOException {
        final Path empty = Files.createDirectory(folder.resolve("empty"));
        CommandLine.run("verify", empty).assertExit(1).assertSays("contains no queue yet");
    }

    @Test
    void findsAChangedCounterInASpanFile() throws IOException, InterruptedException {
        KilledServiceMain.run(folder);
        final Path file = DataPaths.spanFilesIn(RecordingService.files(folder)).get(0);
        CommandLine.run("verify", file)
                .assertExit(0)
                .assertSays("killed, process ")
                .assertSays(" and 2 open spans\n");
        final int counters = ByteBuffer.wrap(Files.readAllBytes(file))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(88);
        write(file, counters + Counter.RECORDS_FULL.ordinal() * 8 * 64, new byte[] {5});
        assertEquals(0, CommandLine.run("verify", file).exit(), "started and dropped are one more each");
        write(file, counters + Counter.TAKEN.ordinal() * 8 * 64, new byte[] {99});
        CommandLine.run("verify", file).assertExit(1).assertSays("the ledger does not balance: ledger started=");
    }
}
