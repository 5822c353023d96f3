package io.kraken.tracer.jmh;

import java.util.Locale;

/**
 * The spans of a request in {@link ServiceLoad}, recorded by one side on one thread. Each side makes the same calls
 * with the same values, and each span becomes the current one of its thread. The methods return the time of the calls
 * in ns: nothing else is between their two reads of {@link System#nanoTime}, not even the call of the method.
 */
interface ServiceSpans {

    /** The recorder of a request's spans. */
    enum Side {
        /** No tracer: the time of the measurement itself. */
        NOTHING,
        KRAKEN,
        OPENTELEMETRY;

        /** Six requests in which each side follows each other side once. */
        private static final Side[] TURNS = {KRAKEN, OPENTELEMETRY, NOTHING, OPENTELEMETRY, KRAKEN, NOTHING};

        /** The sides take turns, request by request. */
        static Side of(long request) {
            return TURNS[(int) (request % TURNS.length)];
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The spans of a request. */
    enum Shape {
        /** One span with one attribute, around nothing. */
        BARE("a span with one attribute"),
        /** The span of a download with its five attributes, around nothing. */
        KRAKEN("the Kraken span, five attributes"),
        /** Five nested spans without attributes. */
        NESTED("five nested spans"),
        /**
         * The Kraken span around half of the request's work, which has displaced code and data from the caches when the
         * span ends.
         */
        AROUND("the Kraken span around the work");

        private final String title;

        Shape(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        /** @throws IllegalArgumentException when the shape is unknown */
        static Shape of(String name) {
            return valueOf(name.toUpperCase(Locale.ROOT));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The side that records nothing. */
    ServiceSpans NOTHING = new ServiceSpans() {
        @Override
        public long bare() {
            final long start = System.nanoTime();
            return System.nanoTime() - start;
        }

        @Override
        public long kraken(ServiceWork.Call call) {
            final long start = System.nanoTime();
            return System.nanoTime() - start;
        }

        @Override
        public long nested() {
            final long start = System.nanoTime();
            return System.nanoTime() - start;
        }

        @Override
        public long open(ServiceWork.Call call) {
            final long start = System.nanoTime();
            return System.nanoTime() - start;
        }

        @Override
        public long close(ServiceWork.Call call) {
            final long start = System.nanoTime();
            return System.nanoTime() - start;
        }
    };

    long bare();

    long kraken(ServiceWork.Call call);

    long nested();

    /** Starts the Kraken span and sets the attributes known before the work: namespace, digest, method. */
    long open(ServiceWork.Call call);

    /** Sets size and status, and ends the span. */
    long close(ServiceWork.Call call);
}
