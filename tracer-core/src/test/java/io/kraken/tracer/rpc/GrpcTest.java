package io.kraken.tracer.rpc;

import static io.grpc.Status.Code.DATA_LOSS;
import static io.grpc.Status.Code.DEADLINE_EXCEEDED;
import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.UNAVAILABLE;
import static io.grpc.Status.Code.UNIMPLEMENTED;
import static io.grpc.Status.Code.UNKNOWN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.InternalMetadata;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.kraken.tracer.Propagation;
import io.kraken.tracer.RemoteContext;
import io.kraken.tracer.Span;
import io.kraken.tracer.SpanKind;
import io.kraken.tracer.SpanName;
import io.kraken.tracer.Tracer;
import io.kraken.tracer.TracerConfig;
import io.kraken.tracer.TracerFixture;
import io.kraken.tracer.file.Counter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls between a client and a server in one process, over gRPC's in-process transport. */
class GrpcTest {

    private static final SpanName REQUEST = SpanName.of("request");
    private static final SpanName WORK = SpanName.of("work");
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final MethodDescriptor<String, String> ECHO = method("Echo", MethodType.UNARY);
    private static final MethodDescriptor<String, String> COUNT = method("Count", MethodType.SERVER_STREAMING);
    private static final MethodDescriptor<String, String> CHAT = method("Chat", MethodType.BIDI_STREAMING);

    @RegisterExtension
    final TracerFixture traced = new TracerFixture();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final BlockingQueue<String> heard = new ArrayBlockingQueue<>(16);
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private ManagedChannel plain;
    private Channel channel;
    private Server server;

    private static MethodDescriptor<String, String> method(String name, MethodType type) {
        return MethodDescriptor.<String, String>newBuilder(new Text(), new Text())
                .setFullMethodName("shop.Talk/" + name)
                .setType(type)
                .build();
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @BeforeEach
    void start() throws IOException {
        final String name = InProcessServerBuilder.generateName();
        final ServerServiceDefinition service = ServerServiceDefinition.builder("shop.Talk")
                .addMethod(ECHO, ServerCalls.asyncUnaryCall(this::echo))
                .addMethod(COUNT, ServerCalls.asyncServerStreamingCall(this::count))
                .addMethod(CHAT, ServerCalls.asyncBidiStreamingCall(this::chat))
                .build();
        server = InProcessServerBuilder.forName(name)
                .executor(threads)
                .addService(ServerInterceptors.intercept(service, new ServerSpans(traced.tracer())))
                .build()
                .start();
        plain = InProcessChannelBuilder.forName(name).executor(threads).build();
        channel = ClientInterceptors.intercept(plain, new ClientSpans(traced.tracer()));
    }

    @AfterEach
    void stop() throws InterruptedException {
        plain.shutdownNow();
        server.shutdownNow();
        assertTrue(server.awaitTermination(60, TimeUnit.SECONDS));
        assertTrue(plain.awaitTermination(60, TimeUnit.SECONDS));
        threads.shutdown();
        assertTrue(threads.awaitTermination(60, TimeUnit.SECONDS));
    }

    private void echo(String request, StreamObserver<String> answers) {
        traced.tracer().start(WORK).end();
        switch (request) {
            case "throw" -> throw new IllegalStateException("on purpose");
            case "refuse" ->
                answers.onError(
                        Status.NOT_FOUND.withDescription("no such thing").asRuntimeException());
            case "fail" -> answers.onError(Status.UNAVAILABLE.asRuntimeException());
            case "hang" -> {
                ((io.grpc.stub.ServerCallStreamObserver<String>) answers).setOnCancelHandler(cancelled::countDown);
                heard.add("hanging");
            }
            default -> {
                answers.onNext(request + traced.tracer().currentContext().baggage("user"));
                answers.onCompleted();
            }
        }
    }

    private void count(String request, StreamObserver<String> answers) {
        for (int i = 0; i < Integer.parseInt(request); i++) {
            answers.onNext(Integer.toString(i));
        }
        answers.onCompleted();
    }

    private StreamObserver<String> chat(StreamObserver<String> answers) {
        return new StreamObserver<>() {
            @Override
            public void onNext(String value) {
                traced.tracer().start(WORK).end();
                answers.onNext(value);
            }

            @Override
            public void onError(Throwable thrown) {}

            @Override
            public void onCompleted() {
                answers.onCompleted();
            }
        };
    }

    private String call(String request) {
        return ClientCalls.blockingUnaryCall(channel, ECHO, CallOptions.DEFAULT, request);
    }

    /** The picture once this many spans have been published: a server's ends after its response is sent. */
    private String picture(int spans) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (traced.sink.accepted() < spans && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(100_000);
        }
        assertEquals(spans, traced.sink.accepted());
        assertEquals(Map.of(), traced.problems());
        return traced.picture();
    }

