package io.kraken.tracer.bridge.settings;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * The validated settings of the bridge.
 *
 * @param queues root directory of the services' queues
 * @param decisionDelayNs delay before the decision whether a span is kept, so that later spans of its trace count
 * @param batchDelayNs how long spans wait to be sent together with later ones
 * @param stallNs time without progress in a queue file after which a later file is read instead
 * @param diskBytes maximum size of all queues together
 * @param quarantineNs how long damaged queues are kept for inspection
 * @param drainNs timeout of a graceful shutdown
 * @param threads maximum number of threads that read queues
 * @param control control settings for the tracers of the host; null: none, and span files are not opened
 * @param watch address of metrics and health; null: not served
 */
public record BridgeConfig(
        Path queues,
        long decisionDelayNs,
        long batchDelayNs,
        long stallNs,
        long diskBytes,
        long quarantineNs,
        long drainNs,
        int threads,
        InetSocketAddress watch,
        Keep keep,
        Window window,
        ControlConfig control,
        List<DestinationConfig> destinations) {

    /** The name of the setting of {@link #watch}, for messages. */
    public static final String LISTEN = "listen";

    /** The value that switches {@link #watch} and remote sampling off. */
    public static final String OFF = "off";

    /** This configuration with those parts of another one that can be changed while the bridge runs. */
    public BridgeConfig changed(BridgeConfig next) {
        final Keep changedKeep = new Keep(
                next.keep.errors,
                next.keep.slowNs,
                next.keep.share,
                keep.traces,
                Math.max(next.keep.rememberNs, decisionDelayNs));
        return new BridgeConfig(
                queues,
                decisionDelayNs,
                batchDelayNs,
                stallNs,
                next.diskBytes,
                next.quarantineNs,
                next.drainNs,
                threads,
                watch,
                changedKeep,
                next.window,
                control == null || next.control == null ? control : control.changed(next.control),
                destinations);
    }

    /**
     * The hindsight window: how long queue files are kept after all destinations have them.
     *
     * @param bytes maximum disk space of such files
     */
    public record Window(long timeNs, long bytes) {}

    /**
     * The rules of tail sampling: the traces that are shipped although their root was not sampled.
     *
     * @param errors keep traces with a span whose status is error
     * @param slowNs keep traces whose root span took at least this long; 0: off
     * @param share share of the other traces that is kept, chosen by trace id, 0 to 1
     * @param traces maximum number of remembered trace ids
     * @param rememberNs how long a trace is remembered, for its late spans
     */
    public record Keep(boolean errors, long slowNs, double share, int traces, long rememberNs) {}
}
