import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import javassist.ClassPool;
import javassist.CtClass;
import org.apache.skywalking.oap.server.starter.OAPServerStartUp;

/**
 * The launcher of SkyWalking 10.1 with a patch for one defect: it treats the duration of spans shorter than a
 * microsecond as missing, fails, and loses the rest of the request. SkyWalking fixed this in 10.3. Run from source,
 * with SkyWalking's class path. It exits at the end of its standard input, so that it does not outlive its parent
 * process.
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
            // Treated as the end of the input.
        }
        Runtime.getRuntime().halt(0);
    }
}
