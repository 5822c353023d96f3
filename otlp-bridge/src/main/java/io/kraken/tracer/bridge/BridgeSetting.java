package io.kraken.tracer.bridge;

/**
 * One of the bridge's settings: a row of {@link SettingsTable}.
 *
 * @param name dotted; {@code <name>} and {@code <header>} stand for what the operator chooses
 * @param byDefault as the operator would write it; empty: none
 */
record BridgeSetting<T>(String name, SettingKind<T> kind, String byDefault, String help) {

    static final String DESTINATIONS = "destinations.";

    private static final String PREFIX = DESTINATIONS + "<name>.";
    private static final String HEADER = "<header>";

    boolean isOfDestination() {
        return name.startsWith(PREFIX);
    }

    /** Within its destination; the whole name of the others. */
    String shortName() {
        return isOfDestination() ? name.substring(PREFIX.length()) : name;
    }

    /** A setting in a certain place: both names are null where the setting has none. */
    record Key(BridgeSetting<?> setting, String destination, String header) {

        @Override
        public String toString() {
            final String ofDestination =
                    destination == null ? setting.name : DESTINATIONS + destination + "." + setting.shortName();
            return header == null ? ofDestination : ofDestination.replace(HEADER, header);
        }
    }
}
