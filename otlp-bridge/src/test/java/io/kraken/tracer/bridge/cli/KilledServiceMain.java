package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.ring.ExportSettings;
import java.nio.file.Path;

/** The main class of a service that is killed with spans in all states: exported, ended, and open. */
final class KilledServiceMain {

    static final int ENDED = 10;

    private KilledServiceMain() {}

    /** Arguments: the folder; a trace id as two numbers. */
    public static void main(String[] args) {
        final RecordingService service = RecordingService.start("killed", Path.of(args[0]), ExportSettings.DISCARD);
        for (int i = 0; i < ENDED; i++) {
            service.tracer.start(RecordingService.WORK).end();
        }
        final Span outer = service.tracer.start("killed.outer", SpanKind.SERVER);
        outer.set(RecordingService.TEXT, "half done");
        service.tracer.start("killed.inner", SpanKind.CLIENT);
        System.out.print(outer.traceId()); // allow:console read by the test
        System.out.flush();
        Runtime.getRuntime().halt(7);
    }

    /** Runs it; returns the id of the trace that has not ended. */
    static String run(Path folder) throws java.io.IOException, InterruptedException {
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledServiceMain.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        final String traceId =
                new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 7) {
            throw new AssertionError("unexpected exit code: " + process.exitValue() + " " + traceId);
        }
        return traceId;
    }
}
