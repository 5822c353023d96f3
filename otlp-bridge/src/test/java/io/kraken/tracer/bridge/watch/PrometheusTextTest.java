package io.kraken.tracer.bridge.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PrometheusTextTest {

    private final PrometheusText text = new PrometheusText();

    @Test
    void groupsTheSamplesOfAFamily() {
        text.counter("sent_spans", "Spans that arrived.").sample(7, "exporter", "main");
        text.gauge("a_size", "Bytes.").sample(0.5);
        text.counter("sent_spans", "Spans that arrived.").sample(Long.MAX_VALUE, "type", "x", "exporter", "far");
        text.gauge("unused", "Nothing.");
        assertEquals("""
                # HELP a_size Bytes.
                # TYPE a_size gauge
                a_size 0.5
                # HELP sent_spans Spans that arrived.
                # TYPE sent_spans counter
                sent_spans{exporter="far",type="x"} 9223372036854775807
                sent_spans{exporter="main"} 7
                """, text.toString());
    }

    @Test
    void writesNothingWithoutSamples() {
        assertEquals("", text.toString());
    }

    @Test
    void writesNonFiniteValuesByName() {
        text.gauge("g", "h").sample(Double.NaN, "a", "1").sample(Double.POSITIVE_INFINITY, "a", "2");
        text.gauge("g", "h").sample(Double.NEGATIVE_INFINITY, "a", "3").sample(1e300, "a", "4");
        assertEquals(
                "g{a=\"1\"} NaN\ng{a=\"2\"} +Inf\ng{a=\"3\"} -Inf\ng{a=\"4\"} 1.0E300\n",
                text.toString().replaceAll("#.*\n", ""));
    }

    @Test
    void writesASummaryAsSumAndCount() {
        text.summary("took_seconds", "Time.").sums(1.5, 3, "a", "2").sums(0, 0, "a", "1");
        assertEquals("""
                # HELP took_seconds Time.
                # TYPE took_seconds summary
                took_seconds_count{a="1"} 0
                took_seconds_count{a="2"} 3
                took_seconds_sum{a="1"} 0.0
                took_seconds_sum{a="2"} 1.5
                """, text.toString());
    }

    @Test
    void escapesSpecialCharacters() {
        text.gauge("g", "say \"a\\b\"\nand c").sample(1, "label", "\"a\\b\"\nand {c=\"d\"} 2");
        assertEquals("""
                # HELP g say "a\\\\b"\\nand c
                # TYPE g gauge
                g{label="\\"a\\\\b\\"\\nand {c=\\"d\\"} 2"} 1
                """, text.toString());
    }

    @Test
    void refusesInvalidNamesAndDuplicates() {
        text.counter("c", "help").sample(1, "a", "b", "c", "d");
        for (Runnable mistake : new Runnable[] {
            () -> text.counter("c", "help").sample(2, "c", "d", "a", "b"),
            () -> text.counter("c", "help").sample(2, "a"),
            () -> text.counter("c", "help").sample(2, "a", "1", "a", "2"),
            () -> text.counter("c", "help").sample(2, "__name__", "b"),
            () -> text.counter("c", "help").sample(2, "a-b", "b"),
            () -> text.counter("c", "another help"),
            () -> text.gauge("c", "help"),
            () -> text.gauge("1c", "help"),
            () -> text.gauge("", "help"),
        }) {
            assertThrows(IllegalArgumentException.class, mistake::run);
        }
    }

    @Test
    void isParsedByAStrictReaderForRandomContent() {
        final Random random = new Random(7);
        final String pieces = "ab\\\"\n{}=, #é\u2028\t\r";
        for (int round = 0; round < 300; round++) {
            final PrometheusText written = new PrometheusText();
            final Map<String, String> expected = new TreeMap<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                final String name = "m" + random.nextInt(4);
                final StringBuilder label = new StringBuilder().append(i);
                for (int j = random.nextInt(8); j > 0; j--) {
                    label.append(pieces.charAt(random.nextInt(pieces.length())));
                }
                final long value = random.nextLong();
                written.counter(name, "help of \n" + name).sample(value, "label", label.toString(), "z", "1");
                expected.put(name + Map.of("label", label.toString()), Long.toString(value));
            }
            assertEquals(expected, StrictReader.read(written.toString()));
        }
    }

    /** A strict parser of the format. */
    private static final class StrictReader {
        private static final Pattern HELP =
                Pattern.compile("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ((?:[^\\\\]|\\\\\\\\|\\\\n)*)");
        private static final Pattern TYPE = Pattern.compile("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge)");
        private static final Pattern SAMPLE =
                Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (NaN|[+-]Inf|-?[0-9.E+-]+)", Pattern.DOTALL);
        private static final Pattern LABEL =
                Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\\\\\"]|\\\\\\\\|\\\\\"|\\\\n)*)\"(?:,|$)");

        static Map<String, String> read(String text) {
            assertTrue(text.endsWith("\n"), "the last line ends");
            final Map<String, String> samples = new TreeMap<>();
            final Set<String> done = new HashSet<>();
            String family = null;
            String helped = null;
            for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
                final Matcher help = HELP.matcher(line);
                final Matcher type = TYPE.matcher(line);
                final Matcher sample = SAMPLE.matcher(line);
                if (help.matches()) {
                    helped = help.group(1);
                    assertTrue(done.add(helped), "each family once");
                } else if (type.matches()) {
                    family = type.group(1);
                    assertEquals(helped, family);
                } else {
                    assertTrue(sample.matches(), line);
                    assertEquals(family, sample.group(1), "below its own type");
                    final Map<String, String> labels = labels(sample.group(2));
                    assertNotNull(labels.remove("z"));
                    assertEquals(null, samples.put(family + labels, sample.group(3)), "each once");
                }
            }
            return samples;
        }

        private static Map<String, String> labels(String text) {
            final Map<String, String> labels = new LinkedHashMap<>();
            final Matcher label = LABEL.matcher(text);
            int at = 0;
            while (at < text.length()) {
                assertTrue(label.find(at) && label.start() == at, text);
                labels.put(label.group(1), unescaped(label.group(2)));
                at = label.end();
            }
            return labels;
        }

        private static String unescaped(String text) {
            final StringBuilder plain = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '\\') {
                    i++;
                    plain.append(text.charAt(i) == 'n' ? '\n' : text.charAt(i));
                } else {
                    plain.append(text.charAt(i));
                }
            }
            return plain.toString();
        }
    }
}
