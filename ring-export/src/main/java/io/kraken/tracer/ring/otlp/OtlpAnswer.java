package io.kraken.tracer.ring.otlp;

import io.kraken.tracer.ring.view.Waterfall;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;

/**
 * The response of an OTLP backend: the fields of its protobuf messages that matter to a sender, and the time after
 * which it may be contacted again. The parser trusts nothing and never throws: it reads a message up to the first
 * invalid field.
 *
 * @param rejected number of spans that the backend accepted and discarded
 * @param message text from the backend; may be empty
 */
public record OtlpAnswer(long rejected, String message) {

    private static final long LONGEST_WAIT_S = 60;
    private static final int MOST_CHARS = 500;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;

    /** Reads an ExportTraceServiceResponse. */
    public static OtlpAnswer ofResponse(byte[] body) {
        long rejected = 0;
        String message = "";
        final Fields response = new Fields(body, 0, body.length);
        while (response.next()) {
            if (response.is(1, LENGTH)) {
                final Fields partialSuccess = response.inside();
                while (partialSuccess.next()) {
                    if (partialSuccess.is(1, VARINT)) {
                        rejected = partialSuccess.number;
                    } else if (partialSuccess.is(2, LENGTH)) {
                        message = partialSuccess.text();
                    }
                }
            }
        }
        return new OtlpAnswer(Math.max(0, rejected), message);
    }

    /** The message of a google.rpc.Status. */
    static String statusMessage(byte[] body) {
        String message = "";
        final Fields status = new Fields(body, 0, body.length);
        while (status.next()) {
            if (status.is(2, LENGTH)) {
                message = status.text();
            }
        }
        return message;
    }

    /** The delay in the RetryInfo of a google.rpc.Status, in nanoseconds, at most a minute; -1 without RetryInfo. */
    public static long retryInfoNs(byte[] body) {
        final Fields status = new Fields(body, 0, body.length);
        while (status.next()) {
            if (status.is(3, LENGTH)) {
                final long delayNs = retryInfoOf(status.inside());
                if (delayNs >= 0) {
                    return delayNs;
                }
            }
        }
        return -1;
    }

    private static long retryInfoOf(Fields any) {
        boolean retryInfo = false;
        Fields value = any.empty();
        while (any.next()) {
            if (any.is(1, LENGTH)) {
                retryInfo = any.text().endsWith("/google.rpc.RetryInfo");
            } else if (any.is(2, LENGTH)) {
                value = any.inside();
            }
        }
        long delayNs = 0;
        while (retryInfo && value.next()) {
            if (value.is(1, LENGTH)) {
                delayNs = durationNs(value.inside());
            }
        }
        return retryInfo ? delayNs : -1;
    }

    private static long durationNs(Fields duration) {
        long seconds = 0;
        long nanos = 0;
        while (duration.next()) {
            if (duration.is(1, VARINT)) {
                seconds = duration.number;
            } else if (duration.is(2, VARINT)) {
                nanos = duration.number;
            }
        }
        final long mostNs = TimeUnit.SECONDS.toNanos(LONGEST_WAIT_S);
        final long ns = TimeUnit.SECONDS.toNanos(Math.max(0, Math.min(LONGEST_WAIT_S, seconds)));
        return Math.min(mostNs, ns + Math.max(0, Math.min(mostNs, nanos)));
    }

    /**
     * Makes a peer's text safe for logs and pages: one line of bounded length, so that it can neither flood a log nor
     * forge entries.
     */
    public static String tame(String text) {
        return Waterfall.clean(text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS) + "...");
    }

    /**
     * The delay in a Retry-After header, seconds or a date, in nanoseconds, at most a minute; 0 when it can't be
     * parsed.
     */
    static long retryAfterNs(String header, long nowMillis) {
        final String text = header.strip();
        try {
            final long seconds = isDigits(text)
                    ? Long.parseLong(text.length() > 9 ? text.substring(0, 9) : text)
                    : (ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                            .toInstant()
                                            .toEpochMilli()
                                    - nowMillis
                                    + 999)
                            / 1000;
            return TimeUnit.SECONDS.toNanos(Math.max(0, Math.min(LONGEST_WAIT_S, seconds)));
        } catch (DateTimeException e) {
            return 0;
        }
    }

    private static boolean isDigits(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** Iterates over the fields of a message. */
    private static final class Fields {
        private final byte[] in;
        private final int end;
        private int at;
        private int field;
        private int wireType;
        private long number;
        private int from;

        Fields(byte[] in, int from, int end) {
            this.in = in;
            this.at = from;
            this.end = end;
        }

        /** Moves to the next field; false at the end and at an invalid field. */
        boolean next() {
            if (at >= end || !varint() || number <= 0 || number > Integer.MAX_VALUE) {
                return false;
            }
            field = (int) number >>> 3;
            wireType = (int) number & 7;
            switch (wireType) {
                case VARINT:
                    return varint();
                case FIXED64:
                    return skip(Long.BYTES);
                case FIXED32:
                    return skip(Integer.BYTES);
                case LENGTH:
                    return varint() && skip(number);
                default:
                    return false;
            }
        }

        private boolean varint() {
            number = 0;
            for (int shift = 0; shift < 64 && at < end; shift += 7) {
                final byte b = in[at++];
                number |= (long) (b & 0x7F) << shift;
                if (b >= 0) {
                    return true;
                }
            }
            return false;
        }

        private boolean skip(long bytes) {
            if (bytes < 0 || bytes > end - at) {
                return false;
            }
            from = at;
            at += (int) bytes;
            return true;
        }

        boolean is(int wantedField, int wantedType) {
            return field == wantedField && wireType == wantedType;
        }

        Fields inside() {
            return new Fields(in, from, at);
        }

        Fields empty() {
            return new Fields(in, 0, 0);
        }

        String text() {
            return new String(in, from, at - from, StandardCharsets.UTF_8);
        }
    }
}
