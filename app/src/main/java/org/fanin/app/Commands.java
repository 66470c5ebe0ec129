package org.fanin.app;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine;

/// What can be asked for. A command's class is loaded when it is made.
enum Commands {
  CHECK(
      "check",
      "check MODEL...",
      "predict and judge a network from its ONNX file",
      CheckCommand::new),
  INIT("init", "init MODEL", "write right weights, the same bits on any machine", InitCommand::new),
  AUDIT(
      "audit",
      "audit FILE...",
      "which scheme drew each tensor of a file, and what is wrong",
      AuditCommand::new),
  COMPARE(
      "compare",
      "compare A B",
      "two files, or a file and a plan, tensor by tensor",
      CompareCommand::new),
  EXPLAIN(
      "explain",
      "explain",
      "why Var(w) = 1/n: the derivation, and a simulation beside it",
      ExplainCommand::new),
  THEORY(
      "theory", "theory", "gains, fixed points, depth scales, edge of chaos", TheoryCommand::new);

  final String word;
  final String usage;
  final String summary;
  private final Supplier<Command> make;

  Commands(String word, String usage, String summary, Supplier<Command> make) {
    this.word = word;
    this.usage = usage;
    this.summary = summary;
    this.make = make;
  }

  /// Words that are no commands of their own: help, completion.
  static List<String> words() {
    return java.util.stream.Stream.concat(
            Arrays.stream(values()).map(c -> c.word),
            java.util.stream.Stream.of("help", "completion"))
        .toList();
  }

  static Optional<Commands> named(String word) {
    return Arrays.stream(values()).filter(c -> c.word.equals(word)).findFirst();
  }

  Command make() {
    return make.get();
  }

  /// Parser of the command's options.
  static CommandLine line(Command command) {
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }
}
