package org.fanin.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fanin.audit.Audit;
import org.fanin.audit.AuditReport;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
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
    footer = {
      "",
      "Examples:",
      "  fanin audit model.safetensors",
      "  fanin audit checkpoint-folder --recipe gpt2 --json audit.json",
      ExitCode.HELP
    })
final class AuditCommand implements Command {
  @Parameters(
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "safetensors, its index.json or folder, npz, a PyTorch state dict (.pt, .pth) or ONNX.")
  private List<Path> files = List.of();

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write the report as JSON; with several FILEs a folder.")
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
    ExitCode worst = ExitCode.OK;
    for (Path file : files) {
      AuditReport r = audit(file);
      writeJson(r, file, console);
      worst = worst.worst(r.healthy() ? ExitCode.OK : ExitCode.UNHEALTHY);
    }
    return worst;
  }

  private void writeJson(AuditReport r, Path file, Console console) throws IOException {
    boolean folder = json != null && (files.size() > 1 || Files.isDirectory(Path.of(json)));
    if (folder) {
      JsonTarget.createFolder(Path.of(json));
      Path target = Path.of(json).resolve(jsonName(file));
      JsonTarget.write(target, out -> AuditJson.write(r, out));
    } else {
      JsonTarget.write(json, out -> AuditJson.write(r, out), console);
    }
  }

  private static String jsonName(Path file) {
    Path last = file.getFileName();
    String name = last == null ? "weights" : last.toString();
    return (name.endsWith(".onnx") ? name.substring(0, name.length() - ".onnx".length()) : name)
        + ".json";
  }

  private static AuditReport audit(Path file) throws ModelFormatException, IOException {
    AuditInput in = AuditInput.open(file);
    long bytes = 0;
    for (StoredTensor t : in.file().tensors()) {
      bytes += t.shape().count() * t.dtype().bytes();
    }
    return Audit.of(
        in.file(),
        in.specs(),
        in.layerFans(),
        new ArrayList<>(),
        Audit.Settings.standard(bytes),
        _ -> {});
  }
}
