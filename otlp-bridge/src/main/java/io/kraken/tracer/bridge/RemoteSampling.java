package io.kraken.tracer.bridge;

import io.kraken.tracer.file.ControlWords;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks somebody else for the strategy of every service of the host, again and again. What was said last is in force
 * until something else is said: a server that is down, or says nonsense, changes nothing. One thread, which never
 * waits; the counts may be read by any.
 */
final class RemoteSampling implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteSampling.class);

    private static final int MOST_SERVICES = 1024;
    private static final int MOST_UNDER_WAY = 8;
    private static final int LONGEST_NAME = 255;

    private final ControlConfig.Remote config;
    private final StrategySource source;
    private final ThrottledLog log;
    private final Map<String, Service> services = new HashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private int underWay;

    private static final class Service {
        private ControlWords strategy;
        private StrategySource.Inquiry inquiry;
        private boolean asked;
        private long askedNs;
    }

    RemoteSampling(ControlConfig.Remote config, StrategySource source, LongSupplier clockNs) {
        this.config = config;
        this.source = source;
        log = new ThrottledLog(clockNs, LOG::warn);
    }

    /** What is in force for a service; null as long as nothing has been said of it, but may be. */
    ControlWords strategy(String service) {
        if (!isName(service)) {
            return ControlWords.EMPTY;
        }
        final Service known = services.get(service);
        return known == null ? null : known.strategy;
    }

    /** Takes the answers that have come, and asks for what it is time to ask for. */
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
        log.sayWhatIsDue();
    }

    private static boolean isName(String service) {
        return !service.isEmpty() && service.length() <= LONGEST_NAME;
    }

    private void ask(String name, Service service, long nowNs) {
        final boolean isDue = !service.asked || nowNs - service.askedNs >= config.intervalNs();
        if (service.inquiry == null && isDue && underWay < MOST_UNDER_WAY) {
            service.asked = true;
            service.askedNs = nowNs;
            service.inquiry = source.ask(name);
            underWay++;
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
                throw new IOException("no answer in time");
            }
        } catch (IOException e) {
            settle(service);
            failures.incrementAndGet();
            log.say(
                    "remote",
                    config.endpoint() + " does not say how " + SettingKind.clean(name) + " is to be sampled: "
                            + SettingKind.clean(String.valueOf(e.getMessage()))
                            + "; the last answer stays in force");
        }
    }

    private void settle(Service service) {
        service.inquiry = null;
        underWay--;
    }

    long requests() {
        return requests.get();
    }

    long failures() {
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
