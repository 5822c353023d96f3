/**
 * The queues of a host on disk: which exist, how they are read, and when their files are deleted.
 *
 * <p>Read {@link io.kraken.tracer.bridge.queues.HostQueue} first: its fields are all that the agents share of a queue,
 * each written by one of them.
 *
 * <pre>
 *   root/ queue directory of each process          HostQueue
 *     .bridge/lock          BridgeLock               seen, decided &lt;-- head reader: may be shipped up to here
 *     .bridge/positions/    one per destination      heldCycle     &lt;-- each shipper: still needs files from here on
 *     .bridge/quarantine/   damaged queues           doomed        &lt;-- janitor:      deletes files up to here
 *          ^
 *          +-- QueueJanitor (find, retire)          QueueCursor: reads one queue, past damaged parts
 *              LogWindow (window, limit)
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on {@code log}, {@code settings} and {@code report}.
 */
package io.kraken.tracer.bridge.queues;