    @Test
    void callIsOneTraceFromClientToServer() {
        try (Span request = traced.tracer().start(REQUEST, SpanKind.SERVER)) {
            request.baggage("user", "a");
            assertEquals("helloa", call("hello"));
        }
        final String authority = plain.authority();
        assertEquals("""
                request SERVER
                  shop.Talk/Echo CLIENT
                    .rpc.system = "grpc"
                    .rpc.method = "Echo"
                    .rpc.service = "shop.Talk"
                    .server.address = "AUTHORITY"
                    .rpc.grpc.status_code = 0
                    shop.Talk/Echo SERVER flags=303
                      .rpc.system = "grpc"
                      .rpc.method = "Echo"
                      .rpc.service = "shop.Talk"
                      .server.address = "AUTHORITY"
                      .rpc.grpc.status_code = 0
                      work INTERNAL
                """.replace("AUTHORITY", authority), picture(4));
    }

    private String[] sides(String request) {
        final Status.Code code = assertThrows(StatusRuntimeException.class, () -> call(request))
                .getStatus()
                .getCode();
        final String[] sides = picture(3).split("  shop.Talk/Echo SERVER", 2);
        assertTrue(sides[0].contains(".rpc.grpc.status_code = " + code.value()), sides[0]);
        assertTrue(sides[1].contains(".rpc.grpc.status_code = " + code.value()), sides[1]);
        return sides;
    }

    @Test
    void callersFaultIsAnErrorOfTheClientOnly() {
        final String[] sides = sides("refuse");
        assertTrue(sides[0].contains("! ERROR \"no such thing\""), sides[0]);
        assertTrue(sides[0].contains(".error.type = \"NOT_FOUND\""), sides[0]);
        assertFalse(sides[1].contains("! ERROR") || sides[1].contains("error.type"), sides[1]);
    }

    @Test
    void failureIsAnErrorOnBothSides() {
        final String[] sides = sides("fail");
        assertTrue(sides[0].contains(".error.type = \"UNAVAILABLE\""), sides[0]);
        assertTrue(sides[1].contains(".error.type = \"UNAVAILABLE\""), sides[1]);
        assertTrue(sides[0].contains("! ERROR"), sides[0]);
        assertTrue(sides[1].contains("! ERROR"), sides[1]);
    }

    @ParameterizedTest
    @EnumSource(Status.Code.class)
    void serverErrorsFollowTheConventions(Status.Code code) {
        final boolean servers = Set.of(UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS)
                .contains(code);
        assertEquals(servers, Rpc.isServerError(code.toStatus()));
        assertEquals(code != Status.Code.OK, Rpc.isClientError(code.toStatus()));
    }

    @Test
    void recordsExceptionOfTheService() {
        final String[] sides = sides("throw");
        assertTrue(sides[0].contains("! ERROR"), sides[0]);
        assertTrue(sides[1].contains("\"on purpose\""), sides[1]);
        assertTrue(sides[1].contains("! ERROR"), sides[1]);
    }

