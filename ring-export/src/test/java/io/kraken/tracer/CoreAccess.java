package io.kraken.tracer;

import io.kraken.tracer.clock.Clocks;
import io.kraken.tracer.clock.TickClock;
import io.kraken.tracer.settings.Setting;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/** What tests of ring-export need of tracer-core and programs do not. */
public final class CoreAccess {

    private CoreAccess() {}

    /** A config that finds these properties and environment variables, and no others. */
    public static TracerConfig config(Map<String, String> properties, Map<String, String> environment) {
        return new TracerConfig(properties::get, environment::get);
    }

    public static <T> boolean accepts(Setting<T> setting, T value) {
        return setting.isValid(value);
    }

    public static <T> T parse(Setting<T> setting, String text) {
        return setting.parse(text);
    }

    public static <T> String show(Setting<T> setting, T value) {
        return setting.show(value);
    }

    /** The number of the record that a span is written into. */
    public static int record(Span span) {
        return span.record();
    }

    /** For how many threads a tracer keeps something. */
    public static int threadStates(Tracer tracer) {
        return tracer.activeRecorder().threads.size();
    }

    /** Whether a span has ended or was abandoned. */
    public static boolean isClosed(Span span) {
        return span.isClosed();
    }

    /** Does what a start does that fails after it has claimed a record of its thread's own chunk. */
    public static void failStart(Tracer tracer) {
        tracer.activeRecorder().thread().claim();
    }

    /** Checks all settings of both modules, as a tracer does. */
    public static TracerConfig check(TracerConfig config, List<Setting<?>> further) {
        config.check(further);
        return config;
    }

    /** Ticks that are nanoseconds and come from the test. */
    public static TracerConfig ticks(TracerConfig config, LongSupplier ticks, LongSupplier epochNs) {
        return config.clock(
                new TickClock() {
                    @Override
                    public long ticks() {
                        return ticks.getAsLong();
                    }

                    @Override
                    public boolean isTsc() {
                        return false;
                    }

                    @Override
                    public String describe() {
                        return "stepped by a test";
                    }
                },
                epochNs);
    }

    /** A counter of two ticks a nanosecond, which is checked against the time; a pause lets time go by. */
    public static TracerConfig counter(
            TracerConfig config, LongSupplier ticks, LongSupplier nanoTime, LongConsumer pause, LongSupplier epochNs) {
        final TickClock counter = new TickClock() {
            @Override
            public long ticks() {
                return ticks.getAsLong();
            }

            @Override
            public boolean isTsc() {
                return true;
            }

            @Override
            public String describe() {
                return "a test's counter";
            }
        };
        return config.clocks(new Clocks(counter, nanoTime, epochNs, pause));
    }
}
