package io.kraken.tracer.bridge.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.util.JsonFormat;
import io.kraken.tracer.bridge.settings.DestinationConfig;
import io.kraken.tracer.file.RecordLayout;
import io.kraken.tracer.ring.otlp.LineFile;
import io.kraken.tracer.ring.otlp.Outcome;
import io.kraken.tracer.ring.otlp.Outcome.Verdict;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FileDestinationTest extends DestinationContract {

    private static final Pattern ID = Pattern.compile("(\"(?:traceId|spanId|parentSpanId)\":\")([0-9a-f]*)\"");

    private Path file() {
        return directory.resolve("spans").resolve("traces.jsonl");
    }

    private DestinationConfig config(long mostBytes) {
        return new DestinationConfig(
                "file",
                DestinationConfig.Type.OTLP_FILE,
                null,
                Map.of(),
                false,
                TIMEOUT_NS,
                2,
                REQUEST_BYTES,
                new DestinationConfig.Retry(1, 1),
                null,
                new DestinationConfig.File(file(), mostBytes));
    }

    @Override
    Destination open() throws IOException {
        Files.createDirectories(file().getParent());
        return Destinations.open(config(1 << 20));
    }

    @Override
    List<ResourceSpans> arrived() throws IOException {
        return read(file());
    }

    /** Decodes with protobuf's JSON parser, after converting ids from OTLP's hexadecimal to protobuf's Base64. */
    private static List<ResourceSpans> read(Path file) throws IOException {
        final List<ResourceSpans> read = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            final TracesData.Builder data = TracesData.newBuilder();
            JsonFormat.parser()
                    .merge(
                            ID.matcher(line)
                                    .replaceAll(id -> id.group(1)
                                            + Base64.getEncoder()
                                                    .encodeToString(
                                                            HexFormat.of().parseHex(id.group(2)))
                                            + '"'),
                            data);
            read.addAll(data.getResourceSpansList());
        }
        return read;
    }

    /** Puts a directory in place of the file. */
    @Override
    void breakDown() throws IOException {
        destination.close();
        Files.move(file(), directory.resolve("aside"));
        Files.createDirectory(file());
    }

    @Override
    void repair() throws IOException {
        Files.delete(file());
        Files.move(directory.resolve("aside"), file());
    }

    @Test
    void writesOneLinePerDocumentReadableByTheOwnerOnly() throws IOException {
        send(5);
        send(6);
        assertEquals(2, Files.readAllLines(file()).size());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file())));
    }

    @Test
    void rotatesALargeFile() throws IOException {
        destination = Destinations.open(config(10_000));
        for (int i = 0; i < 10; i++) {
            send(5);
        }
        final Path old = file().resolveSibling("traces.jsonl.1");
        assertTrue(Files.size(file()) <= 10_000 && Files.size(old) <= 10_000);
        assertTrue(read(file()).size() + read(old).size() > 2);
    }

    @Test
    void truncatesAPartialLineOfAnEarlierProcess() throws IOException {
        send(1);
        destination.close();
        final long whole = Files.size(file());
        Files.writeString(file(), "{\"resourceSpans\":" + "[".repeat(200_000), StandardOpenOption.APPEND);
        send(1);
        assertEquals(2, arrived().size());
        assertTrue(Files.size(file()) < 3 * whole);
        destination.close();
        Files.writeString(file(), "half");
        send(1);
        assertEquals(1, arrived().size());
    }

    @Test
    void leavesNoPartialLineAfterAFullDisk() throws IOException {
        final FullDisk disk = new FullDisk();
        destination = new Destination(
                config(1 << 20), new JsonLines(), new FileTransport(new LineFile(file(), 1 << 20, disk::open)));
        assertEquals(Verdict.TAKEN, send(3).verdict());
        disk.room = 100;
        final Outcome outcome = send(3);
        assertEquals(Verdict.RETRY, outcome.verdict());
        assertEquals("file", outcome.reason());
        assertTrue(outcome.message().contains("no space"), outcome.message());
        assertEquals(1, arrived().size(), "complete lines only");
        disk.room = 100;
        disk.truncates = false;
        assertEquals(Verdict.RETRY, send(3).verdict());
        disk.room = Long.MAX_VALUE;
        assertEquals(Verdict.TAKEN, send(3).verdict());
        assertEquals(2, arrived().size(), "the partial line is truncated now");
    }

    @Test
    void reportsAMalformedRecord() {
        final ByteBuffer document = SampleDocuments.of(3, 10);
        final var reader = SampleDocuments.read(document);
        // The checksum has been verified; now the second span loses everything except its length.
        final int length = reader.offset(1) + RecordLayout.LENGTH_OFFSET;
        final int end = reader.endOffset(1);
        for (int at = reader.offset(1); at < end; at++) {
            if (at != length && at != length + 1) {
                document.put(at, (byte) 0xEE);
            }
        }
        final JsonLines encoder = new JsonLines();
        encoder.begin(encoder.newBuffer(10_000));
        assertEquals(0, encoder.add(reader, -1));
        assertEquals(0b010, encoder.malformed());
        assertEquals(2, encoder.finish());
    }

    @Test
    void opensTheFileAtTheFirstWrite() {
        assertNull(destination.config().endpoint());
        assertTrue(Files.notExists(file()));
    }

    /** A channel that writes as much as there is room for, then fails. */
    private static final class FullDisk {
        private long room = Long.MAX_VALUE;
        private boolean truncates = true;

        SeekableByteChannel open(Path path) throws IOException {
            return new Channel(
                    this,
                    Files.newByteChannel(
                            path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
        }
    }

    private record Channel(FullDisk disk, SeekableByteChannel file) implements SeekableByteChannel {

        @Override
        public int write(ByteBuffer from) throws IOException {
            if (disk.room == 0) {
                throw new IOException("no space left");
            }
            final int length = (int) Math.min(disk.room, from.remaining());
            file.write(from.slice(from.position(), length));
            from.position(from.position() + length);
            disk.room -= disk.room == Long.MAX_VALUE ? 0 : length;
            return length;
        }

        @Override
        public SeekableByteChannel truncate(long size) throws IOException {
            if (!disk.truncates) {
                throw new IOException("not now");
            }
            file.truncate(size);
            return this;
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            return file.read(to);
        }

        @Override
        public long position() throws IOException {
            return file.position();
        }

        @Override
        public SeekableByteChannel position(long to) throws IOException {
            file.position(to);
            return this;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public boolean isOpen() {
            return file.isOpen();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
