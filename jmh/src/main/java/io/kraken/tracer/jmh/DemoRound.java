package io.kraken.tracer.jmh;

import java.io.Serializable;
import org.HdrHistogram.Histogram;

/**
 * One round of the demo's workload on one side.
 *
 * @param responses of the measured requests, in ns from when each was due
 * @param cpuNsPerRequest of the whole process: services, clients, exporters, compiler, collector
 */
record DemoRound(Histogram responses, double cpuNsPerRequest) implements Serializable {

    private static final long serialVersionUID = 1;
}
