package io.kraken.tracer.bridge.demo;

/**
 * A blob of the demo. All its properties derive from its number, and two digits of its digest select what happens to
 * it, so that every run has the same cases in the same proportions.
 */
record Blob(String namespace, String digest) {

    private static final int FATES = 256;
    private static final int INFOHASH_LENGTH = 40;
    private static final long MEGABYTE = 1 << 20;
    private static final long MIB_100 = 100 * MEGABYTE;
    private static final long PIECE_LENGTH = 4 * MEGABYTE;

    static Blob numbered(long number) {
        final StringBuilder digest = new StringBuilder(64);
        for (int word = 0; word < 4; word++) {
            final String digits = Long.toHexString(mix(number * 4 + word));
            digest.append("0".repeat(16 - digits.length())).append(digits);
        }
        final int fate = (int) (number * 167 & FATES - 1); // each value once in every 256 blobs
        digest.setCharAt(62, Character.forDigit(fate >> 4, 16));
        digest.setCharAt(63, Character.forDigit(fate & 15, 16));
        return new Blob("library-" + Long.toString(mix(number) >>> 44, 36), digest.toString());
    }

    private static long mix(long value) {
        long z = (value + 1) * 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ z >>> 32) * 0xD6E8_FEB8_6659_FD93L;
        return z ^ z >>> 32;
    }

    private int fate() {
        return Integer.parseInt(digest, 62, 64, 16);
    }

    /** One in eight is on the agent's disk already. */
    boolean isInAgent() {
        return fate() < 32;
    }

    /** About one in twenty is in the storage backend only. */
    boolean isMissingInOrigin() {
        return fate() >= 32 && fate() < 45;
    }

    /** One in 128 is not even in the storage backend. */
    boolean isMissingInBackend() {
        return fate() == 32 || fate() == 33;
    }

    /** One in 128 arrives damaged. */
    boolean isDamaged() {
        return fate() == 45 || fate() == 46;
    }

    /** One in eight is announced by gRPC instead of HTTP. */
    boolean isAnnouncedByRpc() {
        return fate() >= 224;
    }

    /** For half of the blobs the response is completed after the handler has returned. */
    boolean isStreamedLater() {
        return (fate() & 1) == 0;
    }

    /** A quarter of the uploads is written to the backend later. */
    boolean isWrittenBackLater() {
        return (fate() & 3) == 3;
    }

    /** One in 32 uploads is refused by the backend. */
    boolean isRefusedByBackend() {
        return (fate() & 31) == 16;
    }

    /** One in eight exists in the other cluster already. */
    boolean isInOtherCluster() {
        return (fate() & 7) == 5;
    }

    /** 100 MB to 1 GB; a few are larger, up to 20 GB. */
    long size() {
        final int digits = Integer.parseInt(digest, 0, 6, 16);
        final long usual = MIB_100 + (digits % 924) * MEGABYTE;
        return digits % 100 == 0 ? usual * 20 : usual;
    }

    String infohash() {
        return digest.substring(0, INFOHASH_LENGTH);
    }

    long pieceLength() {
        return PIECE_LENGTH;
    }

    long pieces() {
        return (size() + PIECE_LENGTH - 1) / PIECE_LENGTH;
    }

    String backendType() {
        switch (digest.charAt(1) & 3) {
            case 0:
                return "gcs";
            case 1:
                return "hdfs";
            default:
                return "s3";
        }
    }
}
