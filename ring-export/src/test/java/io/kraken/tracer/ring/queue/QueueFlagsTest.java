package io.kraken.tracer.ring.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.ring.Jdks;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests each way to start a JVM, on every JDK found: it works, or prints what to do, and nothing else. */
class QueueFlagsTest {

    @TempDir
    Path folder;

    static List<Jdks.Jdk> jdks() {
        return Jdks.found();
    }

    private String roundTrip(Jdks.Jdk jdk, List<String> flags) throws IOException, InterruptedException {
        return QueueJvm.start(jdk, flags, folder, RoundTripMain.class, folder.resolve("root"))
                .outputOfQuietRun();
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void argumentFileIsSufficient(Jdks.Jdk jdk) throws IOException, InterruptedException {
        assertEquals("read " + RoundTripMain.DOCUMENTS, roundTrip(jdk, QueueJvm.argumentFile()));
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void agentIsSufficient(Jdks.Jdk jdk) throws IOException, InterruptedException {
        // A warning that no agent can suppress.
        final String warning = "-Dsun.misc.unsafe.memory.access=allow";
        assertEquals("read " + RoundTripMain.DOCUMENTS, roundTrip(jdk, List.of("-javaagent:" + agent(), warning)));
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void withoutFlagsOneMessageSaysWhatToDo(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final String output = roundTrip(jdk, List.of());
        assertEquals(1, output.lines().count(), output);
        assertTrue(output.contains("-javaagent:ring-export.jar"), output);
        assertTrue(output.contains("META-INF/kraken-tracer/queue.args"), output);
        assertTrue(output.contains("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"), output);
    }

    @ParameterizedTest
    @MethodSource("jdks")
    void halfOfTheFlagsIsNotSufficient(Jdks.Jdk jdk) throws IOException, InterruptedException {
        final String output = roundTrip(jdk, List.of("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"));
        assertTrue(output.contains("--add-opens=java.base/java.lang.reflect=ALL-UNNAMED"), output);
    }

    /** A jar that contains only the agent, which needs no other class. */
    private Path agent() throws IOException {
        final Path jar = folder.resolve("agent.jar");
        final Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", QueueAgent.class.getName());
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (Class<?> each : List.of(QueueAgent.class, QueueFlags.class)) {
                final String name = each.getName().replace('.', '/') + ".class";
                out.putNextEntry(new JarEntry(name));
                try (InputStream in = each.getClassLoader().getResourceAsStream(name)) {
                    in.transferTo(out);
                }
            }
        }
        return jar;
    }
}
