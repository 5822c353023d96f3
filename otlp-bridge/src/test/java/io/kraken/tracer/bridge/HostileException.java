package io.kraken.tracer.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** An exception with one hostile method, which blocks until a gate opens, throws, or returns too much. */
final class HostileException extends RuntimeException {

    private static final long serialVersionUID = 1;
    private static final int HUGE = 4 << 20;
    private static final int MANY_FRAMES = 100_000;

    /** The kind of misbehaviour. */
    enum Method {
        MESSAGE,
        LOCALIZED_MESSAGE,
        TO_STRING,
        CAUSE,
        FRAMES
    }

    private enum Trick {
        BLOCK,
        THROW,
        GIVE_TOO_MUCH
    }

    /** Blocks each thread that calls a blocking method, even if it is interrupted, until the gate is closed. */
    static final class Gate implements AutoCloseable {
        private volatile boolean open;

        void pass() {
            while (!open) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                Thread.interrupted();
            }
        }

        @Override
        public void close() {
            open = true;
        }
    }

    private final transient Gate gate;
    private final Method method;
    private final Trick trick;

    private HostileException(Gate gate, Method method, Trick trick) {
        super(method + " " + trick);
        this.gate = gate;
        this.method = method;
        this.trick = trick;
    }

    static List<HostileException> allKinds(Gate gate) {
        final List<HostileException> all = new ArrayList<>();
        for (Method method : Method.values()) {
            for (Trick trick : Trick.values()) {
                all.add(new HostileException(gate, method, trick));
            }
        }
        return all;
    }

    /** Whether this method returns too much; blocks or throws here if that is its misbehaviour. */
    private boolean plays(Method called) {
        if (called != method || gate == null) { // null while the constructor of Throwable runs
            return false;
        }
        switch (trick) {
            case BLOCK -> gate.pass();
            case THROW -> throw new IllegalStateException("thrown by the exception itself");
            default -> {
                return true;
            }
        }
        return false;
    }

    @Override
    public String getMessage() {
        return plays(Method.MESSAGE) ? "m".repeat(HUGE) : super.getMessage();
    }

    @Override
    public String getLocalizedMessage() {
        return plays(Method.LOCALIZED_MESSAGE) ? "l".repeat(HUGE) : super.getLocalizedMessage();
    }

    @Override
    public String toString() {
        return plays(Method.TO_STRING) ? "t".repeat(HUGE) : super.toString();
    }

    /** An endless chain of causes. */
    @Override
    public synchronized Throwable getCause() {
        return plays(Method.CAUSE) ? new HostileException(gate, method, trick) : super.getCause();
    }

    @Override
    public StackTraceElement[] getStackTrace() {
        if (!plays(Method.FRAMES)) {
            return super.getStackTrace();
        }
        final StackTraceElement[] frames = new StackTraceElement[MANY_FRAMES];
        java.util.Arrays.fill(frames, new StackTraceElement("some.Type", "method", "Type.java", 1));
        return frames;
    }
}
