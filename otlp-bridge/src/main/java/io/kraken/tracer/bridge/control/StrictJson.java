package io.kraken.tracer.bridge.control;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A strict reader of JSON: maps, lists, strings, doubles, booleans and null. Made for short untrusted texts: the caller
 * limits the length, the reader limits the nesting.
 */
final class StrictJson {

    private static final int DEEPEST = 32;

    private StrictJson() {}

    /** @throws IOException when the text is not valid JSON */
    static Object read(String text) throws IOException {
        final JsonReader json = new JsonReader(new StringReader(text));
        json.setStrictness(Strictness.STRICT);
        json.setNestingLimit(DEEPEST);
        try {
            final Object value = value(json);
            json.peek(); // throws, unless it is the end
            return value;
        } catch (IOException | IllegalStateException | NumberFormatException e) {
            throw new IOException("the answer is not valid JSON: " + e.getMessage(), e);
        }
    }

    private static Object value(JsonReader json) throws IOException {
        switch (json.peek()) {
            case BEGIN_OBJECT:
                final Map<String, Object> map = new LinkedHashMap<>();
                json.beginObject();
                while (json.hasNext()) {
                    map.put(json.nextName(), value(json));
                }
                json.endObject();
                return map;
            case BEGIN_ARRAY:
                final List<Object> list = new ArrayList<>();
                json.beginArray();
                while (json.hasNext()) {
                    list.add(value(json));
                }
                json.endArray();
                return list;
            case STRING:
                return json.nextString();
            case NUMBER:
                return json.nextDouble();
            case BOOLEAN:
                return json.nextBoolean();
            default:
                json.nextNull();
                return null;
        }
    }
}
