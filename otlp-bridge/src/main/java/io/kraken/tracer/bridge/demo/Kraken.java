package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.Key;
import io.kraken.tracer.Key.BooleanKey;
import io.kraken.tracer.Key.LongKey;
import io.kraken.tracer.Key.StringKey;
import io.kraken.tracer.SpanName;

/** The names of Kraken's spans and attributes. */
final class Kraken {

    static final SpanName DOWNLOAD_BLOB = SpanName.of("agent.download_blob");
    static final SpanName CACHE_LOOKUP = SpanName.of("agent.cache_lookup");
    static final SpanName SCHEDULER_DOWNLOAD = SpanName.of("scheduler.download");
    static final SpanName CREATE_TORRENT = SpanName.of("storage.create_torrent");
    static final SpanName ANNOUNCE_REQUEST = SpanName.of("announce.request");
    static final SpanName TRACKER_ANNOUNCE = SpanName.of("tracker.announce");
    static final SpanName GET_PEERS = SpanName.of("peerstore.get_peers");
    static final SpanName SORT_PEERS = SpanName.of("policy.sort_peers");
    static final SpanName STORAGE_COMMIT = SpanName.of("storage.commit");
    static final SpanName STREAM_RESPONSE = SpanName.of("agent.stream_response");
    static final SpanName DOWNLOAD_COMPLETE = SpanName.of("agent.download_blob.complete");

    static final SpanName BLOB_REFRESH = SpanName.of("origin.blob_refresh");
    static final SpanName BACKEND_DOWNLOAD = SpanName.of("backend.download");
    static final SpanName CACHE_WRITE = SpanName.of("cache.write");

    static final SpanName UPLOAD = SpanName.of("proxy.upload");
    static final SpanName START_UPLOAD = SpanName.of("proxy.start_upload");
    static final SpanName UPLOAD_CHUNK = SpanName.of("proxy.upload_chunk");
    static final SpanName COMMIT_UPLOAD = SpanName.of("proxy.commit_upload");
    static final SpanName STORE_BLOB = SpanName.of("origin.store_blob");
    static final SpanName ORIGIN_CACHE_WRITE = SpanName.of("origin.cache_write");
    static final SpanName BACKEND_UPLOAD = SpanName.of("backend.upload");
    static final SpanName PUT_TAG = SpanName.of("build_index.put_tag");
    /** A deferred write-back, done by the process that was started after the one that deferred it. */
    static final SpanName WRITE_BACK = SpanName.of("origin.write_back");

    static final SpanName REPLICATION = SpanName.of("replication.trigger");
    static final SpanName RESOLVE_TAG = SpanName.of("build_index.resolve_tag");
    static final SpanName STAT_BLOB = SpanName.of("origin.stat_blob");
    static final SpanName TRANSFER = SpanName.of("replication.transfer");

    static final StringKey NAMESPACE = Key.ofString("namespace");
    static final StringKey DIGEST = Key.ofString("digest");
    static final LongKey SIZE = Key.ofLong("size");
    static final LongKey DURATION = Key.ofLong("duration");
    static final LongKey DURATION_MS = Key.ofLong("duration_ms");
    static final BooleanKey CACHE_HIT = Key.ofBoolean("cache_hit");
    static final StringKey TORRENT_INFOHASH = Key.ofString("torrent.infohash");
    static final LongKey TORRENT_SIZE = Key.ofLong("torrent.size");
    static final StringKey PEER_ID = Key.ofString("peer.id");
    static final LongKey SIZE_BYTES = Key.ofLong("size_bytes");
    static final LongKey PIECES = Key.ofLong("pieces");
    static final LongKey PIECE_LENGTH = Key.ofLong("piece_length");
    static final StringKey TRACKER_ADDR = Key.ofString("tracker.addr");
    static final StringKey INFOHASH = Key.ofString("infohash");
    static final BooleanKey COMPLETE = Key.ofBoolean("complete");
    static final LongKey PEER_COUNT = Key.ofLong("peer_count");
    static final LongKey ORIGIN_COUNT = Key.ofLong("origin_count");
    static final StringKey HANDOUT_POLICY = Key.ofString("handout_policy");
    static final BooleanKey VERIFIED = Key.ofBoolean("verified");
    static final StringKey BACKEND_TYPE = Key.ofString("backend_type");
    static final StringKey BUCKET = Key.ofString("bucket");
    static final StringKey PATH = Key.ofString("path");

    static final StringKey REPO = Key.ofString("repo");
    static final StringKey UPLOAD_ID = Key.ofString("upload_id");
    static final LongKey RANGE_START = Key.ofLong("range_start");
    static final LongKey RANGE_END = Key.ofLong("range_end");
    static final LongKey CHUNK_SIZE = Key.ofLong("chunk_size");
    static final LongKey TOTAL_SIZE = Key.ofLong("total_size");
    static final BooleanKey REPLICATE = Key.ofBoolean("replicate");
    static final StringKey TAG = Key.ofString("tag");
    static final StringKey SRC_CLUSTER = Key.ofString("src_cluster");
    static final StringKey DST_CLUSTER = Key.ofString("dst_cluster");
    static final BooleanKey EXISTS = Key.ofBoolean("exists");

    private Kraken() {}
}
