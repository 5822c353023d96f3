package io.kraken.tracer;

import java.util.List;

/**
 * What decides about a trace that no rule is for, as the settings say it.
 *
 * @param rate the share of the traces that begin here, 0 to 1
 * @param parentBased whether a parent that has decided is followed
 * @param ratio whether the rate is a ratio by trace id, whose threshold travels; otherwise all or nothing
 */
record BaseSampler(double rate, boolean parentBased, boolean ratio) {

    static final List<String> NAMES = List.of(
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio",
            "parentbased_jaeger_remote",
            "always_on",
            "always_off",
            "traceidratio",
            "jaeger_remote");

    private static final String PARENT_BASED = "parentbased_";
    private static final String INITIAL_RATE = "initialSamplingRate=";

    /** OpenTelemetry's name for it, which takes the rate as its argument where it is a ratio. */
    String name() {
        return (parentBased ? PARENT_BASED : "") + (ratio ? "traceidratio" : rate > 0 ? "always_on" : "always_off");
    }
}
