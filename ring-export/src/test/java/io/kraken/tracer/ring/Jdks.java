package io.kraken.tracer.ring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The JDKs of this machine, one of each feature version from 17 on. */
public final class Jdks {

    static final int OLDEST = 17;

    private static final List<Integer> WANTED = List.of(17, 25);
    private static final List<String> FOLDERS =
            List.of("/usr/lib/jvm", "/usr/java", "/opt/java", "/Library/Java/JavaVirtualMachines");
    private static final List<String> FOLDERS_AT_HOME = List.of(".sdkman/candidates/java", ".jdks");

    private static final List<Jdk> FOUND = printed(
            find(Path.of(System.getProperty("java.home")), System.getenv(), Path.of(System.getProperty("user.home"))));

    public record Jdk(int feature, Path home) {

        public Path java() {
            return home.resolve("bin").resolve("java");
        }

        @Override
        public String toString() {
            return "JDK " + feature;
        }
    }

    private Jdks() {}

    public static List<Jdk> found() {
        return FOUND;
    }

    /**
     * The JDK of this JVM first, then those named by variables such as JAVA25_HOME, then those in the platform's usual
     * directories.
     */
    static List<Jdk> find(Path running, Map<String, String> environment, Path userHome) {
        final Set<Path> homes = new LinkedHashSet<>();
        homes.add(running);
        for (String name : new TreeSet<>(environment.keySet())) {
            if (name.matches("(JAVA|JDK).*") && !environment.get(name).isBlank()) {
                homes.add(Path.of(environment.get(name)));
            }
        }
        FOLDERS.forEach(folder -> homes.addAll(inside(Path.of(folder))));
        FOLDERS_AT_HOME.forEach(folder -> homes.addAll(inside(userHome.resolve(folder))));
        final Map<Integer, Jdk> byFeature = new TreeMap<>();
        for (Path home : homes) {
            for (Path candidate : List.of(home, home.resolve("Contents").resolve("Home"))) {
                final int feature = feature(candidate);
                if (feature >= OLDEST) {
                    byFeature.putIfAbsent(feature, new Jdk(feature, candidate));
                }
            }
        }
        return List.copyOf(byFeature.values());
    }

    private static Collection<Path> inside(Path folder) {
        final Set<Path> found = new TreeSet<>();
        if (Files.isDirectory(folder)) {
            try (var entries = Files.newDirectoryStream(folder)) {
                entries.forEach(found::add);
            } catch (IOException e) {
                return Set.of();
            }
        }
        return found;
    }

    /** The feature version in the release file that every JDK has; 0 when the directory is not a JDK. */
    private static int feature(Path home) {
        final Path release = home.resolve("release");
        if (!Files.isRegularFile(release)
                || !Files.isExecutable(home.resolve("bin").resolve("java"))) {
            return 0;
        }
        final Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(release)) {
            properties.load(reader);
            final String version = properties.getProperty("JAVA_VERSION", "").replace("\"", "");
            return Runtime.Version.parse(version).feature();
        } catch (IOException | IllegalArgumentException e) {
            return 0;
        }
    }

    private static List<Jdk> printed(List<Jdk> found) {
        final List<Integer> absent = new ArrayList<>(WANTED);
        for (Jdk jdk : found) {
            absent.remove((Integer) jdk.feature());
        }
        final String missing = absent.isEmpty() ? "" : "; not here: " + absent;
        System.out.println("forked JVMs run on " + found + missing); // allow:console what was tested belongs in the log
        return found;
    }
}
