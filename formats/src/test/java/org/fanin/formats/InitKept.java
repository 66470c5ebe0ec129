package org.fanin.formats;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Tensor;

/// What `fanin init` keeps, and whether the files that it writes still work (bench/init-kept).
///
/// Argument: a table of the runs, a line each: name, model, written file, report in JSON, exit
/// code, what was said on standard error. Prints Markdown. The exit code is 1 where a file was not
/// written though ONNX Runtime runs the model, or an output is not finite or nothing but 0 that was
/// better before.
public final class InitKept {
  /// Extents of dimensions that a model leaves open, tried in this order until it runs.
  private static final int[] OPEN = {2, 1, 4, 16, 32, 64, 128, 512, 3};

  private record Run(String name, Path model, Path written, Path json, int exit, String said) {
    static Run of(String line) {
      String[] f = line.split("\t", -1);
      return new Run(
          f[0], Path.of(f[1]), Path.of(f[2]), Path.of(f[3]), Integer.parseInt(f[4]), f[5]);
    }
  }

  /// Tensors of one file that are kept for one reason.
  private record Kept(String file, List<String> names) {}

  private final Map<String, Map<String, List<Kept>>> reasons = new TreeMap<>();
  private final List<String> rows = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private int ran;
  private int drawn;
  private int kept;

  private InitKept() {}

  public static void main(String[] args) throws Exception {
    InitKept all = new InitKept();
    List<String> runs = Files.readAllLines(Path.of(args[0]));
    for (String line : runs) {
      all.add(Run.of(line));
    }
    all.print(runs.size());
    System.exit(all.failures.isEmpty() && !runs.isEmpty() ? 0 : 1);
  }

  private void add(Run run) throws Exception {
    Map<String, Tensor> arrays = arrays(run.model);
    int open = 0;
    Optional<RuntimeRun> before = Optional.empty();
    String why = "";
    for (int i = 0; i < OPEN.length && before.isEmpty(); i++) {
      open = OPEN[i];
      try {
        before = Optional.of(RuntimeRun.of(run.model, arrays, open));
      } catch (OrtException e) {
        why = why.isEmpty() ? firstLine(e) : why;
      }
    }
    int[] counts = run.exit == 0 ? count(run) : new int[2];
    String after = "-";
    if (run.exit != 0) {
      after = "init: exit " + run.exit;
      if (before.isPresent()) {
        failures.add(run.name + ": init ended with exit code " + run.exit + ": " + run.said);
      }
    } else if (before.isPresent()) {
      ran++;
      after = after(run, arrays, open, before.get());
    }
    rows.add(
        String.format(
            Locale.ROOT,
            "| %s | %d | %d | %s | %s |",
            run.name,
            counts[0],
            counts[1],
            before.map(InitKept::text).orElse("does not run: " + why),
            after));
  }

  private String after(Run run, Map<String, Tensor> arrays, int open, RuntimeRun before) {
    try {
      RuntimeRun after = RuntimeRun.of(run.written, arrays, open);
      for (int i = 0; i < after.outputs().size(); i++) {
        RuntimeRun.Output a = before.outputs().get(i);
        RuntimeRun.Output b = after.outputs().get(i);
        if (b.finite() < b.numbers() && a.finite() == a.numbers()) {
          failures.add(run.name + ": output " + b.name() + " is not finite");
        }
        if (b.numbers() > 0 && b.empty() && !a.empty()) {
          failures.add(run.name + ": nothing is left of output " + b.name());
        }
      }
      return text(after);
    } catch (OrtException e) {
      failures.add(run.name + ": what was written does not run: " + firstLine(e));
      return "does not run";
    }
  }

  private static Map<String, Tensor> arrays(Path model) throws IOException, ModelFormatException {
    String name = model.getFileName().toString();
    Path io = model.resolveSibling(name.substring(0, name.indexOf('.')) + ".io.npz");
    return Files.exists(io) ? NpzReader.read(io) : Map.of();
  }

  private static String firstLine(OrtException e) {
    String line = e.getMessage().lines().findFirst().orElse("").replace('|', '/');
    return line.length() > 100 ? line.substring(0, 100) + "…" : line;
  }

  private static String text(RuntimeRun r) {
    String finite = r.allFinite() ? "" : ", " + r.finite() + " of " + r.numbers() + " finite";
    return String.format(Locale.ROOT, "%.3g", r.rms()) + finite;
  }

  /// @return tensors drawn, tensors kept
  private int[] count(Run run) throws IOException {
    Map<?, ?> report = (Map<?, ?>) JsonTree.parse(Files.readString(run.json));
    List<?> plan = (List<?>) report.get("tensors");
    List<?> stays = (List<?>) report.get("kept");
    Map<String, Map<String, List<String>>> here = new LinkedHashMap<>();
    for (Object o : stays) {
      Map<?, ?> t = (Map<?, ?>) o;
      String kind = t.get("kind") == null ? "cannot be written" : (String) t.get("kind");
      String because = ((String) t.get("because")).replace(" (--scheme draws it all the same)", "");
      here.computeIfAbsent(kind, k -> new LinkedHashMap<>())
          .computeIfAbsent(because, k -> new ArrayList<>())
          .add((String) t.get("name"));
    }
    here.forEach(
        (kind, by) ->
            by.forEach(
                (because, names) ->
                    reasons
                        .computeIfAbsent(kind, k -> new TreeMap<>())
                        .computeIfAbsent(because, k -> new ArrayList<>())
                        .add(new Kept(run.name, names))));
    drawn += plan.size();
    kept += stays.size();
    return new int[] {plan.size(), stays.size()};
  }

  private void print(int files) {
    System.out.printf(
        Locale.ROOT,
        "%d files; %d tensors drawn, %d kept. ONNX Runtime runs %d of them: %d failures.%n%n",
        files,
        drawn,
        kept,
        ran,
        failures.size());
    failures.forEach(f -> System.out.println("- FAIL " + f));
    System.out.println("## What is kept, and why\n");
    System.out.println("| kind | because | tensors | files |\n|---|---|---|---|");
    reasons.forEach((kind, by) -> by.forEach((because, where) -> reason(kind, because, where)));
    System.out.println(
        """

        ## Per file

        Root mean square of all outputs, before and after.

        | file | drawn | kept | before | after |
        |---|---|---|---|---|""");
    rows.forEach(System.out::println);
  }

  private static void reason(String kind, String because, List<Kept> where) {
    int n = where.stream().mapToInt(k -> k.names.size()).sum();
    Set<String> names = new LinkedHashSet<>();
    where.forEach(k -> names.addAll(k.names));
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %d: %s | %d: %s |%n",
        kind,
        because.replace("|", "\\|"),
        n,
        some(names),
        where.size(),
        some(where.stream().map(Kept::file).collect(Collectors.toCollection(LinkedHashSet::new))));
  }

  private static String some(Set<String> names) {
    String shown =
        names.stream().limit(3).map(s -> "`" + s + "`").collect(Collectors.joining(", "));
    return names.size() > 3 ? shown + " …" : shown;
  }
}
