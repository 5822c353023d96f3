/**
 * The shipping of kept spans: from the queues into requests to one destination, until each is acknowledged.
 *
 * <p>Read {@link io.kraken.tracer.bridge.ship.Shipper} first.
 *
 * <pre>
 *   queues, log --QueueProgress--> Shipper --> PendingRequests --> ring.otlp.RequestWindow --> Destination
 *                     ^                          ErrorCounts
 *                     |                                             |
 *                     +---- settle: the position moves on &lt;---------+ acknowledged, or permanently refused
 *                     v
 *                PositionFile: where the next start begins
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code queues}, {@code log}, {@code destination}, {@code settings} and
 * {@code report}.
 */
package io.kraken.tracer.bridge.ship;