    @Test
    void exceededDeadlineIsAnErrorOnBothSides() throws InterruptedException {
        final StatusRuntimeException thrown = assertThrows(
                StatusRuntimeException.class,
                () -> ClientCalls.blockingUnaryCall(
                        channel, ECHO, CallOptions.DEFAULT.withDeadlineAfter(200, TimeUnit.MILLISECONDS), "hang"));
        assertEquals(Status.Code.DEADLINE_EXCEEDED, thrown.getStatus().getCode());
        if (heard.poll(60, TimeUnit.SECONDS) != null) {
            cancelled.await();
            final String[] sides = picture(3).split("  shop.Talk/Echo SERVER", 2);
            assertTrue(sides[0].contains(".rpc.grpc.status_code = 4"), sides[0]);
            assertTrue(sides[0].contains("! ERROR"), sides[0]);
            assertTrue(sides[1].contains("! ERROR") == sides[1].contains(".rpc.grpc.status_code = 4"), sides[1]);
        }
    }

    @Test
    void cancelledCallIsNoErrorOfTheServer() throws InterruptedException {
        final ClientCall<String, String> call = channel.newCall(ECHO, CallOptions.DEFAULT);
        ClientCalls.asyncUnaryCall(call, "hang", new Heard());
        assertEquals("hanging", heard.take());
        call.cancel("changed my mind", null);
        cancelled.await();
        assertEquals("error", heard.take());
        final String[] sides = picture(3).split("  shop.Talk/Echo SERVER", 2);
        assertTrue(sides[0].contains(".rpc.grpc.status_code = 1\n"), sides[0]);
        assertTrue(sides[0].contains("! ERROR \"changed my mind\""), sides[0]);
        assertTrue(sides[1].contains(".rpc.grpc.status_code = 1\n"), sides[1]);
        assertFalse(sides[1].contains("! ERROR"), sides[1]);
    }

    private final class Heard implements StreamObserver<String> {
        @Override
        public void onNext(String value) {
            traced.tracer().start(REQUEST).end();
            heard.add(value);
        }

        @Override
        public void onError(Throwable thrown) {
            heard.add("error");
        }

        @Override
        public void onCompleted() {
            heard.add("end");
        }
    }

    @Test
    void streamOfResponsesIsOneCall() {
        final Iterator<String> answers =
                ClientCalls.blockingServerStreamingCall(channel, COUNT, CallOptions.DEFAULT, "3");
        int count = 0;
        while (answers.hasNext()) {
            assertEquals(Integer.toString(count++), answers.next());
        }
        assertEquals(3, count);
        final String picture = picture(2);
        assertTrue(picture.startsWith("shop.Talk/Count CLIENT\n"), picture);
        assertTrue(picture.contains("\n  shop.Talk/Count SERVER"), picture);
    }

    @Test
    void callbacksRunUnderTheCallAndTheCaller() throws InterruptedException {
        try (Span request = traced.tracer().start(REQUEST, SpanKind.SERVER)) {
            final StreamObserver<String> requests =
                    ClientCalls.asyncBidiStreamingCall(channel.newCall(CHAT, CallOptions.DEFAULT), new Heard());
            requests.onNext("a");
            requests.onNext("b");
            requests.onCompleted();
            assertEquals("a", heard.take());
            assertEquals("b", heard.take());
            assertEquals("end", heard.take());
            assertTrue(request.isRecording());
        }
        final String picture = picture(7);
        assertEquals(3, picture.split("\n    shop.Talk/Chat SERVER", 2)[1].split("\n      work INTERNAL", -1).length);
        assertEquals(3, picture.split("\n  request INTERNAL", -1).length, picture);
    }

    @Test
    void callThatFailsToStartEndsItsSpan() {
        plain.shutdownNow();
        assertThrows(StatusRuntimeException.class, () -> call("hello"));
        assertTrue(picture(1).contains(".rpc.grpc.status_code = 14"), traced::picture);
    }

