package io.kraken.tracer;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * The open recorders of this process. Held weakly, so that a tracer that is never closed can be collected. Reading is
 * wait-free and allocates nothing.
 */
final class OpenRecorders {

    private static volatile List<WeakReference<Recorder>> all = List.of();

    private OpenRecorders() {}

    static void add(Recorder recorder) {
        change(recorder, null);
    }

    static void remove(Recorder recorder) {
        change(null, recorder);
    }

    private static synchronized void change(Recorder added, Recorder removed) {
        final List<WeakReference<Recorder>> left = new ArrayList<>();
        for (WeakReference<Recorder> each : all) {
            if (each.get() != null && each.get() != removed) {
                left.add(each);
            }
        }
        if (added != null) {
            left.add(new WeakReference<>(added));
        }
        all = List.copyOf(left);
    }

    /** The current frame of the calling thread, null if nothing is current. */
    static Frame top() {
        final List<WeakReference<Recorder>> open = all;
        for (int i = 0; i < open.size(); i++) {
            final Recorder recorder = open.get(i).get();
            final Frame top = recorder == null ? null : recorder.top();
            if (top != null) {
                return top;
            }
        }
        return null;
    }
}
