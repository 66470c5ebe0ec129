package org.fanin.app;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.fanin.formats.Samples;
import org.fanin.judge.Thresholds;
import org.fanin.math.Fn;
import org.fanin.model.ModelFormatException;
import org.fanin.plan.Derivation;
import org.fanin.plan.Explain;
import org.fanin.plan.ExplainText;
import org.fanin.plan.Scheme;
import org.fanin.predict.Forecast;
import org.fanin.predict.PredictSettings;
import org.fanin.report.LayerExplanation;
import org.fanin.report.Plain;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fanin explain`
@CommandLine.Command(
    name = "fanin explain",
    sortOptions = false,
    description = {
      "Derives why weights have the variance they have, with numbers, and simulates every step"
          + " beside its formula.",
      "With MODEL and --layer: the variance of that layer from the model's own numbers."
    },
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:explained",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "4:a file cannot be read or written"
    },
    footer = {
      "",
      "Examples:",
      "  fanin explain --fan-in 4 --activation relu --depth 30",
      "  fanin explain model.onnx --layer blocks.0.fc1"
    })
final class ExplainCommand implements Command {
  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      description = "An ONNX file (with --layer); - reads standard input.")
  private String model;

  @Option(names = "--layer", paramLabel = "NAME", description = "A layer or weight of MODEL.")
  private String layer;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "Sample inputs for MODEL, as in fanin check.")
  private Path input;

  @Option(
      names = "--fan-in",
      paramLabel = "N",
      defaultValue = "4",
      description = "Features of the neuron (default 4).")
  private int fanIn;

  @Option(
      names = "--fan-out",
      paramLabel = "N",
      description = "Neurons that each feature feeds (default: fan-in).")
  private Integer fanOut;

  @Option(
      names = "--activation",
      paramLabel = "NAME",
      defaultValue = "relu",
      description = "Activation of the layers (default relu).")
  private String activation;

  @Option(
      names = "--depth",
      paramLabel = "LAYERS",
      defaultValue = "30",
      description = "Depth of the network in the table (default 30).")
  private int depth;

  @Option(
      names = "--width",
      paramLabel = "UNITS",
      defaultValue = "128",
      description = "Its units per layer (default 128).")
  private int width;

  @Option(
      names = "--scheme",
      paramLabel = "NAME",
      description = "Schemes to compare over the depth; may be repeated (default: the usual ones).")
  private List<String> schemes = new ArrayList<>();

  @Option(
      names = "--seed",
      converter = Seed.class,
      paramLabel = "N",
      defaultValue = "0",
      description = "Seed of the simulation (default 0).")
  private long seed;

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
  public ExitCode run(Console console) throws ModelFormatException, IOException {
    if ((model == null) != (layer == null)) {
      throw new UsageException(
          model == null
              ? "--layer needs a MODEL"
              : "with a MODEL, --layer says which layer to explain");
    }
    JsonTarget.check("--json", json);
    new OutputGuard().reads(model == null ? null : model.toString()).writes("--json", json).check();
    return model == null ? derive(console) : explainLayer(console);
  }

  private ExitCode derive(Console console) throws IOException {
    Derivation d = Explain.of(derivationInput());
    if (!JsonTarget.isStdout(json)) {
      print(ExplainText.lines(d, columns(console)), console);
    }
    JsonTarget.write("--json", json, out -> ExplainJson.write(d, out), console);
    return ExitCode.OK;
  }

  private Derivation.Input derivationInput() {
    Fn f = Arguments.activation("--activation", activation);
    List<Scheme> compared =
        schemes.isEmpty()
            ? Explain.usualSchemes(f)
            : schemes.stream().map(s -> Arguments.scheme("--scheme", s)).toList();
    try {
      return new Derivation.Input(
          fanIn, fanOut == null ? fanIn : fanOut, f, depth, width, seed, compared);
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  private ExitCode explainLayer(Console console) throws ModelFormatException, IOException {
    Pipeline pipeline =
        new Pipeline(
            PredictSettings.Mode.TRAIN,
            org.fanin.graph.Bindings.DEFAULT_BATCH,
            new Pipeline.SampleFile(
                input,
                Samples.Wanted.of(org.fanin.graph.Bindings.DEFAULT_BATCH),
                java.util.Map.of()),
            OptionalDouble.empty(),
            Optional.empty(),
            Thresholds.standard(),
            false);
    Forecast forecast = pipeline.check(model, console.in()).forecast();
    LayerExplanation e;
    try {
      e = LayerExplanation.of(forecast, layer);
    } catch (IllegalArgumentException x) {
      throw new UsageException("--layer: " + x.getMessage());
    }
    if (!JsonTarget.isStdout(json)) {
      print(e.lines(columns(console)), console);
    }
    JsonTarget.write("--json", json, out -> ExplainJson.write(e, out), console);
    return ExitCode.OK;
  }

  private static int columns(Console console) {
    return Terminal.style(console, null, Terminal.Color.NEVER, true).width();
  }

  private static void print(List<String> lines, Console console) {
    boolean unicode = Terminal.style(console, null, Terminal.Color.NEVER, true).unicode();
    lines.forEach(l -> console.out().println(Plain.text(l, unicode)));
  }
}
