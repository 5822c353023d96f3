import javassist.ClassPool;
import javassist.CtClass;
import org.apache.skywalking.oap.server.starter.OAPServerStartUp;

/**
 * Starts SkyWalking 10.1 with one fault of it mended: of a span shorter than a microsecond it takes the duration for
 * missing, fails, and loses the rest of the request. Its own fix came with 10.3. Run from its source, with SkyWalking's
 * class path.
 */
final class Start {

    private Start() {}

    public static void main(String[] args) throws Exception {
        final CtClass span = ClassPool.getDefault().get("zipkin2.Span");
        span.getDeclaredMethod("duration").setBody("{ return Long.valueOf(durationAsLong()); }");
        span.toClass(zipkin2.Endpoint.class);
        OAPServerStartUp.main(args);
    }
}
