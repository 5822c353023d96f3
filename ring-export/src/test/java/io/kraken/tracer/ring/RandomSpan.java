package io.kraken.tracer.ring;

import io.kraken.tracer.Key;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanAnnotation;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.StatusCode;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import java.util.SplittableRandom;

/** Applies the same random calls to a span and to its model. */
public final class RandomSpan {

    public static final SpanName[] NAMES = names("blob.get", "a.name.that.is.rather.long.for.a.span", "ü", "x");
    /** A few keys, with several types for each, so that the same key is often set again, also with another type. */
    private static final String[] TEXTS = {
        "digest", "http.route", "peer.service", "größe", "k", "\uD83D\uDC19", "net.bytes"
    };

    /** Too long for symbols; the last ones are cut, one of them inside a surrogate pair. */
    private static final String[] LONG_TEXTS = {
        "l".repeat(256), "ß".repeat(130), "\uD83D\uDC19".repeat(64), "m".repeat(1025), "n".repeat(1023) + "\uD83D\uDC19"
    };

    private static final int MAX_THROWN = 8;
    private static final int MAX_KEY = 1024;

    public final Span span;
    public final ExpectedSpan expected;

    private final SplittableRandom random;
    private final RandomText text;
    private final int longest;
    /** Bytes left before entries are cut. */
    private int budget;

    private int thrown;

    /** @param budget maximum number of bytes of the span's entries */
    public RandomSpan(Span span, ExpectedSpan expected, SplittableRandom random, int longest, int budget) {
        this.span = span;
        this.expected = expected;
        this.random = random;
        this.text = new RandomText(random);
        this.longest = longest;
        this.budget = budget;
    }

    private static SpanName[] names(String... texts) {
        final SpanName[] names = new SpanName[texts.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = SpanName.of(texts[i]);
        }
        return names;
    }

    /** Makes one or more random calls. */
    public void makeCalls() {
        final int steps = random.nextInt(4) == 0 ? random.nextInt(60) : random.nextInt(8);
        for (int i = 0; i < steps; i++) {
            step();
        }
    }

    private void step() {
        switch (random.nextInt(14)) {
            case 0:
                event();
                break;
            case 1:
                link();
                break;
            case 2:
                exception();
                break;
            case 3:
                status();
                break;
            case 4:
                rename();
                break;
            case 5:
            case 6:
                array();
                break;
            case 7:
            case 8:
                dynamicAttribute();
                break;
            default:
                attribute();
        }
    }

