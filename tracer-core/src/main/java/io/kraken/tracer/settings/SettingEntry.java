package io.kraken.tracer.settings;

/**
 * A text that a source gives for a setting.
 *
 * @param name dotted, as spelled in the source; possibly unknown
 * @param value null if there is none
 * @param origin the source, to end a sentence with
 */
public record SettingEntry(String name, String value, String origin) {}
