package io.kraken.tracer.jmh;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The amount of work of the benchmarks of spans. */
@State(Scope.Benchmark)
public abstract class Suite extends Defaults {

    /** Tokens of work inside the span; 0 for recording only. */
    @Param({"0", "300"})
    public int work;
}
