package io.kraken.tracer;

/** One format of headers. Stateless: any thread. */
abstract class Propagator {

    /** Fills the context with what the headers say; leaves it alone when they say nothing, or nothing sound. */
    abstract <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into);

    abstract <C> void inject(InjectionBuffer from, C carrier, HeaderSetter<C> setter);

    /** Takes away what the carrier says of another context, as far as {@link #inject} puts nothing in its place. */
    abstract <C> void clear(InjectionBuffer from, C carrier, HeaderSetter<C> setter);

    /** Whether a header is one of the format's, whatever the case of its name is. */
    abstract boolean owns(String name);
}
