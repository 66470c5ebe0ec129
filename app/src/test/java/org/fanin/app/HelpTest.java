package org.fanin.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
  @ParameterizedTest
  @EnumSource
  void everyCommandHasHelpInThreeSpellings(Commands c) {
    Run help = Run.of("help", c.word);
    assertEquals(0, help.code(), help::toString);
    assertEquals(Run.of(c.word, "--help"), help);
    assertEquals(Run.of(c.word, "-h"), help);
    assertTrue(help.out().contains("Example"), help.out());
    assertTrue(help.out().contains("  fanin " + c.word), help.out());
    assertTrue(Run.of("help").out().contains("  " + c.usage + " "), c.usage);
  }

  /// Only the codes that a command ends with.
  @ParameterizedTest
  @CsvSource({
    "check, 01234",
    "audit, 01234",
    "init, 01234",
    "explain, 0124",
    "theory, 0124",
    "completion, 012"
  })
  void exitCodesAreThoseOfTheCommand(String command, String codes) {
    String help = Run.of("help", command).out();
    StringBuilder found = new StringBuilder();
    var m =
        Pattern.compile("(?m)^  ([0-9])   \\S").matcher(help.substring(help.indexOf("Exit codes")));
    while (m.find()) {
      found.append(m.group(1));
    }
    assertEquals(codes, found.toString(), help);
  }

  @ParameterizedTest
  @CsvSource({
    "chekc, check",
    "ceck, check",
    "inti, init",
    "adit, audit",
    "them, ",
    "theroy, theory",
    "completon, completion",
    "xyzzy, ",
    "net.onnx, fanin check net.onnx"
  })
  void aCommandWithASlip(String word, String meant) {
    Run r = Run.of(word);
    assertEquals(2, r.code());
    assertEquals(1, r.err().lines().count(), r.err());
    assertEquals(meant != null, r.err().contains("did you mean " + meant + "?"), r.err());
    assertEquals(meant != null, r.err().contains("did you mean"), r.err());
    assertTrue(Run.of("help", word).err().equals(r.err()), r.err());
  }

  @ParameterizedTest
  @CsvSource({
    "check --no-measrue, --no-measure",
    "check --wieghts=he-normal, --weights",
    "init --recpie=gpt2, --recipe",
    "audit --jsn, --json",
    "theory --sigmaw, --sigma-w",
    "check --frobnicate, "
  })
  void anOptionWithASlip(String line, String meant) {
    Run r = Run.of((line + " x.onnx").split(" "));
    assertEquals(2, r.code());
    assertEquals(1, r.err().lines().count(), r.err());
    assertEquals(meant != null, r.err().contains("did you mean"), r.err());
    assertTrue(meant == null || r.err().contains("did you mean " + meant + "?"), r.err());
  }

  @ParameterizedTest
  @CsvSource({
    "check, check, 0",
    "chekc, check, 1",
    "chck, check, 1",
    "inits, init, 1",
    "abc, xyz, 3"
  })
  void distanceCountsSlips(String a, String b, int d) {
    assertEquals(d, Nearest.distance(a, b));
    assertEquals(d, Nearest.distance(b, a));
  }

  @ParameterizedTest
  @CsvSource({
    "6eb6bbd0a1b2, commit 6eb6bbd0a1b2",
    "6eb6bbd0a1b2-dirty, commit 6eb6bbd0a1b2 with changes",
    "'', unknown commit",
    "${fanin.commit}, unknown commit"
  })
  void theCommitInWords(String found, String words) {
    assertEquals(words, Version.words(found));
  }

  @Test
  void versionSaysTheCommitOrThatItIsUnknown() {
    String line = Run.of("--version").out().strip();
    assertTrue(
        line.matches("fanin .* \\((unknown commit|commit [0-9a-f]{12}( with changes)?)\\)"), line);
    assertEquals(line, Run.of("check", "--version").out().strip());
  }

  /// bash reads the script and completes with it.
  @ParameterizedTest
  @CsvSource({
    "fanin che, 1, check",
    "fanin check --no-, 2, --no-measure",
    "fanin check --mode ev, 3, eval",
    "fanin help th, 2, theory",
    "fanin completion f, 2, fish"
  })
  void bashCompletes(String line, int at, String word) throws IOException, InterruptedException {
    String script =
        Run.of("completion", "bash").out()
            + "\ncompopt() { :; }\nCOMP_WORDS=("
            + line
            + ")\nCOMP_CWORD="
            + at
            + "\nCOMP_LINE='"
            + line
            + "'\nCOMPREPLY=()\n_complete_fanin\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    Process bash = new ProcessBuilder("bash", "--norc").redirectErrorStream(true).start();
    try (var in = bash.getOutputStream()) {
      in.write(script.getBytes(StandardCharsets.UTF_8));
    }
    String out = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    bash.waitFor();
    assertTrue(out.lines().map(String::strip).anyMatch(word::equals), out);
  }

  @Test
  void fishKnowsEveryOption() {
    String script = Run.of("completion", "fish").out();
    assertTrue(script.contains("-a 'check' -d 'predict and judge"), script);
    assertTrue(
        script.contains(
            "complete -c fanin -n '__fish_seen_subcommand_from check' -l mode -x -a 'train eval"
                + " file'"),
        script);
    assertTrue(script.contains("__fish_seen_subcommand_from init' -s o -l output -r -F"), script);
    assertTrue(script.contains("__fish_seen_subcommand_from check' -l no-measure -d"), script);
    script
        .lines()
        .forEach(
            l ->
                assertFalse(
                    l.replace("\\'", "").chars().filter(c -> c == '\'').count() % 2 == 1, l));
  }

  @ParameterizedTest
  @ValueSource(strings = {"completion", "completion csh", "completion bash zsh", "help check init"})
  void wrongUsageIsOneLine(String line) {
    Run r = Run.of(line.split(" "));
    assertEquals(2, r.code());
    assertEquals(1, r.err().lines().count(), r.err());
  }
}
