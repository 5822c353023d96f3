/**
 * The HTTP endpoint by which operators watch the bridge: metrics in Prometheus format, health and readiness.
 *
 * <p>Read {@link io.kraken.tracer.bridge.watch.WatchServer} first.
 *
 * <pre>
 *   counters of the agents --> Metrics ---------+--> PrometheusText --> WatchServer: /metrics
 *   span files --------------> ProcessMetrics --+                                    /healthz, /readyz &lt;-- Bridge
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on all packages whose counts it shows.
 */
package io.kraken.tracer.bridge.watch;
