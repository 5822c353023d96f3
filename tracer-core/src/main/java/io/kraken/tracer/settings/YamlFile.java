package io.kraken.tracer.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A reader of settings from YAML, of which it accepts only maps, scalars and a few lists. It uses the parser's events
 * only: no objects are created from the content, aliases cannot multiply it, and nesting is bounded. The meaning of a
 * scalar is decided by its setting.
 */
public final class YamlFile {

    private static final int MOST_BYTES = 256 << 10;
    private static final int MOST_ENTRIES = 2000;
    private static final int DEEPEST = 12;
    private static final Set<String> NOTHING = Set.of("", "~", "null");

    /**
     * The part of a file that is read.
     *
     * @param root the top-level key of the settings
     * @param alone whether other top-level keys are a problem; otherwise they are ignored
     * @param lists paths at which a list is allowed
     */
    public record Scope(String root, boolean alone, Predicate<String> lists) {}

    private final Scope scope;
    private final String name;
    private final Consumer<String> problems;
    private final List<SettingEntry> entries = new ArrayList<>();
    private Iterator<Event> events;
    private boolean rooted;

    /** Describes the problem in a sentence; the rest of the file is not read. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    private YamlFile(Scope scope, String name, Consumer<String> problems) {
        this.scope = scope;
        this.name = name;
        this.problems = problems;
    }

    /**
     * The entries of the file, as far as it can be read. Their names are paths: keys from the root downwards, without
     * the root's, joined by dots; {@code [3]} after that of a list is its fourth item. Maps and lists have an entry
     * without a value, before those of their content. The origin is file and line.
     *
     * @param problems receives what is wrong with the file
     */
    public static List<SettingEntry> read(Path file, Scope scope, Consumer<String> problems) {
        final YamlFile settings = new YamlFile(scope, SettingText.clean(file.toString()), problems);
        try {
            settings.parse(settings.text(file));
        } catch (Refused e) {
            problems.accept(e.getMessage());
        } catch (MarkedYamlEngineException e) {
            // Its own message quotes the file, which may contain secrets.
            final String where = e.getProblemMark()
                    .map(mark -> ", line " + (mark.getLine() + 1))
                    .orElse("");
            problems.accept(settings.name + where + " is not valid YAML: " + SettingText.clean(e.getProblem()));
        } catch (YamlEngineException e) {
            problems.accept(settings.name + " is not valid YAML, or has characters that YAML does not allow");
        }
        return settings.entries;
    }

    private String text(Path file) throws Refused {
        final byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (IOException e) {
            throw new Refused(name + " can't be read: " + e.getClass().getSimpleName());
        }
        if (bytes.length > MOST_BYTES) {
            throw new Refused(name + " is larger than " + MOST_BYTES + " bytes, the maximum for a settings file");
        }
        try {
            final String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new Refused(name + " is not UTF-8");
        }
    }

    private void parse(String text) throws Refused {
        events = new Parse(LoadSettings.builder().setLabel(name).build())
                .parseString(text)
                .iterator();
        events.next(); // start of the stream
        if (next().getEventId() == Event.ID.StreamEnd) {
            return;
        }
        final Event top = next();
        if (!isNothing(top)) {
            map(top, "", 1);
            if (!rooted && !scope.alone) {
                problems.accept("there is no '" + scope.root + ":' in " + name);
            }
        }
        next(); // end of the document
        final Event end = next();
        if (end.getEventId() != Event.ID.StreamEnd) {
            throw new Refused("a second document begins in " + place(end) + "; only one is allowed");
        }
    }

    private Event next() throws Refused {
        final Event event = events.next();
        if (event instanceof AliasEvent
                || event instanceof NodeEvent && ((NodeEvent) event).getAnchor().isPresent()) {
            throw new Refused("anchors and aliases are not allowed in settings: " + place(event));
        }
        final Optional<String> tag = event instanceof ScalarEvent
                ? ((ScalarEvent) event).getTag()
                : event instanceof CollectionStartEvent ? ((CollectionStartEvent) event).getTag() : Optional.empty();
        if (tag.isPresent()) {
            throw new Refused("tags are not allowed in settings: " + place(event));
        }
        return event;
    }

