/**
 * The look-up of settings: what a setting is, the sources of its value, and the settings file.
 *
 * <p>{@link io.kraken.tracer.settings.Setting} and {@link io.kraken.tracer.settings.SettingType}, which parses, checks
 * and masks its values, are part of the API; all else is internal. Read them first, then {@link
 * io.kraken.tracer.settings.SettingSources}. The bridge has other sources, but uses the same settings, types, file
 * reader and search for similar names.
 *
 * <pre>
 *   code ---------------------------------.
 *   system property ----------------------|
 *   environment variable -----------------+--> SettingSources --> value and origin --> TracerConfig
 *   alias: a variable of OpenTelemetry ---|          '--> SettingProblems: warnings, errors if strict
 *   YAML file: YamlFile -> YamlSettings --'
 *              lists of rules: RuleEntries
 * </pre>
 *
 * <p>The YAML reader needs snakeyaml-engine on the class path, and is loaded only if a file is set. Depends on {@link
 * io.kraken.tracer.sampling}, whose rules a file may contain.
 */
package io.kraken.tracer.settings;
