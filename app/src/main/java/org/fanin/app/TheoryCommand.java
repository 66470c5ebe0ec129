package org.fanin.app;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/// `fanin theory`
@CommandLine.Command(
    name = "fanin theory",
    sortOptions = false,
    description = {
      "Mean-field theory of a deep network of identical layers: gains, fixed points, depth scales,"
          + " edge of chaos.",
      "σ_w and σ_b are standard deviations: σ_w² = n_in·Var(w), σ_b² = Var(b). Gains are at E[u²] ="
          + " 1."
    },
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:computed",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "4:a file cannot be written"
    },
    footer = {
      "",
      "Examples:",
      "  fanin theory",
      "  fanin theory --activation tanh --sigma-w 1.3 --sigma-b 0.3",
      "  fanin theory --activation tanh --sigma-b 0.2236 --edge-of-chaos --json -"
    })
final class TheoryCommand implements Command {
  private static final int DEEPEST = 100_000;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      description = "relu, leaky-relu(0.2), tanh, gelu, silu, … (default: a table of all).")
  private String activation;

  @Option(
      names = "--sigma-w",
      paramLabel = "X",
      description = "Weight scale (default: the activation's forward gain).")
  private Double sigmaW;

  @Option(
      names = "--sigma-b",
      paramLabel = "X",
      defaultValue = "0",
      description = "Bias scale (default 0).")
  private double sigmaB;

  @Option(
      names = "--edge-of-chaos",
      description =
          "Also the weight scale at which gradients neither vanish nor explode for this σ_b; used"
              + " as σ_w unless --sigma-w is given.")
  private boolean edgeOfChaos;

  @Option(
      names = "--depth",
      paramLabel = "LAYERS",
      description = "Follow second moment and cosine of two orthogonal inputs layer by layer.")
  private Integer depth;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write JSON; - is standard output.")
  private String json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  @Override
  public ExitCode run(Console console) throws IOException {
    Arguments.notNegative("--sigma-b", sigmaB);
    if (sigmaW != null) {
      Arguments.positive("--sigma-w", sigmaW);
    }
    if (depth != null && (depth < 1 || depth > DEEPEST)) {
      throw new UsageException("--depth: found " + depth + ", wanted 1 to " + DEEPEST);
    }
    JsonTarget.check("--json", json);
    List<Fn> functions =
        activation == null ? Fns.all() : List.of(Arguments.activation("--activation", activation));
    List<Theory> rows =
        functions.stream()
            .map(f -> Theory.of(f, sigmaW, sigmaB, edgeOfChaos, depth == null ? 0 : depth))
            .toList();
    if (!JsonTarget.isStdout(json)) {
      print(rows, console);
    }
    JsonTarget.write("--json", json, out -> writeJson(rows, out), console);
    return ExitCode.OK;
  }

  private void print(List<Theory> rows, Console console) {
    boolean unicode = Terminal.style(console, null, Terminal.Color.NEVER, true).unicode();
    List<String> lines =
        activation == null ? TheoryText.table(rows) : TheoryText.one(rows.getFirst());
    lines.forEach(l -> console.out().println(org.fanin.report.Plain.text(l, unicode)));
  }

  private void writeJson(List<Theory> rows, OutputStream out) throws IOException {
    if (activation == null) {
      TheoryJson.table(rows, out);
    } else {
      TheoryJson.one(rows.getFirst(), out);
    }
  }

  static String lower(Enum<?> e) {
    return e.name().toLowerCase(Locale.ROOT);
  }
}
