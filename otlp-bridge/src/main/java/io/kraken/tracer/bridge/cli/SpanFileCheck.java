package io.kraken.tracer.bridge.cli;

import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.FileSpans;
import java.io.IOException;
import java.nio.file.Path;

/** Checks a span file: its header, its records with the symbols they use, and that its ledger closes. */
final class SpanFileCheck {

    private SpanFileCheck() {}

    static Verdict of(Path path) {
        final Verdict verdict = new Verdict("span file " + path);
        try {
            check(path, verdict);
        } catch (IOException e) {
            verdict.wrong(KrakenTrace.about(e));
        } catch (InternalError e) {
            verdict.wrong("it was cut off while it was read");
        }
        return verdict;
    }

    private static void check(Path path, Verdict verdict) throws IOException {
        final SpanFileReader file = SpanFileReader.open(path);
        final boolean closed = file.isClosed();
        final boolean alive = !closed && file.isAlive();
        final FileSpans.Found found = FileSpans.read(file, FileSpans.Traces.ALL, span -> {});
        if (found.malformed() > 0) {
            verdict.wrong(found.malformed() + " records do not hold together");
        }
        final Ledger ledger = file.ledger();
        if (!alive && !(closed ? closes(ledger) : closesButForTheLastMoment(ledger))) {
            verdict.wrong("its ledger does not close: " + ledger);
        }
        verdict.looked(file.resource().getOrDefault("service.name", "") + ", process " + file.pid()
                + (closed ? ", closed, " : alive ? ", alive, " : ", gone, ") + found.ended() + " ended and "
                + found.open() + " open spans");
    }

    private static boolean closes(Ledger ledger) {
        return ledger.lost() == 0 && ledger.waiting() == 0;
    }

    /**
     * The exporter counts a batch as shipped, then takes its records, one after the other: it counts each as taken,
     * then marks it as taken. A process that is killed in between leaves spans counted twice, of the records one at
     * the most.
     */
    private static boolean closesButForTheLastMoment(Ledger ledger) {
        return ledger.lostBeforeExport() <= 0
                && ledger.lostBeforeExport() >= -1
                && ledger.lostInExport() >= -ledger.inChunks() - ledger.open();
    }
}
