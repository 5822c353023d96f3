package io.kraken.tracer.bridge.inspect;

import io.kraken.tracer.file.Ledger;
import io.kraken.tracer.file.SpanFileReader;
import io.kraken.tracer.ring.view.FileSpans;
import java.io.IOException;
import java.nio.file.Path;

/** A check of one span file: its header, its records with the symbols they use, and whether its ledger balances. */
public final class SpanFileCheck {

    private SpanFileCheck() {}

    public static Verdict of(Path path) {
        final Verdict verdict = new Verdict("span file " + path);
        try {
            check(path, verdict);
        } catch (IOException e) {
            verdict.problem(Verdict.about(e));
        } catch (InternalError e) {
            verdict.problem("the file was truncated while it was read");
        }
        return verdict;
    }

    private static void check(Path path, Verdict verdict) throws IOException {
        final SpanFileReader file = SpanFileReader.open(path);
        final boolean closed = file.isClosed();
        final boolean alive = !closed && file.isAlive();
        final FileSpans.Found found = FileSpans.read(file, FileSpans.Traces.ALL, span -> {});
        if (found.malformed() > 0) {
            verdict.problem(found.malformed() + " records are malformed");
        }
        final Ledger ledger = file.ledger();
        if (!alive && !(closed ? balances(ledger) : balancesUpToOneBatch(ledger))) {
            verdict.problem("the ledger does not balance: " + ledger);
        }
        verdict.summary(file.resource().getOrDefault("service.name", "") + ", process " + file.pid()
                + (closed ? ", closed, " : alive ? ", alive, " : ", gone, ") + found.ended() + " ended and "
                + found.open() + " open spans");
    }

    private static boolean balances(Ledger ledger) {
        return ledger.lost() == 0 && ledger.waiting() == 0;
    }

    /**
     * The ledger of a killed process may be off by the batch in flight. The exporter counts a batch as shipped, then
     * takes its records one by one: it counts each as taken, then marks it as taken. A process killed in between
     * leaves spans of the batch counted twice, and at most one record counted but not marked.
     */
    private static boolean balancesUpToOneBatch(Ledger ledger) {
        return ledger.lostBeforeExport() <= 0
                && ledger.lostBeforeExport() >= -1
                && ledger.lostInExport() >= -ledger.inChunks() - ledger.open();
    }
}
