package io.kraken.tracer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.EntryCursor;
import io.kraken.tracer.settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The readers of untrusted bytes, each in the form that a fuzzer needs: a class with one static method. A finding is an
 * exception.
 */
public final class FuzzTargets {

    private FuzzTargets() {}

    /** Headers from lines: the first byte selects the header, the rest is its value. */
    private static final class Headers {

        private static final String[] NAMES = {
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "X-B3-TraceId",
            "X-B3-SpanId",
            "X-B3-Sampled",
            "X-B3-Flags",
            "uber-trace-id",
            "uberctx-user"
        };
        private static final int MOST = 100;
        private static final int LONGEST = 60_000;

        private final Propagation propagation;
        private final String formats;
        private final RemoteContext context = new RemoteContext();
        private final RemoteContext second = new RemoteContext();
        private final Carrier in = new Carrier();
        private final Carrier out = new Carrier();

        Headers(String formats) {
            this.formats = formats;
            this.propagation = new Propagation(formats);
        }

        void read(byte[] data) {
            in.clear();
            int from = 0;
            for (int count = 0; count < MOST && from < Math.min(data.length, LONGEST); count++) {
                int end = from + 1;
                while (end < Math.min(data.length, LONGEST) && data[end] != '\n') {
                    end++;
                }
                in.add(NAMES[(data[from] & 0xFF) % NAMES.length], Arrays.copyOfRange(data, from + 1, end));
                from = end + 1;
            }
            propagation.extract(in, Carrier.GETTER, context);
            PropagationPropertyTest.assertBounded(context);
            propagation.inject(context, out.clear(), Carrier.SETTER);
            propagation.extract(out, Carrier.GETTER, second);
            if (!formats.contains("jaeger")) { // the carrier drops the names of Jaeger's baggage
                assertEquals(PropagationPropertyTest.all(context), PropagationPropertyTest.all(second));
            }
        }
    }

    public static final class W3c {
        private static final Headers HEADERS = new Headers("tracecontext");

        private W3c() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    public static final class BaggageOnly {
        private static final Headers HEADERS = new Headers("baggage");

        private BaggageOnly() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    public static final class B3 {
        private static final Headers HEADERS = new Headers("b3");

        private B3() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    public static final class B3Multi {
        private static final Headers HEADERS = new Headers("b3multi");

        private B3Multi() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    public static final class Jaeger {
        private static final Headers HEADERS = new Headers("jaeger");

        private Jaeger() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    public static final class AllFormats {
        private static final Headers HEADERS = new Headers("b3multi,jaeger,baggage,tracecontext,b3");

        private AllFormats() {}

        public static void fuzzerTestOneInput(byte[] data) {
            HEADERS.read(data);
        }
    }

    /** Every setting, with the same text, and the resource. */
    public static final class Settings {
        private static final List<Setting<?>> ALL = Setting.declaredIn(TracerConfig.class);

        private Settings() {}

        public static void fuzzerTestOneInput(byte[] data) {
            final String text = new String(data, StandardCharsets.UTF_8);
            final SteppedClock clock = new SteppedClock();
            final TracerConfig config = new TracerConfig(name -> text, name -> text)
                    .clock(clock, clock::epochNs)
                    .conclude();
            config.check(List.of());
            for (Setting<?> setting : ALL) {
                assertTrue(isValid(config, setting), setting::property);
            }
            assertTrue(!config.serviceName().isBlank());
            new Propagation(config.get(TracerConfig.PROPAGATORS));
        }

        private static <T> boolean isValid(TracerConfig config, Setting<T> setting) {
            return setting.isValid(config.get(setting));
        }
    }

    /** A settings file. */
    public static final class Yaml {
        private static final Path FILE = newFile();

        private Yaml() {}

        private static Path newFile() {
            try {
                final Path file = Files.createTempFile("kraken-tracer", ".yaml");
                file.toFile().deleteOnExit();
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public static void fuzzerTestOneInput(byte[] data) throws IOException {
            Files.write(FILE, data);
            final TracerConfig config = new TracerConfig().with(TracerConfig.CONFIG, FILE.toString());
            config.check(List.of());
            for (Setting<?> setting : Settings.ALL) {
                assertTrue(Settings.isValid(config, setting), setting::property);
            }
            assertEquals(Settings.ALL.size(), config.describe().lines().count());
        }
    }

    /** The entries of a record, in memory that ends where they end. */
    public static final class RecordEntries {
        private RecordEntries() {}

        public static void fuzzerTestOneInput(byte[] data) {
            final ByteBuffer bytes = ByteBuffer.allocateDirect(data.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.put(0, data);
            final EntryCursor cursor = new EntryCursor().wrap(bytes, 0, data.length);
            int entries = 0;
            while (cursor.next()) {
                assertTrue(cursor.valueOffset() >= 0 && cursor.valueOffset() <= data.length);
                cursor.isValueSound();
                entries++;
            }
            assertTrue(entries <= data.length / Integer.BYTES, "more entries than fit");
        }
    }
}
