/**
 * The settings of the bridge, from their sources to the validated records that the other packages are given.
 *
 * <p>Read {@link io.kraken.tracer.bridge.settings.BridgeSettings} first, then {@code SettingsTable}, the table of all
 * settings from which parsing, checks and help are derived. What a setting and its type are, and how YAML is read, is
 * defined in {@link io.kraken.tracer.settings}.
 *
 * <pre>
 *   YAML file --------+
 *   environment ------+--> SettingEntry --> GivenSettings --> BridgeSettings --> BridgeConfig
 *   command line -----+   (name, value,    (last one         (consistency)         + DestinationConfig, for each
 *   OTEL_EXPORTER_* --+    origin)          of each)                               + ControlConfig
 *                                              ^
 *                      SettingKey: which one --+--- SettingsTable: name, SettingType, default, help
 * </pre>
 *
 * <p>{@code BridgeSettings}, {@code SettingsException} and the config records are API. The package depends on no other
 * package of the bridge.
 */
package io.kraken.tracer.bridge.settings;
