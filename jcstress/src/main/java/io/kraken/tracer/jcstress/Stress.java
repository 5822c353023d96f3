package io.kraken.tracer.jcstress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.openjdk.jcstress.Main;

/**
 * Runs jcstress in a way that suits these tests: without arguments all of them, as {@code jcstress/README.md} says;
 * with {@code --smoke} each of them shortly. Arguments of jcstress itself may follow and go before ours; alone they are
 * passed on, {@code -h} explains them.
 */
public final class Stress {

    private static final String SMOKE = "--smoke";
    private static final String ALL = "--all";
    private static final String REPORT = "jcstress/target/report";

    private static final String SHUFFLED =
            "-XX:+UnlockDiagnosticVMOptions -XX:+StressLCM -XX:+StressGCM -XX:+StressIGVN -XX:+StressCCP";

    /**
     * Each side interpreted, by C1 and by C2; the same with C2's instructions shuffled; then everything by C2 alone.
     * The JVM's arguments are given so that these passes are the same on every JDK, as far as jcstress lets them be.
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

    private Stress() {}

    public static void main(String[] args) throws Exception {
        final List<String> given = new ArrayList<>(Arrays.asList(args));
        if (given.remove(SMOKE)) {
            run(SMOKE_PASSES, given);
        } else if (given.remove(ALL) || given.isEmpty()) {
            run(ALL_PASSES, given);
        } else {
            Main.main(args);
        }
    }

    /** All passes, also after one that failed; jcstress says so by an error. */
    private static void run(String[][] passes, List<String> given) throws Exception {
        AssertionError failed = null;
        for (String[] pass : passes) {
            final List<String> arguments = new ArrayList<>(given);
            for (int i = 0; i < pass.length; i += 2) {
                if (!given.contains(pass[i])) {
                    arguments.addAll(List.of(pass[i], pass[i + 1]));
                }
            }
            try {
                Main.main(arguments.toArray(new String[0]));
            } catch (AssertionError e) {
                failed = e;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
