package io.kraken.tracer.clock;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A clock that reads the processor's time stamp counter, by ten bytes of machine code in a page of its own. Used only
 * if that is safe: the counter runs at one rate on all cores and is the kernel's own clock source; and only if the
 * program has enabled native access, which is checked before any operation that would print a warning. The API it needs
 * came with Java 22; it is accessed by reflection, so that the same class loads on 17.
 */
public final class TscClock implements TickClock {

    private static final Path CLOCK_SOURCE =
            Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    /** rdtsc; shl rdx, 32; or rax, rdx; ret. */
    private static final byte[] CODE = {
        0x0F, 0x31, 0x48, (byte) 0xC1, (byte) 0xE2, 0x20, 0x48, 0x09, (byte) 0xD0, (byte) 0xC3
    };

    private static final int PAGE = 4096;
    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS = 0x22;

    /** Bound when first needed; a constant for the JIT, which makes the call cheap. */
    private static final class Rdtsc {
        static final MethodHandle READ;
        static final String FAILURE;

        static {
            MethodHandle read = null;
            String failure = null;
            try {
                read = bind();
                final long first = (long) read.invokeExact();
                if ((long) read.invokeExact() < first) {
                    read = null;
                    failure = "the counter went backwards";
                }
            } catch (Throwable e) {
                read = null;
                failure = e.toString();
            }
            READ = read;
            FAILURE = failure;
        }
    }

    private TscClock() {}

    /**
     * The clock that a setting asks for, or the best one that is safe here.
     *
     * @param wanted "tsc" or "nanotime"; any other value leaves the choice open
     * @param setting the name of the setting, for display
     * @param warnings receives the reason if "tsc" is not possible
     */
    public static TickClock choose(String wanted, String setting, Consumer<String> warnings) {
        if (wanted.equals("nanotime")) {
            return new NanoClock("set by " + setting);
        }
        final String reason = unsafe();
        if (reason == null) {
            return new TscClock();
        }
        if (wanted.equals("tsc")) {
            warnings.accept(setting + " is 'tsc', but " + reason);
        }
        return new NanoClock(reason);
    }

