package io.kraken.tracer.file;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Settings given to a tracer from outside its process. A part that is null is not set, and the other author or the
 * tracer's own settings apply. All values are valid by construction.
 *
 * @param recording whether spans are recorded at all
 * @param rate the share of traces that is sampled if no operation's rate applies, 0 to 1
 * @param lowerBound traces a second of each operation that are sampled at least, if its own rate has no bound
 * @param limit maximum traces a second of the whole process
 * @param breaker the circuit breaker; never null
 * @param operations rates of operations by name, in insertion order; never null
 */
public record ControlWords(
        Boolean recording,
        Double rate,
        Double lowerBound,
        Double limit,
        Breaker breaker,
        Map<String, Rate> operations) {

    /** The authors of control words; the operator takes precedence. */
    public enum Author {
        OPERATOR,
        BRIDGE;

        static final int COUNT = 2;
    }

    /**
     * @param on whether it may open at all; null if not set
     * @param threshold the load at which it opens, above 0 and up to 1; null if not set
     */
    public record Breaker(Boolean on, Double threshold) {

        public static final Breaker UNSAID = new Breaker(null, null);

        public Breaker {
            check(threshold == null || threshold > 0 && threshold <= 1, "threshold of the breaker", threshold);
        }
    }

    /**
     * The sampling rate of one operation.
     *
     * @param share of its traces, 0 to 1
     * @param lowerBound traces a second that are sampled at least, 0 for none
     */
    public record Rate(double share, double lowerBound) {

        public Rate {
            check(share >= 0 && share <= 1, "rate of an operation", share);
            check(isPerSecond(lowerBound), "lower bound of an operation", lowerBound);
        }
    }

    public static final int MAX_OPERATIONS = 256;
    /** Maximum length of an operation's name in bytes. */
    public static final int MAX_NAME_LENGTH = 1024;

    public static final double MAX_PER_SECOND = 1e9;

    /** Nothing is set. */
    public static final ControlWords EMPTY = new ControlWords(null, null, null, null, Breaker.UNSAID, Map.of());

    /** @throws IllegalArgumentException that names the invalid part */
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

    /** For each part, the operator's value or else the bridge's; the operator's operations first. */
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

    /** Whether nothing is set. Not by {@code equals}: the JDK's retains the class loader, see RATIONALE.md. */
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

    /** Appends the rate of an operation, or replaces it in place. */
    public ControlWords withOperation(String name, Rate of) {
        final Map<String, Rate> more = new LinkedHashMap<>(operations);
        more.put(name, of);
        return new ControlWords(recording, rate, lowerBound, limit, breaker, more);
    }
}
