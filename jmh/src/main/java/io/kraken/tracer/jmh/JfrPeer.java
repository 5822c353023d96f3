package io.kraken.tracer.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.openjdk.jmh.infra.Blackhole;

/**
 * An event of the JDK's flight recorder, recorded to disk, without stack trace. It is not a span: it has no ids and no
 * parent, does not become current, and does not leave the host. Old chunks are deleted, so at the end it is only known
 * whether the events of the last chunks are complete.
 */
final class JfrPeer implements Peer {

    private static final long KEPT_BYTES = 64L << 20;

    private static final String OURS = "io.kraken.tracer.";

    private final Recording recording = new Recording();

    JfrPeer() {
        recording.enable(Download.class).withoutStackTrace().withoutThreshold();
        recording.enable(Bare.class).withoutStackTrace().withoutThreshold();
        recording.enable("jdk.DataLoss");
        recording.setToDisk(true);
        recording.setMaxSize(KEPT_BYTES);
        recording.start();
    }

    @Name("io.kraken.tracer.Download")
    @Label("Download")
    @StackTrace(false)
    static final class Download extends Event {
        String namespace;
        String digest;
        String method;
        long size;
        int status;
    }

    @Name("io.kraken.tracer.Bare")
    @Label("Bare")
    @StackTrace(false)
    static final class Bare extends Event {}

    @Override
    public void bare(int work) {
        final Bare event = new Bare();
        event.begin();
        Blackhole.consumeCPU(work);
        event.commit();
    }

    @Override
    public void kraken(Request request, int work) {
        final Request now = request.next();
        final Download event = new Download();
        event.begin();
        event.namespace = now.namespace();
        event.digest = now.digest();
        event.method = Request.METHOD;
        Blackhole.consumeCPU(work);
        event.size = now.size();
        event.status = Request.STATUS;
        event.commit();
    }

    @Override
    public void mix(Request request, Throwable thrown) {
        bare(0);
        kraken(request, 0);
    }

    @Override
    public void nested(int work) {
        throw new UnsupportedOperationException("events have no parents");
    }

    @Override
    public void failed(Throwable thrown, int work) {
        throw new UnsupportedOperationException("events have no exceptions");
    }

    /** Counts the events in the chunks that are kept; each report of data loss counts as one drop. */
    @Override
    public Delivery close() {
        long kept = 0;
        long losses = 0;
        try {
            final Path file = Files.createTempFile("kraken-jmh", ".jfr");
            recording.stop();
            recording.dump(file);
            recording.close();
            try (RecordingFile events = new RecordingFile(file)) {
                while (events.hasMoreEvents()) {
                    final String type = events.readEvent().getEventType().getName();
                    kept += type.startsWith(OURS) ? 1 : 0;
                    losses += type.equals("jdk.DataLoss") ? 1 : 0;
                }
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Delivery(kept, losses);
    }
}
