package io.kraken.tracer.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JdksTest {

    @TempDir
    Path folder;

    private Path jdk(String where, String version) throws IOException {
        final Path home = folder.resolve(where);
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        assertTrue(Files.createFile(home.resolve("bin/java")).toFile().setExecutable(true));
        return home;
    }

    private static Path homeOf(List<Jdks.Jdk> jdks, int feature) {
        return jdks.stream()
                .filter(jdk -> jdk.feature() == feature)
                .map(Jdks.Jdk::home)
                .findFirst()
                .orElse(null);
    }

    @Test
    void findsOneOfEachVersionTheRunningOneFirst() throws IOException {
        final Path running = jdk("running", "77.0.3");
        final Path other = jdk("other", "77");
        final Path named = jdk("named", "78.0.1");
        final Path mac = jdk("mac/Contents/Home", "79");
        final Path sdkman = jdk(".sdkman/candidates/java/80-x", "80.0.2");
        final Path intellij = jdk(".jdks/81", "81");
        final List<Jdks.Jdk> found = Jdks.find(
                running,
                Map.of(
                        "JAVA_HOME", other.toString(),
                        "JAVA78_HOME", named.toString(),
                        "JDK_79", folder.resolve("mac").toString(),
                        "JAVA_HOME_99_X64", "",
                        "JAVA_TOOL_OPTIONS", "-Xmx1g"),
                folder);
        assertEquals(running, homeOf(found, 77));
        assertEquals(named, homeOf(found, 78));
        assertEquals(mac, homeOf(found, 79));
        assertEquals(sdkman, homeOf(found, 80));
        assertEquals(intellij, homeOf(found, 81));
    }

    @Test
    void ignoresOldJdksAndOtherDirectories() throws IOException {
        final Path old = jdk("old", "11.0.2");
        final Path broken = jdk("broken", "whatever");
        final List<Jdks.Jdk> found = Jdks.find(
                folder.resolve("nowhere"),
                Map.of("JAVA_HOME", old.toString(), "JDK_HOME", broken.toString(), "JAVA_1", folder.toString()),
                folder);
        assertTrue(found.stream().allMatch(jdk -> jdk.feature() >= Jdks.OLDEST), found::toString);
        assertTrue(found.stream().noneMatch(jdk -> jdk.home().startsWith(folder)), found::toString);
    }

    @Test
    void findsTheJdkThatRunsThisTest() {
        assertEquals(
                Path.of(System.getProperty("java.home")),
                homeOf(Jdks.found(), Runtime.version().feature()));
    }
}
