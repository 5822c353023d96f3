package io.kraken.tracer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.kraken.tracer.http.HttpTracing;
import io.kraken.tracer.http.ServletTracing;
import io.kraken.tracer.http.TracedHttpClient;
import io.kraken.tracer.http.TracingFilter;
import io.kraken.tracer.logs.Log4jSpans;
import io.kraken.tracer.logs.LogbackSpans;
import io.kraken.tracer.messaging.ConsumerSpans;
import io.kraken.tracer.messaging.ProducerSpans;
import io.kraken.tracer.propagation.HeaderGetter;
import io.kraken.tracer.propagation.HeaderSetter;
import io.kraken.tracer.rpc.ClientSpans;
import io.kraken.tracer.rpc.ServerSpans;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All integrations propagate received contexts unchanged while nothing is recorded. */
@SuppressWarnings("try") // spans are only closed
class PassingOnTest {

    /** The reason why nothing is recorded. */
    private enum Reason {
        RECORDING_IS_OFF,
        NOT_SAMPLED,
        SWITCHED_OFF;

        Map<String, String> sent() {
            final String flags = this == NOT_SAMPLED ? "00" : "01";
            return new TreeMap<>(Map.of(
                    "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + flags,
                    "tracestate", "x=1,y@z=2",
                    "baggage", "k=%20v;m=1,l=w"));
        }
    }

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Map<String, String>> arrived = new CopyOnWriteArrayList<>();
    private String formats = TracerConfig.PROPAGATORS.byDefault();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        threads.shutdown(); // a server's span ends after its response
        assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
        assertEquals(0, TraceBaggagePool.process().inUse());
    }

    private Tracer tracer(Reason reason) {
        if (reason == Reason.SWITCHED_OFF) {
            final TracerConfig config = new TracerConfig().with(TracerConfig.PROPAGATORS, formats);
            final Tracer off = Tracer.create(config.with(TracerConfig.ENABLED, false), traced.sink);
            open.add(off);
            return off;
        }
        if (reason == Reason.NOT_SAMPLED) {
            traced.with(TracerConfig.RECORD, TracerConfig.RECORD_SAMPLED);
        }
        traced.with(TracerConfig.PROPAGATORS, formats).tracer().recording(reason != Reason.RECORDING_IS_OFF);
        return traced.tracer();
    }

    private static Map<String, String> current(Tracer tracer) {
        final Map<String, String> headers = new TreeMap<>();
        tracer.propagation().inject(tracer.currentContext(), headers, HeaderSetter.ofMap());
        return headers;
    }

    private RemoteContext caller(Tracer tracer, Reason reason) {
        return tracer.propagation().extract(reason.sent(), HeaderGetter.ofMap(), new RemoteContext());
    }

    private HttpServer serve(TracingFilter filter, com.sun.net.httpserver.HttpHandler handler) throws IOException {
        final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.setExecutor(threads);
        final var context = server.createContext("/", handler);
        if (filter != null) {
            context.getFilters().add(filter);
        }
        server.start();
        open.add(() -> server.stop(0));
        return server;
    }

    private static HttpRequest.Builder request(HttpServer server) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));
    }

    private void arrive(HttpExchange exchange) throws IOException {
        final Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (new Propagation(formats).owns(name)) {
                headers.put(name.toLowerCase(Locale.ROOT), String.join("|", values));
            }
        });
        arrived.add(headers);
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    /** Sends two requests to the front server, which calls the one behind it. */
    private void ask(Tracer tracer, Map<String, String> headers) throws Exception {
        final HttpTracing tracing = HttpTracing.of(tracer);
        final HttpClient client = new TracedHttpClient(tracing, HttpClient.newHttpClient());
        final HttpServer back = serve(null, this::arrive);
        final HttpServer front = serve(new TracingFilter(tracing), exchange -> {
            try {
                client.send(request(back).build(), BodyHandlers.discarding());
                client.sendAsync(request(back).build(), BodyHandlers.discarding())
                        .join();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        final HttpRequest.Builder request = request(front);
        headers.forEach(request::header);
        assertEquals(
                200,
                HttpClient.newHttpClient()
                        .send(request.build(), BodyHandlers.discarding())
                        .statusCode());
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void byServersAndClientsOfTheJdk(Reason reason) throws Exception {
        ask(tracer(reason), reason.sent());
        assertEquals(List.of(reason.sent(), reason.sent()), arrived);
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void inOtherFormats(Reason reason) throws Exception {
        formats = "b3multi,jaeger";
        final String sampled = reason == Reason.NOT_SAMPLED ? "0" : "1";
        final Map<String, String> headers = new TreeMap<>(Map.of(
                "x-b3-traceid", "0af7651916cd43dd8448eb211c80319c",
                "x-b3-spanid", "b7ad6b7169203331",
                "x-b3-sampled", sampled,
                "uber-trace-id", "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:0:" + sampled,
                "uberctx-user", "a%20b"));
        ask(tracer(reason), headers);
        assertEquals(List.of(headers, headers), arrived);
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void baggageNeedsNoTrace(Reason reason) throws Exception {
        ask(tracer(reason), Map.of("baggage", "k=%20v;m=1,l=w", "traceparent", "rubbish", "tracestate", "a=1"));
        for (Map<String, String> headers : arrived) {
            assertEquals("k=%20v;m=1,l=w", headers.get("baggage"));
            assertNull(headers.get("tracestate"));
            assertEquals(reason != Reason.SWITCHED_OFF, headers.containsKey("traceparent"));
        }
        assertEquals(2, arrived.size());
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void byServlets(Reason reason) throws Exception {
        final Tracer tracer = tracer(reason);
        final Map<String, Object> attributes = new TreeMap<>();
        final HttpServletRequest request = stub(HttpServletRequest.class, (method, arguments) -> switch (method) {
            case "getDispatcherType" -> DispatcherType.REQUEST;
            case "getMethod" -> "GET";
            case "getRequestURI" -> "/";
            case "getHeaders" ->
                Collections.enumeration(
                        reason.sent().containsKey(arguments[0])
                                ? List.of(reason.sent().get(arguments[0]))
                                : List.of());
            case "getAttribute" -> attributes.get(arguments[0]);
            case "setAttribute" -> attributes.put((String) arguments[0], arguments[1]);
            case "removeAttribute" -> attributes.remove(arguments[0]);
            case "isAsyncStarted" -> false;
            default -> null;
        });
        final HttpServletResponse response =
                stub(HttpServletResponse.class, (method, arguments) -> method.equals("getStatus") ? 200 : null);
        new ServletTracing(HttpTracing.of(tracer))
                .doFilter(request, response, (in, out) -> arrived.add(current(tracer)));
        assertEquals(List.of(reason.sent()), arrived);
        assertNull(tracer.currentContext());
    }

    private interface Answers {
        Object to(String method, Object[] arguments);
    }

    private static <T> T stub(Class<T> type, Answers answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answers.to(method.getName(), arguments)));
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void byServersAndClientsOfGrpc(Reason reason) throws Exception {
        final Tracer tracer = tracer(reason);
        final String name = InProcessServerBuilder.generateName();
        final ManagedChannel plain =
                InProcessChannelBuilder.forName(name).executor(threads).build();
        final Channel channel = ClientInterceptors.intercept(plain, new ClientSpans(tracer));
        final MethodDescriptor<byte[], byte[]> front = method("hop.Front/Call");
        final MethodDescriptor<byte[], byte[]> back = method("hop.Back/Call");
        final Server server = InProcessServerBuilder.forName(name)
                .executor(threads)
                .addService(ServerInterceptors.intercept(
                        ServerServiceDefinition.builder("hop.Front")
                                .addMethod(front, ServerCalls.<byte[], byte[]>asyncUnaryCall((request, answers) -> {
                                    answers.onNext(
                                            ClientCalls.blockingUnaryCall(channel, back, CallOptions.DEFAULT, request));
                                    answers.onCompleted();
                                }))
                                .build(),
                        new ServerSpans(tracer)))
                .addService(ServerServiceDefinition.builder("hop.Back")
                        .addMethod(back, (call, headers) -> {
                            final Map<String, String> got = new TreeMap<>();
                            reason.sent().keySet().forEach(each -> got.put(each, headers.get(key(each))));
                            arrived.add(got);
                            return ServerCalls.<byte[], byte[]>asyncUnaryCall((request, answers) -> {
                                        answers.onNext(request);
                                        answers.onCompleted();
                                    })
                                    .startCall(call, headers);
                        })
                        .build())
                .build()
                .start();
        open.add(server::shutdownNow);
        open.add(plain::shutdownNow);
        final Metadata sent = new Metadata();
        reason.sent().forEach((header, value) -> sent.put(key(header), value));
        ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(plain, MetadataUtils.newAttachHeadersInterceptor(sent)),
                front,
                CallOptions.DEFAULT,
                new byte[] {1});
        assertEquals(List.of(reason.sent()), arrived);
        server.shutdown();
        server.awaitTermination();
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private static MethodDescriptor<byte[], byte[]> method(String name) {
        final MethodDescriptor.Marshaller<byte[]> bytes = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(byte[] value) {
                return new ByteArrayInputStream(value);
            }

            @Override
            public byte[] parse(InputStream stream) {
                try {
                    return stream.readAllBytes();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        };
        return MethodDescriptor.newBuilder(bytes, bytes)
                .setFullMethodName(name)
                .setType(MethodDescriptor.MethodType.UNARY)
                .build();
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void byKafkaMessages(Reason reason) {
        final Tracer tracer = tracer(reason);
        final ConsumerRecord<String, String> in = new ConsumerRecord<>("orders", 3, 7, "key", "value");
        reason.sent().forEach((name, value) -> in.headers().add(name, value.getBytes(US_ASCII)));
        final ProducerRecord<String, String> out = new ProducerRecord<>("bills", "value");
        final ConsumerSpans consumer = new ConsumerSpans(tracer, null);
        try (Span span = consumer.processAsChild(in);
                MockProducer<String, String> producer =
                        new MockProducer<>(true, null, new StringSerializer(), new StringSerializer())) {
            assertFalse(span.isRecording());
            new ProducerSpans(tracer).send(producer, out);
        }
        final Map<String, String> headers = new TreeMap<>();
        out.headers().forEach(header -> headers.put(header.key(), new String(header.value(), US_ASCII)));
        assertEquals(reason.sent(), headers);
        consumer.receive(ConsumerRecords.empty()).end();
        consumer.process(in).end();
        assertNull(tracer.currentContext());
    }

    @ParameterizedTest
    @EnumSource(Reason.class)
    void byExecutorsAndFutures(Reason reason) throws Exception {
        final Tracer tracer = tracer(reason);
        final ExecutorService executor = TracedTasks.executor(tracer, threads);
        try (Span span = tracer.start(SpanName.of("request"), SpanKind.SERVER, caller(tracer, reason))) {
            assertEquals(reason.sent(), executor.submit(() -> current(tracer)).get());
            assertEquals(
                    reason.sent(),
                    CompletableFuture.supplyAsync(() -> 1, threads)
                            .thenApplyAsync(TracedTasks.function(tracer, one -> current(tracer)), threads)
                            .get());
            final Thread thread =
                    TracedTasks.threads(tracer, Thread::new).newThread(() -> arrived.add(current(tracer)));
            thread.start();
            thread.join();
        }
        assertEquals(List.of(reason.sent()), arrived);
        assertEquals(Map.of(), executor.submit(() -> current(tracer)).get());
    }

    @ParameterizedTest
    @EnumSource(value = Reason.class, names = "SWITCHED_OFF", mode = EnumSource.Mode.EXCLUDE)
    void byLogLines(Reason reason) {
        final Tracer tracer = tracer(reason);
        final LoggerContext logback = new LoggerContext();
        logback.setMDCAdapter(new LogbackMDCAdapter());
        final LogbackSpans spans = new LogbackSpans();
        spans.setContext(logback);
        spans.start();
        final String flags = reason.sent().get("traceparent").substring(53);
        final Map<String, String> ids = Map.of(
                "trace_id", "0af7651916cd43dd8448eb211c80319c", "span_id", "b7ad6b7169203331", "trace_flags", flags);
        try (Span span = tracer.start(SpanName.of("request"), SpanKind.SERVER, caller(tracer, reason))) {
            assertEquals(ids, new Log4jSpans().supplyContextData());
            assertEquals(ids, ((LogbackMDCAdapter) logback.getMDCAdapter()).getPropertyMap());
        }
        assertEquals(Map.of(), new Log4jSpans().supplyContextData());
        logback.stop();
    }
}
