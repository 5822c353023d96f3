package io.kraken.tracer.ring;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Counters;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A sink that handles each batch as the test says and settles spans on demand. */
final class ScriptedSink implements BatchSink {

    final Counters counters;
    final AtomicLong taken = new AtomicLong();
    /** Handler of each batch; a working sink uses {@link #ship}. */
    volatile Consumer<Batch> onOffer = this::ship;

    volatile Runnable onWork = () -> {};
    volatile Runnable onClose = () -> {};
    volatile int closes;

    ScriptedSink(RingExport.Environment environment) {
        counters = environment.file().counters();
    }

    void ship(Batch batch) {
        counters.add(Counter.SHIPPED, batch.count());
        batch.clear();
    }

    /** Takes the spans without settling them. */
    void hold(Batch batch) {
        taken.addAndGet(batch.count());
        batch.clear();
    }

    void settle(Counter as, long spans) {
        counters.add(as, spans);
        taken.addAndGet(-spans);
    }

    @Override
    public void offer(Batch batch, long nowNs) {
        onOffer.accept(batch);
    }

    @Override
    public int doWork(long nowNs) {
        onWork.run();
        return 0;
    }

    @Override
    public long waiting() {
        return taken.get();
    }

    @Override
    public void close() {
        closes++;
        onClose.run();
        settle(Counter.CLOSE_DEADLINE, taken.get());
    }

    @Override
    public String describe() {
        return "scripted";
    }
}
