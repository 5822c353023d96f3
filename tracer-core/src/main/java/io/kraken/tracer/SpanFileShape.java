package io.kraken.tracer;

import io.kraken.tracer.file.Mem;
import io.kraken.tracer.file.SpanFileLayout;

/** How large a span file's parts are: as the settings say, or smaller where they bound the sum. */
final class SpanFileShape {

    private static final int LEAST_STAGING = 64;
    private static final int LEAST_SLOTS = 128;

    private final TracerConfig config;
    private final long most;
    private int staging;
    private int lanes;
    private int slots;

    private SpanFileShape(TracerConfig config) {
        this.config = config;
        most = (long) config.get(TracerConfig.MEMORY_MEGABYTES) << 20;
        staging = config.get(TracerConfig.STAGING_RECORDS);
        lanes = config.lanes();
        slots = config.laneSlots();
    }

    /** @throws IllegalArgumentException when it does not fit, however small it is made */
    static SpanFileLayout of(TracerConfig config) {
        return new SpanFileShape(config).fit();
    }

    private SpanFileLayout fit() {
        if (most == 0) {
            return layout();
        }
        boolean stagingNext = true;
        while (!fits()) {
            if (staging > LEAST_STAGING && (stagingNext || slots == LEAST_SLOTS)) {
                staging /= 2;
            } else if (slots > LEAST_SLOTS) {
                slots /= 2;
            } else if (lanes > 1) {
                lanes /= 2;
            } else {
                final String problem = TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20)
                        + ", less than the smallest span file takes, " + layout().length() + " bytes";
                config.problem(problem);
                throw new IllegalArgumentException(problem);
            }
            stagingNext = !stagingNext;
        }
        warn();
        return layout();
    }

    private boolean fits() {
        try {
            return layout().length() <= most;
        } catch (IllegalArgumentException e) {
            return false; // more than any mapping can hold
        }
    }

    private SpanFileLayout layout() {
        final int symbols = Mem.align(Symbols.process().capacity(), Mem.PAGE);
        return new SpanFileLayout(
                new SpanFileLayout.Shape(config.get(TracerConfig.RECORD_LENGTH), staging, lanes, slots, symbols));
    }

    private void warn() {
        final String stagingIs = is(TracerConfig.STAGING_RECORDS, config.get(TracerConfig.STAGING_RECORDS), staging);
        final String lanesIs = is(TracerConfig.LANES, config.lanes(), lanes);
        final String recordsIs = is(TracerConfig.LANE_RECORDS, config.lanes() * config.laneSlots(), lanes * slots);
        final String all = stagingIs + recordsIs + lanesIs;
        if (!all.isEmpty()) {
            config.warn(TracerConfig.MEMORY_MEGABYTES + " is " + (most >> 20) + ": " + all.substring(2));
        }
    }

    private static String is(Setting<?> setting, int asked, int given) {
        return asked == given ? "" : ", " + setting + " is " + given + " instead of " + asked;
    }
}
