package io.kraken.tracer.ring.queue;

import java.nio.file.Path;
import java.util.function.LongSupplier;

/** Access to package-private parts of queues for tests of the bridge. */
public final class QueueAccess {

    /** The length of the period of a file. */
    public static final int SECONDS = 20;

    private QueueAccess() {}

    /** A queue that starts its files by the given clock. */
    public static QueueAppender append(Path directory, LongSupplier epochMs) throws QueueException {
        return ChronicleStore.append(directory, SECONDS, epochMs);
    }
}
