package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.fanin.graph.Export;
import org.fanin.graph.Graph;

/// What an exporter did to the network, and the call that leaves it as it trains; and which extents
/// were taken for what the file leaves open.
final class ExportText {
  /// PyTorch's exporter by tracing (the only one before 2.5, `dynamo=False` since 2.9).
  private static final List<String> TRACED =
      List.of(
          "torch.onnx.export(model, x, \"model.onnx\", do_constant_folding=False,",
          "                  training=torch.onnx.TrainingMode.TRAINING)");

  /// The exporter by `torch.export`.
  private static final List<String> DYNAMO =
      List.of(
          "torch.onnx.export(model.train(), (x,), \"model.onnx\", dynamo=True, optimize=False)");

  private ExportText() {}

  /// What was done, a sentence; empty when the file shows nothing.
  static String said(Export e) {
    StringJoiner all = new StringJoiner("; ");
    int folded = e.foldedNorms().size();
    if (folded > 0) {
      all.add(
          count(folded, "batch normalisation")
              + (folded == 1 ? " is " : " are ")
              + (e.certain() ? "" : "probably ")
              + "folded into "
              + (folded == 1 ? "a layer" : "layers")
              + ", as in "
              + e.foldedNorms().getFirst());
    }
    if (e.inferenceNorms() > 0) {
      all.add(
          count(e.inferenceNorms(), "batch normalisation")
              + (e.inferenceNorms() == 1 ? " is" : " are")
              + " set to inference (judged as --mode says)");
    }
    if (!e.merged().isEmpty()) {
      int others = e.merged().stream().mapToInt(m -> m.others().size()).sum();
      all.add(
          count(others, "tensor")
              + (others == 1 ? " was equal to another and is" : " were equal to others and are")
              + " merged into "
              + e.merged().size());
    }
    if (e.renamed() > 0) {
      all.add(
          count(e.renamed(), "weight")
              + (e.renamed() == 1 ? " is" : " are")
              + " transposed and renamed by constant folding");
    }
    if (all.length() == 0) {
      return "";
    }
    String dropout = e.byTorch() ? ". Dropout, where the model has it, is left out" : "";
    return "exported for inference: " + all + dropout;
  }

  /// What the reader should make of it.
  static String meaning(Export e) {
    return !e.foldedNorms().isEmpty() || !e.copies().isEmpty()
        ? "what follows is about the network in this file, not about the one that trains; to keep"
            + " that one, export it so:"
        : "to keep the network as it trains, export it so:";
  }

  /// Lines to paste; none where the exporter is not known.
  static List<String> call(Export e) {
    if (!e.byTorch()) {
      return List.of();
    }
    List<String> all = new ArrayList<>(TRACED);
    all.add("or, with PyTorch 2.5 and newer:");
    all.addAll(DYNAMO);
    return all;
  }

  /// Extents taken for open dimensions other than the batch, and why where they are not the usual
  /// ones: ` · sequence 512 (the usual 32 does not fit)`.
  static String extents(Graph g, long batch) {
    StringBuilder all = new StringBuilder();
    for (Map.Entry<String, Long> e : new TreeMap<>(g.bindings()).entrySet()) {
      Long usual = g.usualExtents().get(e.getKey());
      boolean isBatch = usual == null && e.getValue() == batch && !e.getKey().endsWith("]");
      if (!isBatch) {
        all.append(String.format(Locale.ROOT, " · %s %d", e.getKey(), e.getValue()));
      }
      if (usual != null) {
        all.append(String.format(Locale.ROOT, " (the usual %d does not fit)", usual));
      }
    }
    return all.toString();
  }

  private static String count(int n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }
}
