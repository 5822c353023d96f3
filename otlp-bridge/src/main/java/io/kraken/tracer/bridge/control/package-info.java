/**
 * The control of this host's tracers: settings and remote sampling strategies, written into their span files.
 *
 * <p>Read {@link io.kraken.tracer.bridge.control.ControlPublisher} first.
 *
 * <pre>
 *   settings of services ------------------------------------+
 *                                                            +--merge--> ControlPublisher --> span file of each tracer
 *   Jaeger server --> StrategySource (gRPC, HTTP)            |
 *                         +--> SamplingAnswer --> RemoteSampling
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code destination} for TLS and gRPC channels, and on
 * {@code settings} and {@code report}.
 */
package io.kraken.tracer.bridge.control;
