package io.kraken.tracer.clock;

/**
 * The source of a tracer's ticks. A span costs little more than two reads of the clock and a write of 100 bytes; the
 * reads are most of that.
 */
public interface TickClock {

    /** Never decreases on a thread, nor between threads that synchronise with each other. */
    long ticks();

    /** Whether ticks are the processor's time stamp counter; otherwise they are nanoseconds. */
    boolean isTsc();

    /** The clock in use, the reason, and how to get a better one. */
    String describe();
}
