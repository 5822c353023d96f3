package io.kraken.tracer.jmh;

import com.sun.net.httpserver.Headers;
import io.kraken.tracer.jmh.ServiceSpans.Shape;
import io.kraken.tracer.jmh.ServiceSpans.Side;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * The everyday work of a request, for one thread: parses the target, looks blobs up, reads and writes JSON-like text,
 * copies a part of a blob, sorts, formats, hashes, compresses. It takes about a tenth of a millisecond; half of it is
 * before the spans and half after, so that spans find caches and branch predictors in a realistic state.
 */
final class ServiceWork {

    /** So many that their descriptions exceed a core's own cache. */
    static final int BLOBS = 1 << 15;

    private static final int LAYERS = 6;
    private static final int NAMESPACES = 200;
    private static final int NUMBERS = 400;
    private static final int BLOCK_BYTES = 4096;
    private static final int SLICE_BYTES = 1024;
    private static final int STORE_BYTES = 1 << 25;
    private static final int PIECE_BYTES = 1 << 16;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final HexFormat HEX = HexFormat.of();
    private static final Pattern MEDIA_TYPE = Pattern.compile("([a-z*]+)/([a-z0-9.+*-]+)(?:;q=([0-9.]+))?");
    private static final byte[] STORE = new byte[STORE_BYTES];
    private static final String[] DIGESTS = new String[BLOBS];
    private static final Map<String, String> MANIFESTS = new HashMap<>(2 * BLOBS);

    static {
        for (int blob = 0; blob < BLOBS; blob++) {
            final long seed = GOLDEN * (blob + 1);
            DIGESTS[blob] = HEX.toHexDigits(seed)
                    + HEX.toHexDigits(Long.rotateLeft(seed, 17) * GOLDEN)
                    + HEX.toHexDigits(Long.rotateLeft(seed, 31) * GOLDEN)
                    + HEX.toHexDigits(~seed * GOLDEN);
        }
        for (int blob = 0; blob < BLOBS; blob++) {
            MANIFESTS.put(DIGESTS[blob], manifest(blob));
        }
    }

    private final MessageDigest sha256;
    private final byte[] piece = new byte[PIECE_BYTES];
    private final byte[] block = new byte[BLOCK_BYTES];
    private final int[] numbers = new int[NUMBERS];
    private long random = GOLDEN;
    private long layerBytes;
    private int result;

    /** A parsed request. */
    record Call(String namespace, String digest, String method, long size, Shape shape, Side side) {}

    ServiceWork() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** 64 hex characters. */
    static String digest(int blob) {
        return DIGESTS[blob];
    }

    /** The target of a request, without its number. */
    static String target(int blob, Shape shape) {
        return "/namespace/library%2Fservice-" + blob % NAMESPACES + "/blobs/" + digest(blob) + "?size="
                + (100_000_000L + blob) + "&shape=" + shape + "&number=";
    }

    private static String manifest(int blob) {
        final StringBuilder text = new StringBuilder(640);
        text.append("{\"name\": \"library/service-").append(blob % NAMESPACES);
        text.append("\", \"size\": ").append(100_000_000L + blob).append(", \"layers\": [");
        for (int layer = 1; layer <= LAYERS; layer++) {
            text.append(layer == 1 ? "\"" : ", \"")
                    .append(digest(blob * 31 + layer * 7919 & BLOBS - 1))
                    .append('"');
        }
        return text.append("], \"architecture\": \"amd64\", \"version\": 2}").toString();
    }