    @Test
    void disabledTracerPassesCallsThrough() {
        final Tracer off = Tracer.disabled();
        final Channel untraced = ClientInterceptors.intercept(plain, new ClientSpans(off));
        traced.tracer().recording(false);
        try (Span none = traced.tracer().start(REQUEST)) {
            assertFalse(none.isRecording());
            assertThrows(
                    StatusRuntimeException.class,
                    () -> ClientCalls.blockingUnaryCall(untraced, ECHO, CallOptions.DEFAULT, "refuse"));
        }
        traced.await(Counter.UNRECORDED, 3);
        assertEquals(0, traced.sink.accepted());
        assertEquals(Map.of("unrecorded", 3L), traced.problems());
    }

    @Test
    void hostileMetadataIsHarmless() {
        final Propagation propagation = propagation("jaeger,baggage,tracecontext");
        final Metadata metadata = new Metadata();
        put(metadata, "traceparent", PARENT);
        put(metadata, "tracestate", "x".repeat(100_000));
        put(metadata, "uberctx-user", "a");
        metadata.put(Metadata.Key.of("uberctx-x-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {1, -1});
        final RemoteContext context = extract(propagation, metadata);
        assertEquals(PARENT, context.toString());
        assertEquals("", context.traceState());
        assertEquals("a", context.baggage("user"));
        put(metadata, "traceparent", PARENT);
        assertFalse(extract(propagation, metadata).isValid(), "a repeated traceparent is invalid");
    }

    /** Received names are not validated. */
    @Test
    void ignoresBaggageWithInvalidName() {
        final byte[][] sent = {
            "uberctx-b!d".getBytes(StandardCharsets.US_ASCII),
            {'x'},
            "uberctx-Z".getBytes(StandardCharsets.US_ASCII),
            {'y'},
            "uberctx-k".getBytes(StandardCharsets.US_ASCII),
            {'v'}
        };
        final Metadata metadata = InternalMetadata.newMetadata(sent);
        final Propagation jaeger = propagation("jaeger");
        assertEquals("v", extract(jaeger, metadata).baggage("k"));
        jaeger.inject(new RemoteContext().parse(PARENT), metadata, GrpcMetadata.SETTER);
        assertEquals("[uber-trace-id, uberctx-Z, uberctx-b!d]", new TreeSet<>(metadata.keys()).toString());
    }

    @Test
    void forwardedMetadataContainsNoOtherTrace() {
        final Metadata metadata = new Metadata();
        put(metadata, "tracestate", "a=1");
        put(metadata, "tracestate", "b=1");
        put(metadata, "baggage", "k=v");
        put(metadata, "x-b3-flags", "1");
        put(metadata, "uberctx-k", "v");
        put(metadata, "other", "o");
        final RemoteContext context = new RemoteContext().parse(PARENT);
        propagation("tracecontext,baggage,b3,jaeger").inject(context, metadata, GrpcMetadata.SETTER);
        assertEquals("[b3, other, traceparent, uber-trace-id]", new TreeSet<>(metadata.keys()).toString());
    }

    @Test
    void leavesOutInvalidHeaders() {
        final Propagation propagation = propagation("jaeger");
        final RemoteContext context = new RemoteContext().parse(PARENT);
        context.baggage("user", "a");
        context.baggage("b!d", "x");
        final Metadata metadata = new Metadata();
        propagation.inject(context, metadata, GrpcMetadata.SETTER);
        final RemoteContext back = extract(propagation, metadata);
        assertEquals(context.traceId(), back.traceId());
        assertEquals("a", back.baggage("user"));
        assertNull(back.baggage("b!d"));
    }

    private static Propagation propagation(String formats) {
        return Tracer.create(new TracerConfig().with(TracerConfig.PROPAGATORS, formats))
                .propagation();
    }

    private static RemoteContext extract(Propagation propagation, Metadata metadata) {
        return propagation.extract(metadata, GrpcMetadata.GETTER, new RemoteContext());
    }

    private static void put(Metadata metadata, String name, String value) {
        metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    }
}
