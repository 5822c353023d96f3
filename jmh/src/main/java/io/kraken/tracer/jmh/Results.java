package io.kraken.tracer.jmh;

import java.util.List;

/**
 * All results of one run of the report.
 *
 * @param form short or full
 * @param service null when the load on a service was not run
 * @param surge null when the surges were not run
 * @param demo null when the demo's workload was not run
 */
record Results(
        Machine machine,
        String form,
        ServiceResult service,
        SurgeResult surge,
        Figures figures,
        List<PeakResult> peaks,
        DemoResult demo,
        List<BridgeResult> bridge) {

    /** Only the load on a service; either may be null. */
    static Results of(Machine machine, String form, ServiceResult service, SurgeResult surge) {
        return new Results(machine, form, service, surge, new Figures(List.of()), List.of(), null, List.of());
    }
}
