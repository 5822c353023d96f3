package io.kraken.tracer.jmh;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** Settings and JVM flags of all benchmarks, which their classes inherit. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {Defaults.ANY_JDK, Defaults.NATIVE_ACCESS, Defaults.OPEN_STRINGS, Defaults.UNSAFE})
public abstract class Defaults {

    /** Allows unknown options to follow. */
    static final String ANY_JDK = "-XX:+IgnoreUnrecognizedVMOptions";
    /** For the time stamp counter. */
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    /** For reading strings in place on Java 24 and later. */
    static final String OPEN_STRINGS = "--add-opens=java.base/java.lang=ALL-UNNAMED";
    /** Used by JMH and Agrona; without it JDK 24 and later print a warning. */
    static final String UNSAFE = "--sun-misc-unsafe-memory-access=allow";

    static final List<String> JVM_ARGUMENTS = List.of(ANY_JDK, NATIVE_ACCESS, OPEN_STRINGS, UNSAFE);
}
