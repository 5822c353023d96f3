package io.kraken.tracer.jmh;

import java.util.List;

/**
 * Everything of one run of the report.
 *
 * @param form short or full
 * @param demo null when the demo's workload was not run
 */
record Results(
        Machine machine,
        String form,
        Figures figures,
        List<PeakResult> peaks,
        DemoResult demo,
        List<BridgeResult> bridge) {}
