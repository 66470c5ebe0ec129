package org.fanin.app;

import picocli.CommandLine;

/// `fanin help`, `fanin help COMMAND`.
final class Help {
  private Help() {}

  /// All commands.
  static String text() {
    StringBuilder b = new StringBuilder();
    b.append("Usage: fanin COMMAND [OPTIONS] [FILES]\n\n");
    b.append("Keeps the signal alive: predicts what a network does to signal and gradient at\n");
    b.append("initialisation, and why.\n\n");
    for (Commands c : Commands.values()) {
      line(b, c.usage, c.summary);
    }
    b.append('\n');
    line(b, "help COMMAND", "options, an example and the exit codes of a command");
    line(b, "completion", "for bash, zsh or fish: source <(fanin completion bash)");
    line(b, "--version", "version and commit");
    b.append("\nExample: fanin check resnet.onnx\n\nExit codes:\n");
    for (String code :
        new String[] {
          ExitCode.HEALTHY, ExitCode.OURS, ExitCode.WRONG_USAGE, ExitCode.SICK, ExitCode.NOT_READ
        }) {
      b.append("  ").append(code.replaceFirst(":", "   ")).append('\n');
    }
    return b.toString();
  }

  private static void line(StringBuilder b, String usage, String summary) {
    b.append("  ").append(usage).append(" ".repeat(15 - usage.length())).append(summary);
    b.append('\n');
  }

  /// Options, examples and exit codes of one command.
  ///
  /// @throws UsageException when there is no such command
  static String text(String word) {
    return switch (word) {
      case "help" -> text();
      case "completion" -> Completion.HELP;
      default -> text(Commands.named(word).orElseThrow(() -> unknown(word)));
    };
  }

  private static String text(Commands c) {
    return Commands.line(c.make()).getUsageMessage(CommandLine.Help.Ansi.OFF);
  }

  static UsageException unknown(String word) {
    String hint = Nearest.hint(word, Commands.words());
    String lists = hint.isEmpty() ? "; fanin help lists them" : " (fanin help lists all)";
    return new UsageException(
        word.endsWith(".onnx")
            ? "no command \"" + word + "\"; did you mean fanin check " + word + "?"
            : "no command \"" + word + "\"" + hint + lists);
  }
}
