package io.kraken.tracer.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {

    private static final List<String> KNOWN = List.of("keep.slow", "decision_delay", "drain", "x".repeat(300));

    @ParameterizedTest
    @CsvSource({
        "decison-dleay, decision_delay",
        "DRIAN,         drain",
        "dec,           decision_delay",
        "slow,          keep.slow",
        "slwo,          keep.slow",
        "unheard_of,    ",
        "'',            ",
    })
    void findsSimilarNamesBeginningsAndLastParts(String mistyped, String nearest) {
        assertEquals(Optional.ofNullable(nearest), NearestName.of(mistyped, KNOWN));
    }

    @ParameterizedTest
    @CsvSource({"299, true", "301, false"})
    void doesNotCompareLongNames(int length, boolean begins) {
        assertEquals(begins, NearestName.of("x".repeat(length), KNOWN).isPresent());
    }
}
