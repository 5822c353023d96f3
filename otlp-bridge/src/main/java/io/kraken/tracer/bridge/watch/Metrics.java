package io.kraken.tracer.bridge.watch;

import io.kraken.tracer.bridge.control.ControlPublisher;
import io.kraken.tracer.bridge.keep.KeepCount;
import io.kraken.tracer.bridge.keep.TailSampler;
import io.kraken.tracer.bridge.queues.HostQueue;
import io.kraken.tracer.bridge.queues.HostQueues;
import io.kraken.tracer.bridge.queues.QueueJanitor;
import io.kraken.tracer.bridge.queues.ReadCount;
import io.kraken.tracer.bridge.report.EnumCounters;
import io.kraken.tracer.bridge.settings.BridgeConfig;
import io.kraken.tracer.bridge.ship.ShipCount;
import io.kraken.tracer.bridge.ship.Shipper;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * The metrics of the bridge in Prometheus format. Metrics that the OpenTelemetry Collector also has use its names, so
 * that its dashboards and alerts can be reused; the others form the ledger of each destination. Any thread.
 */
public final class Metrics {

    private static final List<ShipCount> OUTCOMES = List.of(
            ShipCount.SENT,
            ShipCount.REJECTED,
            ShipCount.REFUSED,
            ShipCount.NOT_KEPT,
            ShipCount.MALFORMED,
            ShipCount.TOO_LARGE,
            ShipCount.UNREADABLE,
            ShipCount.LOST);

    private volatile BridgeConfig config;
    private final HostQueues queues;
    private final TailSampler sampler;
    private final QueueJanitor janitor;
    private final List<Shipper> shippers;
    /** Null, as {@link #processes}, when span files are not read. */
    private final ControlPublisher publisher;

    private final ProcessMetrics processes;

    /** @param publisher null when span files are not read */
    public Metrics(
            BridgeConfig config,
            HostQueues queues,
            TailSampler sampler,
            QueueJanitor janitor,
            List<Shipper> shippers,
            ControlPublisher publisher) {
        this.config = config;
        this.queues = queues;
        this.sampler = sampler;
        this.janitor = janitor;
        this.shippers = shippers;
        this.publisher = publisher;
        processes = publisher == null ? null : new ProcessMetrics(publisher.spanFiles());
    }

    /** Changes the limits that are shown. Any thread. */
    public void configure(BridgeConfig changed) {
        config = changed;
    }

    public String text() {
        final PrometheusText text = new PrometheusText();
        read(text);
        for (Shipper shipper : shippers) {
            shipped(text, shipper);
        }
        kept(text);
        disk(text);
        if (publisher != null) {
            controlled(text);
            processes.write(text);
        }
        return text.toString();
    }

    private void read(PrometheusText text) {
        final Map<String, long[]> services = new TreeMap<>(queues.past());
        long alive = 0;
        long dead = 0;
        for (HostQueue queue : queues.list()) {
            alive += queue.isDead() ? 0 : 1;
            dead += queue.isDead() ? 1 : 0;
            HostQueues.add(services, queue);
        }
        services.forEach((service, counts) -> {
            final Map<ReadCount, Long> of = new HashMap<>();
            for (ReadCount count : ReadCount.values()) {
                of.put(count, counts[count.ordinal()]);
            }
            final long malformed = of.get(ReadCount.MALFORMED_SPANS);
            text.counter("otelcol_receiver_accepted_spans", "Spans read from the queues of a service.")
                    .sample(of.get(ReadCount.SPANS) - malformed, "service", service);
            text.counter("otelcol_receiver_refused_spans", "Malformed spans read from the queues of a service.")
                    .sample(malformed, "service", service);
            for (ReadCount count : ReadCount.values()) {
                text.counter(
                                "kraken_bridge_read",
                                "Counts of reading the queues; label 'what' names the thing counted.")
                        .sample(of.get(count), "service", service, "what", label(count));
            }
        });
        text.gauge("kraken_bridge_queues", "Queues on disk, by the state of their process.")
                .sample(alive, "process", "alive")
                .sample(dead, "process", "dead");
    }

