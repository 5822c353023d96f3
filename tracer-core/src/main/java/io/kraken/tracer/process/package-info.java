/**
 * What the tracer knows about its own process: its limits in the container, its load, the circuit breaker that acts on
 * the load, the attributes that identify the process, and its log of repeated failures. Internal: not part of the API.
 *
 * <p>Read {@link io.kraken.tracer.process.ContainerLimits} first: the number of processors that it finds scales both
 * the span file and the load.
 *
 * <pre>
 *   /proc, /sys/fs/cgroup --> ContainerLimits --> size of the span file
 *                                   '--> ProcessLoad --> CircuitBreaker --> the recording policy
 *   settings, host name ----> ProcessResource --> resource attributes of every span
 *   failures ---------------> ThrottledLog --> log lines, one a minute of each kind
 * </pre>
 *
 * <p>Depends on {@link io.kraken.tracer.settings}, for the text and the problems of settings, and on
 * {@link io.kraken.tracer.file}, where the state of the breaker is shown.
 */
package io.kraken.tracer.process;
