package io.kraken.tracer.bridge.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** Documents that exist only as the traces they hold, made from a seed, so that each process knows them. */
public final class IndexedTraces {

    private static final int MOST_TRACES = 24;
    /** Traces with smaller numbers appear in many documents, others in documents near to one another. */
    private static final int LONG_TRACES = 3;

    private static final int RANGE = 40;

    private final long seed;
    private final Map<Integer, List<Integer>> known = new HashMap<>();

    public IndexedTraces(long seed) {
        this.seed = seed;
    }

    static long high(int trace) {
        return trace * 0x5851_F42D_4C95_7F2DL;
    }

    static long low(int trace) {
        return ~trace;
    }

    private static int hash(int trace) {
        return TraceIndexLayout.hash(high(trace), low(trace));
    }

    /** The numbers of the traces of a document; one may occur several times. */
    private List<Integer> of(int sequence) {
        return known.computeIfAbsent(sequence, this::newTraces);
    }

    private List<Integer> newTraces(int sequence) {
        final Random random = new Random(seed * 1_000_003 + sequence);
        final List<Integer> traces = new ArrayList<>();
        for (int i = random.nextInt(MOST_TRACES); i > 0; i--) {
            final boolean isLong = random.nextInt(8) == 0;
            traces.add(isLong ? random.nextInt(LONG_TRACES) : LONG_TRACES + sequence * 4 + random.nextInt(RANGE));
        }
        return traces;
    }

    public void add(TraceIndexWriter writer, int sequence) {
        if (writer.beginDocument(sequence)) {
            for (int trace : of(sequence)) {
                writer.addTrace(high(trace), low(trace));
            }
        }
    }

    public void add(TraceIndexWriter writer, int from, int to) {
        for (int sequence = from; sequence < to; sequence++) {
            add(writer, sequence);
        }
    }

    /**
     * Searches for many of the traces; the result must be exact for covered documents, unless the search reports
     * damage.
     *
     * @param added the documents that were added, those not yet written included
     * @return number of searches that reported damage
     */
    public int assertFinds(TraceIndexFile index, Set<Integer> added, int searches) {
        final Map<Integer, Set<Integer>> documentsOf = new HashMap<>();
        final Set<Integer> traces = new TreeSet<>(List.of(0, 1, 2, -1, -2));
        for (int sequence : added) {
            if (index.isCovered(sequence)) {
                for (int trace : of(sequence)) {
                    documentsOf
                            .computeIfAbsent(hash(trace), hash -> new TreeSet<>())
                            .add(sequence);
                    traces.add(trace);
                }
            }
        }
        final List<Integer> candidates = new ArrayList<>(traces);
        final Random random = new Random(seed);
        int damaged = 0;
        for (int i = 0; i < searches; i++) {
            final int trace = candidates.get(random.nextInt(candidates.size()));
            final List<Integer> found = new ArrayList<>();
            if (index.find(high(trace), low(trace), found::add)) {
                assertEquals(List.copyOf(documentsOf.getOrDefault(hash(trace), Set.of())), found, "trace " + trace);
            } else {
                damaged++;
            }
        }
        return damaged;
    }

    public static Set<Integer> range(int from, int to) {
        final Set<Integer> range = new HashSet<>();
        for (int i = from; i < to; i++) {
            range.add(i);
        }
        return range;
    }
}