    private String place(Event event) {
        return name
                + event.getStartMark()
                        .map(mark -> ", line " + (mark.getLine() + 1))
                        .orElse("");
    }

    /** Reads the settings of a map that has begun, up to its end. */
    private void map(Event start, String path, int depth) throws Refused {
        if (!(start instanceof MappingStartEvent)) {
            throw notAMap(start, path);
        }
        checkDepth(start, depth);
        final Set<String> seen = new HashSet<>();
        if (depth > 2) {
            add(path, null, start);
        }
        for (Event key = next(); !(key instanceof MappingEndEvent); key = next()) {
            if (!(key instanceof ScalarEvent)) {
                throw new Refused("a setting's name is a list or a map in " + place(key));
            }
            final String word = ((ScalarEvent) key).getValue();
            final String setting = path.isEmpty() ? word : path + "." + word;
            if (!seen.add(word)) {
                problems.accept(quoted(setting) + " appears twice in the same map, in " + place(key));
                skip();
            } else if (depth == 1) {
                top(word, key);
            } else {
                value(setting, key, next(), depth);
            }
        }
    }

    private void top(String word, Event key) throws Refused {
        if (word.equals(scope.root)) {
            rooted = true;
            final Event value = next();
            if (!isNothing(value)) {
                if (!(value instanceof MappingStartEvent)) {
                    throw notAMap(value, word);
                }
                map(value, "", 2);
            }
            return;
        }
        if (scope.alone) {
            problems.accept("unknown key '" + SettingText.clean(word) + "' in " + place(key) + "; settings are below '"
                    + scope.root + ":'");
        }
        skip();
    }

    private void value(String path, Event key, Event value, int depth) throws Refused {
        if (value instanceof ScalarEvent) {
            add(path, isNothing(value) ? null : ((ScalarEvent) value).getValue(), key);
        } else if (!(value instanceof SequenceStartEvent)) {
            map(value, path, depth + 1);
        } else if (scope.lists.test(path)) {
            add(path, null, key);
            checkDepth(value, depth + 1);
            items(path, depth + 1);
        } else {
            problems.accept(quoted(path) + " is a list in " + place(key) + "; no setting is a list");
            skipRest(value);
        }
    }

    private void items(String path, int depth) throws Refused {
        int index = 0;
        for (Event item = next(); !(item instanceof SequenceEndEvent); item = next()) {
            value(path + '[' + index + ']', item, item, depth);
            index++;
        }
    }

    private void skip() throws Refused {
        skipRest(events.next());
    }

    /** Skips whatever began with this event. */
    private void skipRest(Event start) throws Refused {
        int open = 0;
        for (Event event = start; ; event = events.next()) {
            if (event instanceof CollectionStartEvent) {
                open++;
                checkDepth(event, open); // the parser's own time is quadratic in the depth
            } else if (event instanceof CollectionEndEvent) {
                open--;
            }
            if (open == 0) {
                return;
            }
        }
    }

    private void add(String path, String value, Event at) throws Refused {
        if (entries.size() == MOST_ENTRIES) {
            throw new Refused(name + " has more than " + MOST_ENTRIES + " settings");
        }
        entries.add(new SettingEntry(path, value, place(at)));
    }

    private void checkDepth(Event event, int depth) throws Refused {
        if (depth > DEEPEST) {
            throw new Refused("lists or maps are nested too deeply in " + place(event));
        }
    }

    private Refused notAMap(Event event, String path) {
        final String what = path.isEmpty() ? "the file's content" : quoted(path);
        final String is = event instanceof SequenceStartEvent ? "a list" : "a single value";
        return new Refused(what + " is " + is + " in " + place(event) + " and should be a map");
    }

    private static String quoted(String path) {
        return "'" + SettingText.clean(path) + "'";
    }

    private static boolean isNothing(Event event) {
        return event instanceof ScalarEvent
                && ((ScalarEvent) event).isPlain()
                && NOTHING.contains(((ScalarEvent) event).getValue());
    }
}
