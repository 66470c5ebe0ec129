package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.fanin.audit.Audit;
import org.fanin.audit.AuditReport;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.plan.InitPlan;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.plan.TensorSpec;
import org.fanin.report.AuditTerminal;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `fanin audit FILE…`
@CommandLine.Command(
    name = "fanin audit",
    sortOptions = false,
    description =
        "Says which scheme each tensor of a weights file was drawn by, what that does to the"
            + " signal, and what is wrong with it.",
    exitCodeListHeading = ExitCode.HEADING,
    exitCodeList = {
      "0:nothing is wrong with the weights",
      ExitCode.OURS,
      ExitCode.WRONG_USAGE,
      "3:a finding fails",
      "4:a file cannot be read or written; of several files the gravest counts"
    },
    footer = {
      "",
      "Examples:",
      "  fanin audit model.safetensors",
      "  fanin audit checkpoint-folder --recipe gpt2 --json audit.json"
    })
final class AuditCommand implements Command {
  private static final int MOST_THREADS = 64;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "safetensors, its index.json or folder, npz, a PyTorch state dict (.pt, .pth) or ONNX.")
  private List<Path> files = List.of();

  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "Recipe or scheme the weights are held against: gpt2, llama, resnet, he-normal, …; none"
              + " (default: the one that fits best).")
  private String recipe;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write the report as JSON; with several FILEs a folder.")
  private String json;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "40",
      description = "Most findings, and most lines of the table, that are shown (default 40).")
  private int top;

  @Option(names = "--all", description = "Show every tensor; do not fold repeated layers.")
  private boolean all;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description = "Threads that read (default 2); the report does not depend on it.")
  private int threads;

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
    ExitCode worst = ExitCode.OK;
    for (Path file : files) {
      worst = worst.worst(auditOne(file, console));
    }
    return worst;
  }

  private void checkOptions() throws IOException {
    if (top < 1) {
      throw new UsageException("--top: found " + top + ", wanted at least 1");
    }
    if (threads < 1 || threads > MOST_THREADS) {
      throw new UsageException("--threads: found " + threads + ", wanted 1 to " + MOST_THREADS);
    }
    if (width != null && width < 20) {
      throw new UsageException("--width: found " + width + ", wanted at least 20");
    }
    if (files.size() > 1 && JsonTarget.isStdout(json)) {
      throw new UsageException("--json - takes one FILE; with several name a folder");
    }
    if (files.size() < 2) {
      JsonTarget.check("--json", json);
    }
    for (Path t : targets()) {
      JsonTarget.checkTarget("--json", t);
    }
    new OutputGuard()
        .reads(files.stream().map(Path::toString).toArray(String[]::new))
        .writes("--json", targets())
        .check();
  }

  /// With one file, errors are the command's; with several, each has its own and the rest go on.
  private ExitCode auditOne(Path file, Console console) throws ModelFormatException, IOException {
    AuditReport r;
    try {
      r = audit(file, console);
    } catch (InternalError e) {
      console.complain(file + ": " + Main.CUT_SHORT);
      return ExitCode.UNREADABLE;
    } catch (ModelFormatException | IOException e) {
      if (files.size() == 1) {
        throw e;
      }
      console.complain(Main.reason(e));
      return ExitCode.UNREADABLE;
    }
    if (!JsonTarget.isStdout(json)) {
      AuditTerminal.render(r, Terminal.style(console, width, color, !all), all ? 1 << 30 : top)
          .forEach(console.out()::println);
      console.out().println();
    }
    writeJson(r, file, console);
    return r.healthy() ? ExitCode.OK : ExitCode.UNHEALTHY;
  }

  private void writeJson(AuditReport r, Path file, Console console) throws IOException {
    boolean folder = json != null && (files.size() > 1 || Files.isDirectory(Path.of(json)));
    if (folder) {
      JsonTarget.createFolder(Path.of(json));
      Path target = Path.of(json).resolve(jsonName(file));
      JsonTarget.write("--json", target, out -> AuditJson.write(r, out));
    } else {
      JsonTarget.write("--json", json, out -> AuditJson.write(r, out), console);
    }
  }

  private List<Path> targets() {
    if (json == null || json.isEmpty() || JsonTarget.isStdout(json)) {
      return List.of();
    }
    Path target = Path.of(json);
    boolean folder = files.size() > 1 || Files.isDirectory(target);
    return folder ? files.stream().map(f -> target.resolve(jsonName(f))).toList() : List.of(target);
  }

  private static String jsonName(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "weights" : last.toString();
    return (name.endsWith(".onnx") ? name.substring(0, name.length() - ".onnx".length()) : name)
        + ".json";
  }

  private List<Audit.Recipe> recipes(List<TensorSpec> specs) {
    if (recipe == null) {
      return Audit.candidates(specs);
    }
    if (recipe.equals("none")) {
      return List.of();
    }
    try {
      InitPlan plan = Recipes.named(recipe).plan(specs, 0, PlanOptions.none());
      return List.of(new Audit.Recipe(recipe, "as you said", plan, true));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--recipe: " + e.getMessage());
    }
  }

  private AuditReport audit(Path file, Console console) throws ModelFormatException, IOException {
    AuditInput in = AuditInput.open(file);
    long bytes = 0;
    for (StoredTensor t : in.file().tensors()) {
      bytes += t.shape().count() * t.dtype().bytes();
    }
    AuditProgress progress = new AuditProgress(console, bytes);
    try {
      return Audit.of(
          in.file(),
          in.specs(),
          in.place(),
          recipes(in.specs()),
          Audit.Settings.standard(bytes).with(threads),
          progress::at);
    } finally {
      progress.done();
    }
  }
}
