package io.kraken.tracer.ring.queue;

import java.nio.file.Path;

/** Factory of queue appenders and tailers; its exceptions say in one sentence what is missing. */
public final class Queues {

    /** Maximum number of bytes of a document. */
    public static final int MOST_BYTES = 1 << 21;

    private Queues() {}

    /**
     * Checks whether this JVM can append to queues.
     *
     * @throws QueueException when a JVM flag or a library is missing; the process can continue without a queue
     */
    public static void check() throws QueueException {
        final Class<?> chronicle;
        try {
            chronicle = Class.forName(ChronicleStore.ANY_CLASS, false, Queues.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            throw new QueueException("The queue needs " + ChronicleStore.ARTIFACT + " on the class path", e);
        }
        QueueFlags.require(chronicle.getModule());
    }

    /**
     * Creates a queue in this directory, which must not contain one yet.
     *
     * @param cycleSeconds the length of the period for which there is one file, a multiple of
     *     {@link CycleFiles#UNIT_SECONDS}
     */
    public static QueueAppender append(Path directory, int cycleSeconds) throws QueueException {
        check();
        return ChronicleStore.append(directory, cycleSeconds, System::currentTimeMillis);
    }

    /** Opens a queue for reading from its oldest document on. Needs neither Chronicle's classes nor any flag. */
    public static QueueTailer read(Path directory) throws QueueException {
        return new CycleTailer(directory);
    }
}
