package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.audit.Audit;
import org.fanin.audit.AuditReport;
import org.fanin.formats.OnnxReader;
import org.fanin.formats.RecipeYaml;
import org.fanin.graph.Bindings;
import org.fanin.graph.Graph;
import org.fanin.graph.GraphBuilder;
import org.fanin.judge.Judge;
import org.fanin.judge.Thresholds;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.plan.InitPlan;
import org.fanin.predict.PlanForecast;
import org.fanin.predict.PredictSettings;
import org.fanin.predict.Predictor;
import org.fanin.report.CheckReport;
import org.fanin.report.Provenance;
import org.fanin.report.SideBySide;
import org.fanin.report.SideBySideText;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fanin compare A B`
@CommandLine.Command(
    name = "fanin compare",
    sortOptions = false,
    description =
        "Shows two files, or a file and a plan, side by side, tensor by tensor: shape, scale, what"
            + " keeps the signal and, for networks, the predicted second moments of signal and"
            + " gradient. Marks what differs by more than two draws of one law do.",
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:compared, whatever differs",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "4:a file cannot be read or written"
    },
    footer = {
      "",
      "Examples:",
      "  fanin compare before.onnx after.onnx",
      "  fanin compare model.onnx plan.yaml",
      "  fanin compare a.safetensors b.safetensors --json -"
    })
final class CompareCommand implements Command {
  @Parameters(
      index = "0",
      paramLabel = "A",
      description =
          "ONNX, safetensors, its index.json or folder, npz, pt; or a plan of fanin init.")
  private Path a;

  @Parameters(index = "1", paramLabel = "B", description = "The same.")
  private Path b;

  @Option(names = "--json", paramLabel = "FILE|-", description = "Write the comparison as JSON.")
  private String json;

  @Option(names = "--all", description = "Show every tensor; do not fold those that do not differ.")
  private boolean all;

  @Option(
      names = "--width",
      paramLabel = "COLUMNS",
      description = "Width of the table (default: the terminal's, else 100).")
  private Integer width;

  @Option(
      names = "--color",
      defaultValue = "auto",
      paramLabel = "auto|always|never",
      description = "Colour (auto: on a terminal unless NO_COLOR is set).")
  private Terminal.Color color = Terminal.Color.AUTO;

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
  public ExitCode run(Console console) throws ModelFormatException, IOException {
    if (width != null && width < 20) {
      throw new UsageException("--width: found " + width + ", wanted at least 20");
    }
    JsonTarget.check("--json", json);
    OutputGuard guard = new OutputGuard().reads(a.toString(), b.toString());
    if (json != null && !json.isEmpty() && !JsonTarget.isStdout(json)) {
      guard.writes("--json", java.util.List.of(Path.of(json)));
    }
    guard.check();
    SideBySide both = both(console);
    if (!JsonTarget.isStdout(json)) {
      SideBySideText.render(both, Terminal.style(console, width, color, !all))
          .forEach(console.out()::println);
    }
    JsonTarget.write("--json", json, out -> SideBySideJson.write(both, out), console);
    return ExitCode.OK;
  }

  private SideBySide both(Console console) throws ModelFormatException, IOException {
    boolean planA = isPlan(a);
    boolean planB = isPlan(b);
    // A plan is judged in the network of the other file.
    SideBySide.Side left = planA ? plan(a, planB ? null : b) : file(a, console);
    SideBySide.Side right = planB ? plan(b, planA ? null : a) : file(b, console);
    return SideBySide.of(left, right);
  }

  private static boolean isPlan(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  private static boolean isOnnx(Path file) {
    return file != null && file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
  }

  private SideBySide.Side file(Path file, Console console)
      throws ModelFormatException, IOException {
    AuditInput in = AuditInput.open(file);
    long bytes =
        in.file().tensors().stream().mapToLong(t -> t.shape().count() * t.dtype().bytes()).sum();
    AuditProgress progress = new AuditProgress(console, bytes);
    AuditReport audit;
    try {
      audit =
          Audit.of(
              in.file(),
              in.specs(),
              in.place(),
              Audit.candidates(in.specs()),
              Audit.Settings.standard(bytes),
              progress::at);
    } finally {
      progress.done();
    }
    Optional<CheckReport> check =
        isOnnx(file)
            ? Optional.of(pipeline().check(file.toString(), console.in()))
            : Optional.empty();
    return SideBySide.side(audit, check);
  }

  private static Pipeline pipeline() {
    return new Pipeline(
        PredictSettings.Mode.TRAIN,
        Bindings.DEFAULT_BATCH,
        Pipeline.SampleFile.NONE,
        OptionalDouble.empty(),
        Optional.empty(),
        Thresholds.standard(),
        false);
  }

  /// @param network a file that may hold the network that the plan is for; or null
  private static SideBySide.Side plan(Path file, Path network)
      throws ModelFormatException, IOException {
    if (!(RecipeYaml.read(file) instanceof RecipeYaml.Content.Plan(InitPlan plan))) {
      throw new ModelFormatException(
          file.toString(), "a recipe", "a plan, as fanin init --plan-only -o writes it");
    }
    return SideBySide.side(
        file.toString(),
        plan,
        isOnnx(network) ? Optional.of(check(file, plan, network)) : Optional.empty());
  }

  private static CheckReport check(Path file, InitPlan plan, Path network)
      throws ModelFormatException, IOException {
    RawModel raw = OnnxReader.read(network);
    Graph graph = GraphBuilder.build(raw, Bindings.defaults());
    PredictSettings settings = PredictSettings.defaults().withLaws(PlanForecast.laws(graph, plan));
    var forecast = Predictor.predict(graph, settings);
    return new CheckReport(
        file.toString(),
        new Provenance("fanin " + Version.text(), raw.producer(), ""),
        settings,
        forecast,
        Judge.judge(forecast, Thresholds.standard()));
  }
}
