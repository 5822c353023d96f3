package io.kraken.tracer.jmh;

/**
 * Kraken's download trace as seven steps of one span's calls each, for one thread. A step starts and ends a span of its
 * own, or starts one that stays open over the steps after it, or ends such a one as well.
 *
 * <pre>
 *   step  0   1   2   3   4   5   6
 *         agent.download_blob ------
 *             agent.cache_lookup
 *                 scheduler.download
 *                     storage.create_torrent
 *                         announce.request
 *                             storage.commit
 *                                 agent.stream_response
 * </pre>
 */
interface Load {

    int STEPS = 7;

    long PIECE_LENGTH = 4L << 20;
    long DURATION_MS = 1250;
    String PEER_ID = "545bd70b1fd5bd5ad0e7c7ba9b2b4f4bd54bfc32";
    String TRACKER = "tracker-7.kraken.internal:15003";

    void step(int step);
}
