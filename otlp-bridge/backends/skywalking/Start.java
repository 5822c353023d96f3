import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import javassist.ClassPool;
import javassist.CtClass;
import org.apache.skywalking.oap.server.starter.OAPServerStartUp;

/**
 * Starts SkyWalking 10.1 with one fault of it mended: of a span shorter than a microsecond it takes the duration for
 * missing, fails, and loses the rest of the request. Its own fix came with 10.3. Run from this source, with
 * SkyWalking's class path; ends when its standard input does, so that it outlives nobody who has started it.
 */
final class Start {

    private Start() {}

    public static void main(String[] args) throws Exception {
        final Thread watch = new Thread(Start::haltAtEndOfInput, "end-of-input");
        watch.setDaemon(true);
        watch.start();
        final CtClass span = ClassPool.getDefault().get("zipkin2.Span");
        span.getDeclaredMethod("duration").setBody("{ return Long.valueOf(durationAsLong()); }");
        span.toClass(zipkin2.Endpoint.class);
        OAPServerStartUp.main(args);
    }

    private static void haltAtEndOfInput() {
        try (InputStream in = System.in) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // As good as the end.
        }
        Runtime.getRuntime().halt(0);
    }
}
