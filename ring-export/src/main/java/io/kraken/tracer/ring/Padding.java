package io.kraken.tracer.ring;

/**
 * Keeps the fields of a subclass off the cache lines of whatever was allocated before it, adjacent-line prefetch
 * included.
 */
@SuppressWarnings("unused")
abstract class Padding {
    private long p00;
    private long p01;
    private long p02;
    private long p03;
    private long p04;
    private long p05;
    private long p06;
    private long p07;
    private long p10;
    private long p11;
    private long p12;
    private long p13;
    private long p14;
    private long p15;
    private long p16;
    private long p17;
}