    private static void shipped(PrometheusText text, Shipper shipper) {
        final EnumCounters<ShipCount> counts = shipper.counts();
        final String name = shipper.name();
        text.counter("otelcol_exporter_sent_spans", "Spans acknowledged by the destination.")
                .sample(counts.get(ShipCount.SENT), "exporter", name);
        text.counter("otelcol_exporter_send_failed_spans", "Spans permanently rejected by the destination.")
                .sample(counts.get(ShipCount.REFUSED) + counts.get(ShipCount.REJECTED), "exporter", name);
        text.counter(
                        "kraken_bridge_read_spans",
                        "Spans read for a destination: the sum of its outcomes and of the waiting spans.")
                .sample(counts.get(ShipCount.READ), "exporter", name);
        for (ShipCount outcome : OUTCOMES) {
            text.counter("kraken_bridge_spans", "Spans read for a destination, by outcome.")
                    .sample(counts.get(outcome), "exporter", name, "outcome", label(outcome));
        }
        text.gauge("kraken_bridge_waiting_spans", "Spans read for a destination that have no outcome yet.")
                .sample(shipper.waiting(), "exporter", name);
        text.gauge("kraken_bridge_held", "1 while the answers of the destination mean a wrong setting.")
                .sample(shipper.isHeld() ? 1 : 0, "exporter", name);
        text.counter("kraken_bridge_requests", "Requests sent, including retries.")
                .sample(counts.get(ShipCount.REQUESTS), "exporter", name);
        text.counter("kraken_bridge_retries", "Retried requests.")
                .sample(counts.get(ShipCount.RETRIES), "exporter", name);
        text.counter("kraken_bridge_sent_bytes", "Bytes of requests sent, before compression.")
                .sample(counts.get(ShipCount.BYTES), "exporter", name);
        text.counter("kraken_bridge_position_failures", "Failures to write the position of a queue.")
                .sample(counts.get(ShipCount.POSITION_FAILURES), "exporter", name);
        for (Map.Entry<String, LongAdder> failure : shipper.failures().entrySet()) {
            text.counter("kraken_bridge_request_failures", "Failed requests, by cause.")
                    .sample(failure.getValue().sum(), "exporter", name, "reason", failure.getKey());
        }
    }

    private void kept(PrometheusText text) {
        for (KeepCount reason : KeepCount.values()) {
            text.counter("kraken_bridge_kept_spans", "Spans chosen to be shipped, by reason.")
                    .sample(sampler.counts().get(reason), "reason", label(reason));
        }
        text.counter("kraken_bridge_noted_spans", "Spans that caused their trace to be kept.")
                .sample(sampler.noted());
        text.counter(
                        "kraken_bridge_look_back_traces",
                        "Traces kept late, by what became of the search for early spans.")
                .sample(sampler.lookedBackTraces(), "result", "searched")
                .sample(sampler.lookBacksDropped(), "result", "dropped");
        text.counter("kraken_bridge_look_back_spans", "Early spans of traces kept late that were found and kept.")
                .sample(sampler.lateSpans());
        text.gauge("kraken_bridge_remembered_traces", "Ids of kept traces in memory.")
                .sample(sampler.remembered());
        text.counter("kraken_bridge_forgotten_traces", "Ids evicted early because the maximum was reached.")
                .sample(sampler.forgottenEarly());
    }

    private void disk(PrometheusText text) {
        for (Shipper shipper : shippers) {
            text.gauge("otelcol_exporter_queue_size", "Bytes of all queues on disk.")
                    .sample(janitor.bytes(), "exporter", shipper.name());
            text.gauge("otelcol_exporter_queue_capacity", "Maximum of the bytes of all queues on disk.")
                    .sample(config.diskBytes(), "exporter", shipper.name());
        }
        text.gauge("kraken_bridge_reclaimable_bytes", "Bytes of shipped queue files that are kept for the window.")
                .sample(janitor.reclaimableBytes());
        text.counter("kraken_bridge_deleted_cycles", "Queue files deleted after they were shipped.")
                .sample(janitor.deletedCycles());
        text.counter("kraken_bridge_doomed_cycles", "Queue files deleted unshipped because the disk limit was reached.")
                .sample(janitor.doomedCycles());
        text.counter("kraken_bridge_quarantined_queues", "Damaged queues moved to quarantine.")
                .sample(janitor.quarantined());
    }

    private void controlled(PrometheusText text) {
        text.gauge("kraken_bridge_guided_services", "Services of this host whose tracers can be controlled.")
                .sample(publisher.services());
        text.counter("kraken_bridge_control_words_written", "Control messages written to tracers.")
                .sample(publisher.written());
        text.counter("kraken_bridge_control_words_failures", "Control messages that could not be written to a tracer.")
                .sample(publisher.failures());
        if (publisher.remote() != null) {
            text.counter("kraken_bridge_sampling_requests", "Requests for the sampling strategy of a service.")
                    .sample(publisher.remote().requests());
            text.counter("kraken_bridge_sampling_failures", "Requests for a sampling strategy without a usable answer.")
                    .sample(publisher.remote().failures());
        }
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
