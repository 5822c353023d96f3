/**
 * The settings of the bridge, from their sources to the validated records that the other packages are given.
 *
 * <p>Read {@link io.kraken.tracer.bridge.settings.BridgeSettings} first, then {@code SettingsTable}, the table of all
 * settings from which parsing, checks and help are derived.
 *
 * <pre>
 *   YAML file --------+
 *   environment ------+--> Entry --> GivenSettings --> BridgeSettings --> BridgeConfig
 *   command line -----+   (name,      (last one      (consistency)         + DestinationConfig, one per destination
 *   OTEL_EXPORTER_* --+    value,      of each)                            + ControlConfig
 *                          origin)        ^
 *                                         +--- SettingsTable: name, SettingKind, default, help
 * </pre>
 *
 * <p>{@code BridgeSettings}, {@code SettingsException} and the config records are API. The package depends on no other
 * package of the bridge.
 */
package io.kraken.tracer.bridge.settings;
