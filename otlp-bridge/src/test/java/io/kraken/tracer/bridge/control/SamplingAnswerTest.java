package io.kraken.tracer.bridge.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Rate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SamplingAnswerTest {

    static final String OPERATIONS = """
            {"strategyType": "PROBABILISTIC", "probabilisticSampling": {"samplingRate": 0.9}, "operationSampling": {
              "defaultSamplingProbability": 0.5,
              "defaultLowerBoundTracesPerSecond": 2,
              "defaultUpperBoundTracesPerSecond": 100.5,
              "perOperationStrategies": [
                {"operation": "a.b", "probabilisticSampling": {"samplingRate": 0.25}},
                {"operation": "GET \\/\\u00e9", "probabilisticSampling": {}, "another": [1, {"x": null}]}
              ]}}""";

    private static ControlWords json(String text) throws IOException {
        return SamplingAnswer.ofJson(text.getBytes(StandardCharsets.UTF_8));
    }

    private static ControlWords rate(double rate) {
        return ControlWords.EMPTY.withRate(rate);
    }

    private static ControlWords perOperation() {
        return rate(0.5)
                .withLowerBound(2.0)
                .withOperation("a.b", new Rate(0.25, 2))
                .withOperation("GET /é", new Rate(0, 2));
    }

    @Test
    void decodesAllDialectsOfJson() throws IOException {
        final Map<String, ControlWords> answers = Map.ofEntries(
                Map.entry(
                        "{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":0.8}}",
                        rate(0.8)),
                Map.entry("{\"strategyType\":0,\"probabilisticSampling\":{\"samplingRate\":1}}", rate(1)),
                Map.entry("{\"probabilisticSampling\":{\"samplingRate\":1e-3}}", rate(0.001)),
                Map.entry("{\"probabilisticSampling\":{}}", rate(0)),
                Map.entry(
                        "{\"probabilisticSampling\":{\"samplingRate\":\"0.5\"},\"operationSampling\":null}", rate(0.5)),
                Map.entry(
                        "{\"strategyType\":\"RATE_LIMITING\",\"rateLimitingSampling\":{\"maxTracesPerSecond\":7}}",
                        rate(1).withLimit(7.0)),
                Map.entry(
                        "{\"strategyType\":1,\"probabilisticSampling\":null,"
                                + "\"rateLimitingSampling\":{\"maxTracesPerSecond\":7}}",
                        rate(1).withLimit(7.0)),
                Map.entry("{\"rateLimitingSampling\":{\"maxTracesPerSecond\":7}}", rate(1).withLimit(7.0)),
                Map.entry("{\"rateLimitingSampling\":{}}", rate(0)),
                Map.entry("{\"operationSampling\":{\"defaultSamplingProbability\":1}}", rate(1).withLowerBound(0.0)),
                Map.entry(OPERATIONS, perOperation()));
        for (Map.Entry<String, ControlWords> answer : answers.entrySet()) {
            assertEquals(answer.getValue(), json(answer.getKey()), answer.getKey());
        }
    }

    @Test
    void refusesInvalidJson() {
        for (String bad : List.of(
                "",
                "{}",
                "[]",
                "null",
                "sampling",
                "{\"probabilisticSampling\":{\"samplingRate\":1.5}}",
                "{\"probabilisticSampling\":{\"samplingRate\":-0.5}}",
                "{\"probabilisticSampling\":{\"samplingRate\":\"NaN\"}}",
                "{\"probabilisticSampling\":{\"samplingRate\":NaN}}",
                "{\"probabilisticSampling\":{\"samplingRate\":[]}}",
                "{\"probabilisticSampling\":0.5}",
                "{\"strategyType\":\"ADAPTIVE\",\"probabilisticSampling\":{\"samplingRate\":1}}",
                "{\"strategyType\":2,\"probabilisticSampling\":{\"samplingRate\":1}}",
                "{\"strategyType\":1,\"probabilisticSampling\":{\"samplingRate\":1}}",
                "{\"rateLimitingSampling\":{\"maxTracesPerSecond\":-1}}",
                "{\"rateLimitingSampling\":{\"maxTracesPerSecond\":1e300}}",
                "{\"operationSampling\":[]}",
                "{\"operationSampling\":{\"defaultLowerBoundTracesPerSecond\":-1}}",
                "{\"operationSampling\":{\"perOperationStrategies\":{}}}",
                "{\"operationSampling\":{\"perOperationStrategies\":[{}]}}",
                "{\"operationSampling\":{\"perOperationStrategies\":[{\"operation\":\"\"}]}}",
                "{\"operationSampling\":{\"perOperationStrategies\":[{\"operation\":\"a\","
                        + "\"probabilisticSampling\":{\"samplingRate\":2}}]}}",
                "{\"probabilisticSampling\":{\"samplingRate\":1}} x",
                "{\"probabilisticSampling\":{\"samplingRate\":01}}",
                "{\"probabilisticSampling\":{\"samplingRate\":1.}}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12g4\"}",
                "{\"a\":\"",
                "[".repeat(100_000))) {
            assertThrows(IOException.class, () -> json(bad), bad);
        }
    }

    @Test
    void leavesOutTooManyOperations() throws IOException {
        final StringBuilder text = new StringBuilder("{\"operationSampling\":{\"perOperationStrategies\":[");
        for (int i = 0; i < 300; i++) {
            text.append("{\"operation\":\"o").append(i).append("\"},");
        }
        text.append("{\"operation\":\"").append("x".repeat(1025)).append("\"}]}}");
        final ControlWords words = json(text.toString());
        assertEquals(256, words.operations().size());
        assertEquals("o0", words.operations().keySet().iterator().next());
    }

    @Test
    void decodesProtobufIgnoringUnknownFields() throws IOException {
        assertEquals(rate(0.5), SamplingAnswer.ofProtobuf(Wire.message(2, Wire.message1(0.5))));
        assertEquals(rate(0), SamplingAnswer.ofProtobuf(new byte[] {18, 0}));
        assertEquals(rate(1).withLimit(7.0), SamplingAnswer.ofProtobuf(new byte[] {8, 1, 26, 2, 8, 7}));
        assertEquals(
                rate(0.5).withLowerBound(2.0).withOperation("a.b", new Rate(0.25, 2)),
                SamplingAnswer.ofProtobuf(Wire.perOperation("a.b", 0.25)));
    }

    @Test
    void refusesInvalidProtobuf() throws IOException {
        for (byte[] bad : List.of(
                new byte[0],
                new byte[] {8, 0},
                new byte[] {8, 2, 18, 0},
                new byte[] {18, 100},
                new byte[] {18, -1, -1, -1, -1, 15},
                new byte[] {26, 11, 8, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1},
                Wire.message(2, Wire.message1(Double.NaN)),
                Wire.message(2, Wire.message1(-1)),
                Wire.perOperation("", 0.5),
                Wire.perOperation("a", 1.5))) {
            assertThrows(IOException.class, () -> SamplingAnswer.ofProtobuf(bad), () -> Arrays.toString(bad));
        }
    }

    @Test
    void decodesOrRefusesRandomlyDamagedAnswers() {
        final Random random = new Random(5);
        final byte[] protobuf = Wire.perOperation("a.b", 0.25);
        final byte[] text = OPERATIONS.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 20_000; i++) {
            final byte[] damaged = (i % 2 == 0 ? protobuf : text).clone();
            for (int j = random.nextInt(4); j >= 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                if (i % 2 == 0) {
                    SamplingAnswer.ofProtobuf(damaged);
                } else {
                    SamplingAnswer.ofJson(damaged);
                }
            } catch (IOException e) {
                assertEquals(false, e.getMessage().isEmpty());
            }
        }
    }
}
