package io.kraken.tracer.ring.queue;

import java.nio.file.Path;
import java.util.function.LongSupplier;

/** What tests of the bridge need of queues and programs do not. */
public final class QueueAccess {

    private QueueAccess() {}

    /** A queue whose files begin when the given time of day says so. */
    public static QueueAppender append(Path directory, LongSupplier epochMs) throws QueueException {
        return ChronicleStore.append(directory, epochMs);
    }
}
