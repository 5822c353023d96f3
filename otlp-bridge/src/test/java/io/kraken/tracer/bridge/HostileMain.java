package io.kraken.tracer.bridge;

import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.ring.ExportSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The main class of the hostile application. It reads one command per line and answers each with one line, {@code
 * answer NUMBER ok ...} or {@code answer NUMBER FAILED ...}. Its commands are the phases of {@link HostilePhases} and
 * those of {@link #execute}.
 */
final class HostileMain {

    static final String DIRECT = "direct";
    static final String QUEUE = "queue";

    private static final PrintStream OUT = System.out; // allow:console read by the test
    private static final int FEW_RECORDS = 8 * 1024;

    private final String name;
    private final String files;
    private final String queues;
    private final String endpoint;
    private final HostilePhases phases;
    private final HostResources resources = new HostResources();
    private final List<HostileTracer> tracers = new ArrayList<>();
    private final AtomicReference<Throwable> uncaught = new AtomicReference<>();
    private int opened;

    private HostileMain(String[] args) {
        name = args[0];
        files = args[1];
        queues = args[2];
        endpoint = args[3];
        phases = new HostilePhases(tracers, Long.parseLong(args[4]), Integer.parseInt(args[5]), redeployed());
    }

    private List<String> redeployed() {
        return List.of(name + "-redeployed", files, endpoint);
    }

    /** Arguments: name, folder of span files, root of the queues, collector, seed, percent of the volume. */
    public static void main(String[] args) throws IOException {
        new HostileMain(args).run();
        OUT.flush();
        System.exit(0); // even if the phases have left threads running
    }

    private void run() throws IOException {
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> uncaught.compareAndSet(null, thrown));
        final BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        int number = 0;
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            String answer;
            try {
                answer = "ok " + execute(command.split(" "));
                assertNothingReachedTheApplication();
            } catch (Throwable e) {
                answer = "FAILED " + stackTrace(e);
            }
            OUT.println("answer " + ++number + " " + answer.replace('\n', '|'));
            OUT.flush();
        }
    }

    private static String stackTrace(Throwable thrown) {
        final StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text)); // allow:console into a string
        return text.toString();
    }

    private void assertNothingReachedTheApplication() {
        final Throwable thrown = uncaught.getAndSet(null);
        if (thrown != null) {
            throw new AssertionError("an exception ended a thread of the application", thrown);
        }
    }

    private String execute(String[] words) throws Exception {
        switch (words[0]) {
            case "open":
                return open(List.of(words).subList(1, words.length));
            case "close":
                return close(Long.parseLong(words[1]));
            case "rest":
                phases.awaitLoadersGone();
                return resources.rest();
            case "report":
                return resources.assertFlat() + "; " + phases.report();
            default:
                return phases.run(words[0]);
        }
    }

    /** Answers with the span file of each tracer, or "none". */
    private String open(List<String> sinks) {
        opened++;
        final StringBuilder answer = new StringBuilder();
        for (String sink : sinks) {
            final TracerConfig config = new TracerConfig()
                    .with(TracerConfig.BREAKER_ENABLED, false)
                    .serviceName(name + "-" + sink + "-" + opened)
                    .with(TracerConfig.FILE, files)
                    .with(TracerConfig.FILES_KEPT, 1);
            final HostileTracer tracer =
                    new HostileTracer(sink.equals(QUEUE) ? queue(config, sinks.size() > 1) : direct(config));
            tracers.add(tracer);
            answer.append(
                            tracer.tracer.file().path() == null
                                    ? "none"
                                    : tracer.tracer.file().path())
                    .append(' ');
        }
        return answer.toString();
    }

    private TracerConfig queue(TracerConfig config, boolean small) {
        return config.with(ExportSettings.SINK, ExportSettings.QUEUE)
                .with(TracerConfig.RECORDS, small ? FEW_RECORDS : 0)
                .with(ExportSettings.QUEUE_DIR, queues)
                .with(ExportSettings.QUEUE_RESERVE_MEGABYTES, 0);
    }

    private TracerConfig direct(TracerConfig config) {
        return config.with(ExportSettings.SINK, ExportSettings.OTLP)
                .with(TracerConfig.RECORDS, FEW_RECORDS)
                .with(ExportSettings.OTLP_ENDPOINT, endpoint)
                .with(ExportSettings.BATCH_MILLIS, 20)
                .with(ExportSettings.OTLP_TIMEOUT_MILLIS, 300)
                .with(ExportSettings.OTLP_ATTEMPTS, 2);
    }

    /** Answers with each tracer's service and the number of spans that it has counted as shipped. */
    private String close(long timeoutMillis) {
        final StringBuilder answer = new StringBuilder();
        for (HostileTracer tracer : tracers) {
            answer.append(tracer.service)
                    .append('=')
                    .append(tracer.close(timeoutMillis))
                    .append(' ');
        }
        tracers.clear();
        return answer.toString();
    }
}
