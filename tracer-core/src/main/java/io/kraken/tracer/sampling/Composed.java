package io.kraken.tracer.sampling;

/** A sampler that wraps another one, to which it delegates what it does not decide. */
abstract class Composed implements Sampler, Scaled {

    final Sampler within;

    Composed(Sampler within) {
        if (within == null) {
            throw new IllegalArgumentException("a sampler is missing");
        }
        this.within = within;
    }

    @Override
    public void tick(long nowNs, double load, double errors) {
        within.tick(nowNs, load, errors);
    }

    @Override
    public double rate() {
        return within.rate();
    }

    @Override
    public boolean asksChildren() {
        return within.asksChildren();
    }

    @Override
    public void scale(double factor) {
        Scaled.scale(within, factor);
    }
}
