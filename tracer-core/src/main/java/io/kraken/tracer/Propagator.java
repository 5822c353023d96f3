package io.kraken.tracer;

/** One header format. Stateless, hence thread-safe. */
abstract class Propagator {

    /** Fills the context from the headers; leaves it unchanged if they are absent or malformed. */
    abstract <C> void extract(C carrier, HeaderGetter<C> getter, RemoteContext into);

    abstract <C> void inject(InjectionBuffer from, C carrier, HeaderSetter<C> setter);

    /** Removes the headers of another context that {@link #inject} does not overwrite. */
    abstract <C> void clear(InjectionBuffer from, C carrier, HeaderSetter<C> setter);

    /** Whether a header belongs to the format, whatever the case of its name. */
    abstract boolean owns(String name);
}
