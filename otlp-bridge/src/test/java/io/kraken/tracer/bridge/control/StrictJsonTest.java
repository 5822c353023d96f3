package io.kraken.tracer.bridge.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StrictJsonTest {

    @Test
    void readsEveryKindOfValue() throws IOException {
        assertEquals(
                Map.of("a", Arrays.asList(1.0, -2.5e-3, "x\n\"\u00e9\ud83d\ude00", true, false, null), "b", Map.of()),
                StrictJson.read(
                        " {\"a\" :[1,-2.5e-3, \"x\\n\\\"\\u00e9\\ud83d\\ude00\", true, false, null],\r\n\"b\":{}}\t"));
        assertEquals(List.of(), StrictJson.read("[]"));
        assertEquals(0.0, StrictJson.read("0"));
    }

    @Test
    void refusesWhatJsonDoesNotAllow() {
        for (String bad : List.of(
                "",
                " ",
                "nul",
                "NULL",
                "True",
                "NaN",
                "Infinity",
                "1e999",
                "-",
                "01",
                "1.",
                ".5",
                "+1",
                "1e",
                "0x1",
                "'a'",
                "\"a",
                "\"\t\"",
                "\"\n\"",
                "\"\\x\"",
                "\"\\'\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "[",
                "]",
                "[1",
                "[1,]",
                "[,1]",
                "[1;2]",
                "[1 2]",
                "{",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "{'a':1}",
                "{\"a\"=1}",
                "{\"a\":1;\"b\":2}",
                "{1:2}",
                "// x\n1",
                "/* x */ 1",
                "# x\n1",
                "1 2",
                "{} x",
                "[] ]",
                ")]}'\n1",
                "\"a\" \"b\"")) {
            final IOException refused = assertThrows(IOException.class, () -> StrictJson.read(bad), bad);
            assertTrue(refused.getMessage().startsWith("the answer is not valid JSON"), refused.getMessage());
        }
    }

    @Test
    void limitsTheNesting() throws IOException {
        StrictJson.read("[".repeat(32) + "]".repeat(32));
        StrictJson.read("{\"a\":".repeat(32) + "1" + "}".repeat(32));
        assertThrows(IOException.class, () -> StrictJson.read("[".repeat(33) + "]".repeat(33)));
        assertThrows(IOException.class, () -> StrictJson.read("{\"a\":".repeat(100_000)));
    }
}
