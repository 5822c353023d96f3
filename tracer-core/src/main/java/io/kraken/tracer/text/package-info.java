/**
 * The encoding of texts: names, keys and values as UTF-8 into records, ids as hexadecimal digits into headers.
 * Internal: not part of the API.
 *
 * <p>Read {@link io.kraken.tracer.text.Symbols} first. A name or key that is known in advance becomes the number of a
 * symbol; any other text is encoded by the cheapest way that is possible:
 *
 * <pre>
 *   name, key --> Symbols ------------------> number of the symbol, in the record
 *                    '-- no room: as a value
 *   value ------> StringBytes (bytes of the string, read in place) --.
 *            '--> Utf8Scratch (bulk encoder, short texts) -----------+--> bytes in the record
 *            '--> Utf8 (character by character) ---------------------'
 *   id ---------> Hex ----------------------> 16 digits of a header
 * </pre>
 *
 * <p>Depends on {@link io.kraken.tracer.file}: the memory that is written to, and the symbol table in the span file.
 */
package io.kraken.tracer.text;
