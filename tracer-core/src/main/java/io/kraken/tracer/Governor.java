package io.kraken.tracer;

import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.sampling.Sampler;
import java.util.concurrent.TimeUnit;

/**
 * Says what the recorder does at the moment: watches what others have written into the control words, and the load, and
 * puts a new {@link Policy} in force when any of it changes. Lives in the exporter's duty cycle; {@link #recording} may
 * be called by anybody.
 */
final class Governor {

    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Recorder recorder;
    private final SpanFile file;
    private final Sampler sampler;

    Governor(Recorder recorder, Sampler sampler) {
        this.recorder = recorder;
        this.file = recorder.file;
        this.sampler = sampler;
    }

    synchronized void recording(boolean on) {
        file.recording(on);
        putInForce();
    }

    /** The exporter's thread, as often as it likes. */
    synchronized void keep(long nowNs) {
        file.readControl();
        putInForce();
    }

    private void putInForce() {
        if (file.isRecording() != recorder.policy().recording) {
            recorder.follow(new Policy(sampler, file.isRecording(), false, Policy.ALL));
        }
    }
}
