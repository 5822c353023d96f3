package io.kraken.tracer.bridge.queues;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QueueSummaryLogTest {

    private final List<String> lines = new ArrayList<>();
    private final QueueSummaryLog log = new QueueSummaryLog("found", lines::add);

    private static HostQueue queue(int number) {
        return new HostQueue(Path.of("queue-" + number), null, 1);
    }

    @Test
    void sumsUpAllButTheFirstInOneLine() {
        for (int i = 0; i < 1000; i++) {
            log.add(queue(i), i);
        }
        log.logDue(QueueSummaryLog.INTERVAL_NS - 1);
        assertEquals(List.of("unknown_service (queue-0): found"), lines);
        log.logDue(QueueSummaryLog.INTERVAL_NS);
        assertEquals("999 queues, the last one unknown_service (queue-999): found", lines.get(1));
        log.logDue(10 * QueueSummaryLog.INTERVAL_NS);
        assertEquals(2, lines.size());
    }

    @Test
    void namesEveryQueueThatIsAlone() {
        log.add(queue(1), 0);
        log.add(queue(2), QueueSummaryLog.INTERVAL_NS);
        assertEquals(List.of("unknown_service (queue-1): found", "unknown_service (queue-2): found"), lines);
    }
}
