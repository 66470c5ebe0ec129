package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.fanin.compare.Measured;
import org.fanin.compare.Measuring;
import org.fanin.compare.WholeNetwork;
import org.fanin.formats.Samples;
import org.fanin.judge.Thresholds;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.Scheme;
import org.fanin.predict.PredictSettings;
import org.fanin.probe.Arithmetic;
import org.fanin.probe.Engine;
import org.fanin.report.CheckReport;
import org.fanin.report.Plain;
import org.fanin.report.SpectrumText;
import org.fanin.report.Style;
import org.fanin.report.SummaryTable;
import org.fanin.report.TerminalReport;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fanin check MODEL…`
@CommandLine.Command(
    name = "fanin check",
    sortOptions = false,
    description =
        "Predicts what a network does to the signal forward and the gradient backward at"
            + " initialisation, and judges it.",
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:healthy",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "3:unhealthy: a verdict failed, or trainable is no",
      "4:a file cannot be read or written; of several models the gravest counts"
    },
    footer = {
      "",
      "Examples:",
      "  fanin check resnet.onnx",
      "  fanin check model.onnx --input batch.npz --json report.json"
    })
final class CheckCommand implements Command {
  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "ONNX files; - reads standard input.")
  private List<String> models = List.of();

  @Option(
      names = "--mode",
      defaultValue = "train",
      paramLabel = "train|eval|file",
      description =
          "How BatchNorm and Dropout act: as in training (default), as in inference, or as each"
              + " exported node says.")
  private PredictSettings.Mode mode = PredictSettings.Mode.TRAIN;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description =
          "Sample inputs: .npz (arrays named as the graph's inputs or in_NAME; optional cotangent),"
              + " .npy, idx as of MNIST, CSV. Their shapes and statistics drive the prediction.")
  private Path input;

  @Option(
      names = "--standardise",
      description = "Every feature of --input to mean 0, standard deviation 1 over the whole file.")
  private boolean standardise;

  @Option(
      names = "--columns",
      defaultValue = "",
      paramLabel = "LIST",
      description =
          "Columns of a CSV --input: names, numbers or ranges (2-785); after ! all but these"
              + " ('!label').")
  private String columns = "";

  @Option(
      names = "--input-m2",
      paramLabel = "X",
      description = "Second moment of the inputs without a sample (default 1).")
  private Double inputM2;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description =
          "Extent of a dynamic batch axis, and how many samples of an idx, CSV or .npy --input"
              + " are taken (default 16).")
  private long batch = 16;

  @Option(
      names = "--dim",
      paramLabel = "NAME=N",
      description =
          "Extent of a dimension that the model leaves open, as in --dim sequence=512; the report"
              + " says under \"assumed\" what they are called and which extents were taken.")
  private Map<String, Long> dims = new LinkedHashMap<>();

  @Option(
      names = "--weights",
      paramLabel = "SCHEME",
      description =
          "Predict as if the weights had been drawn from this scheme (he-normal, lecun-uniform,"
              + " normal(0.02), …) instead of from the file's own.")
  private String weights;

  @Option(names = "--no-measure", description = "Predict only.")
  private boolean noMeasure;

  @Option(
      names = "--measure",
      description = "Measure however long it takes (default: what takes under a minute, about).")
  private boolean measure;

  @Option(
      names = "--precision",
      paramLabel = "float32|float64",
      description =
          "What measuring computes in (default: float64; float32 where that would take long and"
              + " holds what is predicted).")
  private Arithmetic precision;

  @Option(
      names = "--draws",
      paramLabel = "K",
      description =
          "Measure K re-initialisations too, each parameter drawn by its recognised scheme (or"
              + " --weights), seeds 1 to K.")
  private int draws;

  @Option(
      names = "--steps",
      paramLabel = "K",
      description =
          "Take K steps of gradient descent too and say at which each parameter first got a"
              + " gradient, beside the step predicted.")
  private int steps;

  @Option(
      names = "--spectrum",
      description =
          "Measure the network as a whole too: singular values of its input-output Jacobian and its"
              + " tangent kernel (hundreds of passes; docs/spectrum.md).")
  private boolean spectrum;

  @Option(
      names = "--max-memory",
      paramLabel = "SIZE",
      description =
          "What activations and gradients may take while measuring, as in 500MB (default: what the"
              + " machine has); when they need more, parts of the forward pass run again.")
  private String maxMemory;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description =
          "Write the report as JSON; with several MODELs a folder, which gets NAME.json for each.")
  private String json;

  @Option(
      names = "-T",
      paramLabel = "LIMIT=VALUE",
      description =
          "Change a verdict's limit, as in -T vanishing.fail=6 (docs/verdicts.md lists them).")
  private Map<String, Double> limits = new LinkedHashMap<>();

  @Option(names = "--all", description = "Show every layer; do not fold repeated blocks.")
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

  private static final String ALONE =
      "Predicted only: this build of Fanin has no libtorch to measure with; docs/measure.md says"
          + " where it comes from.";

  /// Null with --no-measure.
  private EngineAhead engine;

  /// Why predictions stand alone, to be said once.
  private String alone = "";

  private static final long MOST_SAMPLES = 1L << 31;
  private static final int MOST_DRAWS = 100_000;
  private static final int MOST_STEPS = 1000;

  /// One line of the summary table.
  private record Outcome(ExitCode code, SummaryTable.Entry entry) {}

  @Override
  public ExitCode run(Console console) throws ModelFormatException, IOException {
    checkOptions();
    Pipeline pipeline = pipeline();
    if (noMeasure) {
      return run(pipeline, console);
    }
    try (EngineAhead ahead = EngineAhead.start()) {
      engine = ahead;
      return run(pipeline, console);
    }
  }

  private ExitCode run(Pipeline pipeline, Console console)
      throws ModelFormatException, IOException {
    List<Outcome> outcomes = new ArrayList<>();
    ExitCode worst = ExitCode.OK;
    Progress progress = new Progress(console, models.size());
    for (String model : models) {
      progress.step(model);
      Outcome o = checkOne(model, pipeline, console);
      outcomes.add(o);
      worst = worst.worst(o.code());
    }
    progress.done();
    if (models.size() > 1 && !jsonToStdout()) {
      summary(outcomes, console);
    }
    if (!jsonToStdout() && !alone.isEmpty()) {
      Style style = Terminal.style(console, width, color, true);
      Plain.wrap(alone, style.width(), style.unicode()).forEach(console.out()::println);
    }
    return worst;
  }

  private CheckReport measured(CheckReport report, Console console) {
    if (noMeasure) {
      return report;
    }
    Measured m = measure(report, console);
    if (m instanceof Measured.Skipped(String because)) {
      alone = "Predicted only: " + because + ".";
    }
    return report.with(m);
  }

  private Measured measure(CheckReport report, Console console) {
    Measuring how = measuring(draws, steps);
    try (MeasureProgress progress =
        MeasureProgress.lasting(
            console, draws + 1 + steps, "measuring", how.wait(report.forecast()), ahead(report))) {
      Optional<Engine> found = engine.get();
      if (found.isEmpty()) {
        alone = ALONE;
        return new Measured.No();
      }
      return how.run(report.forecast(), report.settings(), found.get(), progress);
    } catch (EngineAhead.Unusable e) {
      return new Measured.Skipped(e.getMessage());
    }
  }

  private Optional<WholeNetwork> whole(CheckReport report, Console console) {
    return spectrum ? SpectrumRun.of(report, engine, measuring(0, 0), console) : Optional.empty();
  }

  private Measuring measuring(int redrawn, int taken) {
    return new Measuring(redrawn, 1, memory(), measure, Optional.ofNullable(precision), taken);
  }

  private OptionalLong memory() {
    return maxMemory == null
        ? OptionalLong.empty()
        : OptionalLong.of(Arguments.bytes("--max-memory", maxMemory));
  }

  private void checkOptions() throws IOException {
    if (models.stream().filter(Pipeline.STDIN::equals).count() > 1) {
      throw new UsageException("- (standard input) can be given once only");
    }
    if (batch < 1) {
      throw new UsageException("--batch: found " + batch + ", wanted at least 1");
    }
    if (inputM2 != null && !(inputM2 > 0 && Double.isFinite(inputM2))) {
      throw new UsageException("--input-m2: found " + inputM2 + ", wanted a positive number");
    }
    if (input == null && (standardise || !columns.isEmpty())) {
      throw new UsageException("--standardise and --columns want --input");
    }
    if (width != null && width < 20) {
      throw new UsageException("--width: found " + width + ", wanted at least 20");
    }
    if (noMeasure
        && (measure
            || spectrum
            || draws != 0
            || steps != 0
            || maxMemory != null
            || precision != null)) {
      throw new UsageException(
          "--no-measure leaves nothing for --measure, --draws, --steps, --spectrum, --max-memory,"
              + " --precision");
    }
    if (draws < 0 || draws > MOST_DRAWS) {
      throw new UsageException("--draws: found " + draws + ", wanted 0 to " + MOST_DRAWS);
    }
    if (steps < 0 || steps > MOST_STEPS) {
      throw new UsageException("--steps: found " + steps + ", wanted 0 to " + MOST_STEPS);
    }
    if (batch > MOST_SAMPLES) {
      throw new UsageException("--batch: found " + batch + ", wanted at most " + MOST_SAMPLES);
    }
    memory();
    outputs().check();
    OutputGuard guard = new OutputGuard().reads(models.toArray(String[]::new));
    guard.reads(input == null ? null : input.toString());
    guard.writes("--json", outputs().targets()).check();
  }

  private CheckOutputs outputs() {
    return new CheckOutputs(json, models);
  }

  private boolean jsonToStdout() {
    return JsonTarget.isStdout(json);
  }

  private Pipeline pipeline() throws ModelFormatException, IOException {
    Optional<Scheme> scheme =
        weights == null ? Optional.empty() : Optional.of(Arguments.scheme("--weights", weights));
    return new Pipeline(
        mode,
        batch,
        new Pipeline.SampleFile(
            input,
            new Samples.Wanted(batch, standardise, columns),
            Arguments.extents("--dim", dims)),
        inputM2 == null ? OptionalDouble.empty() : OptionalDouble.of(inputM2),
        scheme,
        thresholds(),
        json != null);
  }

  private Thresholds thresholds() {
    Thresholds t = Thresholds.standard();
    for (Map.Entry<String, Double> e : limits.entrySet()) {
      try {
        t = t.with(e.getKey(), e.getValue());
      } catch (IllegalArgumentException x) {
        throw new UsageException("-T: " + x.getMessage());
      }
    }
    return t;
  }

  /// With one model, errors are the command's; with several, each has its own and the rest go on.
  private Outcome checkOne(String model, Pipeline pipeline, Console console)
      throws ModelFormatException, IOException {
    CheckReport report;
    try {
      report = measured(pipeline.check(model, console.in()), console);
    } catch (InternalError e) {
      console.complain(model + ": " + Main.CUT_SHORT);
      return unreadable(model);
    } catch (ModelFormatException | IOException e) {
      if (models.size() == 1) {
        throw e;
      }
      console.complain(Main.reason(e));
      return unreadable(model);
    }
    if (!jsonToStdout()) {
      TerminalReport.render(report, Terminal.style(console, width, color, !all))
          .forEach(console.out()::println);
      console.out().println();
    }
    Optional<WholeNetwork> whole = whole(report, console);
    if (!jsonToStdout() && whole.isPresent()) {
      SpectrumText.render(whole.get(), Terminal.style(console, width, color, true))
          .forEach(console.out()::println);
      console.out().println();
    }
    outputs().write(report, whole, model, console);
    boolean healthy = report.judgement().healthy();
    return new Outcome(
        healthy ? ExitCode.OK : ExitCode.UNHEALTHY,
        new SummaryTable.Entry(model, Optional.of(report.judgement())));
  }

  /// The prediction in a line, for whoever waits for the measurement.
  private static String ahead(CheckReport r) {
    String failed =
        r.judgement().verdicts().stream()
            .filter(v -> v.level() == org.fanin.judge.Verdict.Level.FAIL)
            .map(v -> v.rule() + " at " + v.at())
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "predicted: trainable %s%s",
        r.judgement().trainable().answer().name().toLowerCase(Locale.ROOT),
        failed.isEmpty() ? ", no verdict failed" : ", failed: " + failed);
  }

  private static Outcome unreadable(String model) {
    return new Outcome(ExitCode.UNREADABLE, new SummaryTable.Entry(model, Optional.empty()));
  }

  private void summary(List<Outcome> outcomes, Console console) {
    SummaryTable.render(
            outcomes.stream().map(Outcome::entry).toList(),
            Terminal.style(console, width, color, true))
        .forEach(console.out()::println);
    console.out().println();
  }
}
