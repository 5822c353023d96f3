package io.kraken.tracer;

import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.propagation.HeaderText;
import io.kraken.tracer.propagation.HeaderValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A message of bytes as a carrier, with its headers one after another in a buffer, as brokers store them; a header may
 * be repeated. Allocates only when a test fills it.
 */
public final class Carrier {

    private static final int MAX = 128;

    final ByteBuffer bytes = ByteBuffer.allocateDirect(64 * 1024);
    private final String[] names = new String[MAX];
    private final int[] offsets = new int[MAX];
    private final int[] lengths = new int[MAX];
    private int count;
    private int end;

    public static final HeaderGetter<Carrier> GETTER = new HeaderGetter<>() {
        @Override
        public void get(Carrier carrier, String name, HeaderValues values) {
            for (int i = 0; i < carrier.count; i++) {
                if (carrier.names[i].equals(name)) {
                    values.add(carrier.bytes, carrier.offsets[i], carrier.lengths[i]);
                }
            }
        }

        @Override
        public void getAll(Carrier carrier, String prefix, HeaderValues values) {
            for (int i = 0; i < carrier.count; i++) {
                if (carrier.names[i].startsWith(prefix)) {
                    final byte[] value = new byte[carrier.lengths[i]];
                    carrier.bytes.get(carrier.offsets[i], value);
                    values.add(carrier.names[i].substring(prefix.length()), value, 0, value.length);
                }
            }
        }
    };

    public static final HeaderSetter<Carrier> SETTER = new HeaderSetter<>() {
        @Override
        public void set(Carrier carrier, String name, HeaderText value) {
            value.copyTo(carrier.bytes, carrier.place(name, value.length()));
        }

        @Override
        public void set(Carrier carrier, String prefix, HeaderText name, HeaderText value) {
            value.copyTo(carrier.bytes, carrier.place(prefix, value.length())); // the name is not needed here
        }
    };

    /** The propagation of these formats, for tests in other packages. */
    public static Propagation propagation(String formats) {
        return new Propagation(formats);
    }

    public Carrier clear() {
        count = 0;
        end = 0;
        return this;
    }

    public Carrier add(String name, String value) {
        return add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    public Carrier add(String name, byte[] value) {
        bytes.put(place(name, value.length), value);
        return this;
    }

    private int place(String name, int length) {
        names[count] = name;
        offsets[count] = end;
        lengths[count] = length;
        count++;
        end += length;
        return end - length;
    }

    public String get(String name) {
        for (int i = count - 1; i >= 0; i--) {
            if (names[i].equals(name)) {
                final byte[] value = new byte[lengths[i]];
                bytes.get(offsets[i], value);
                return new String(value, StandardCharsets.US_ASCII);
            }
        }
        return null;
    }

    /** The headers present, in order. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder();
        for (String name : Arrays.copyOf(names, count)) {
            text.append(name).append(": ").append(get(name)).append('\n');
        }
        return text.toString();
    }
}