    private String keyText() {
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    /** A key created at run time, sometimes longer than any symbol. */
    private String dynamicKey() {
        if (random.nextInt(3) == 0) {
            return "runtime." + random.nextInt(40);
        }
        if (random.nextInt(3) == 0) {
            return random.nextBoolean() ? keyText() : LONG_TEXTS[random.nextInt(LONG_TEXTS.length)];
        }
        final String any = text.next(random.nextInt(10) == 0 ? MAX_KEY : 300);
        return any.isEmpty() ? "never empty" : RandomText.decoded(any);
    }

    private static String cut(String key) {
        return RandomText.decoded(RandomText.cut(key, MAX_KEY));
    }

    private boolean affords(int bytes) {
        if (bytes > budget) {
            return false;
        }
        budget -= bytes;
        return true;
    }

    private String value() {
        String value = text.next(longest);
        while (!affords(4 * Math.min(value.length(), longest) + 300)) {
            if (value.isEmpty()) {
                return null;
            }
            value = value.substring(0, value.length() / 2);
        }
        return value;
    }

    private void attribute() {
        final String key = keyText();
        final String value = value();
        if (value == null) {
            return;
        }
        switch (random.nextInt(4)) {
            case 0:
                span.set(Key.ofString(key), value);
                expected.set(key, expected.string(value));
                break;
            case 1:
                final long number = random.nextLong() >> random.nextInt(64);
                span.set(Key.ofLong(key), number);
                expected.set(key, of(number));
                break;
            case 2:
                final double real = real();
                span.set(Key.ofDouble(key), real);
                expected.set(key, of(real));
                break;
            default:
                final boolean bit = random.nextBoolean();
                span.set(Key.ofBoolean(key), bit);
                expected.set(key, of(bit));
        }
    }

    private void dynamicAttribute() {
        final String key = dynamicKey();
        final String value = value();
        if (value == null || !affords(RandomText.bytes(key))) {
            return;
        }
        final String kept = cut(key);
        switch (random.nextInt(4)) {
            case 0:
                span.set(key, value);
                expected.set(kept, expected.string(value));
                break;
            case 1:
                final long number = random.nextLong() >> random.nextInt(64);
                span.set(key, number);
                expected.set(kept, of(number));
                break;
            case 2:
                final double real = real();
                span.set(key, real);
                expected.set(kept, of(real));
                break;
            default:
                final boolean bit = random.nextBoolean();
                span.set(key, bit);
                expected.set(kept, of(bit));
        }
    }

    private double real() {
        final double[] odd = {0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, -1.5e300};
        return random.nextInt(3) == 0 ? odd[random.nextInt(odd.length)] : random.nextDouble();
    }

    private void array() {
        final int length = random.nextInt(6) == 0 ? random.nextInt(200) : random.nextInt(4);
        if (!affords(length * Long.BYTES + 300)) {
            return;
        }
        final String key = keyText();
        final ArrayValue.Builder items = ArrayValue.newBuilder();
        switch (random.nextInt(4)) {
            case 0:
                strings(key, length, items);
                break;
            case 1:
                final long[] longs = random.longs(length).toArray();
                for (long item : longs) {
                    items.addValues(of(item));
                }
                span.set(Key.ofLongs(key), longs);
                break;
            case 2:
                final double[] doubles = new double[length];
                for (int i = 0; i < length; i++) {
                    doubles[i] = real();
                    items.addValues(of(doubles[i]));
                }
                span.set(Key.ofDoubles(key), doubles);
                break;
            default:
                final boolean[] bits = new boolean[length];
                for (int i = 0; i < length; i++) {
                    bits[i] = random.nextBoolean();
                    items.addValues(of(bits[i]));
                }
                span.set(Key.ofBooleans(key), bits);
        }
        expected.set(key, AnyValue.newBuilder().setArrayValue(items).build());
    }

    private void strings(String key, int length, ArrayValue.Builder items) {
        final String[] strings = new String[length];
        for (int i = 0; i < length; i++) {
            strings[i] = random.nextInt(5) == 0 ? null : value();
            items.addValues(strings[i] == null ? AnyValue.getDefaultInstance() : expected.string(strings[i]));
        }
        span.set(Key.ofStrings(key), strings);
    }

    private void rename() {
        if (random.nextBoolean()) {
            final SpanName name = NAMES[random.nextInt(NAMES.length)];
            span.name(name);
            expected.name(name.toString());
            return;
        }
        final String name = text.next(random.nextInt(5) == 0 ? longest : 50);
        if (affords(3 * name.length() + 300)) {
            span.name(name);
            expected.name(name);
        }
    }

    private void status() {
        final StatusCode code = StatusCode.values()[random.nextInt(random.nextInt(3) == 0 ? 3 : 1)];
        final String description = random.nextInt(3) == 0 ? null : value();
        if (random.nextInt(3) == 0) {
            span.error(description);
            expected.status(StatusCode.ERROR, description);
        } else {
            span.status(code, description);
            expected.status(code, description);
        }
    }

    private void event() {
        if (!affords(300)) {
            return;
        }
        if (random.nextBoolean()) {
            final SpanName name = NAMES[random.nextInt(NAMES.length)];
            setAttributes(span.event(name), expected.event(name.toString()));
            return;
        }
        final String name = random.nextInt(4) == 0 ? dynamicKey() : text.next(MAX_KEY);
        if (affords(3 * name.length())) {
            setAttributes(span.event(name), expected.event(cut(name)));
        }
    }

    private void link() {
        if (!affords(300)) {
            return;
        }
        if (random.nextInt(3) == 0) {
            setAttributes(span.link(span), expected.link(span, span.flags() | 0x100));
            return;
        }
        final int flags = random.nextInt(256);
        final RemoteContext other =
                new RemoteContext().set(random.nextLong(), random.nextLong(), random.nextLong() | 1, flags);
        if (random.nextInt(3) == 0) {
            other.debug();
        }
        setAttributes(span.link(other), expected.link(other, other.flags() | 0x300));
    }

    private void exception() {
        final String message = random.nextInt(4) == 0 ? null : value();
        if (!affords(900)) {
            return;
        }
        final Throwable error =
                random.nextBoolean() ? new IllegalStateException(message) : new java.io.IOException(message);
        final boolean traced = thrown < MAX_THROWN;
        final int before = expected.stackTraces();
        setAttributes(span.exception(error), expected.exception(error, traced));
        thrown += expected.stackTraces() - before;
    }

    private void setAttributes(SpanAnnotation detail, ExpectedSpan.Annotation model) {
        for (int i = random.nextInt(4); i > 0; i--) {
            final String key = TEXTS[i];
            final String value = value();
            if (value == null) {
                return;
            }
            switch (random.nextInt(4)) {
                case 0:
                    detail.set(Key.ofString(key), value);
                    model.set(key, expected.string(value));
                    break;
                case 1:
                    detail.set(Key.ofLong(key), i - 2);
                    model.set(key, of(i - 2L));
                    break;
                case 2:
                    detail.set(Key.ofDouble(key), 0.1);
                    model.set(key, of(0.1));
                    break;
                default:
                    detail.set(Key.ofBoolean(key), true);
                    model.set(key, of(true));
            }
        }
    }

    public static AnyValue of(long value) {
        return AnyValue.newBuilder().setIntValue(value).build();
    }

    public static AnyValue of(double value) {
        return AnyValue.newBuilder().setDoubleValue(value).build();
    }

    public static AnyValue of(boolean value) {
        return AnyValue.newBuilder().setBoolValue(value).build();
    }
}
