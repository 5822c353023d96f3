package io.kraken.tracer;

import io.kraken.tracer.http.FuzzPaths;
import io.kraken.tracer.http.FuzzProxy;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The fuzz targets of the readers of untrusted bytes in the core. */
class FuzzTest extends Fuzzing {

    static List<Class<?>> targets() {
        final List<Class<?>> targets = new ArrayList<>(List.of(FuzzTargets.class.getDeclaredClasses()));
        targets.removeIf(target -> !Modifier.isPublic(target.getModifiers()));
        targets.addAll(List.of(FuzzPaths.class, FuzzProxy.class));
        targets.sort(Comparator.comparing(Class::getName));
        return targets;
    }
}
