package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.settings.SettingEntry;
import io.kraken.tracer.settings.YamlFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsFileTest {

    static final String ALL = """
            bridge:
              queues: "a\\tb" # why
              keep: {errors: true, share: .5}
              destinations:
                main:
                  type: otlp_http
                  headers:
                    authorization: >
                      Basic abc
            """;

    @TempDir
    Path folder;

    /** Returns the entries, or the problems if there are any. */
    private String read(byte[] content) throws IOException {
        final List<String> problems = new ArrayList<>();
        final List<SettingEntry> entries =
                YamlFile.read(Files.write(folder.resolve("bridge.yaml"), content), BridgeSettings.SCOPE, problems::add);
        final StringBuilder text = new StringBuilder();
        for (SettingEntry entry : entries) {
            text.append(entry.name()).append('=').append(entry.value()).append(' ');
        }
        final String found = problems.isEmpty() ? text.toString() : String.join("; ", problems);
        return found.replace(folder + "/", "").strip();
    }

    private String read(String content) throws IOException {
        return read(content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void readsMapsAsDottedNames() throws IOException {
        assertEquals(
                "queues=a\tb keep=null keep.errors=true keep.share=.5 destinations=null destinations.main=null"
                        + " destinations.main.type=otlp_http destinations.main.headers=null"
                        + " destinations.main.headers.authorization=Basic abc",
                read(ALL).replaceAll("\\s+", " ").replace("a b", "a\tb"));
    }

    @Test
    void readsNothingFromAnEmptyFile() throws IOException {
        for (String empty :
                List.of("", "\n", "# nothing\n", "---\n", "bridge:\n", "bridge: {}", "~", "\uFEFFbridge: ~")) {
            assertEquals("", read(empty), empty);
        }
    }

    @Test
    void refusesListsTagsAliasesAndDuplicates() throws IOException {
        assertEquals(
                "'queues' is a list in bridge.yaml, line 2; no setting is a list",
                read("bridge:\n  queues: [a, [b]]\n"));
        assertEquals("the file's content is a list in bridge.yaml, line 1 and should be a map", read("- bridge"));
        assertEquals("the file's content is a single value in bridge.yaml, line 1 and should be a map", read("bridge"));
        assertEquals("'bridge' is a list in bridge.yaml, line 1 and should be a map", read("bridge: []"));
        assertEquals(
                "unknown key 'brigde' in bridge.yaml, line 1; settings are below 'bridge:'",
                read("brigde:\n  - {a: [b]}\n"));
        assertEquals(
                "'drain' appears twice in the same map, in bridge.yaml, line 3",
                read("bridge:\n  drain: 1s\n  drain: {}"));
        for (String tagged : List.of(
                "bridge: !!java.net.URL [a]",
                "bridge: {a: !!javax.script.ScriptEngineManager x}",
                "!!set {bridge: }",
                "bridge: {!!str a: b}",
                "bridge: {a: !x {}}")) {
            assertEquals("tags are not allowed in settings: bridge.yaml, line 1", read(tagged));
        }
        for (String aliased :
                List.of("bridge: &a {}", "bridge: {x: {y: &a b, z: *a}}", "&a bridge: {}", "bridge: &a {b: *a}")) {
            assertEquals("anchors and aliases are not allowed in settings: bridge.yaml, line 1", read(aliased));
        }
        assertEquals("a setting's name is a list or a map in bridge.yaml, line 1", read("bridge: {[a]: b}"));
        assertEquals(
                "a second document begins in bridge.yaml, line 2; only one is allowed", read("bridge: {}\n--- {}\n"));
    }

    @Test
    void refusesYamlBombsEarly() throws IOException {
        final StringBuilder laughs = new StringBuilder("bridge:\n  a0: &a0 x\n");
        for (int i = 1; i < 60; i++) {
            laughs.append("  a" + i + ": &a" + i + " {" + ("b: *a" + (i - 1) + ", ").repeat(9) + "}\n");
        }
        assertTrue(read(laughs.toString()).startsWith("anchors and aliases are not allowed"));
        for (String deep : List.of("{a: ".repeat(20_000), "{a: " + "[".repeat(50_000), "{a: " + "[[],".repeat(9000))) {
            assertTrue(read("bridge: " + deep).contains("lists or maps are nested too deeply in bridge.yaml, line 1"));
        }
        assertTrue(read("bridge:\n" + "  a: b\n".repeat(60_000)).contains("is larger than 262144 bytes"));
        final StringBuilder many = new StringBuilder("bridge:\n");
        for (int i = 0; i < 3000; i++) {
            many.append("  a").append(i).append(": b\n");
        }
        assertEquals("bridge.yaml has more than 2000 settings", read(many.toString()));
    }

    @Test
    void refusesFilesThatAreNotUtf8Yaml() throws IOException {
        assertEquals("bridge.yaml is not UTF-8", read(new byte[] {'b', (byte) 0xC3, '(', '\n'}));
        assertEquals("bridge.yaml is not UTF-8", read("bridge: {}".getBytes(StandardCharsets.UTF_16)));
        assertTrue(read("bridge: \u0001").contains("is not valid YAML"));
        assertTrue(read("%YAML 3.0\n---\nbridge: {}").contains("is not valid YAML"));
        final List<String> problems = new ArrayList<>();
        YamlFile.read(folder.resolve("absent.yaml"), BridgeSettings.SCOPE, problems::add);
        YamlFile.read(folder, BridgeSettings.SCOPE, problems::add);
        assertEquals(2, problems.size());
        assertTrue(problems.get(0).endsWith("absent.yaml can't be read: NoSuchFileException"), problems.get(0));
    }

    @Test
    void refusesInvalidYamlWithoutQuotingIt() throws IOException {
        final String problem = read("bridge:\n  destinations: {a: {headers: {authorization: open-sesame\n");
        assertTrue(problem.startsWith("bridge.yaml, line "), problem);
        assertFalse(problem.contains("open-sesame"), problem);
    }

    @Test
    void throwsNothingForRandomContent() throws IOException {
        final Random random = new Random(42);
        final String pieces = "{}[]:,-?&*!|>'\"%@`#~ \n\t.abc0\\u";
        for (int i = 0; i < 500; i++) {
            final StringBuilder text = new StringBuilder(ALL);
            for (int j = random.nextInt(6); j >= 0; j--) {
                final int at = random.nextInt(text.length());
                text.replace(
                        at,
                        Math.min(text.length(), at + random.nextInt(3)),
                        "" + pieces.charAt(random.nextInt(pieces.length())));
            }
            read(text.toString());
        }
    }
}
