package org.fanin.app;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import picocli.CommandLine;

/// Entry point. Only the subcommand that was named is loaded.
public final class Main {
  private static final String USAGE =
      """
      Usage: fanin COMMAND [OPTIONS] [FILES]

      Keeps the signal alive: predicts what a network does to signal and gradient at initialisation, and why.

        audit FILE...   which scheme each tensor of a weights file was drawn by, and what is wrong with it
        check MODEL...  predict and judge a network from its ONNX file
        init MODEL      write right weights: variances solved or by recipe, the same bits on any machine
        explain         why Var(w) = 1/n: the derivation with numbers, simulated beside the formula
        theory          gains, fixed points, depth scales and edge of chaos of any activation

        fanin COMMAND --help    options and an example
        fanin --version

      Example: fanin check resnet.onnx
      """
          + ExitCode.HELP;

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
              .replaceFirst(" is not a double$", " is no number"));
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

  private static ExitCode dispatch(String[] args, Console console)
      throws ModelFormatException, IOException {
    if (args.length == 0) {
      throw new UsageException("no command; fanin --help lists them");
    }
    return switch (args[0]) {
      case "-h", "--help", "help" -> print(USAGE, console);
      case "-V", "--version" -> print("fanin " + Version.text() + System.lineSeparator(), console);
      case "audit" -> parsed(new AuditCommand(), args, console);
      case "check" -> parsed(new CheckCommand(), args, console);
      case "init" -> parsed(new InitCommand(), args, console);
      case "explain" -> parsed(new ExplainCommand(), args, console);
      case "theory" -> parsed(new TheoryCommand(), args, console);
      default ->
          throw new UsageException("no command \"" + args[0] + "\"; fanin --help lists them");
    };
  }

  private static ExitCode parsed(Command command, String[] args, Console console)
      throws ModelFormatException, IOException {
    CommandLine line = new CommandLine(command);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    CommandLine.ParseResult result =
        line.parseArgs(java.util.Arrays.copyOfRange(args, 1, args.length));
    if (result.isUsageHelpRequested()) {
      return print(line.getUsageMessage(CommandLine.Help.Ansi.OFF), console);
    }
    if (result.isVersionHelpRequested()) {
      return print("fanin " + Version.text() + System.lineSeparator(), console);
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
