package io.kraken.tracer.bridge.control;

import io.kraken.tracer.bridge.report.PacedAgent;
import io.kraken.tracer.bridge.settings.ControlConfig;
import io.kraken.tracer.bridge.settings.SpanFiles;
import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.process.ThrottledLog;
import io.kraken.tracer.settings.SettingText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent that writes control settings into the span files of this host's tracers: the bridge's own settings of a
 * service merged with its remote sampling strategy. It lists the span files twice a second, so that a new
 * process gets its settings within a second, and writes only changes. Settings stay in force when the bridge stops;
 * after a start they stay until the remote server has answered. A file that cannot be read or written is logged (rate
 * limited) and retried later without delaying other processes. No file stays mapped. Single-threaded; the counts can be
 * read by any thread.
 */
public final class ControlPublisher implements PacedAgent {

    private static final Logger LOG = LoggerFactory.getLogger(ControlPublisher.class);

    static final int MOST_PROCESSES = 512;
    static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(500);
    static final long RETRY_NS = TimeUnit.SECONDS.toNanos(5);
    /** Interval at which a process is checked to which nothing is written. */
    static final long CHECK_NS = TimeUnit.SECONDS.toNanos(5);

    private volatile ControlConfig config;
    private final RemoteSampling remote;
    private final NanoClock clock;
    private final ThrottledLog log;
    private final Map<Path, Target> targets = new HashMap<>();

    private boolean started;
    private long roundAtNs;

    private volatile Set<String> services = Set.of();
    private volatile long written;
    private volatile long failures;

    /** A span file and the state of publishing to it. */
    private static final class Target {
        private final Object identity;
        /** Null until the file has been read. */
        private String service;
        /** The settings of an earlier bridge; in force until the remote server has answered. */
        private ControlWords inherited = ControlWords.EMPTY;
        /** The settings written last; null: unknown, after a failure. */
        private ControlWords lastWritten;
        /** The process has ended, or the file is not writable for this user. */
        private boolean ignored;

        private boolean failed;
        private long retryAtNs;
        private long checkAtNs;

        Target(Object identity) {
            this.identity = identity;
        }
    }

    /** @param remote null without remote sampling */
    public ControlPublisher(ControlConfig config, RemoteSampling remote, NanoClock clock) {
        this.config = config;
        this.remote = remote;
        this.clock = clock;
        log = new ThrottledLog(clock::nanoTime, LOG::warn);
    }

    /** Changes what is published, from the next duty cycle on. Any thread. */
    public void configure(ControlConfig changed) {
        config = changed;
        if (remote != null) {
            remote.configure(changed.remote());
        }
    }

    @Override
    public String roleName() {
        return "control-publisher";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (started && nowNs - roundAtNs < 0) {
            return 0;
        }
        started = true;
        roundAtNs = nowNs + ROUND_NS;
        round(nowNs);
        log.logDue();
        return 1;
    }

    @Override
    public long longestPauseNs() {
        return Math.max(0, roundAtNs - clock.nanoTime());
    }

    @Override
    public void onClose() {
        if (remote != null) {
            remote.close();
        }
    }

    private void round(long nowNs) {
        find();
        final Set<String> found = new TreeSet<>();
        targets.forEach((file, target) -> {
            attempt(file, target, nowNs);
            if (target.service != null && !target.ignored) {
                found.add(target.service);
            }
        });
        services = found;
        if (remote != null) {
            remote.poll(found, nowNs);
        }
    }

    private void find() {
        final List<Path> files;
        try {
            files = config.spanFiles().list();
        } catch (IOException e) {
            log.report("list", "cannot list span files: " + e);
            return;
        }
        targets.keySet().retainAll(Set.copyOf(files));
        for (Path file : files) {
            final Object identity = identityOf(file);
            final Target known = targets.get(file);
            if (identity == null || known != null && known.identity.equals(identity)) {
                continue;
            }
            if (known == null && targets.size() >= MOST_PROCESSES) {
                log.report(
                        "many",
                        "more than " + MOST_PROCESSES + " span files; tracers of the others are not controlled");
                return;
            }
            targets.put(file, new Target(identity));
        }
    }

    /** Changes when another file gets the same name; null when the file does not exist any more. */
    private static Object identityOf(Path file) {
        try {
            final Object key = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
            return key == null ? file : key;
        } catch (IOException e) {
            return null;
        }
    }

