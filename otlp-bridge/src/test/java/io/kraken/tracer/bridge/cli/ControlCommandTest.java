package io.kraken.tracer.bridge.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.kraken.tracer.file.ControlFile;
import io.kraken.tracer.file.ControlWords;
import io.kraken.tracer.file.ControlWords.Author;
import io.kraken.tracer.file.OwnerOnly;
import io.kraken.tracer.file.SpanFile;
import io.kraken.tracer.file.SpanFileLayout;
import io.kraken.tracer.ring.ExportSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ControlCommandTest {

    private static final long PID = ProcessHandle.current().pid();

    @TempDir
    Path folder;

    private CommandLine control(Object... arguments) {
        final List<Object> all = new ArrayList<>(List.of("control", "--files=" + RecordingService.files(folder)));
        all.addAll(Arrays.asList(arguments));
        return CommandLine.run(all.toArray());
    }

    private RecordingService service(String name) {
        return RecordingService.start(name, folder, ExportSettings.DISCARD);
    }

    @Test
    void appliesChangesAndShowsTheirAuthor() throws IOException {
        try (RecordingService service = service("told")) {
            final SpanFile file = service.tracer.file();
            control("--service=told", "--recording", "off", "--rate=0.25", "--operation=a=b=0.5/2", "--operation=c=0")
                    .assertExit(0)
                    .assertNoComplaint();
            assertFalse(file.isRecording());
            assertEquals(
                    ControlWords.EMPTY
                            .withRecording(false)
                            .withRate(0.25)
                            .withOperation("a=b", new ControlWords.Rate(0.5, 2))
                            .withOperation("c", new ControlWords.Rate(0, 0)),
                    file.control());

            ControlFile.open(file.path())
                    .write(Author.BRIDGE, ControlWords.EMPTY.withRate(0.75).withLimit(100.0));
            control("--pid=" + PID, "--recording=on", "--breaker=off", "--breaker-threshold=.5", "--lower-bound=1")
                    .assertExit(0);
            assertTrue(file.isRecording());
            final CommandLine shown = control().assertExit(0).assertNoComplaint();
            assertEquals(
                    List.of(
                            "recording on operator",
                            "rate 0.25 operator",
                            "lower-bound 1 operator",
                            "limit 100 bridge",
                            "breaker off operator",
                            "breaker-threshold 0.5 operator",
                            "operation a=b 0.5/2 operator",
                            "operation c 0 operator"),
                    shown.out()
                            .lines()
                            .skip(1)
                            .map(line -> line.strip().replaceAll(" +", " "))
                            .toList());
            final String now = "recording on, sampling 25%, breaker closed, load N%, operator 2, bridge 1\n";
            assertEquals(
                    PID + " told: " + now,
                    withoutLoad(shown).lines().findFirst().orElseThrow() + "\n");
            final CommandLine stat = CommandLine.run("stat", "--once", "--files=" + RecordingService.files(folder));
            assertTrue(withoutLoad(stat).contains("\n          " + now), stat::out);

            control("--all", "--clear", "--limit=5").assertExit(0);
            assertEquals(ControlWords.EMPTY.withRate(0.75).withLimit(5.0), file.control());
            service.tracer.recording(false);
            control().assertSays("recording off by the program");
            service.tracer.recording(true);
        }
    }

    @Test
    void changesOnlySelectedLiveProcesses() throws IOException, InterruptedException {
        KilledServiceMain.run(folder);
        try (RecordingService one = service("one");
                RecordingService other = service("other")) {
            control("--service=one", "--rate=0.5").assertExit(0);
            assertEquals(0.5, one.tracer.file().control().rate());
            assertTrue(other.tracer.file().control().isEmpty());
            final CommandLine all = control("--all", "--rate=1").assertExit(0);
            assertEquals(1.0, other.tracer.file().control().rate());
            assertFalse(all.out().contains("killed"), all.out());
            control("--service=none", "--rate=1")
                    .assertExit(1)
                    .assertComplains("no live process with a span file matches");
            control("--pid=1").assertExit(1);
        }
    }

    @Test
    void namesAProcessThatDoesNotApplyTheChange() throws IOException {
        final SpanFileLayout layout = new SpanFileLayout(new SpanFileLayout.Shape(256, 2, 4096));
        OwnerOnly.makeDirectory(RecordingService.files(folder));
        try (SpanFile file = SpanFile.create(RecordingService.files(folder), "deaf", layout)) {
            file.begin(0, 1, 2, false);
            control("--all", "--rate=1")
                    .assertExit(1)
                    .assertComplains(PID + " : the change is written but not in force yet");
            control().assertExit(0).assertSays("operator 0 (1 pending)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--rate=0.5 | one of --service, --pid and --all",
                "--all --pid=1 --rate=0.5 | one of --service, --pid and --all",
                "--pid=0 | --pid is '0' and should be a number from 1 to",
                "--all --rate=1.5 | --rate is '1.5' and should be a decimal number from 0 to 1",
                "--all --rate=-0.5 | --rate is '-0.5' and should be a decimal number from 0 to 1",
                "--all --rate=NaN | should be a decimal number from 0 to 1",
                "--all --rate=1e3 | should be a decimal number",
                "--all --rate= | should be a decimal number",
                "--all --limit=99999999999 | should be a decimal number from 0 to 1000000000",
                "--all --breaker-threshold=0 | is '0' and should be a number above 0, up to 1",
                "--all --breaker=maybe | one of on, off",
                "--all --recording=1 | one of on, off",
                "--all --operation=name | must be NAME=0.5",
                "--all --operation==1 | must be NAME=0.5",
                "--all --operation=a=2 | the share of an operation is '2' and should be",
                "--all --operation=a=1/-2 | the lower bound of an operation is '-2' and should be",
                "--all --operation=a=1/2/3 | the lower bound of an operation is '2/3'",
                "--all --clear=yes | --clear takes no value",
                "--all more | unexpected argument 'more'",
            })
    void refusesInvalidArgumentsWithoutAnyChange(String arguments, String complaint) {
        control((Object[]) arguments.split(" ")).assertExit(2).assertComplains(complaint);
    }

    @Test
    void refusesTooManyOperations() {
        try (RecordingService service = service("told")) {
            final String[] operations = new String[257];
            Arrays.setAll(operations, number -> "--operation=o" + number + "=1");
            final List<Object> all = new ArrayList<>(List.of("--all"));
            all.addAll(Arrays.asList(operations));
            control(all.toArray()).assertExit(2).assertComplains("257 operations exceed the maximum of 256");
            assertTrue(service.tracer.file().control().isEmpty());
        }
    }

    private static String withoutLoad(CommandLine said) {
        return said.out().replaceAll("load \\d+%", "load N%");
    }
}
