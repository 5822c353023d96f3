package io.kraken.tracer.bridge.demo;

/** A placeholder: it says which settings reached it. */
public final class Demo {
    private Demo() {}

    public static void main(String[] args) {
        StringBuilder line = new StringBuilder("Kraken Tracer demo:");
        for (String setting : new String[] {"endpoint", "direct", "seconds", "rate"}) {
            line.append(' ').append(setting).append('=').append(System.getProperty(setting, ""));
        }
        System.out.println(line);
    }
}
