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
 * Numbers of delivered and dropped spans of a trial, its warm-up included. A figure with drops measures dropping.
 * Printed, and written to a file for the report, since a trial runs in a separate process.
 */
record Delivery(long delivered, long dropped) {

    /** The file in which the report expects it. */
    static final String FILE_PROP = "io.kraken.tracer.jmh.deliveries";

    void report(BenchmarkParams trial) {
        print(this);
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

    /** Prints, unless this is a process of the report. */
    static void print(Object what) {
        if (System.getProperty(FILE_PROP, "").isEmpty()) {
            System.out.println("# " + what);
        }
    }

    /** The same key for a trial in its own process and for its result in the report's process. */
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
