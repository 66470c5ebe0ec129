package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.fanin.compare.Verification;
import org.fanin.formats.Samples;
import org.fanin.formats.WriteOptions;
import org.fanin.formats.WriteReport;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.Overrides;
import org.fanin.plan.PlanOptions;
import org.fanin.predict.PredictSettings;
import org.fanin.report.Style;
import org.fanin.solve.Target;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fanin init MODEL -o OUT`
@CommandLine.Command(
    name = "fanin init",
    sortOptions = false,
    description =
        "Writes right weights: plans the law of every tensor, then draws it, the same bits on any"
            + " machine.",
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:written, or planned",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "3:written, but --verify measured what the plan did not predict",
      "4:a file cannot be read or written"
    },
    footer = {
      "",
      "Examples:",
      "  fanin init resnet.onnx -o ready.onnx",
      "  fanin init gpt2.onnx --recipe gpt2 --plan-only",
      "  fanin init resnet.onnx -o ready.onnx --recipe lsuv --data batch.npz --verify",
      "  fanin init shapes.json -o checkpoint/ --recipe llama --dtype bf16 --shard-size 5GB",
      "  fanin init --like model.safetensors.index.json -o checkpoint/ --recipe llama"
    })
final class InitCommand implements Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description =
          "An ONNX model, a checkpoint whose shapes count (safetensors, its index.json, npz, pt),"
              + " or a JSON file {\"name\": [dims…]}.")
  private String model;

  @Option(
      names = "--like",
      paramLabel = "FILE",
      description = "The same as MODEL, said in words: only names, shapes and types are read.")
  private String like;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      description =
          "What to write: .onnx, .safetensors, .npz, or a folder for sharded safetensors with"
              + " index.")
  private String output;

  @Option(
      names = "--recipe",
      paramLabel = "RECIPE",
      description =
          "auto (default for ONNX: variances solved so that signal and gradient stay level), lsuv"
              + " (orthonormal, then every layer's measured output scaled to std 1), a framework's"
              + " or paper's recipe (pytorch-default, gpt2, llama, vit, …), a scheme (he-normal, …)"
              + " or a recipe FILE.yaml. docs/recipes.md lists them.")
  private String recipe;

  @Option(
      names = "--target",
      defaultValue = "both",
      paramLabel = "forward|backward|both",
      description = "What auto keeps level (default both: the geometric compromise).")
  private Target target = Target.BOTH;

  @Option(
      names = "--scheme",
      paramLabel = "REGEX=SCHEME",
      description =
          "A scheme for the tensors whose name matches, before the recipe; repeatable. A pattern"
              + " that matches nothing is an error.")
  private List<String> schemes = List.of();

  @Option(
      names = "--seed",
      converter = Seed.class,
      paramLabel = "N",
      description =
          "Seed of all randomness, any 64-bit number (default: the recipe file's or plan's, else"
              + " 0).")
  private Long seed;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "f32, f64, bf16, f16, f8e4m3 or f8e5m2; default: what MODEL says, else f32.")
  private String dtype;

  @Option(
      names = "--stochastic-rounding",
      description = "Round bf16, f16 and fp8 stochastically instead of to nearest even.")
  private boolean stochastic;

  @Option(
      names = "--padding-row",
      paramLabel = "N",
      description = "Row of every embedding that is zero.")
  private Long paddingRow;

  @Option(names = "--plan-only", description = "Show the plan; write nothing.")
  private boolean planOnly;

  @Option(
      names = "--plan",
      paramLabel = "FILE|-",
      description =
          "Write the plan as text to review; --recipe FILE reads it back and gives the same"
              + " bytes.")
  private String planFile;

  @Option(
      names = "--shard-size",
      defaultValue = "5GB",
      paramLabel = "SIZE",
      description = "Most bytes of one shard, as in 5GB or 500MiB (default 5GB).")
  private String shardSize = "5GB";

  @Option(
      names = "--external-data",
      description = "ONNX: put the tensors in a file beside the model.")
  private boolean externalData;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads that draw weights (default: one per processor) and measure (default: 1). Changes"
              + " no bit.")
  private Integer threads;

  @Option(names = "--force", description = "Replace what stands at OUT.")
  private boolean force;

  @Option(
      names = "--resume",
      description =
          "Go on with a write that was interrupted; what is finished is verified. Not for .npz,"
              + " which is always written anew.")
  private boolean resume;

  @Option(
      names = {"--data", "--input"},
      paramLabel = "FILE",
      description =
          "Sample inputs that lsuv and --verify measure on and auto solves for (as in check: .npz,"
              + " .npy, idx, CSV; default: N(0,1), by seed).")
  private Path input;

  @Option(
      names = "--standardise",
      description = "Every feature of --data to mean 0, standard deviation 1 over the whole file.")
  private boolean standardise;

  @Option(
      names = "--columns",
      defaultValue = "",
      paramLabel = "LIST",
      description = "Columns of a CSV --data, as in check ('!label').")
  private String columns = "";

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Extent of a dynamic batch axis (default 16).")
  private long batch = 16;

  @Option(
      names = "--dim",
      paramLabel = "NAME=N",
      description =
          "Extent of a dimension that the model leaves open, as in --dim sequence=512; the report"
              + " says under \"assumed\" what they are called and which extents were taken.")
  private Map<String, Long> dims = new LinkedHashMap<>();

  @Option(
      names = "--verify",
      description =
          "Measure the .onnx file that was written: std, m2 and gm2 of every layer before and"
              + " after; exit code 3 when that contradicts the plan.")
  private boolean verify;

  @Option(names = "--measure", description = "Let --verify measure however large the network is.")
  private boolean measure;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write what was planned and written as JSON.")
  private String json;

  @Option(names = "--all", description = "Show every tensor; do not fold repeated blocks.")
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
    checkOptions();
    JsonTarget.check("--json", json);
    JsonTarget.check("--plan", planFile);
    InitTarget to =
        output == null
            ? null
            : new InitTarget(
                Path.of(output), Arguments.bytes("--shard-size", shardSize), externalData);
    if (resume && to != null) {
      to.checkResume();
    }
    guard(to);
    InitProbe probe = new InitProbe(console, threads == null ? 1 : threads);
    Pipeline.SampleFile data =
        new Pipeline.SampleFile(
            input,
            new Samples.Wanted(batch, standardise, columns),
            Arguments.extents("--dim", dims));
    InitSource source = InitSource.read(Path.of(model == null ? like : model), data);
    if (to != null) {
      to.check(source);
    }
    if (verify) {
      probe.checkVerify(source, measure); // before anything is written
    }
    PredictSettings settings = settings(source);
    InitPlanner.Planned planned = planned(source, settings, probe);
    writePlan(planned, console);
    InitOutcome outcome = InitOutcome.NOTHING;
    if (!planOnly) {
      outcome = write(source, planned, to, console);
    }
    if (verify) {
      outcome = outcome.with(probe.verify(source, planned, settings, to.path()));
    }
    InitOutcome done = outcome;
    JsonTarget.write("--json", json, out -> InitJson.write(source, planned, done, out), console);
    if (!quiet()) {
      Style style = Terminal.style(console, width, color, !all);
      InitText.render(source, planned, outcome, style).forEach(console.out()::println);
    }
    return verdict(outcome, console);
  }

  private void guard(InitTarget to) throws IOException {
    OutputGuard guard =
        new OutputGuard()
            .reads(model, like, input == null ? null : input.toString(), recipe)
            .writes("--json", json)
            .writes("--plan", planFile);
    if (to != null) {
      guard.writes("-o", to.touched());
      to.checkBeside("--json", json);
      to.checkBeside("--plan", planFile);
    }
    guard.check();
  }

  static ExitCode verdict(InitOutcome outcome, Console console) {
    boolean contradicted = outcome.verification().map(v -> !v.asPlanned()).orElse(false);
    if (contradicted) {
      Verification v = outcome.verification().get();
      console.complain(
          (v.nothingMeasured() ? "not verified: " : "the measurement contradicts the plan: ")
              + String.join("; ", v.contradictions()));
    }
    return contradicted ? ExitCode.UNHEALTHY : ExitCode.OK;
  }

  /// What is meant for standard output stands there alone.
  private boolean quiet() {
    return JsonTarget.isStdout(json) || JsonTarget.isStdout(planFile);
  }

  private void checkOptions() {
    if ((model == null) == (like == null)) {
      throw new UsageException("one MODEL (or --like FILE) is wanted; fanin init --help");
    }
    if (output == null && !planOnly) {
      throw new UsageException("-o OUT is wanted, or --plan-only");
    }
    if (batch < 1) {
      throw new UsageException("--batch: found " + batch + ", wanted at least 1");
    }
    if (threads != null && (threads < 1 || threads > 1024)) {
      throw new UsageException("--threads: found " + threads + ", wanted 1 to 1024");
    }
    if (width != null && width < 20) {
      throw new UsageException("--width: found " + width + ", wanted at least 20");
    }
    if (verify && (planOnly || !output.endsWith(".onnx"))) {
      throw new UsageException("--verify measures what is written: -o OUT.onnx is wanted");
    }
    if (input == null && (standardise || !columns.isEmpty())) {
      throw new UsageException("--standardise and --columns want --data");
    }
    if (force && resume) {
      throw new UsageException("--force begins anew, --resume goes on: give one of them");
    }
  }

  private PredictSettings settings(InitSource source) {
    return new PredictSettings(
        PredictSettings.Mode.TRAIN,
        source.inputs().batch(),
        source.inputs().arrays(),
        OptionalDouble.empty(),
        Optional.empty());
  }

  private InitPlanner.Planned planned(InitSource source, PredictSettings settings, InitProbe probe)
      throws ModelFormatException, IOException {
    String wanted = recipe;
    if (wanted == null) {
      if (source.graph().isEmpty()) {
        throw new UsageException(
            "--recipe is wanted: auto solves from a graph, which only an ONNX model has");
      }
      wanted = InitPlanner.AUTO;
    }
    source.checkTensors(dtype == null);
    try {
      PlanOptions options =
          new PlanOptions(
              Overrides.of(schemes),
              paddingRow == null ? OptionalLong.empty() : OptionalLong.of(paddingRow),
              dtype == null ? Optional.empty() : Optional.of(Arguments.dtype(dtype)),
              stochastic);
      return new InitPlanner(source, options, settings, probe)
          .plan(wanted, target, seed == null ? OptionalLong.empty() : OptionalLong.of(seed));
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  private void writePlan(InitPlanner.Planned planned, Console console) throws IOException {
    if (planFile != null) {
      byte[] text = planned.text().getBytes(java.nio.charset.StandardCharsets.UTF_8);
      JsonTarget.write("--plan", planFile, out -> out.write(text), console);
    }
  }

  private InitOutcome write(
      InitSource source, InitPlanner.Planned planned, InitTarget to, Console console)
      throws ModelFormatException, IOException {
    if (to.isOnnx() && dtype != null) {
      throw new UsageException(
          "--dtype: an ONNX graph has its own types; write .safetensors for others");
    }
    VectorModule.load(); // before the first class of fill
    Map<String, String> facts = new TreeMap<>();
    facts.put("version", Version.text());
    facts.put("recipe", planned.plan().recipe());
    facts.put("seed", Long.toString(planned.plan().seed()));
    facts.put("fill_format", "1");
    facts.put("plan_sha256", planned.hash());
    long start = System.nanoTime();
    try (InterruptHint _ = InterruptHint.on(to, console);
        ProgressBar bar = new ProgressBar(console)) {
      WriteOptions options =
          WriteOptions.defaults().force(force).resume(resume).provenance(facts).progress(bar);
      WriteReport report =
          to.write(source, planned.plan(), threads == null ? options : options.threads(threads));
      double seconds = (System.nanoTime() - start) / 1e9;
      return new InitOutcome(Optional.of(report), seconds, Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }
}
