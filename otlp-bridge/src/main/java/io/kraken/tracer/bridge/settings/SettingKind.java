package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.settings.SettingText;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of a setting's values.
 *
 * @param placeholder for a value, in the help
 * @param range the permitted values, as the end of a sentence
 * @param parser returns null for an invalid text
 * @param shown masks secrets in a text, valid or not, for messages and logs
 */
record SettingKind<T>(String placeholder, String range, Function<String, T> parser, UnaryOperator<String> shown) {

    static final String AUTO = "auto";
    static final String MASK = "***";

    private static final int MOST_THREADS = 256;
    private static final int MAX_PORT = 0xFFFF;
    private static final int LONGEST_HEADER = 8192;
    private static final int MOST_PER_SECOND = 10_000_000;
    private static final Set<String> HTTP = Set.of("http", "https");
    private static final Set<String> HTTP_OR_GRPC = Set.of("http", "https", "grpc", "grpcs");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern FRACTION = Pattern.compile("[0-9]{0,9}\\.?[0-9]{1,17}");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,252}");
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
    /** Strict, so that no look-up is needed: the JDK would ask a name server for the address 256.0.0.1. */
    private static final Pattern ADDRESS =
            Pattern.compile("(localhost|" + OCTET + "(?:\\." + OCTET + "){3}|\\[[0-9a-fA-F:.]+]):([0-9]{1,5})");

    static final SettingKind<Boolean> SWITCH = of(
            "true|false",
            "true or false",
            text -> text.equals("true") || text.equals("false") ? text.equals("true") : null);
    static final SettingKind<Double> SHARE = of("SHARE", "a number from 0 to 1", SettingKind::share);
    static final SettingKind<Double> PER_SECOND = of("N", "a number from 0 to 10000000", SettingKind::perSecond);
    static final SettingKind<Double> LOAD = of(
            "SHARE",
            "a number above 0, up to 1",
            text -> Optional.ofNullable(share(text)).filter(load -> load > 0).orElse(null));
    static final SettingKind<String> HOST_NAME =
            of("NAME", "a host's name", text -> HOST.matcher(text).matches() ? text : null);
    static final SettingKind<Path> PATH = of("PATH", "a path", SettingKind::path);
    static final SettingKind<Path> QUEUES =
            of("DIR", "a directory or " + AUTO, text -> path(text) == null ? null : QueueDirectory.root(text));
    static final SettingKind<SpanFiles> SPAN_FILES = of("DIR", "a directory or " + AUTO, SettingKind::spanFiles);
    /** Checked here, so that the bridge does not start without the file; its content is checked when it is used. */
    static final SettingKind<Path> READABLE = of("FILE", "a file that can be read", SettingKind::readable);

    static final SettingKind<Integer> THREADS =
            of("N", "a number from 1 to " + MOST_THREADS + " or " + AUTO, SettingKind::threads);
    /** Empty: off. No host names, so that an address beyond the loopback interface is visible in the setting. */
    static final SettingKind<Optional<InetSocketAddress>> LISTEN = of(
            "HOST:PORT",
            BridgeConfig.OFF + " or HOST:PORT with an IP address or localhost, such as 127.0.0.1:8888",
            SettingKind::listen);

    static final SettingKind<URI> ENDPOINT = new SettingKind<>(
            "URL", "http://HOST:PORT or https://HOST:PORT", SettingKind::endpoint, SettingText::withoutSecrets);
    /** Empty: off. */
    static final SettingKind<Optional<URI>> SAMPLING_ENDPOINT = new SettingKind<>(
            "URL",
            BridgeConfig.OFF + ", http://HOST:PORT, https://HOST:PORT, grpc://HOST:PORT or grpcs://HOST:PORT",
            SettingKind::samplingEndpoint,
            SettingText::withoutSecrets);

    static final SettingKind<String> HEADER = new SettingKind<>(
            "TEXT",
            "1 to " + LONGEST_HEADER + " printable ASCII characters (its value is not shown)",
            SettingKind::header,
            text -> MASK);

    private static <T> SettingKind<T> of(String placeholder, String range, Function<String, T> parser) {
        return new SettingKind<>(placeholder, range, parser, SettingKind::clean);
    }

    /** A duration, in nanoseconds. */
    static SettingKind<Long> duration(String least, String most) {
        final Predicate<Long> inRange = ns -> ns >= nanoseconds(least) && ns <= nanoseconds(most);
        return of(
                "DURATION",
                "a duration from " + least + " to " + most + ", such as 200ms, 10s, 5m, 24h",
                text -> Optional.ofNullable(nanoseconds(text)).filter(inRange).orElse(null));
    }

    static SettingKind<Integer> number(int least, int most) {
        return of("N", "a number from " + least + " to " + most, text -> number(text, least, most));
    }

    static <T> SettingKind<T> choice(Function<String, T> parser, List<String> choices) {
        return of(
                String.join("|", choices),
                "one of " + String.join(", ", choices),
                text -> choices.contains(text) ? parser.apply(text) : null);
    }

    /** Null when the text is invalid. */
    T parse(String text) {
        return parser.apply(text.strip());
    }

    private static Long nanoseconds(String text) {
        if (text.equals("0")) {
            return 0L;
        }
        final Matcher duration = DURATION.matcher(text);
        if (!duration.matches()) {
            return null;
        }
        final long unit = switch (duration.group(2)) {
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            default -> 3_600_000_000_000L;
        };
        final long count = Long.parseLong(duration.group(1));
        return count > Long.MAX_VALUE / unit ? null : (Long) (count * unit);
    }

    private static Integer number(String text, int least, int most) {
        if (!WHOLE_NUMBER.matcher(text).matches()) {
            return null;
        }
        final int number = Integer.parseInt(text);
        return number >= least && number <= most ? (Integer) number : null;
    }

    private static Integer threads(String text) {
        return text.equals(AUTO)
                ? (Integer) Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS)
                : number(text, 1, MOST_THREADS);
    }

    private static Double share(String text) {
        if (!FRACTION.matcher(text).matches()) {
            return null;
        }
        final double share = Double.parseDouble(text);
        return share <= 1 ? (Double) share : null;
    }

    private static Double perSecond(String text) {
        if (!FRACTION.matcher(text).matches()) {
            return null;
        }
        final double number = Double.parseDouble(text);
        return number <= MOST_PER_SECOND ? (Double) number : null;
    }

    private static SpanFiles spanFiles(String text) {
        final Path path = path(text);
        return text.equals(AUTO) ? SpanFiles.ofHost() : path == null ? null : new SpanFiles(path);
    }

    private static Path path(String text) {
        try {
            return text.isEmpty() ? null : Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static Path readable(String text) {
        final Path path = path(text);
        return path == null || Files.isDirectory(path) || !Files.isReadable(path) ? null : path;
    }

    private static Optional<InetSocketAddress> listen(String text) {
        if (text.equals(BridgeConfig.OFF)) {
            return Optional.empty();
        }
        final Matcher address = ADDRESS.matcher(text);
        if (!address.matches() || Integer.parseInt(address.group(2)) > MAX_PORT) {
            return null; // invalid; the empty Optional means "off"
        }
        try {
            final String host = address.group(1);
            final InetAddress numbers =
                    host.equals("localhost") ? InetAddress.getLoopbackAddress() : InetAddress.getByName(host);
            return Optional.of(new InetSocketAddress(numbers, Integer.parseInt(address.group(2))));
        } catch (UnknownHostException e) {
            return null;
        }
    }

    private static URI endpoint(String text) {
        return endpoint(text, HTTP);
    }

    private static Optional<URI> samplingEndpoint(String text) {
        final URI uri = endpoint(text, HTTP_OR_GRPC);
        final boolean proper = uri != null
                && uri.getRawUserInfo() == null
                && uri.getRawQuery() == null
                && (HTTP.contains(uri.getScheme()) || uri.getRawPath().length() <= 1);
        return text.equals(BridgeConfig.OFF) ? Optional.empty() : proper ? Optional.of(uri) : null;
    }

    private static URI endpoint(String text, Set<String> schemes) {
        try {
            final URI uri = new URI(text);
            final boolean proper = uri.getScheme() != null
                    && schemes.contains(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getPort() != 0
                    && uri.getPort() <= MAX_PORT
                    && uri.getRawFragment() == null;
            return proper ? uri : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static String header(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return null;
            }
        }
        return text.isEmpty() || text.length() > LONGEST_HEADER ? null : text;
    }

    /** An untrusted text made safe for messages: no control characters. */
    static String clean(String text) {
        return SettingText.clean(text);
    }
}
