/**
 * The bridge's own files about the queues: which documents there are and where, which of their spans are kept, and
 * which traces. They make a decision last: a destination that is behind by hours, and a bridge that was restarted, ship
 * what was decided when the spans were new.
 *
 * <p>Read {@link io.kraken.tracer.bridge.log.DecisionFile} first.
 *
 * <pre>
 *   .bridge/log/(queue)/(cycle).decisions   one entry a document    DecisionFile   read by DecisionCursor
 *                       (cycle).index       its traces              see package index
 *                       late-(number)       spans kept later        LateFile       read by LateCursor
 *   .bridge/kept/kept-(number)              ids of kept traces      KeptTraceLog
 *
 *   head reader ---- writes all of them         shippers ---- read decisions, move their positions
 *   janitor -------- deletes them with the queue files
 * </pre>
 *
 * <p>Internal: not part of the API. Depends on the format of queues only.
 */
package io.kraken.tracer.bridge.log;
