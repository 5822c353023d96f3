package io.kraken.tracer.settings;

import java.util.List;

/**
 * The configured sampler for traces that no rule matches.
 *
 * @param rate the share of traces begun here that are sampled, 0 to 1
 * @param parentBased whether a decision of the parent is followed
 * @param ratio whether the rate is a ratio by trace id, whose threshold is propagated; otherwise all or nothing
 */
public record BaseSampler(double rate, boolean parentBased, boolean ratio) {

    public static final List<String> NAMES = List.of(
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio",
            "parentbased_jaeger_remote",
            "always_on",
            "always_off",
            "traceidratio",
            "jaeger_remote");

    private static final String PARENT_BASED = "parentbased_";
    /** The initial rate of OpenTelemetry's Jaeger sampler. */
    private static final double JAEGERS_RATE = 0.001;

    private static final String INITIAL_RATE = "initialSamplingRate=";

    /**
     * The sampler that two settings describe.
     *
     * @param sampler the setting whose value is the name, for display
     * @param argument the setting whose value is the argument, for display
     */
    public static BaseSampler of(
            Setting<String> sampler, String name, Setting<String> argument, String arg, SettingProblems problems) {
        final boolean parentBased = name.startsWith(PARENT_BASED);
        switch (parentBased ? name.substring(PARENT_BASED.length()) : name) {
            case "always_on":
                return new BaseSampler(1, parentBased, false);
            case "always_off":
                return new BaseSampler(0, parentBased, false);
            case "traceidratio":
                return new BaseSampler(share(argument, arg, 1, problems), parentBased, true);
            default:
                final double initial = share(argument, initialRate(arg), JAEGERS_RATE, problems);
                problems.warn(sampler + " is " + name + ": the bridge polls Jaeger for rates and sets them"
                        + " from outside; until then the rate is " + initial);
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

    private static double share(Setting<String> argument, String text, double byDefault, SettingProblems problems) {
        try {
            return text.isBlank() ? byDefault : SettingType.SHARE.parse(text);
        } catch (IllegalArgumentException e) {
            problems.problem(SettingType.SHARE.refusal(argument.property(), text, "") + "; "
                    + SettingText.show(byDefault) + " is used");
            return byDefault;
        }
    }

    /** OpenTelemetry's name for this sampler; a ratio takes the rate as its argument. */
    public String name() {
        return (parentBased ? PARENT_BASED : "") + (ratio ? "traceidratio" : rate > 0 ? "always_on" : "always_off");
    }
}
