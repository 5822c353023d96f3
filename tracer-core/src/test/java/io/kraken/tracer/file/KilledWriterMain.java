package io.kraken.tracer.file;

import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.ControlWords.Rate;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Random;

/** A process that writes as fast as it can until it is killed: control words of another, or counters of its own. */
final class KilledWriterMain {

    /** The increment of a counter; a torn value has different halves. */
    static final long BOTH_HALVES = 1L << 32 | 1;

    private KilledWriterMain() {}

    /** Arguments: words, slots or counters; the file, or for counters the directory. */
    public static void main(String[] args) throws IOException {
        final PrintStream out = System.out; // allow:console what the test reads
        final Path path = Path.of(args[1]);
        switch (args[0]) {
            case "words" -> {
                final ControlFile control = ControlFile.open(path);
                final Random random = new Random();
                while (true) {
                    control.write(Author.OPERATOR, words(random));
                }
            }
            case "slots" -> {
                // Without the lock, which takes longest: so most of the time is spent between the stores.
                final var file = SpanFileReader.map(path, FileChannel.MapMode.READ_WRITE);
                final ControlSlots slots = new ControlSlots(file, SpanFileReader.checkedLayout(file));
                final Random random = new Random();
                final ControlWords[] prepared = new ControlWords[64];
                for (int i = 0; i < prepared.length; i++) {
                    prepared[i] = words(random);
                }
                for (int i = 0; ; i++) {
                    slots.write(Author.OPERATOR, prepared[i % prepared.length]);
                }
            }
            case "counters" -> {
                OwnerOnly.makeDirectory(path, LinkOption.NOFOLLOW_LINKS);
                final SpanFile file = SpanFile.create(path, "killed", KilledWriterTest.LAYOUT);
                file.begin(0, 0, 0, false);
                out.println(file.path());
                while (true) {
                    for (int stripe = 0; stripe < Counters.STRIPES; stripe++) {
                        file.counters().add(Counter.SHIPPED, stripe, BOTH_HALVES);
                    }
                }
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    /** All numbers in them are the same. */
    private static ControlWords words(Random random) {
        final double number = random.nextInt(1, 1 << 20) / (double) (1 << 20);
        ControlWords words = ControlWords.EMPTY
                .withRate(number)
                .withLimit(number)
                .withLowerBound(number)
                .withBreaker(true, number);
        for (int i = random.nextInt(100); i > 0; i--) {
            words = words.withOperation("operation-" + i, new Rate(number, number));
        }
        return words;
    }

    static boolean isWhole(ControlWords words) {
        if (words.isEmpty()) {
            return true;
        }
        final double number = words.rate();
        final boolean same = words.limit() == number
                && words.lowerBound() == number
                && words.breaker().threshold() == number;
        return same
                && words.operations().values().stream()
                        .allMatch(of -> of.share() == number && of.lowerBound() == number);
    }
}
