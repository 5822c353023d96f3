package io.kraken.tracer.bridge;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * The bridge's settings, checked.
 *
 * @param queues the root below which services have their queues
 * @param decisionDelayNs how long spans wait for what later ones say of their trace
 * @param batchDelayNs how long spans wait for others to be sent with them
 * @param stallNs how long a cycle may yield nothing while there is a later one
 * @param diskBytes of all queues together, at the most
 * @param quarantineNs how long damaged queues are kept for somebody to look at
 * @param drainNs how long the end may take
 * @param threads that read queues, at the most
 * @param guidance what is said to the tracers of the host; null: nothing, and their span files are left alone
 * @param watch where metrics and health are served; null: nowhere
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
        ControlConfig guidance,
        List<DestinationConfig> destinations) {

    /**
     * Which traces are shipped beside those that were sampled at the head.
     *
     * @param errors those with a span whose status is an error
     * @param slowNs those whose root took at least so long; 0: none for that
     * @param share of the rest, chosen by trace id, 0 to 1
     * @param traces remembered at the most
     * @param rememberNs how long a trace is remembered, for spans that come late
     */
    public record Keep(boolean errors, long slowNs, double share, int traces, long rememberNs) {}
}
