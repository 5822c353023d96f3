package io.kraken.tracer.jmh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** Machine, JDK, commit and date of a run. */
record Machine(String processor, int processors, String system, String jdk, String commit, String date) {

    private static final String UNKNOWN = "unknown";
    private static final Path CLOCK_SOURCE =
            Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    private static final Path GOVERNOR = Path.of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");

    static Machine here() {
        return new Machine(
                processorName(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + ' ' + System.getProperty("os.version") + ", clock source "
                        + firstLine(CLOCK_SOURCE) + ", governor " + firstLine(GOVERNOR),
                System.getProperty("java.vendor") + ' ' + System.getProperty("java.runtime.version"),
                commitNow(),
                LocalDate.now(ZoneOffset.UTC).toString());
    }

    private static String processorName() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
        return System.getProperty("os.arch");
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return UNKNOWN;
        }
    }

    private static String commitNow() {
        final String commit = git("rev-parse", "--short=12", "HEAD");
        return commit.isEmpty() ? UNKNOWN : git("status", "--porcelain").isEmpty() ? commit : commit + " and changes";
    }

    private static String git(String... args) {
        final String[] command = new String[args.length + 1];
        command[0] = "git";
        System.arraycopy(args, 0, command, 1, args.length);
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
