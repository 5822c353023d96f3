package io.kraken.tracer.jmh;

import java.util.Locale;
import java.util.Map;

/** The results as JSON, one line for each figure, so that two runs can be compared by eye. */
final class Json {

    private final StringBuilder out = new StringBuilder(8192);

    private Json() {}

    static String of(Results results) {
        final Json json = new Json();
        final Machine machine = results.machine();
        json.out.append("{\n");
        json.line("processor", machine.processor()).line("system", machine.system());
        json.out.append("  \"processors\": ").append(machine.processors()).append(",\n");
        json.line("jdk", machine.jdk()).line("commit", machine.commit()).line("date", machine.date());
        json.line("form", results.form());
        json.out.append("  \"service\": [");
        String separator = "\n";
        if (results.service() != null) {
            for (ServiceResult.Point point : results.service().points()) {
                for (ServiceSpans.Side side : ServiceSpans.Side.values()) {
                    json.out.append(separator).append("    ");
                    json.service(point, side);
                    separator = ",\n";
                }
            }
        }
        json.out.append("\n  ],\n  \"service spans\": [");
        if (results.service() != null) {
            json.delivery("\n", "kraken", results.service().kraken());
            json.delivery(",\n", "opentelemetry", results.service().openTelemetry());
        }
        json.out.append("\n  ],\n  \"surge\": [");
        separator = "\n";
        if (results.surge() != null) {
            for (ServiceSpans.Side side : ServiceSpans.Side.values()) {
                json.out.append(separator).append("    ");
                json.surge(results.surge(), side);
                separator = ",\n";
            }
        }
        json.out.append("\n  ],\n  \"benchmarks\": [");
        separator = "\n";
        for (Measured figure : results.figures().all()) {
            json.out.append(separator).append("    ");
            json.figure(figure);
            separator = ",\n";
        }
        json.out.append("\n  ],\n  \"peak\": [");
        separator = "\n";
        for (PeakResult peak : results.peaks()) {
            json.out.append(separator).append("    ");
            json.peak(peak);
            separator = ",\n";
        }
        json.out.append("\n  ],\n  \"demo\": [");
        if (results.demo() != null) {
            separator = "\n";
            for (DemoSide side : results.demo().sides()) {
                json.out.append(separator).append("    ");
                json.demo(results.demo(), side);
                separator = ",\n";
            }
        }
        json.out.append("\n  ],\n  \"bridge\": [");
        separator = "\n";
        for (BridgeResult result : results.bridge()) {
            json.out.append(separator).append("    ");
            json.bridge(result);
            separator = ",\n";
        }
        return json.out.append("\n  ]\n}\n").toString();
    }

    private Json line(String name, String value) {
        out.append("  ");
        text(name).append(": ");
        text(value).append(",\n");
        return this;
    }

