package io.kraken.tracer.bridge.settings;

import io.kraken.tracer.bridge.settings.DestinationConfig.Type;
import io.kraken.tracer.ring.queue.QueueDirectory;
import io.kraken.tracer.settings.SettingText;
import io.kraken.tracer.settings.SettingType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The types of settings that only the bridge has. Their parsers return null for an invalid text. */
final class BridgeTypes {

    static final String AUTO = "auto";

    private static final int MOST_THREADS = 256;
    private static final int MAX_PORT = 0xFFFF;
    private static final int LONGEST_HEADER = 8192;
    private static final Set<String> HTTP = Set.of("http", "https");
    private static final Set<String> HTTP_OR_GRPC = Set.of("http", "https", "grpc", "grpcs");
    private static final List<String> PROTOCOLS = List.of("otlp_grpc", "otlp_http", "otlp_file");
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,252}");
    private static final Pattern HEADER_VALUE = Pattern.compile("[ -~]{1," + LONGEST_HEADER + "}");
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
    /** Strict, so that no look-up is needed: the JDK would ask a name server for the address 256.0.0.1. */
    private static final Pattern ADDRESS =
            Pattern.compile("(localhost|" + OCTET + "(?:\\." + OCTET + "){3}|\\[[0-9a-fA-F:.]+]):([0-9]{1,5})");

    static final SettingType<Double> PER_SECOND = SettingType.number(0, 10_000_000);
    static final SettingType<String> HOST_NAME =
            SettingType.of("NAME", "a host's name", text -> HOST.matcher(text).matches() ? text : null);
    static final SettingType<Path> PATH = SettingType.of("PATH", "a path", BridgeTypes::path);
    static final SettingType<Path> QUEUES = SettingType.of(
            "DIR", "a directory or " + AUTO, text -> path(text) == null ? null : QueueDirectory.root(text));
    static final SettingType<SpanFiles> SPAN_FILES =
            SettingType.of("DIR", "a directory or " + AUTO, BridgeTypes::spanFiles);
    /** Checked here, so that the bridge does not start without the file; its content is checked when it is used. */
    static final SettingType<Path> READABLE = SettingType.of("FILE", "a file that can be read", BridgeTypes::readable);

    static final SettingType<Integer> THREADS = SettingType.of(
            "N",
            "a number from 1 to " + MOST_THREADS + " or " + AUTO,
            text -> text.equals(AUTO)
                    ? (Integer) Math.min(Runtime.getRuntime().availableProcessors(), MOST_THREADS)
                    : SettingType.wholeNumber(1, MOST_THREADS).parse(text));
    /** Empty: off. No host names, so that an address beyond the loopback interface is visible in the setting. */
    static final SettingType<Optional<InetSocketAddress>> LISTEN = SettingType.of(
            "HOST:PORT",
            BridgeConfig.OFF + " or HOST:PORT with an IP address or localhost, such as 127.0.0.1:8888",
            BridgeTypes::listen);

    static final SettingType<Type> PROTOCOL = SettingType.of(
            String.join("|", PROTOCOLS),
            "one of " + String.join(", ", PROTOCOLS),
            text -> PROTOCOLS.contains(text) ? Type.valueOf(text.toUpperCase(Locale.ROOT)) : null);
    static final SettingType<URI> ENDPOINT = SettingType.of(
                    "URL", "http://HOST:PORT or https://HOST:PORT", text -> endpoint(text, HTTP))
            .masked(SettingText::withoutSecrets);
    /** Empty: off. */
    static final SettingType<Optional<URI>> SAMPLING_ENDPOINT = SettingType.of(
                    "URL",
                    BridgeConfig.OFF + ", http://HOST:PORT, https://HOST:PORT, grpc://HOST:PORT or grpcs://HOST:PORT",
                    BridgeTypes::samplingEndpoint)
            .masked(SettingText::withoutSecrets);

    static final SettingType<String> HEADER = SettingType.of(
                    "TEXT",
                    "1 to " + LONGEST_HEADER + " printable ASCII characters (its value is not shown)",
                    text -> HEADER_VALUE.matcher(text).matches() ? text : null)
            .masked(text -> SettingText.MASK);

    private BridgeTypes() {}

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
}
