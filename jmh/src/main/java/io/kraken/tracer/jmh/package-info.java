/** Benchmarks of the shipped classes and of their peers. */
package io.kraken.tracer.jmh;
