package io.kraken.tracer.file;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What somebody outside the process wants of its tracer. Every part may be left unsaid, which is null, and then is
 * somebody else's to say; what is said makes sense, or there is no such object.
 *
 * @param recording whether spans are recorded at all
 * @param rate the share of traces that is sampled where nothing else says how many, 0 to 1
 * @param lowerBound traces a second that each operation is sampled at the least, where its own rate has none
 * @param limit traces a second of the whole process, at the most
 * @param breaker the circuit breaker; never null
 * @param operations rates of operations, by their names, in the order in which they were said; never null
 */
public record ControlWords(
        Boolean recording,
        Double rate,
        Double lowerBound,
        Double limit,
        Breaker breaker,
        Map<String, Rate> operations) {

    /** Who may say something; the operator's word weighs more. */
    public enum Author {
        OPERATOR,
        BRIDGE;

        static final int COUNT = 2;
    }

    /**
     * @param on whether it may open at all; null when unsaid
     * @param threshold the load at which it opens, above 0 and up to 1; null when unsaid
     */
    public record Breaker(Boolean on, Double threshold) {

        public static final Breaker UNSAID = new Breaker(null, null);

        public Breaker {
            check(threshold == null || threshold > 0 && threshold <= 1, "threshold of the breaker", threshold);
        }
    }

    /**
     * Of one operation.
     *
     * @param share of its traces, 0 to 1
     * @param lowerBound traces a second that are sampled at the least, 0 for none
     */
    public record Rate(double share, double lowerBound) {

        public Rate {
            check(share >= 0 && share <= 1, "rate of an operation", share);
            check(isPerSecond(lowerBound), "lower bound of an operation", lowerBound);
        }
    }

    public static final int MAX_OPERATIONS = 256;
    /** Bytes of an operation's name. */
    public static final int MAX_NAME_LENGTH = 1024;

    public static final double MAX_PER_SECOND = 1e9;

    /** Nothing is said. */
    public static final ControlWords EMPTY = new ControlWords(null, null, null, null, Breaker.UNSAID, Map.of());

    /** @throws IllegalArgumentException that names the part that makes no sense */
    public ControlWords {
        check(rate == null || rate >= 0 && rate <= 1, "rate", rate);
        check(lowerBound == null || isPerSecond(lowerBound), "lower bound", lowerBound);
        check(limit == null || isPerSecond(limit), "limit", limit);
        operations.forEach((name, of) -> check(!name.isEmpty() && of != null, "name of an operation", name));
        operations = Collections.unmodifiableMap(new LinkedHashMap<>(operations));
    }

    private static boolean isPerSecond(double number) {
        return number >= 0 && number <= MAX_PER_SECOND;
    }

    private static void check(boolean makesSense, String part, Object value) {
        if (!makesSense) {
            throw new IllegalArgumentException("the " + part + " can't be '" + value + "'");
        }
    }

    /** Part by part, what the operator says or else what the bridge says; the operator's operations first. */
    public static ControlWords merge(ControlWords operator, ControlWords bridge) {
        final Map<String, Rate> operations = new LinkedHashMap<>(operator.operations);
        bridge.operations.forEach(operations::putIfAbsent);
        return new ControlWords(
                either(operator.recording, bridge.recording),
                either(operator.rate, bridge.rate),
                either(operator.lowerBound, bridge.lowerBound),
                either(operator.limit, bridge.limit),
                new Breaker(
                        either(operator.breaker.on, bridge.breaker.on),
                        either(operator.breaker.threshold, bridge.breaker.threshold)),
                operations);
    }

    private static <T> T either(T first, T second) {
        return first != null ? first : second;
    }

    /** Whether nothing is said. Not by {@code equals}: the JDK's keeps the class loader, see RATIONALE.md. */
    public boolean isEmpty() {
        return recording == null
                && rate == null
                && lowerBound == null
                && limit == null
                && breaker.on == null
                && breaker.threshold == null
                && operations.isEmpty();
    }

    public ControlWords withRecording(Boolean on) {
        return new ControlWords(on, rate, lowerBound, limit, breaker, operations);
    }

    public ControlWords withRate(Double share) {
        return new ControlWords(recording, share, lowerBound, limit, breaker, operations);
    }

    public ControlWords withLowerBound(Double perSecond) {
        return new ControlWords(recording, rate, perSecond, limit, breaker, operations);
    }

    public ControlWords withLimit(Double perSecond) {
        return new ControlWords(recording, rate, lowerBound, perSecond, breaker, operations);
    }

    public ControlWords withBreaker(Boolean on, Double threshold) {
        return new ControlWords(recording, rate, lowerBound, limit, new Breaker(on, threshold), operations);
    }

    /** Puts it behind the others, or in the place of what was said of this operation. */
    public ControlWords withOperation(String name, Rate of) {
        final Map<String, Rate> more = new LinkedHashMap<>(operations);
        more.put(name, of);
        return new ControlWords(recording, rate, lowerBound, limit, breaker, more);
    }
}