    private void attempt(Path file, Target target, long nowNs) {
        if (target.ignored || target.failed && nowNs - target.retryAtNs < 0) {
            return;
        }
        try {
            if (target.service == null) {
                open(file, target);
            } else {
                check(file, target, nowNs);
            }
            if (target.service != null && !target.ignored) {
                publish(file, target);
            }
            target.failed = false;
        } catch (IOException | RuntimeException | InternalError e) {
            failed(file, target, nowNs, e);
        }
    }

    private void check(Path file, Target target, long nowNs) {
        if (nowNs - target.checkAtNs >= 0 || !words(target).equals(target.lastWritten)) {
            target.checkAtNs = nowNs + CHECK_NS;
            target.ignored = !SpanFile.isAlive(file);
        }
    }

    private ControlWords words(Target target) {
        final ControlWords strategy = remote == null ? ControlWords.EMPTY : remote.strategy(target.service);
        return config.words(target.service, strategy == null ? target.inherited : strategy);
    }

    /** Logs from the second failure on: the first may be due to a process that is just starting or ending. */
    private void failed(Path file, Target target, long nowNs, Throwable problem) {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (target.failed) {
            failures++;
            final String what = problem instanceof InternalError
                    ? file + " was truncated while it was read"
                    : problem instanceof IOException && problem.getMessage() != null
                            ? problem.getMessage()
                            : file + ": " + problem;
            log.report(file.toString(), "cannot control a tracer, retrying: " + what);
            target.retryAtNs = nowNs + RETRY_NS;
        } else {
            target.failed = true;
            target.retryAtNs = nowNs + ROUND_NS;
        }
        target.lastWritten = null;
    }

    private void open(Path file, Target target) throws IOException {
        if (!Files.isReadable(file) || !Files.isWritable(file)) {
            target.ignored = true;
            log.report(
                    "others",
                    file + " is not readable and writable for this user: its tracer is not controlled; run the bridge"
                            + " as the user of the service, or as root");
            return;
        }
        final SpanFileReader reader = SpanFileReader.open(file);
        target.ignored = reader.isClosed() || !reader.isAlive();
        target.inherited = reader.control(ControlWords.Author.BRIDGE);
        target.lastWritten = target.inherited;
        target.service = reader.resource().getOrDefault("service.name", "");
    }

    private void publish(Path file, Target target) throws IOException {
        final ControlWords words = words(target);
        if (words.equals(target.lastWritten)) {
            return;
        }
        final ControlWords fitting = write(file, words);
        if (fitting.operations().size() < words.operations().size()) {
            log.report(
                    "operations",
                    SettingText.clean(target.service) + ": published the settings of "
                            + fitting.operations().size() + " of "
                            + words.operations().size()
                            + " operations; the span file has no room for more, configure fewer operations");
        }
        target.lastWritten = words;
    }

    /** Writes as many operations as there is room for, the first ones first. Returns the settings written. */
    private ControlWords write(Path file, ControlWords words) throws IOException {
        final ControlFile control = ControlFile.open(file);
        ControlWords fitting = withOperations(words, ControlWords.MAX_OPERATIONS);
        while (!control.read(ControlWords.Author.BRIDGE).equals(fitting)) {
            try {
                control.write(ControlWords.Author.BRIDGE, fitting);
                written++;
                return fitting;
            } catch (IllegalArgumentException e) {
                if (fitting.operations().isEmpty()) {
                    throw e;
                }
                fitting = withOperations(words, fitting.operations().size() / 2);
            }
        }
        return fitting;
    }

    private static ControlWords withOperations(ControlWords words, int most) {
        if (words.operations().size() <= most) {
            return words;
        }
        final Map<String, ControlWords.Rate> some = new LinkedHashMap<>();
        words.operations().forEach((name, rate) -> {
            if (some.size() < most) {
                some.put(name, rate);
            }
        });
        return new ControlWords(
                words.recording(), words.rate(), words.lowerBound(), words.limit(), words.breaker(), some);
    }

    // --- for metrics; any thread

    public SpanFiles spanFiles() {
        return config.spanFiles();
    }

    /** Number of services with at least one process that can be controlled. */
    public int services() {
        return services.size();
    }

    public long written() {
        return written;
    }

    public long failures() {
        return failures;
    }

    /** Null without remote sampling. */
    public RemoteSampling remote() {
        return remote;
    }
}
