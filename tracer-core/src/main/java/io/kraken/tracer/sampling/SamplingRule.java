package io.kraken.tracer.sampling;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A sampling rule: a share for everything that a pattern matches. As text: {@code path:/health=0} or {@code
 * operation:scheduler.*=0.5}, several separated by semicolons; {@code ,record} after a share of 0 records unsampled
 * spans for hindsight all the same, {@code ,drop} after another share does not record them.
 *
 * @param match what the pattern is compared with
 * @param rate the share that is sampled, 0 to 1
 * @param record whether unsampled spans are recorded for hindsight; by default not if the share is 0, which means that
 *     such spans are not wanted
 */
public record SamplingRule(Match match, String pattern, double rate, boolean record) {

    /** What a pattern is compared with. */
    public enum Match {
        /**
         * The path of a request, and all below it; {@code *} stands for any characters within a segment, as in {@code
         * /namespace/*}{@code /blobs/*}.
         */
        PATH,
        /** The name of a span; {@code *} stands for any characters, {@code ?} for any single one. */
        OPERATION
    }

    private static final String RECORD = ",record";
    private static final String DROP = ",drop";

    public SamplingRule {
        if (match == null || pattern == null || pattern.isEmpty()) {
            throw new IllegalArgumentException("a sampling rule needs a pattern");
        }
        if (match == Match.PATH && pattern.charAt(0) != '/') {
            throw new IllegalArgumentException("a path pattern must begin with a slash: " + pattern);
        }
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("a share must be from 0 to 1: " + rate);
        }
    }

    public SamplingRule(Match match, String pattern, double rate) {
        this(match, pattern, rate, rate > 0);
    }

    /** @throws IllegalArgumentException if the text is not a list of rules */
    public static List<SamplingRule> parseAll(String text) {
        final List<SamplingRule> rules = new ArrayList<>();
        for (String each : text.split(";")) {
            if (!each.isBlank()) {
                rules.add(parse(each.strip()));
            }
        }
        return List.copyOf(rules);
    }

    private static SamplingRule parse(String text) {
        final int colon = text.indexOf(':');
        final int equals = text.lastIndexOf('=');
        if (colon < 0 || equals < colon) {
            throw new IllegalArgumentException(text);
        }
        final Match match = Match.valueOf(text.substring(0, colon).strip().toUpperCase(Locale.ROOT));
        final String pattern = text.substring(colon + 1, equals).strip();
        final String share = text.substring(equals + 1).strip();
        final int comma = share.indexOf(',');
        final double rate = Double.parseDouble(comma < 0 ? share : share.substring(0, comma));
        return new SamplingRule(match, pattern, rate, comma < 0 ? rate > 0 : isRecord(share.substring(comma)));
    }

    private static boolean isRecord(String word) {
        if (!word.equals(RECORD) && !word.equals(DROP)) {
            throw new IllegalArgumentException(word);
        }
        return word.equals(RECORD);
    }

    @Override
    public String toString() {
        return match.name().toLowerCase(Locale.ROOT)
                + ':'
                + pattern
                + '='
                + rate
                + (record == rate > 0 ? "" : record ? RECORD : DROP);
    }
}
