package org.fanin.app;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import picocli.CommandLine;

/// Entry point. Only the subcommand that was named is loaded.
public final class Main {
  /// What the JVM throws an InternalError for when a mapped file has lost the page that is read.
  static final String CUT_SHORT =
      "a file became shorter while it was read: let nobody write to it, and try again";

  private Main() {}

  public static void main(String[] args) {
    int code = run(args, consoleOfProcess()).code;
    // Options of the user's own may ask the JVM for a recording, which it writes in the end.
    QuickExit.now(code, !System.getenv().getOrDefault("FANIN_JAVA_OPTS", "").isEmpty());
  }

  /// Runs a command in this process.
  ///
  /// @return the exit code
  public static int run(String[] args, PrintStream out, PrintStream err, InputStream in) {
    return run(args, new Console(out, err, in, Map.of(), false)).code;
  }

  private static Console consoleOfProcess() {
    java.io.Console c = System.console();
    return new Console(
        Stdout.open(), System.err, System.in, System.getenv(), c != null && c.isTerminal());
  }

  static ExitCode run(String[] args, Console console) {
    ExitCode code = guarded(() -> dispatch(args, console), console);
    boolean failed = console.out().checkError();
    boolean enough = console.out() instanceof Stdout s && s.brokenPipe();
    if (failed && !enough) {
      console.complain("could not write all of standard output");
      return code.worst(ExitCode.INTERNAL);
    }
    return code;
  }

  /// What a command does.
  @FunctionalInterface
  interface Work {
    ExitCode run() throws ModelFormatException, IOException;
  }

  /// One line and an exit code, whatever goes wrong.
  static ExitCode guarded(Work work, Console console) {
    try {
      return work.run();
    } catch (UsageException e) {
      console.complain(e.getMessage());
      return ExitCode.USAGE;
    } catch (CommandLine.ParameterException e) {
      // In words of the user's, not of Java's types.
      console.complain(
          e.getMessage()
                  .replaceFirst(" is not an? (int|long)$", " is no whole number in range")
                  .replaceFirst(" is not a double$", " is no number")
              + meant(e));
      return ExitCode.USAGE;
    } catch (ModelFormatException | IOException e) {
      console.complain(reason(e));
      return ExitCode.UNREADABLE;
    } catch (UncheckedIOException e) {
      console.complain(reason(e.getCause()));
      return ExitCode.UNREADABLE;
    } catch (InternalError e) {
      console.complain(CUT_SHORT);
      return ExitCode.UNREADABLE;
    } catch (OutOfMemoryError e) {
      console.complain("out of memory; give the JVM more with FANIN_JAVA_OPTS=-Xmx…");
      return debug(e, console);
    } catch (StackOverflowError e) {
      console.complain("too deeply nested");
      return debug(e, console);
    } catch (RuntimeException e) {
      console.complain("internal error: " + e + " (FANIN_DEBUG=1 shows where; please report it)");
      return debug(e, console);
    }
  }

  /// What an unknown option is near to.
  private static String meant(CommandLine.ParameterException e) {
    boolean unknown = e instanceof CommandLine.UnmatchedArgumentException u && u.isUnknownOption();
    if (!unknown) {
      return "";
    }
    String word =
        ((CommandLine.UnmatchedArgumentException) e).getUnmatched().getFirst().split("=", 2)[0];
    return Nearest.hint(word, e.getCommandLine().getCommandSpec().optionsMap().keySet());
  }

  private static ExitCode dispatch(String[] args, Console console)
      throws ModelFormatException, IOException {
    if (args.length == 0) {
      throw new UsageException("no command; fanin help lists them");
    }
    List<String> rest = List.of(args).subList(1, args.length);
    return switch (args[0]) {
      case "-h", "--help" -> print(Help.text(), console);
      case "help" -> help(rest, console);
      case "-V", "--version" -> print(Version.line(), console);
      case "completion" -> print(Completion.script(rest), console);
      default -> parsed(command(args[0]), rest, console);
    };
  }

  private static ExitCode help(List<String> words, Console console) {
    if (words.size() > 1) {
      throw new UsageException("help is of one command: fanin help " + words.getFirst());
    }
    return print(words.isEmpty() ? Help.text() : Help.text(words.getFirst()), console);
  }

  private static Command command(String word) {
    return Commands.named(word).orElseThrow(() -> Help.unknown(word)).make();
  }

  private static ExitCode parsed(Command command, List<String> args, Console console)
      throws ModelFormatException, IOException {
    CommandLine line = Commands.line(command);
    CommandLine.ParseResult result = line.parseArgs(args.toArray(String[]::new));
    if (result.isUsageHelpRequested()) {
      return print(line.getUsageMessage(CommandLine.Help.Ansi.OFF), console);
    }
    if (result.isVersionHelpRequested()) {
      return print(Version.line(), console);
    }
    return command.run(console);
  }

  private static ExitCode print(String text, Console console) {
    console.out().print(text);
    return ExitCode.OK;
  }

  /// What went wrong with a file, in words: the JDK's file exceptions often hold nothing but its
  /// name.
  static String reason(Exception e) {
    return switch (e) {
      case ModelFormatException m -> m.getMessage();
      case NoSuchFileException n when n.getReason() == null -> n.getFile() + ": no such file";
      case FileNotFoundException n -> n.getMessage();
      case AccessDeniedException a -> a.getFile() + ": permission denied";
      case FileSystemException f when f.getReason() != null -> f.getFile() + ": " + f.getReason();
      case FileSystemException f -> f.getFile() + ": " + f.getClass().getSimpleName();
      default -> e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    };
  }

  private static ExitCode debug(Throwable e, Console console) {
    if ("1".equals(console.env().get("FANIN_DEBUG"))) {
      e.printStackTrace(console.err());
    }
    return ExitCode.INTERNAL;
  }
}