    private StringBuilder text(String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            final char c = value.charAt(i);
            if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c == '"' || c == '\\' ? "\\" : "").append(c);
            }
        }
        return out.append('"');
    }

    private Json field(String name, double value) {
        text(name).append(": ");
        final String number = String.format(Locale.ROOT, value == Math.rint(value) ? "%.0f" : "%.2f", value);
        out.append(Double.isFinite(value) ? number : "null").append(", ");
        return this;
    }

    private void service(ServiceResult.Point point, ServiceSpans.Side side) {
        out.append("{\"side\": ");
        text(side.toString()).append(", \"shape\": ");
        text(point.shape().toString()).append(", ");
        field("requests/s", point.rate()).field("rounds", point.rounds().size());
        for (int i = 0; i < ServiceResult.LABELS.length; i++) {
            final String name = ServiceResult.LABELS[i];
            field(name + " ns", point.call(side, i)).field("response " + name + " ns", point.response(side, i));
            if (side == ServiceSpans.Side.KRAKEN) {
                final ServiceResult.Ratio ratio = point.ratio(i);
                field(name + " of opentelemetry", ratio.value());
                field(name + " least", ratio.least()).field(name + " most", ratio.most());
            }
        }
        out.append("\"requests\": ").append(point.requests(side)).append('}');
    }

    private void delivery(String separator, String side, Delivery delivery) {
        out.append(separator).append("    {\"side\": ");
        text(side).append(", ");
        field("delivered", delivery.delivered());
        out.append("\"dropped\": ").append(delivery.dropped()).append('}');
    }

    private void surge(SurgeResult surge, ServiceSpans.Side side) {
        out.append("{\"side\": ");
        text(side.toString()).append(", ");
        field("threads", surge.threads()).field("spans/request", surge.spans());
        field("rounds", surge.rounds().size()).field("requests/s", surge.perSecond(side));
        final double[] kept = surge.kept(side);
        field("% of untraced", kept[0]).field("% least", kept[1]).field("% most", kept[2]);
        field("worst ms", surge.worstMs(side)).field("delivered", surge.delivered()[side.ordinal()]);
        out.append("\"dropped\": ").append(surge.dropped()[side.ordinal()]).append('}');
    }

    private void figure(Measured figure) {
        out.append("{\"benchmark\": ");
        text(figure.benchmark()).append(", \"params\": {");
        String separator = "";
        for (Map.Entry<String, String> param : figure.params().entrySet()) {
            out.append(separator);
            text(param.getKey()).append(": ");
            text(param.getValue());
            separator = ", ";
        }
        out.append("}, ");
        field("threads", figure.threads()).field("score", figure.score()).field("error", figure.error());
        field("bytes/op", figure.bytes());
        if (figure.delivery() != null) {
            field("delivered", figure.delivery().delivered())
                    .field("dropped", figure.delivery().dropped());
        }
        out.append("\"unit\": ");
        text(figure.unit()).append('}');
    }

    private void peak(PeakResult peak) {
        out.append("{\"system\": ");
        text(peak.system()).append(", ");
        field("threads", peak.threads()).field("spans/s", peak.rate()).field("achieved", peak.achieved());
        latency("call", peak.call());
        latency("response", peak.response());
        field("delivered", peak.delivered()).field("dropped", peak.dropped());
        field("caller cpu ns/span", peak.callerCpuNs()).field("caller bytes/span", peak.callerBytes());
        field("exporter cpu ns/span", peak.exporterCpuNs()).field("exporter bytes/span", peak.exporterBytes());
        field("other cpu ns/span", peak.otherCpuNs());
        field("collections", peak.collections());
        out.append("\"collection ms\": ").append(peak.collectionMs()).append('}');
    }

    private void demo(DemoResult demo, DemoSide side) {
        out.append("{\"side\": ");
        text(side.name()).append(", ");
        field("downloads/s", demo.rate()).field("rounds", side.rounds().size());
        field("requests", side.responses().getTotalCount());
        for (int i = 0; i < DemoResult.LABELS.length; i++) {
            final String name = DemoResult.LABELS[i];
            field(name + " ms", demo.percentile(side.name(), i));
            difference(name, demo.difference(side.name(), i));
        }
        field("cpu us/request", demo.cpuMicros(side.name()));
        difference("cpu", demo.cpuDifference(side.name()));
        field("delivered", side.delivered()).field("dropped", side.dropped());
        field("downloads not begun", side.missing());
        out.append("\"requests without an answer\": ").append(side.unanswered()).append('}');
    }

    private void bridge(BridgeResult result) {
        out.append("{\"case\": ");
        text(result.name()).append(", ");
        field("spans", result.spans()).field("spans/s", result.spansPerSecond());
        field("spans/CPU s", result.spansPerCpuSecond()).field("steady spans/CPU s", result.steadyPerCpuSecond());
        field("behind s", result.behindSeconds()).field("CPU s", result.cpuSeconds());
        field("resident MB", result.residentMb())
                .field("anonymous MB", result.use().anonymousMb());
        field("file MB", result.use().fileMb()).field("shared MB", result.use().sharedMb());
        field("page faults", result.use().faults());
        field("requests", result.requests()).field("bytes", result.bytes()).field("bytes on wire", result.wireBytes());
        field("collections", result.collections());
        out.append("\"collection ms\": ").append(result.collectionMs()).append('}');
    }

    private void difference(String name, DemoResult.Difference difference) {
        field(name + " difference %", difference.percent()).field(name + " error %", difference.error());
    }

    private void latency(String name, PeakResult.Latency latency) {
        text(name).append(": {");
        field("mean", latency.mean());
        for (int i = 0; i < latency.percentiles().length; i++) {
            text(PeakResult.Latency.LABELS[i]).append(": ").append(latency.percentiles()[i]);
            out.append(i + 1 < latency.percentiles().length ? ", " : "}, ");
        }
    }
}
