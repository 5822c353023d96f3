package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client of a remote sampling server: it requests the strategy of every service of the host at an interval. The
 * last valid answer stays in force: a server that is down or sends invalid answers changes nothing. Single-threaded and
 * non-blocking; the counts can be read by any thread.
 */
public final class RemoteSampling implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteSampling.class);

    private static final int MOST_SERVICES = 1024;
    private static final int MOST_IN_FLIGHT = 8;
    private static final int LONGEST_NAME = 255;

    private volatile ControlConfig.Remote config;
    private final StrategySource source;
    private final ThrottledLog log;
    private final Map<String, Service> services = new HashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private int inFlight;

    private static final class Service {
        private ControlWords strategy;
        private StrategySource.Inquiry inquiry;
        private boolean asked;
        private long askedNs;
    }

    public RemoteSampling(ControlConfig.Remote config, StrategySource source, LongSupplier clockNs) {
        this.config = config;
        this.source = source;
        log = new ThrottledLog(clockNs, LOG::warn);
    }

    /** Changes the interval. Any thread. */
    void configure(ControlConfig.Remote changed) {
        config = changed;
    }

    /** The strategy in force for a service; null before its first answer. Empty if it can't be requested. */
    ControlWords strategy(String service) {
        if (!isName(service)) {
            return ControlWords.EMPTY;
        }
        final Service known = services.get(service);
        return known == null ? null : known.strategy;
    }

    /** Takes the answers that have arrived and sends the requests that are due. */
    void poll(Set<String> present, long nowNs) {
        services.forEach((name, service) -> take(name, service, nowNs));
        if (services.size() >= MOST_SERVICES) {
            services.keySet().removeIf(name -> !present.contains(name) && services.get(name).inquiry == null);
        }
        for (String name : present) {
            if (isName(name) && (services.containsKey(name) || services.size() < MOST_SERVICES)) {
                ask(name, services.computeIfAbsent(name, unknown -> new Service()), nowNs);
            }
        }
        log.logDue();
    }

    private static boolean isName(String service) {
        return !service.isEmpty() && service.length() <= LONGEST_NAME;
    }

    private void ask(String name, Service service, long nowNs) {
        final boolean isDue = !service.asked || nowNs - service.askedNs >= config.intervalNs();
        if (service.inquiry == null && isDue && inFlight < MOST_IN_FLIGHT) {
            service.asked = true;
            service.askedNs = nowNs;
            service.inquiry = source.ask(name);
            inFlight++;
            requests.incrementAndGet();
        }
    }

    private void take(String name, Service service, long nowNs) {
        if (service.inquiry == null) {
            return;
        }
        try {
            final ControlWords strategy = service.inquiry.answer();
            if (strategy != null) {
                service.strategy = strategy;
                settle(service);
            } else if (nowNs - service.askedNs >= config.timeoutNs()) {
                service.inquiry.cancel();
                throw new IOException("no answer within " + config.timeoutNs() / 1_000_000 + " ms");
            }
        } catch (IOException e) {
            settle(service);
            failures.incrementAndGet();
            log.report(
                    "remote",
                    config.endpoint() + ": requesting the sampling strategy of " + SettingText.clean(name)
                            + " failed: " + SettingText.clean(String.valueOf(e.getMessage()))
                            + "; the last answer stays in force, retrying");
        }
    }

    private void settle(Service service) {
        service.inquiry = null;
        inFlight--;
    }

    public long requests() {
        return requests.get();
    }

    public long failures() {
        return failures.get();
    }

    @Override
    public void close() {
        services.values().forEach(service -> {
            if (service.inquiry != null) {
                service.inquiry.cancel();
            }
        });
        source.close();
    }
}
