package org.fanin.app;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/// `fanin completion bash|zsh|fish`: a script for the user's shell, from the options themselves.
final class Completion {
  static final String HELP =
      """
      Usage: fanin completion bash|zsh|fish

      Writes a script that completes commands, options and their values.

      Examples:
        source <(fanin completion bash)                  # in ~/.bashrc
        source <(fanin completion zsh)                   # in ~/.zshrc, after compinit
        fanin completion fish > ~/.config/fish/completions/fanin.fish

      Exit codes:
        0   written
        1   internal error
        2   wrong usage
      """;

  private static final Pattern VALUES = Pattern.compile("_option_args=\\((\"[A-Z0-9_]+\" ?)+\\)");

  private static final List<String> SHELLS = List.of("bash", "zsh", "fish");

  private Completion() {}

  static String script(List<String> arguments) {
    if (arguments.size() == 1 && List.of("-h", "--help").contains(arguments.getFirst())) {
      return HELP;
    }
    if (arguments.size() != 1) {
      throw new UsageException("completion wants one of " + String.join(", ", SHELLS));
    }
    String shell = arguments.getFirst();
    return switch (shell) {
      // The script finds out which of the two reads it.
      case "bash", "zsh" -> lowerCase(AutoComplete.bash("fanin", root()));
      case "fish" -> fish();
      default ->
          throw new UsageException(
              "completion: found "
                  + shell
                  + ", wanted one of "
                  + String.join(", ", SHELLS)
                  + Nearest.hint(shell, SHELLS));
    };
  }

  /// Values as they are documented: picocli lists the names of Java's constants.
  private static String lowerCase(String script) {
    return VALUES
        .matcher(script)
        .replaceAll(m -> Matcher.quoteReplacement(m.group().toLowerCase(Locale.ROOT)));
  }

  @CommandLine.Command(name = "fanin")
  private static final class Root {}

  @CommandLine.Command(name = "help")
  private static final class Words {}

  private static CommandLine root() {
    CommandLine root = new CommandLine(new Root());
    CommandLine help = new CommandLine(new Words());
    for (Commands c : Commands.values()) {
      CommandLine line = Commands.line(c.make());
      line.setCommandName(c.word);
      root.addSubcommand(c.word, line);
      help.addSubcommand(c.word, new CommandLine(new Words()).setCommandName(c.word));
    }
    root.addSubcommand("help", help);
    CommandLine completion = new CommandLine(new Words()).setCommandName("completion");
    SHELLS.forEach(
        s -> completion.addSubcommand(s, new CommandLine(new Words()).setCommandName(s)));
    root.addSubcommand("completion", completion);
    return root;
  }

  private static String fish() {
    StringBuilder b = new StringBuilder("# fish completion for fanin\n");
    b.append("complete -c fanin -n __fish_use_subcommand -l version -d 'version and commit'\n");
    for (Commands c : Commands.values()) {
      word(b, "__fish_use_subcommand", c.word, c.summary);
    }
    word(b, "__fish_use_subcommand", "help", "options of a command");
    word(b, "__fish_use_subcommand", "completion", "a script for bash, zsh or fish");
    String commands =
        Arrays.stream(Commands.values()).map(c -> c.word).collect(Collectors.joining(" "));
    word(b, "__fish_seen_subcommand_from help", commands, "");
    word(b, "__fish_seen_subcommand_from completion", String.join(" ", SHELLS), "");
    for (Commands c : Commands.values()) {
      for (OptionSpec o : Commands.line(c.make()).getCommandSpec().options()) {
        option(b, c.word, o);
      }
    }
    return b.toString();
  }

  private static void word(StringBuilder b, String when, String words, String summary) {
    b.append("complete -c fanin -f -n ").append(quoted(when)).append(" -a ").append(quoted(words));
    b.append(summary.isEmpty() ? "" : " -d " + quoted(summary)).append('\n');
  }

  private static void option(StringBuilder b, String command, OptionSpec o) {
    b.append("complete -c fanin -n ").append(quoted("__fish_seen_subcommand_from " + command));
    for (String name : o.names()) {
      boolean isLong = name.startsWith("--");
      b.append(isLong ? " -l " : name.length() == 2 ? " -s " : " -o ");
      b.append(name.substring(isLong ? 2 : 1));
    }
    Class<?> type = o.type();
    if (type.isEnum()) {
      b.append(" -x -a ").append(quoted(candidates(type)));
    } else if (o.arity().max() > 0) {
      b.append(isFile(o) ? " -r -F" : " -x");
    }
    String all = o.description().length == 0 ? "" : o.description()[0];
    b.append(" -d ").append(quoted(firstSentence(all))).append('\n');
  }

  private static boolean isFile(OptionSpec o) {
    return o.type().equals(java.nio.file.Path.class)
        || o.paramLabel().contains("FILE")
        || o.paramLabel().equals("OUT");
  }

  private static String candidates(Class<?> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(e -> ((Enum<?>) e).name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(" "));
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    String first = end < 0 ? text : text.substring(0, end);
    return first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
  }

  private static String quoted(String s) {
    return "'" + s.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
