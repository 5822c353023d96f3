package io.kraken.tracer.bridge.demo;

import io.kraken.tracer.file.Counter;
import io.kraken.tracer.file.Ledger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;

/** The main class of a process with one service and a queue. It prints its address, then answers questions. */
final class ServiceMain {

    static final String STARTED = "started";
    static final String RPC_ADDRESS = "rpc address";
    static final String DESCRIBE = "describe";
    static final String LAST_TRACE = "last trace";
    static final String RESTART_COST = "restart cost";
    static final String COST = "cost";
    static final String RECOVER = "recover";
    static final String QUIESCE = "quiesce";
    static final String CLOSE = "close";

    /** Separates the lines of an answer. */
    static final String LINE = "\t";

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    private final KrakenService service;

    private ServiceMain(KrakenService service) {
        this.service = service;
    }

    /** Arguments: the service, the root of the queues, and the addresses of the services that it calls. */
    public static void main(String[] args) throws IOException {
        final ServiceMain main = new ServiceMain(service(args, Export.queue(args[1])));
        main.service.start();
        Answering.serve(main.service.address(), main::answer);
    }

    private static KrakenService service(String[] args, Export export) throws IOException {
        switch (args[0]) {
            case "tracker":
                return new Tracker(export);
            case "origin":
                return new Origin(export, Path.of(args[2]));
            case "build-index":
                return new BuildIndex(export, args[2]);
            case "proxy":
                return new UploadProxy(export, args[2], args[3]);
            case "agent":
                return new Agent(export, args[2], args[3], args[4]);
            default:
                throw new IllegalArgumentException("unknown service " + args[0]);
        }
    }

    private String answer(String question) {
        switch (question) {
            case STARTED:
                return Long.toString(service.tracer.ledger().started());
            case RPC_ADDRESS:
                return ((Tracker) service).rpcAddress();
            case DESCRIBE:
                return String.join(LINE, service.description());
            case LAST_TRACE:
                return service instanceof Agent agent ? agent.lastTrace() : "";
            case RESTART_COST:
                ((Agent) service).lookUpCost().restart();
                return "";
            case COST:
                return String.join(LINE, ((Agent) service).lookUpCost().lines());
            case RECOVER:
                return recover((Origin) service);
            case QUIESCE:
                service.quiesce();
                return "";
            case CLOSE:
                return format(service.close(CLOSE_TIMEOUT));
            default:
                return "?";
        }
    }

    private static String recover(Origin origin) {
        try {
            return Integer.toString(origin.recover());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String format(Ledger ledger) {
        final StringJoiner numbers = new StringJoiner(" ");
        numbers.add(Long.toString(ledger.recordedStarts()))
                .add(Long.toString(ledger.open()))
                .add(Long.toString(ledger.taken()))
                .add(Long.toString(ledger.inChunks()))
                .add(Long.toString(ledger.waiting()))
                .add(ledger.exact() ? "1" : "0");
        for (Counter counter : Counter.values()) {
            numbers.add(Long.toString(ledger.count(counter)));
        }
        return numbers.toString();
    }

    static Ledger parse(String answer) {
        final String[] numbers = answer.split(" ");
        final Map<Counter, Long> counts = new EnumMap<>(Counter.class);
        int at = 6;
        for (Counter counter : Counter.values()) {
            counts.put(counter, Long.parseLong(numbers[at++]));
        }
        return new Ledger(
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Long.parseLong(numbers[2]),
                Long.parseLong(numbers[3]),
                Long.parseLong(numbers[4]),
                counts,
                numbers[5].equals("1"));
    }
}
