package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.ring.ExportSettings;
import java.nio.file.Path;

/** A service in a JVM of its own that dies with spans in all states: ended and exported, ended, and open. */
final class KilledServiceMain {

    static final int ENDED = 10;

    private KilledServiceMain() {}

    /** The folder; a trace id as two numbers. */
    public static void main(String[] args) {
        final Service service = Service.start("killed", Path.of(args[0]), ExportSettings.DISCARD);
        for (int i = 0; i < ENDED; i++) {
            service.tracer.start(Service.WORK).end();
        }
        final Span outer = service.tracer.start("killed.outer", SpanKind.SERVER);
        outer.set(Service.TEXT, "half done");
        service.tracer.start("killed.inner", SpanKind.CLIENT);
        System.out.print(outer.traceId()); // allow:console what the test reads
        System.out.flush();
        Runtime.getRuntime().halt(7);
    }

    /** Runs it; returns the id of the trace that was never ended. */
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
            throw new AssertionError("ended otherwise than it should: " + process.exitValue() + " " + traceId);
        }
        return traceId;
    }
}
