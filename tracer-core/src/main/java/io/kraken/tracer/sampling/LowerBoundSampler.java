package io.kraken.tracer.sampling;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A sampler that guarantees a minimum of traces a second for each operation; traces that the wrapped sampler samples
 * count towards it. What the wrapped sampler drops stays dropped: it is not wanted. Each operation has a token bucket
 * of its own, created on first use, up to {@link #MAX_OPERATIONS}; further operations, and those whose names have no
 * symbol, share one.
 */
final class LowerBoundSampler extends Composed {

    static final int MAX_OPERATIONS = 1024;

    private static final int SLOTS = 2 * MAX_OPERATIONS;

    /** The bucket of an operation. */
    private static final class Own {
        final int symbol;
        final TokenBucket bucket;

        Own(int symbol, double perSecond) {
            this.symbol = symbol;
            this.bucket = new TokenBucket(perSecond);
        }
    }

    private final double common;
    private final Names names;
    private final double[] bounds;
    /** Open addressing by a hash of the symbol. */
    private final AtomicReferenceArray<Own> slots = new AtomicReferenceArray<>(SLOTS);

    private final AtomicInteger room = new AtomicInteger(MAX_OPERATIONS);
    private final TokenBucket shared;
    private final TokenBucket.Elapsed elapsed = new TokenBucket.Elapsed();

    /** The bound of an operation is the higher one of its own and the general one. */
    LowerBoundSampler(double common, Map<String, OperationRate> operations, Sampler within) {
        super(within);
        this.common = TokenBucket.checked(common);
        final List<SamplingRule> ofOperations = Rules.of(operations);
        names = new Names(ofOperations);
        bounds = new double[ofOperations.size() + 1];
        double highest = common;
        for (int i = 0; i < ofOperations.size(); i++) {
            final double own = operations.get(ofOperations.get(i).pattern()).lowerBound();
            bounds[i] = Math.max(own, common);
            highest = Math.max(highest, own);
        }
        bounds[ofOperations.size()] = common;
        shared = new TokenBucket(highest);
    }

    @Override
    public long decide(ParentContext parent, long randomness, int symbol, String name, String path) {
        final long decision = within.decide(parent, randomness, symbol, name, path);
        if (decision == Decision.DROP || parent != null && parent.isLocal()) {
            return decision;
        }
        final double bound = bounds[names.first(symbol, name)];
        if (bound == 0) {
            return decision;
        }
        final boolean taken = bucket(symbol, bound).take();
        return taken && !Decision.isSampled(decision) ? Decision.SAMPLE : decision;
    }

    private TokenBucket bucket(int symbol, double bound) {
        int slot = symbol * 0x9E37_79B9 >>> Integer.numberOfLeadingZeros(SLOTS - 1);
        Own own = slots.get(slot);
        while (own != null && own.symbol != symbol) {
            slot = slot + 1 & SLOTS - 1;
            own = slots.get(slot);
        }
        return own != null ? own.bucket : add(symbol, slot, bound);
    }

    /** There is always a free slot: there are twice as many slots as operations. */
    private TokenBucket add(int symbol, int from, double bound) {
        if (symbol < 0 || room.get() == 0 || room.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            return shared;
        }
        final Own made = new Own(symbol, bound);
        for (int slot = from; ; slot = slot + 1 & SLOTS - 1) {
            final Own present = slots.compareAndExchange(slot, null, made);
            if (present == null) {
                return made.bucket;
            }
            if (present.symbol == symbol) {
                room.incrementAndGet();
                return present.bucket;
            }
        }
    }

    @Override
    public void tick(long nowNs, double load, double errors) {
        super.tick(nowNs, load, errors);
        final long ns = elapsed.ns(nowNs);
        shared.fill(ns);
        for (int i = 0; i < SLOTS; i++) {
            final Own own = slots.get(i);
            if (own != null) {
                own.bucket.fill(ns);
            }
        }
    }
}
