package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.settings.NearestName;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KrakenTraceTest {

    @ParameterizedTest
    @ValueSource(strings = {"dump", "trace", "stat", "control", "verify"})
    void listsEveryCommandAndItsHelp(String command) {
        CommandLine.run("--help").assertExit(0).assertNoComplaint().assertSays("  " + command + " ");
        final CommandLine help =
                CommandLine.run(command, "--help").assertExit(0).assertNoComplaint();
        help.assertSays("Usage: kraken-trace " + command + " ").assertSays("Exit codes: 0 ");
        assertEquals(help, CommandLine.run("help", command));
        help.out().lines().forEach(line -> assertTrue(line.length() <= 120, line));
    }

    @Test
    void printsTheVersionOfProgramAndJvm() {
        CommandLine.run("--version").assertExit(0).assertSays("kraken-trace ").assertSays("Java " + Runtime.version());
    }

    @Test
    void suggestsTheNearestCommand() {
        CommandLine.run("vrify").assertExit(2).assertComplains("did you mean verify?");
        final CommandLine far = CommandLine.run("\u001b[2Jxyzzyplugh").assertExit(2);
        far.assertComplains("unknown command '?[2Jxyzzyplugh'\n");
        assertFalse(far.err().contains("meant?"), far.err());
        CommandLine.run().assertExit(2).assertComplains("no command given");
    }

    @Test
    void checksTheSettingsOfTheBridge() {
        CommandLine.run("bridge", "--check", "--stall=7s")
                .assertExit(0)
                .assertNoComplaint()
                .assertSays("stall")
                .assertSays("7s");
        CommandLine.run("bridge", "--stall=soon", "--check", "--drain=never")
                .assertExit(2)
                .assertComplains("stall is 'soon'")
                .assertComplains("drain is 'never'");
    }

    @Test
    void refusesInvalidOptions() {
        CommandLine.run("dump", "--fromat=json", "x").assertExit(2).assertComplains("did you mean --format?");
        CommandLine.run("dump", "--format=xml", "x").assertExit(2).assertComplains("one of text, json");
        CommandLine.run("dump", "--format").assertExit(2).assertComplains("--format needs a value");
        CommandLine.run("dump", "--from=xyz", "x").assertExit(2).assertComplains("hexadecimal");
        CommandLine.run("dump").assertExit(2).assertComplains("a queue or a span file is required");
        CommandLine.run("stat", "--once=1").assertExit(2).assertComplains("--once takes no value");
        CommandLine.run("stat", "--interval=0s").assertExit(2).assertComplains("a duration from 1ms to");
        CommandLine.run("stat", "--count=-1").assertExit(2).assertComplains("a number from 0 to");
        CommandLine.run("stat", "more").assertExit(2).assertComplains("unexpected argument 'more'");
        CommandLine.run("trace").assertExit(2).assertComplains("one trace id");
        CommandLine.run("trace", "0123").assertExit(2).assertComplains("32 hexadecimal digits");
        CommandLine.run("trace", "no hexadecimal").assertExit(2);
    }

    @Test
    void namesAMissingFile(@TempDir Path folder) {
        CommandLine.run("dump", folder.resolve("none")).assertExit(3).assertComplains("none does not exist\n");
        CommandLine.run("verify", folder.resolve("none")).assertExit(3).assertComplains("none does not exist\n");
        CommandLine.run("stat", "--once", "--files=" + folder.resolve("none")).assertExit(3);
        CommandLine.run("dump", folder).assertExit(3).assertComplains("is not a queue and contains none");
    }

    /** A stream whose reader has closed it, as {@code | head} does. */
    private static final class ClosedPipe extends OutputStream {
        int writes;

        @Override
        public void write(int b) throws IOException {
            writes++;
            throw new IOException("Broken pipe");
        }
    }

    @Test
    void endsSoonWhenStandardOutputIsClosed() {
        final ClosedPipe pipe = new ClosedPipe();
        final PrintStream out = new PrintStream(pipe, false, StandardCharsets.UTF_8);
        final ClosedPipe err = new ClosedPipe();
        final int exit = KrakenTrace.run(List.of("--help"), out, new PrintStream(err, true, StandardCharsets.UTF_8));
        assertEquals(0, exit);
        assertEquals(0, err.writes);
        final Console console = new Console(out, out, false, 80);
        int lines = 0;
        try {
            while (lines < 1_000_000) {
                console.line("a line of twenty-odd letters");
                lines++;
            }
        } catch (Console.Gone e) {
            assertTrue(lines < 1000, "detected after " + lines);
            return;
        }
        throw new AssertionError("not detected");
    }

    @Test
    void parsesOptionsFlagsAndPositionalArguments() throws UsageException {
        final Arguments arguments = Arguments.parse(
                List.of("--key=a=b", "one", "-other", "two", "--flag", "--", "--three"),
                Set.of("key", "other"),
                Set.of("flag"));
        assertEquals("a=b", arguments.text("key", ""));
        assertEquals("two", arguments.text("other", ""));
        assertTrue(arguments.has("flag"));
        assertEquals(List.of("one", "--three"), arguments.rest());
        assertEquals(Optional.of("verify"), NearestName.of("ver", Set.of("dump", "verify", "trace")));
        assertEquals(Optional.empty(), NearestName.of("bridge", Set.of("dump", "stat")));
    }

    /** In an installation or a built source tree: only the folder of the jar differs. */
    @ParameterizedTest
    @ValueSource(strings = {"lib", "target"})
    void findsJavaAndTheJarThroughLinks(String jars, @TempDir Path folder) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")));
        final Path script =
                Files.createDirectories(folder.resolve("in stalled/bin")).resolve("kraken-trace");
        Files.copy(Path.of("bin", "kraken-trace"), script, StandardCopyOption.COPY_ATTRIBUTES);
        assertTrue(Files.isExecutable(script), "it is executable");
        Files.createSymbolicLink(folder.resolve("link"), script);
        final Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("link"));
        assertEquals("3", script(second, "--version").get(0), "there is no jar");
        writeJar(Files.createDirectory(folder.resolve("in stalled").resolve(jars))
                .resolve("otlp-bridge.jar"));
        assertEquals(List.of("0", "kraken-trace"), script(second, "--version"));
        assertEquals("2", script(second, "nothing").get(0));
    }

    /** A jar whose manifest contains the class path of this JVM. */
    private static void writeJar(Path jar) throws IOException {
        final StringBuilder classPath = new StringBuilder();
        for (String element : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.append(Path.of(element).toUri()).append(' ');
        }
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath.toString());
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }

    private static List<String> script(Path script, String argument) throws IOException, InterruptedException {
        final ProcessBuilder builder =
                new ProcessBuilder("/bin/sh", script.toString(), argument).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        final Process process = builder.start();
        final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final List<String> result = new ArrayList<>(List.of(Integer.toString(process.waitFor())));
        result.add(said.split("[ :]", 2)[0]);
        return result;
    }
}
