package io.kraken.tracer.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {

    private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern SETTING = Pattern.compile("`(kraken\\.tracer\\.[a-z.]+)`");

    @Test
    void compilesTheCodeOfTheReadme(@TempDir Path classes) throws IOException {
        final Matcher code = CODE.matcher(readme());
        assertTrue(code.find(), "the README shows code");
        final String source =
                "import io.kraken.tracer.*;\nimport io.kraken.tracer.Key.*;\nclass Sample {\n" + code.group(1) + "}\n";
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertNotNull(compiler, "tests run on a JDK");
        final Writer messages = new StringWriter();
        final boolean compiled = compiler.getTask(
                        messages,
                        null,
                        null,
                        List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(new Source(source)))
                .call();
        assertTrue(compiled, messages::toString);
    }

    @Test
    void findsAllSettingsThatTheReadmeNames() throws IOException {
        final Matcher setting = SETTING.matcher(readme());
        final List<String> known = Settings.properties();
        int found = 0;
        while (setting.find()) {
            found++;
            final String name = setting.group(1);
            assertTrue(known.contains(name), name);
        }
        assertTrue(found > 4, "the README has a table of settings");
        assertEquals(known.size(), known.stream().distinct().count(), "no two settings share a name");
    }

    /** The project's README, not the module's. */
    private static String readme() throws IOException {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("CHANGELOG.md"))) {
            folder = folder.getParent();
        }
        return Files.readString(folder.resolve("README.md"));
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String text) {
            super(URI.create("string:///Sample.java"), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
