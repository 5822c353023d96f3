package io.kraken.tracer.bridge;

/**
 * One of the bridge's settings: a row of {@link SettingsTable}.
 *
 * @param name dotted; what stands in angle brackets is the operator's to choose
 * @param byDefault as the operator would write it; empty: none
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

    /** Whether there is one of it, and not one for each of something. */
    boolean isGeneral() {
        return !isOfDestination() && !isOfService();
    }

    /** Within its destination or service; the whole name of the others. */
    String shortName() {
        return isGeneral() ? name : name.substring(name.indexOf(NAME) + NAME.length() + 1);
    }

    /**
     * A setting in a certain place.
     *
     * @param owner the destination, or the service; null where the setting has none
     * @param part the header, or the operation; null where the setting has none
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
