/** The bridge: one process per host that reads what services recorded, and ships what is worth keeping. */
package io.kraken.tracer.bridge;
