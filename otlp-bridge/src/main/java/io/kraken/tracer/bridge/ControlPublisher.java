package io.kraken.tracer.bridge;

import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileReader;
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
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.NanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says to every tracer of the host what the bridge has to say to its service: what its own settings say, and what a
 * remote strategy says. Looks a few times a second, so that a new process is told within a second; writes only what
 * differs from what is there. What it has said stays in force when the bridge ends, and after a start it stays until
 * the remote server has answered. A file that can't be read or written is named, once in a while, and tried again
 * later: it keeps no other process waiting. No file stays mapped.
 */
final class ControlPublisher implements Agent {

    private static final Logger LOG = LoggerFactory.getLogger(ControlPublisher.class);

    static final int MOST_PROCESSES = 512;
    static final long ROUND_NS = TimeUnit.MILLISECONDS.toNanos(250);
    static final long TROUBLE_NS = TimeUnit.SECONDS.toNanos(5);

    private final ControlConfig guidance;
    private final RemoteSampling remote;
    private final NanoClock clock;
    private final ThrottledLog log;
    private final Map<Path, Ward> wards = new HashMap<>();

    private boolean begun;
    private long roundAtNs;

    private volatile Set<String> services = Set.of();
    private volatile long written;
    private volatile long failures;

    /** A span file, and what is known of its process. */
    private static final class Ward {
        private final Object identity;
        /** Null as long as it is not known. */
        private String service;
        /** What an earlier bridge has said, until there is something newer. */
        private ControlWords standing = ControlWords.EMPTY;
        /** What has been said last; null: that is not known. */
        private ControlWords said;
        /** Nobody listens, or it is not ours to write. */
        private boolean ignored;

        private boolean failed;
        private long againAtNs;

        Ward(Object identity) {
            this.identity = identity;
        }
    }

    /** @param remote null when nobody else is asked */
    ControlPublisher(ControlConfig guidance, RemoteSampling remote, NanoClock clock) {
        this.guidance = guidance;
        this.remote = remote;
        this.clock = clock;
        log = new ThrottledLog(clock::nanoTime, LOG::warn);
    }

    @Override
    public String roleName() {
        return "steward";
    }

    @Override
    public int doWork() {
        final long nowNs = clock.nanoTime();
        if (begun && nowNs - roundAtNs < 0) {
            return 0;
        }
        begun = true;
        roundAtNs = nowNs + ROUND_NS;
        round(nowNs);
        log.sayWhatIsDue();
        return 1;
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
        wards.forEach((file, ward) -> {
            attempt(file, ward, nowNs);
            if (ward.service != null && !ward.ignored) {
                found.add(ward.service);
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
            files = guidance.spanFiles().list();
        } catch (IOException e) {
            log.say("list", "cannot list span files: " + SettingKind.clean(e.toString()));
            return;
        }
        wards.keySet().retainAll(Set.copyOf(files));
        for (Path file : files) {
            final Object identity = identityOf(file);
            final Ward known = wards.get(file);
            if (identity == null || known != null && known.identity.equals(identity)) {
                continue;
            }
            if (known == null && wards.size() >= MOST_PROCESSES) {
                log.say("many", "there are more than " + MOST_PROCESSES + " span files; the others are not controlled");
                return;
            }
            wards.put(file, new Ward(identity));
        }
    }

    /** Another one when the name has been used again; null when the file is gone. */
    private static Object identityOf(Path file) {
        try {
            final Object key = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .fileKey();
            return key == null ? file : key;
        } catch (IOException e) {
            return null;
        }
    }

    private void attempt(Path file, Ward ward, long nowNs) {
        if (ward.ignored || ward.failed && nowNs - ward.againAtNs < 0) {
            return;
        }
        try {
            if (ward.service == null) {
                meet(file, ward);
            } else {
                ward.ignored = !SpanFile.isAlive(file);
            }
            if (ward.service != null && !ward.ignored) {
                say(file, ward);
            }
            ward.failed = false;
        } catch (IOException | RuntimeException | InternalError e) {
            failed(file, ward, nowNs, e);
        }
    }

    /** A file that is just being written, or whose process ends at this moment, is no trouble a little later. */
    private void failed(Path file, Ward ward, long nowNs, Throwable problem) {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (ward.failed) {
            failures++;
            final String what = problem instanceof InternalError
                    ? file + " was cut off while it was read"
                    : problem instanceof IOException && problem.getMessage() != null
                            ? problem.getMessage()
                            : file + ": " + problem;
            log.say(file.toString(), "cannot control a tracer: " + SettingKind.clean(what));
            ward.againAtNs = nowNs + TROUBLE_NS;
        } else {
            ward.failed = true;
            ward.againAtNs = nowNs + ROUND_NS;
        }
        ward.said = null;
    }

    private void meet(Path file, Ward ward) throws IOException {
        if (!Files.isReadable(file) || !Files.isWritable(file)) {
            ward.ignored = true;
            log.say("others", file + " belongs to another user: its tracer is not controlled");
            return;
        }
        final SpanFileReader reader = SpanFileReader.open(file);
        ward.ignored = reader.isClosed() || !reader.isAlive();
        ward.standing = reader.control(ControlWords.Author.BRIDGE);
        ward.said = ward.standing;
        ward.service = reader.resource().getOrDefault("service.name", "");
    }

    private void say(Path file, Ward ward) throws IOException {
        final ControlWords strategy = remote == null ? ControlWords.EMPTY : remote.strategy(ward.service);
        final ControlWords words = guidance.words(ward.service, strategy == null ? ward.standing : strategy);
        if (words.equals(ward.said)) {
            return;
        }
        final ControlWords fitting = write(file, words);
        if (fitting.operations().size() < words.operations().size()) {
            log.say(
                    "operations",
                    SettingKind.clean(ward.service) + ": published the settings of "
                            + fitting.operations().size() + " of "
                            + words.operations().size() + " operations; no room for more");
        }
        ward.said = words;
    }

    /** As much of it as there is room for; what was said first of operations weighs most. Returns what was said. */
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

    SpanFiles spanFiles() {
        return guidance.spanFiles();
    }

    /** Of processes that are told something, or could be. */
    int services() {
        return services.size();
    }

    long written() {
        return written;
    }

    long failures() {
        return failures;
    }

    /** Null when nobody else is asked. */
    RemoteSampling remote() {
        return remote;
    }
}
