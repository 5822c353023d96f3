/** Stress tests of the shipped classes: every outcome names the schedule that leads to it. */
package io.kraken.tracer.jcstress;
