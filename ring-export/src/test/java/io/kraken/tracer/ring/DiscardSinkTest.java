package io.kraken.tracer.ring;

import io.kraken.tracer.TracerConfig;

class DiscardSinkTest extends BatchSinkContract {

    @Override
    TracerConfig settings() {
        return Rig.settings();
    }

    @Override
    TracerConfig stuck() {
        return null;
    }

    @Override
    BatchSink open(RingExport.Environment environment) {
        return new DiscardSink(environment);
    }

    @Override
    String where() {
        return "discard";
    }
}
