package io.kraken.tracer.bridge;

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
 * What a server of Jaeger's remote sampling says of a service, as protobuf ({@code jaeger.api_v2}) or as JSON, of which
 * there are dialects: the type is a name, a number or left out, and so is any field that is 0. Rates of operations
 * weigh more than the type, as they do for Jaeger's own clients. An upper bound of operations is passed over, as
 * Jaeger's clients do.
 */
final class SamplingAnswer {

    private static final int PROBABILISTIC = 0;
    private static final int RATE_LIMITING = 1;

    private int type = PROBABILISTIC;
    private Double rate;
    private Double perSecond;
    /** Null unless there is a part about operations. */
    private Map<String, Double> operations;

    private double defaultRate;
    private double lowerBound;

    private SamplingAnswer() {}

    // --- JSON

    /** @throws IOException that says what makes no sense */
    static ControlWords ofJson(byte[] answer) throws IOException {
        final Map<?, ?> json = map(Json.read(new String(answer, StandardCharsets.UTF_8)));
        final SamplingAnswer said = new SamplingAnswer();
        if (json.get("probabilisticSampling") != null) {
            said.rate = rateOf(json);
        }
        if (json.get("rateLimitingSampling") != null) {
            said.perSecond = number(map(json.get("rateLimitingSampling")).get("maxTracesPerSecond"));
        }
        said.type = typeOf(json.get("strategyType"), said.rate == null && said.perSecond != null);
        if (json.get("operationSampling") != null) {
            said.operations(map(json.get("operationSampling")));
        }
        return said.words();
    }

    private static int typeOf(Object type, boolean limited) throws IOException {
        if (type == null) {
            return limited ? RATE_LIMITING : PROBABILISTIC;
        }
        if (type instanceof String) {
            return switch (((String) type).toUpperCase(Locale.ROOT)) {
                case "PROBABILISTIC" -> PROBABILISTIC;
                case "RATE_LIMITING" -> RATE_LIMITING;
                default -> throw new IOException("the strategy is of an unknown type");
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
            throw new IOException("the strategies of operations are no list");
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
        throw new IOException("a part of the answer is no object");
    }

    /** Numbers may be written as texts. */
    private static double number(Object json) throws IOException {
        if (json == null) {
            return 0;
        }
        try {
            if (json instanceof Double || json instanceof String) {
                return Double.parseDouble(json.toString());
            }
        } catch (NumberFormatException e) { // said below
        }
        throw new IOException("something in the answer is no number");
    }

    // --- protobuf

    /** @throws IOException that says what makes no sense */
    static ControlWords ofProtobuf(byte[] answer) throws IOException {
        final SamplingAnswer said = new SamplingAnswer();
        final CodedInputStream in = CodedInputStream.newInstance(answer);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (tag) {
                case 1 << 3 | WireFormat.WIRETYPE_VARINT -> said.type = in.readEnum();
                case 2 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> said.rate = rateIn(in);
                case 3 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> said.perSecond = perSecondIn(in);
                case 4 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED -> said.operationsIn(in);
                default -> in.skipField(tag);
            }
        }
        return said.words();
    }

    /** The first field of the message that follows. */
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

    // --- what it comes to

    /** Names that are too long can't be said to a tracer, nor more than so many; their default is said all the same. */
    private void operation(String name, double share) throws IOException {
        if (name.isEmpty()) {
            throw new IOException("an operation has no name");
        }
        if (!(share >= 0 && share <= 1)) {
            throw new IOException("an operation is to be sampled at a rate of " + share);
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
            if (type == RATE_LIMITING && perSecond != null) { // a limit of 0 is none to a tracer
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
        throw new IOException("there is no strategy of a known type in the answer");
    }
}
