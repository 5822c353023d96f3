package io.kraken.tracer.bridge.settings;

/**
 * A setting of the bridge: a row of {@link SettingsTable}.
 *
 * @param name dotted; the parts in angle brackets are chosen by the operator
 * @param byDefault the default, as the operator would write it; empty: none
 */
record BridgeSetting<T>(String name, SettingKind<T> kind, String byDefault, String help) {

    static final String DESTINATIONS = "destinations.";
    static final String SERVICES = "services.";

    private static final String NAME = "<name>";
    private static final String DESTINATION = DESTINATIONS + NAME + ".";
    private static final String SERVICE = SERVICES + NAME + ".";

    boolean isOfDestination() {
        return name.startsWith(DESTINATION);
    }

    boolean isOfService() {
        return name.startsWith(SERVICE);
    }

    /** Whether it belongs to the bridge itself, not to a destination or service. */
    boolean isGeneral() {
        return !isOfDestination() && !isOfService();
    }

    /** The name within its destination or service; for others the whole name. */
    String shortName() {
        return isGeneral() ? name : name.substring(name.indexOf(NAME) + NAME.length() + 1);
    }

    /**
     * A setting of a specific destination, service, header or operation.
     *
     * @param owner the destination or service; null if the setting has none
     * @param part the header or operation; null if the setting has none
     */
    record Key(BridgeSetting<?> setting, String owner, String part) {

        @Override
        public String toString() {
            final String owned = owner == null ? setting.name : setting.name.replace(NAME, owner);
            final int at = owned.lastIndexOf('<');
            return part == null || at < 0
                    ? owned
                    : owned.substring(0, at) + part + owned.substring(owned.indexOf('>', at) + 1);
        }
    }
}