    /** Parses the target and the headers. */
    Call parse(String method, URI target, Headers headers) {
        final String[] path = target.getRawPath().split("/");
        final Map<String, String> query = new HashMap<>();
        for (String parameter : target.getRawQuery().split("&")) {
            final int at = parameter.indexOf('=');
            query.put(parameter.substring(0, at), decoded(parameter.substring(at + 1)));
        }
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            final String name = header.getKey().toLowerCase(Locale.ROOT);
            result += name.startsWith("x-") ? header.getValue().get(0).hashCode() : name.length();
        }
        final Matcher types = MEDIA_TYPE.matcher(String.valueOf(headers.getFirst("Accept")));
        while (types.find()) {
            result += types.group(2).length() + (types.group(3) == null ? 1 : (int) Double.parseDouble(types.group(3)));
        }
        return new Call(
                decoded(path[2]),
                path[4],
                method,
                Long.parseLong(query.get("size")),
                Shape.of(query.get("shape")),
                Side.of(Long.parseLong(query.get("number"))));
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    /** The first half: reads the blob's description and those of its layers. */
    void lookUp(Call call) {
        final Map<String, Object> manifest = read(MANIFESTS.get(call.digest));
        layerBytes = 0;
        for (Object layer : (List<?>) manifest.get("layers")) {
            layerBytes += (Long) read(MANIFESTS.get((String) layer)).get("size");
        }
        copyPiece();
        sort();
        hash(call.digest);
    }

    /** The second half: writes the compressed response and a log line. */
    byte[] render(Call call) {
        sort();
        final String hash = hash(call.namespace);
        final StringBuilder text = new StringBuilder(256);
        text.append("{\"namespace\": \"").append(call.namespace).append("\", \"digest\": \"");
        text.append(call.digest).append("\", \"bytes\": ").append(layerBytes);
        text.append(", \"etag\": \"").append(hash).append("\", \"pieces\": [");
        for (int i = 0; i < LAYERS; i++) {
            text.append(i == 0 ? "" : ", ").append(numbers[i * NUMBERS / LAYERS]);
        }
        text.append("]}");
        final String line = String.format(
                Locale.ROOT,
                "%s %s %s %d %.3f %s",
                DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)),
                call.method,
                call.digest,
                call.size,
                layerBytes / 1e6,
                hash);
        result += line.hashCode() + read(text.toString()).size();
        return compressed(text.toString());
    }

    /**
     * A small part of the work, about half a microsecond, without garbage: for requests that do little besides their
     * spans.
     */
    void slice() {
        sha256.update(block, (int) (nextRandom() & SLICE_BYTES - 1), SLICE_BYTES);
        result += MANIFESTS.get(digest((int) nextRandom() & BLOBS - 1)).length();
    }

    /** Uses all results, so that no work is eliminated. */
    int result() {
        return result + sha256.digest()[0] + piece[result & PIECE_BYTES - 1];
    }

    private long nextRandom() {
        random = random * 6364136223846793005L + 1442695040888963407L;
        return random >>> 24;
    }

    private void copyPiece() {
        System.arraycopy(STORE, (int) nextRandom() & STORE_BYTES - PIECE_BYTES, piece, 0, PIECE_BYTES);
    }

    private static byte[] compressed(String text) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private void sort() {
        for (int i = 0; i < NUMBERS; i++) {
            numbers[i] = (int) nextRandom();
        }
        Arrays.sort(numbers);
    }

    private String hash(String seed) {
        block[(int) nextRandom() & BLOCK_BYTES - 1]++;
        sha256.update(seed.getBytes(StandardCharsets.UTF_8));
        return HEX.formatHex(sha256.digest(block));
    }

    /** An object of strings, whole numbers and lists of strings, as {@link #manifest} writes it. */
    private static Map<String, Object> read(String text) {
        final Map<String, Object> object = new HashMap<>();
        int at = text.indexOf('"');
        while (at >= 0) {
            final int nameEnd = text.indexOf('"', at + 1);
            final int value = nameEnd + 3;
            int end = value;
            for (boolean quoted = false, list = false; end < text.length(); end++) {
                final char c = text.charAt(end);
                quoted ^= c == '"';
                list |= !quoted && c == '[';
                list &= c != ']';
                if (!quoted && !list && (c == ',' || c == '}')) {
                    break;
                }
            }
            object.put(text.substring(at + 1, nameEnd), value(text.substring(value, end)));
            at = text.indexOf('"', end);
        }
        return object;
    }

    private static Object value(String text) {
        if (text.charAt(0) == '"') {
            return text.substring(1, text.length() - 1);
        }
        if (text.charAt(0) != '[') {
            return Long.valueOf(text);
        }
        final List<Object> list = new ArrayList<>();
        for (String element : text.substring(1, text.length() - 1).split(", ")) {
            list.add(value(element));
        }
        return list;
    }
}