    /**
     * The reason why the counter can't be used, null if it can. No check prints a warning; only the last one uses
     * native access.
     */
    private static String unsafe() {
        if (Runtime.version().feature() < 22) {
            return "the time stamp counter needs Java 22 or later";
        }
        if (!System.getProperty("os.name").equals("Linux")
                || !System.getProperty("os.arch").equals("amd64")) {
            return "the time stamp counter is used on Linux on x86-64 only";
        }
        if (!read(CLOCK_SOURCE).strip().equals("tsc")) {
            return "the kernel's own clock source is not the time stamp counter";
        }
        final String cpu = read(CPU_INFO);
        if (!cpu.contains(" constant_tsc") || !cpu.contains(" nonstop_tsc")) {
            return "this processor's time stamp counter is not invariant";
        }
        if (!nativeAccessEnabled()) {
            return "native access is not enabled: --enable-native-access="
                    + Optional.ofNullable(TscClock.class.getModule().getName()).orElse("ALL-UNNAMED")
                    + " allows the time stamp counter, whose reads cost less than half";
        }
        return Rdtsc.FAILURE == null ? null : "the counter could not be bound: " + Rdtsc.FAILURE;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException | RuntimeException e) {
            return "";
        }
    }

    private static boolean nativeAccessEnabled() {
        try {
            final Method asked = Module.class.getMethod("isNativeAccessEnabled");
            return (boolean) asked.invoke(TscClock.class.getModule());
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static MethodHandle bind() throws Throwable {
        final Foreign foreign = new Foreign();
        final Object page = foreign.map(PAGE, READ_WRITE, PRIVATE_ANONYMOUS);
        foreign.bytes(page, PAGE).put(0, CODE);
        foreign.protect(page, PAGE, READ_EXECUTE);
        return foreign.function(page).asType(MethodType.methodType(long.class));
    }

    @Override
    public long ticks() {
        try {
            return (long) Rdtsc.READ.invokeExact();
        } catch (Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e); // ten bytes of code that cannot throw
        }
    }

    @Override
    public boolean isTsc() {
        return true;
    }

    @Override
    public String describe() {
        return "time stamp counter (invariant, the kernel's own clock source, native access enabled)";
    }

    /** The parts of {@code java.lang.foreign} that are needed, by reflection. */
    private static final class Foreign {
        private final Class<?> segmentType = Class.forName("java.lang.foreign.MemorySegment");
        private final Class<?> layoutType = Class.forName("java.lang.foreign.MemoryLayout");
        private final Class<?> descriptorType = Class.forName("java.lang.foreign.FunctionDescriptor");
        private final Class<?> optionType = Class.forName("java.lang.foreign.Linker$Option");
        private final Class<?> linkerType = Class.forName("java.lang.foreign.Linker");
        private final Object linker = linkerType.getMethod("nativeLinker").invoke(null);
        private final Object longLayout = layout("JAVA_LONG");
        private final Object intLayout = layout("JAVA_INT");
        private final Object addressLayout = layout("ADDRESS");

        Foreign() throws ReflectiveOperationException {}

        private static Object layout(String name) throws ReflectiveOperationException {
            return Class.forName("java.lang.foreign.ValueLayout").getField(name).get(null);
        }

        Object map(long length, int protection, int flags) throws Throwable {
            final MethodHandle mmap = function(
                    symbol("mmap"),
                    descriptor(addressLayout, addressLayout, longLayout, intLayout, intLayout, intLayout, longLayout));
            final Object page = mmap.invokeWithArguments(List.of(none(), length, protection, flags, -1, 0L));
            if ((long) segmentType.getMethod("address").invoke(page) == -1) {
                throw new IllegalStateException("mmap failed");
            }
            return page;
        }

        void protect(Object page, long length, int protection) throws Throwable {
            final MethodHandle mprotect =
                    function(symbol("mprotect"), descriptor(intLayout, addressLayout, longLayout, intLayout));
            if ((int) mprotect.invokeWithArguments(List.of(page, length, protection)) != 0) {
                throw new IllegalStateException("mprotect failed: executable memory is not allowed here");
            }
        }

        ByteBuffer bytes(Object page, long length) throws ReflectiveOperationException {
            final Object sized =
                    segmentType.getMethod("reinterpret", long.class).invoke(page, length);
            return ((ByteBuffer) segmentType.getMethod("asByteBuffer").invoke(sized)).order(ByteOrder.nativeOrder());
        }

        /** A handle that calls this address without arguments and without a thread transition. */
        MethodHandle function(Object address) throws ReflectiveOperationException {
            final Object critical =
                    optionType.getMethod("critical", boolean.class).invoke(null, false);
            return function(address, descriptor(longLayout), critical);
        }

        private MethodHandle function(Object address, Object descriptor, Object... options)
                throws ReflectiveOperationException {
            final Object array = Array.newInstance(optionType, options.length);
            for (int i = 0; i < options.length; i++) {
                Array.set(array, i, options[i]);
            }
            return (MethodHandle) linkerType
                    .getMethod("downcallHandle", segmentType, descriptorType, array.getClass())
                    .invoke(linker, address, descriptor, array);
        }

        private Object descriptor(Object result, Object... arguments) throws ReflectiveOperationException {
            final Object array = Array.newInstance(layoutType, arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                Array.set(array, i, arguments[i]);
            }
            return descriptorType.getMethod("of", layoutType, array.getClass()).invoke(null, result, array);
        }

        private Object symbol(String name) throws ReflectiveOperationException {
            final Object lookup = linkerType.getMethod("defaultLookup").invoke(linker);
            final Optional<?> found = (Optional<?>) Class.forName("java.lang.foreign.SymbolLookup")
                    .getMethod("find", String.class)
                    .invoke(lookup, name);
            return found.orElseThrow(() -> new IllegalStateException("no function " + name));
        }

        private Object none() throws ReflectiveOperationException {
            return segmentType.getField("NULL").get(null);
        }
    }
}
