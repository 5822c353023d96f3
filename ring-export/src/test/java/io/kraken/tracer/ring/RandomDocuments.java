package io.kraken.tracer.ring;

import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.TracerConfig;
import java.util.List;
import java.util.SplittableRandom;

/** Documents of random spans, for tests of their readers. */
public final class RandomDocuments {

    private RandomDocuments() {}

    /** This number of documents, each of a few spans. */
    public static List<byte[]> of(long seed, int documents) {
        final SplittableRandom random = new SplittableRandom(seed);
        final Harness<DocumentSink> rig = harness(256);
        while (rig.sink.documents.size() < documents) {
            spans(rig, random, random.nextInt(1, 8));
            rig.sweep();
        }
        rig.sink.assertSound();
        final List<byte[]> made = List.copyOf(rig.sink.documents);
        rig.close();
        return made;
    }

    public static Harness<DocumentSink> harness(int recordLength) {
        return Harness.driven(
                Harness.config()
                        .with(TracerConfig.RECORD_LENGTH, recordLength)
                        .with(TracerConfig.RECORDS, 16 * 1024)
                        .with(TracerConfig.RESOURCE_ATTRIBUTES, "zone=eu%201,empty=,tür=größe"),
                DocumentSink::new);
    }

    public static void spans(Harness<?> rig, SplittableRandom random, int count) {
        for (int i = 0; i < count; i++) {
            final SpanKind kind = SpanKind.values()[random.nextInt(SpanKind.values().length)];
            final RemoteContext caller =
                    new RemoteContext().set(random.nextLong(), 1, 1, 1); // with trace state for one in four
            final io.kraken.tracer.Span span = random.nextInt(4) == 0
                    ? rig.tracer.start(RandomSpan.NAMES[random.nextInt(4)], kind, caller.debug())
                    : rig.tracer.start(RandomSpan.NAMES[random.nextInt(4)], kind);
            final ExpectedSpan model = new ExpectedSpan(ExpectedSpan.Limits.DEFAULT, span, null, "any", kind);
            new RandomSpan(span, model, random, 300, 8000).makeCalls();
            span.end();
        }
    }
}
