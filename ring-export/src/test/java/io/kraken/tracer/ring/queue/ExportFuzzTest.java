package io.kraken.tracer.ring.queue;

import io.kraken.tracer.Fuzzing;
import io.kraken.tracer.ring.RandomDocuments;
import io.kraken.tracer.ring.otlp.FuzzAnswer;
import io.kraken.tracer.ring.view.FuzzSpanFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Fuzz tests of the readers of queues, span files and responses of backends. */
class ExportFuzzTest extends Fuzzing {

    static List<Class<?>> targets() {
        return List.of(
                ExportFuzzTargets.Document.class,
                ExportFuzzTargets.Spans.class,
                ExportFuzzTargets.Descriptor.class,
                FuzzAnswer.class,
                FuzzSpanFile.class);
    }

    @Override
    protected void seed(Class<?> target, Path corpus) throws IOException {
        if (target == ExportFuzzTargets.Document.class) {
            final List<byte[]> documents = RandomDocuments.of(1, 20);
            for (int i = 0; i < documents.size(); i++) {
                Files.write(corpus.resolve("document-" + i), documents.get(i));
            }
        }
    }
}
