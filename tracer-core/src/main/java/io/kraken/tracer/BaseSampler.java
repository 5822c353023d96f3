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
    /** What OpenTelemetry's sampler begins with. */
    private static final double JAEGERS_RATE = 0.001;

    private static final String INITIAL_RATE = "initialSamplingRate=";

    /** @param config is told what is wrong with the argument */
    static BaseSampler of(String name, String arg, TracerConfig config) {
        final boolean parentBased = name.startsWith(PARENT_BASED);
        switch (parentBased ? name.substring(PARENT_BASED.length()) : name) {
            case "always_on":
                return new BaseSampler(1, parentBased, false);
            case "always_off":
                return new BaseSampler(0, parentBased, false);
            case "traceidratio":
                return new BaseSampler(share(arg, 1, config), parentBased, true);
            default:
                final double initial = share(initialRate(arg), JAEGERS_RATE, config);
                config.warn(
                        TracerConfig.SAMPLER + " is " + name + ": asking Jaeger for rates is the bridge's part, which"
                                + " sets them from outside; until it does, the rate is " + initial);
                return new BaseSampler(initial, parentBased, true);
        }
    }

    private static String initialRate(String arg) {
        for (String pair : arg.split(",")) {
            if (pair.strip().startsWith(INITIAL_RATE)) {
                return pair.strip().substring(INITIAL_RATE.length());
            }
        }
        return "";
    }

    private static double share(String text, double byDefault, TracerConfig config) {
        try {
            final double share = text.isBlank() ? byDefault : SettingText.parseNumber(text.strip());
            if (share <= 1) {
                return share;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        config.problem(TracerConfig.SAMPLER_ARG + " is '" + SettingText.clean(text)
                + "' and should be a decimal number from 0 to 1; " + SettingText.show(byDefault) + " is used");
        return byDefault;
    }

    /** OpenTelemetry's name for it, which takes the rate as its argument where it is a ratio. */
    String name() {
        return (parentBased ? PARENT_BASED : "") + (ratio ? "traceidratio" : rate > 0 ? "always_on" : "always_off");
    }
}
