/** The bridge: one process per host that reads the recorded spans of its services and ships those that are kept. */
package io.kraken.tracer.bridge;
