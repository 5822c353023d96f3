package io.kraken.tracer.ring.queue;

import java.nio.file.Path;

/** Opens queues, or says in one sentence why that can't be. */
public final class Queues {

    /** Bytes of a document, at the most. */
    public static final int MOST_BYTES = 1 << 21;

    private Queues() {}

    /** @throws QueueException when the JVM or the class path lacks something: the process can do without a queue */
    public static void check() throws QueueException {
        final Class<?> chronicle;
        try {
            chronicle = Class.forName(ChronicleStore.ANY_CLASS, false, Queues.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new QueueException("The queue needs " + ChronicleStore.ARTIFACT + " on the class path", e);
        }
        QueueFlags.require(chronicle.getModule());
    }

    /** A queue in this directory, which must not have one yet. */
    public static QueueAppender append(Path directory) throws QueueException {
        check();
        return ChronicleStore.append(directory, System::currentTimeMillis);
    }

    /** Reads a queue from its oldest document on. Needs neither Chronicle's classes nor any flag. */
    public static QueueTailer read(Path directory) throws QueueException {
        return new CycleTailer(directory);
    }
}
