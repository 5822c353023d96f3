package io.kraken.tracer.bridge.control;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.kraken.tracer.file.ControlWords;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The decoder of an answer of Jaeger's remote sampling, as protobuf ({@code jaeger.api_v2}) or as JSON. There are
 * dialects of the JSON: the type is a name, a number or missing, and fields of value 0 may be missing. As in Jaeger's
 * own clients, rates of operations override the type, and an upper bound of operations is ignored.
 */
final class SamplingAnswer {

    private static final int PROBABILISTIC = 0;
    private static final int RATE_LIMITING = 1;

    private int type = PROBABILISTIC;
    private Double rate;
    private Double perSecond;
    /** Null without a part about operations. */
    private Map<String, Double> operations;

    private double defaultRate;
    private double lowerBound;

    private SamplingAnswer() {}

    // --- JSON

    /** @throws IOException when the answer is invalid; the message says why */
    static ControlWords ofJson(byte[] answer) throws IOException {
        final Map<?, ?> json = map(StrictJson.read(new String(answer, StandardCharsets.UTF_8)));
        final SamplingAnswer decoded = new SamplingAnswer();
        if (json.get("probabilisticSampling") != null) {
            decoded.rate = rateOf(json);
        }
        if (json.get("rateLimitingSampling") != null) {
            decoded.perSecond = number(map(json.get("rateLimitingSampling")).get("maxTracesPerSecond"));
        }
        decoded.type = typeOf(json.get("strategyType"), decoded.rate == null && decoded.perSecond != null);
        if (json.get("operationSampling") != null) {
            decoded.operations(map(json.get("operationSampling")));
        }
        return decoded.words();
    }

    private static int typeOf(Object type, boolean limited) throws IOException {
        if (type == null) {
            return limited ? RATE_LIMITING : PROBABILISTIC;
        }
        if (type instanceof String) {
            return switch (((String) type).toUpperCase(Locale.ROOT)) {
                case "PROBABILISTIC" -> PROBABILISTIC;
                case "RATE_LIMITING" -> RATE_LIMITING;
                default -> throw new IOException("the answer has an unknown strategyType");
            };
        }
        return (int) number(type);
    }

    private void operations(Map<?, ?> json) throws IOException {
        operations = new LinkedHashMap<>();
        defaultRate = number(json.get("defaultSamplingProbability"));
        lowerBound = number(json.get("defaultLowerBoundTracesPerSecond"));
        final Object list = json.get("perOperationStrategies");
        if (list != null && !(list instanceof List)) {
            throw new IOException("perOperationStrategies in the answer is not a list");
        }
        for (Object each : list == null ? List.of() : (List<?>) list) {
            final Map<?, ?> strategy = map(each);
            if (!(strategy.get("operation") instanceof String)) {
                throw new IOException("an operation has no name");
            }
            operation((String) strategy.get("operation"), rateOf(strategy));
        }
    }

    private static double rateOf(Map<?, ?> json) throws IOException {
        final Object sampling = json.get("probabilisticSampling");
        return sampling == null ? 0 : number(map(sampling).get("samplingRate"));
    }

    private static Map<?, ?> map(Object json) throws IOException {
        if (json instanceof Map) {
            return (Map<?, ?>) json;
        }
        throw new IOException("a part of the answer is not a JSON object");
    }

    /** Numbers may be written as strings. */
    private static double number(Object json) throws IOException {
        if (json == null) {
            return 0;
        }
        try {
            if (json instanceof Double || json instanceof String) {
                return Double.parseDouble(json.toString());
            }
        } catch (NumberFormatException e) { // reported below
        }
        throw new IOException("a field of the answer is not a number");
    }

    // --- protobuf

    /** @throws IOException when the answer is invalid; the message says why */
    static ControlWords ofProtobuf(byte[] answer) throws IOException {
        final SamplingAnswer decoded = new SamplingAnswer();
        final CodedInputStream in = CodedInputStream.newInstance(answer);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_VARINT -> decoded.type = in.readEnum();
                case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> decoded.rate = rateIn(in);
                case 3 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> decoded.perSecond = perSecondIn(in);
                case 4 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> decoded.operationsIn(in);
                default -> in.skipField(tag);
            }
        }
        return decoded.words();
    }

    /** Reads the nested message, whose first field is a rate. */
    private static double rateIn(CodedInputStream in) throws IOException {
        final int before = in.pushLimit(in.readRawVarint32());
        double rate = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (1 << 3 | WireFormat.WIRETYPE_FIXED64)) {
                rate = in.readDouble();
            } else {
                in.skipField(tag);
            }
        }
        in.popLimit(before);
        return rate;
    }

    private static double perSecondIn(CodedInputStream in) throws IOException {
        final int before = in.pushLimit(in.readRawVarint32());
        double perSecond = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == (1 << 3 | WireFormat.WIRETYPE_VARINT)) {
                perSecond = in.readInt32();
            } else {
                in.skipField(tag);
            }
        }
        in.popLimit(before);
        return perSecond;
    }

    private void operationsIn(CodedInputStream in) throws IOException {
        operations = operations == null ? new LinkedHashMap<>() : operations;
        final int before = in.pushLimit(in.readRawVarint32());
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_FIXED64 -> defaultRate = in.readDouble();
                case 2 << 3 | WireFormat.WIRETYPE_FIXED64 -> lowerBound = in.readDouble();
                case 3 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> operationIn(in);
                default -> in.skipField(tag);
            }
        }
        in.popLimit(before);
    }

    private void operationIn(CodedInputStream in) throws IOException {
        final int before = in.pushLimit(in.readRawVarint32());
        String name = "";
        double share = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> name = in.readStringRequireUtf8();
                case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> share = rateIn(in);
                default -> in.skipField(tag);
            }
        }
        in.popLimit(before);
        operation(name, share);
    }

    // --- conversion to control words

    /** Leaves out operations with too long a name and beyond the maximum number; they get the default rate. */
    private void operation(String name, double share) throws IOException {
        if (name.isEmpty()) {
            throw new IOException("an operation has no name");
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IOException("an operation has a sampling rate of " + share + ", which is not from 0 to 1");
        }
        final int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length <= ControlWords.MAX_NAME_LENGTH && operations.size() < ControlWords.MAX_OPERATIONS) {
            operations.put(name, share);
        }
    }

    private ControlWords words() throws IOException {
        try {
            if (operations != null) {
                ControlWords words = ControlWords.EMPTY.withRate(defaultRate).withLowerBound(lowerBound);
                for (Map.Entry<String, Double> operation : operations.entrySet()) {
                    words = words.withOperation(
                            operation.getKey(), new ControlWords.Rate(operation.getValue(), lowerBound));
                }
                return words;
            }
            if (type == RATE_LIMITING && perSecond != null) { // for a tracer a limit of 0 means no limit
                return perSecond == 0
                        ? ControlWords.EMPTY.withRate(0.0)
                        : ControlWords.EMPTY.withRate(1.0).withLimit(perSecond);
            }
            if (type == PROBABILISTIC && rate != null) {
                return ControlWords.EMPTY.withRate(rate);
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        throw new IOException("the answer contains no strategy of a known type");
    }
}
