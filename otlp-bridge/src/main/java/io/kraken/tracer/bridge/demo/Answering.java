package io.kraken.tracer.bridge.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;

/** The child process's side of {@link ChildProcess}: answers each line on standard input with a line, until its end. */
final class Answering {

    private Answering() {}

    /** @param first a line that is written before the first question */
    static void serve(String first, UnaryOperator<String> answers) throws IOException {
        final PrintStream out = System.out; // allow:console the parent reads it
        final BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        out.println(first);
        for (String question = questions.readLine(); question != null; question = questions.readLine()) {
            out.println(answers.apply(question));
            out.flush();
        }
    }
}
