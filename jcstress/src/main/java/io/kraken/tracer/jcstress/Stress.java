package io.kraken.tracer.jcstress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Main;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.vm.VMSupport;

/**
 * Main class that runs jcstress with options for these tests: without arguments all tests, as described in {@code
 * jcstress/README.md}; with {@code --smoke} each test briefly. Options of jcstress may follow and take precedence;
 * without {@code --all} and {@code --smoke} they are passed on unchanged, {@code -h} explains them.
 */
public final class Stress {

    private static final String SMOKE = "--smoke";
    private static final String ALL = "--all";
    private static final String REPORT = "jcstress/target/report";

    private static final String SHUFFLED =
            "-XX:+UnlockDiagnosticVMOptions -XX:+StressLCM -XX:+StressGCM -XX:+StressIGVN -XX:+StressCCP";

    /**
     * Each actor interpreted, by C1 and by C2; the same with C2's instructions shuffled; then everything by C2 alone.
     * The JVM options are fixed so that the passes are the same on every JDK, as far as jcstress permits.
     */
    private static final String[][] ALL_PASSES = {
        pass("", "-sc", "true", "-iters", "1", "-time", "150", "-jvmArgs", "-XX:+TieredCompilation"),
        pass("-shuffled", "-sc", "true", "-iters", "1", "-time", "150", "-jvmArgs", SHUFFLED),
        pass("-c2", "-sc", "false", "-iters", "5", "-time", "150", "-jvmArgs", "-XX:-TieredCompilation")
    };

    private static final String[][] SMOKE_PASSES = {
        pass("", "-sc", "false", "-fsm", "0", "-iters", "1", "-time", "100", "-jvmArgs", "-XX:+TieredCompilation")
    };

    private static String[] pass(String report, String... more) {
        final List<String> arguments = new ArrayList<>(List.of("-m", "quick", "-f", "1", "-r", REPORT + report));
        arguments.addAll(List.of(more));
        return arguments.toArray(new String[0]);
    }

    private interface Runner {
        void run(String[] arguments) throws Exception;
    }

    private Stress() {}

    public static void main(String[] args) throws Exception {
        final List<String> given = new ArrayList<>(Arrays.asList(args));
        if (given.remove(SMOKE)) {
            run(SMOKE_PASSES, given, Stress::smoke);
        } else if (given.remove(ALL) || given.isEmpty()) {
            run(ALL_PASSES, given, Main::main);
        } else {
            Main.main(args);
        }
    }

    /** Runs all passes, also after a failed one, which jcstress reports by an error. */
    private static void run(String[][] passes, List<String> given, Runner runner) throws Exception {
        AssertionError failed = null;
        for (String[] pass : passes) {
            final List<String> arguments = new ArrayList<>(given);
            for (int i = 0; i < pass.length; i += 2) {
                if (!given.contains(pass[i])) {
                    arguments.addAll(List.of(pass[i], pass[i + 1]));
                }
            }
            try {
                runner.run(arguments.toArray(new String[0]));
            } catch (AssertionError e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** Leaves out what jcstress adds before Java 18: a second run of each test, in a JVM with biased locking. */
    private static void smoke(String[] arguments) throws Exception {
        final Options options = new Options(arguments);
        if (!options.parse()) {
            throw new IllegalArgumentException(String.join(" ", arguments));
        }
        final JCStress plain = new JCStress(options) {
            @Override
            public SortedSet<String> getTests() {
                VMSupport.getAvailableVMConfigs().removeIf(jvm -> jvm.origArgs().contains("-XX:+UseBiasedLocking"));
                return super.getTests();
            }
        };
        plain.run();
    }
}
