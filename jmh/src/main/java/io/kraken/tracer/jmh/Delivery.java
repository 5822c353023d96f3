package io.kraken.tracer.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.TreeSet;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * What became of the spans of a trial, its warm-up included. A figure with drops measures dropping. Printed, and left
 * in a file for the report, since a trial runs in a process of its own.
 */
record Delivery(long delivered, long dropped) {

    /** Where the report wants to find it. */
    static final String FILE_PROP = "io.kraken.tracer.jmh.deliveries";

    void report(BenchmarkParams trial) {
        say(this);
        final String file = System.getProperty(FILE_PROP, "");
        if (!file.isEmpty()) {
            try {
                Files.writeString(
                        Path.of(file),
                        key(trial) + '\t' + delivered + '\t' + dropped + '\n',
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Prints for people, not in the report's processes. */
    static void say(Object what) {
        if (System.getProperty(FILE_PROP, "").isEmpty()) {
            System.out.println("# " + what);
        }
    }

    /** The same text for a trial in its own process and for its result in the report's. */
    static String key(BenchmarkParams trial) {
        final StringBuilder key = new StringBuilder(trial.getBenchmark());
        final Collection<String> names = new TreeSet<>(trial.getParamsKeys());
        for (String name : names) {
            key.append(' ').append(name).append('=').append(trial.getParam(name));
        }
        return key.append(" threads=").append(trial.getThreads()).toString();
    }

    @Override
    public String toString() {
        return "delivered " + delivered + " dropped " + dropped;
    }
}
