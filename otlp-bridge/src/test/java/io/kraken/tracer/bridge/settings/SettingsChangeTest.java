package io.kraken.tracer.bridge.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The difference between two sets of settings, of which some can be changed while the bridge runs. */
class SettingsChangeTest {

    private static BridgeSettings settings(String... arguments) throws SettingsException {
        return BridgeSettings.read(List.of(arguments), Map.of());
    }

    @Test
    void listsWhatIsChangedAndWhatNeedsARestart() throws SettingsException {
        final BridgeSettings before = settings("--keep.share=0.1", "--stall=5s", "--services.web.sampling.rate=1");
        final BridgeSettings next = settings(
                "--keep.share=0.2",
                "--keep.traces=1000",
                "--window.time=1m",
                "--stall=6s",
                "--services.api.recording=false",
                "--destinations.main.timeout=1s");
        assertEquals(
                List.of("keep.share", "services.api.recording", "services.web.sampling.rate", "window.time"),
                next.changedSince(before));
        assertEquals(List.of("destinations.main.timeout", "keep.traces", "stall"), next.needRestartSince(before));
    }

    @Test
    void listsNothingForTheSameValues() throws SettingsException {
        final BridgeSettings before = settings("--stall=5s");
        assertEquals(List.of(), settings().changedSince(before));
        assertEquals(List.of(), settings().needRestartSince(before));
    }

    @Test
    void takesOverOnlyWhatCanBeChanged() throws SettingsException {
        final BridgeConfig before = settings("--keep.share=0.1").config();
        final BridgeConfig next = settings(
                        "--keep.share=0.2",
                        "--keep.remember=2s",
                        "--keep.traces=1000",
                        "--decision_delay=1s",
                        "--disk.megabytes=100",
                        "--window.time=1m",
                        "--services.web.sampling.rate=1")
                .config();
        final BridgeConfig changed = before.changed(next);
        assertEquals(0.2, changed.keep().share());
        assertEquals(before.keep().traces(), changed.keep().traces());
        assertEquals(before.decisionDelayNs(), changed.decisionDelayNs());
        assertEquals(before.decisionDelayNs(), changed.keep().rememberNs(), "at least the delay in force");
        assertEquals(100 << 20, changed.diskBytes());
        assertEquals(TimeUnit.MINUTES.toNanos(1), changed.window().timeNs());
        assertEquals(next.control().services(), changed.control().services());
    }
}
