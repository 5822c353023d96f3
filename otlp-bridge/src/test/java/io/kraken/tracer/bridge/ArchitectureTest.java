package io.kraken.tracer.bridge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The directions of dependencies, in the classes of the three modules as they are shipped. */
class ArchitectureTest {

    private static final String ROOT = "io.kraken.tracer";

    private static final JavaClasses SHIPPED = new ClassFileImporter()
            .withImportOption(location -> !location.contains("test-classes") && !location.contains("-tests.jar"))
            .importPackages(ROOT);

    /** Libraries, and the only classes that may use them; Checkstyle does the same for the Disruptor and Chronicle. */
    private static Set<Map.Entry<String, Set<String>>> libraries() {
        return Map.of(
                        "com.google.gson", Set.of("StrictJson"),
                        "io.micrometer", Set.of("TracerMetrics"),
                        "ch.qos.logback", Set.of("LogbackSpans", "SpanConverter"),
                        "org.apache.kafka", Set.of("ConsumerSpans", "KafkaHeaders", "ProducerSpans"))
                .entrySet();
    }

    private static String outermost(JavaClass type) {
        return type.getName().substring(type.getPackageName().length() + 1).replaceAll("\\$.*", "");
    }

    @Test
    void packagesFormNoCycles() {
        SlicesRuleDefinition.slices()
                .assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        return type.getPackageName().startsWith(ROOT)
                                ? SliceIdentifier.of(type.getPackageName())
                                : SliceIdentifier.ignore();
                    }

                    @Override
                    public String getDescription() {
                        return "packages";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(SHIPPED);
    }

    @Test
    void modulesDependInOneDirection() {
        noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + ".ring..", ROOT + ".bridge..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".ring..", ROOT + ".bridge..")
                .check(SHIPPED);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".ring..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(ROOT + ".bridge..")
                .check(SHIPPED);
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void libraryIsUsedByTheseClassesOnly(Map.Entry<String, Set<String>> library) {
        final Set<String> users = SHIPPED.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(to -> to.getTargetClass().getPackageName().startsWith(library.getKey()))
                .map(Dependency::getOriginClass)
                .map(ArchitectureTest::outermost)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(library.getValue()), users);
    }

    @Test
    void everyModuleIsLookedAt() {
        for (String part : new String[] {"", ".ring", ".bridge"}) {
            assertTrue(SHIPPED.stream().anyMatch(type -> type.getPackageName().equals(ROOT + part)), ROOT + part);
        }
    }
}
