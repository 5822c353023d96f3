package io.kraken.tracer.bridge.control;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlWords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Untrusted strategies: JSON or protobuf, depending on the first byte. */
public final class FuzzStrategy {
    private FuzzStrategy() {}

    public static void fuzzerTestOneInput(byte[] data) {
        try {
            final boolean json = data.length > 0 && data[0] == '{';
            final ControlWords words = json ? SamplingAnswer.ofJson(data) : SamplingAnswer.ofProtobuf(data);
            assertNotNull(words.rate());
            assertTrue(words.operations().size() <= ControlWords.MAX_OPERATIONS);
        } catch (IOException refused) {
            assertFalse(refused.getMessage().isEmpty());
        }
    }

    /** Writes valid inputs. */
    public static void seed(Path corpus) throws IOException {
        Files.writeString(corpus.resolve("json"), SamplingAnswerTest.OPERATIONS);
        Files.write(corpus.resolve("protobuf"), Wire.perOperation("a.b", 0.25));
    }
}
