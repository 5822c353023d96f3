package io.kraken.tracer;

/**
 * Where a tracer's ticks come from. Two reads and the write of 100 bytes are nearly all a span costs: the reads are
 * most of it.
 */
public interface TickClock {

    /** Never decreases on a thread, nor between threads that hand work to each other. */
    long ticks();

    /** Whether ticks are the processor's time stamp counter; otherwise they are nanoseconds. */
    boolean isTsc();

    /** Which clock this is and why, and how to get a better one. */
    String describe();
}
