package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.graph.Export.Merged;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.Tensor;

/// Looks for what an exporter leaves behind when it changes a network: names that PyTorch gives to
/// tensors it computed (`onnx::Conv_123`), one initialiser passed on under several names, layers of
/// different modules that read one tensor, normalisations set to inference, and, where no name
/// tells, convolutions whose scale differs from channel to channel as γ/σ does.
///
/// Seen with the exporters of PyTorch 1.13. Linear in nodes.
final class ExportTraces {
  private static final Pattern COMPUTED = Pattern.compile("onnx::[A-Za-z]+_\\d+");

  /// The place of a layer in a list of modules: `layers.3` in `/encoder/layers.3/linear1/MatMul`.
  private static final Pattern PLACE = Pattern.compile("\\.\\d+");

  private static final Set<String> LAYERS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");
  private static final Set<String> NORMS =
      Set.of(
          "BatchNormalization",
          "InstanceNormalization",
          "GroupNormalization",
          "LayerNormalization");

  /// Convolutions that must say the same before values alone count as evidence.
  private static final int FEW = 4;

  /// Scatter of ln m2 from channel to channel that neither a draw (√(2/n)) nor plain training
  /// gives.
  private static final double UNEVEN = .8;

  private static final int CHANNELS = 64;
  private static final int ELEMENTS = 256;

  private final RawGraph graph;
  private final Map<String, Tensor> weights;

  private ExportTraces(RawGraph graph) {
    this.graph = graph;
    this.weights = graph.initializers();
  }

  static Export of(RawModel model) {
    var traces = new ExportTraces(model.graph());
    List<String> folded = traces.foldedByName();
    boolean named = !folded.isEmpty();
    if (!named) {
      folded = traces.foldedByScale();
    }
    return new Export(
        model.producer().toLowerCase(Locale.ROOT).startsWith("pytorch"),
        folded,
        named || folded.isEmpty(),
        traces.inferenceNorms(),
        traces.merged(),
        traces.renamed());
  }

  /// PyTorch names both weight and bias anew when it folds a normalisation into a layer; a bias of
  /// the layer itself keeps its name.
  private List<String> foldedByName() {
    List<String> found = new ArrayList<>();
    for (RawNode n : graph.nodes()) {
      boolean layer = n.op().equals("Conv") || n.op().equals("ConvTranspose");
      if (layer && n.inputs().size() == 3 && computed(n, 1) && computed(n, 2)) {
        found.add(n.name().isEmpty() ? n.inputs().get(1) : n.name());
      }
    }
    return found;
  }

  private static boolean computed(RawNode n, int slot) {
    return COMPUTED.matcher(n.inputs().get(slot)).matches();
  }

  private List<String> foldedByScale() {
    List<String> found = new ArrayList<>();
    int convolutions = 0;
    for (RawNode n : graph.nodes()) {
      if (NORMS.contains(n.op())) {
        return List.of();
      }
      Tensor w =
          n.op().equals("Conv") && n.inputs().size() == 3 ? weights.get(n.inputs().get(1)) : null;
      if (w != null) {
        convolutions++;
        if (unevenness(w) > UNEVEN) {
          found.add(n.name().isEmpty() ? n.inputs().get(1) : n.name());
        }
      }
    }
    return found.size() >= FEW && 2 * found.size() > convolutions ? found : List.of();
  }

  /// Standard deviation over output channels of ln of their second moment, from a sample.
  private static double unevenness(Tensor w) {
    if (w.shape().rank() < 3 || !w.dtype().floating() || w.shape().count() == 0) {
      return 0;
    }
    long channels = w.shape().dim(0);
    long each = w.shape().count() / channels;
    int taken = (int) Math.min(CHANNELS, channels);
    double[] row = new double[(int) Math.min(ELEMENTS, each)];
    double[] ln = new double[taken];
    for (int c = 0; c < taken; c++) {
      w.read(c * (channels / taken) * each, row, row.length);
      ln[c] = Math.log(Math.max(1e-30, Arrays.stream(row).map(v -> v * v).sum() / row.length));
    }
    double mean = Arrays.stream(ln).average().orElse(0);
    return Math.sqrt(Arrays.stream(ln).map(v -> (v - mean) * (v - mean)).sum() / taken);
  }

  private int inferenceNorms() {
    int found = 0;
    for (RawNode n : graph.nodes()) {
      boolean training =
          n.attributes().get("training_mode") instanceof Attr.Int(long v) && v != 0
              || n.outputs().size() > 1;
      if (n.op().equals("BatchNormalization") && !training) {
        found++;
      }
    }
    return found;
  }

  private int renamed() {
    Set<String> found = new LinkedHashSet<>();
    for (RawNode n : graph.nodes()) {
      boolean product = n.op().equals("MatMul") || n.op().equals("Gemm");
      if (product
          && n.inputs().size() > 1
          && computed(n, 1)
          && weights.containsKey(n.inputs().get(1))) {
        found.add(n.inputs().get(1));
      }
    }
    return found.size();
  }

  private List<Merged> merged() {
    Map<String, Set<String>> others = new LinkedHashMap<>();
    for (RawNode n : graph.nodes()) {
      if (n.op().equals("Identity")
          && n.inputs().size() == 1
          && weights.containsKey(n.inputs().getFirst())
          && isParameterName(n.outputs().getFirst())) {
        others
            .computeIfAbsent(n.inputs().getFirst(), _ -> new LinkedHashSet<>())
            .add(n.outputs().getFirst());
      }
    }
    sharedLayers().forEach((t, layers) -> others.computeIfAbsent(t, _ -> layers));
    List<Merged> all = new ArrayList<>();
    others.forEach(
        (t, names) -> all.add(new Merged(t, List.copyOf(names), isDrawn(weights.get(t)))));
    return all;
  }

  /// Names of intermediate values hold the module's path with slashes, those of parameters do not.
  private static boolean isParameterName(String name) {
    return COMPUTED.matcher(name).matches() || !name.contains("/") && name.contains(".");
  }

  /// Tensors read by layers whose names differ in the index of a list of modules only. A module
  /// that is called twice has one name, with a count behind it.
  private Map<String, Set<String>> sharedLayers() {
    Map<String, RawNode> first = new HashMap<>();
    Map<String, Set<String>> found = new LinkedHashMap<>();
    for (RawNode n : graph.nodes()) {
      if (!LAYERS.contains(n.op())
          || n.inputs().size() < 2
          || !weights.containsKey(n.inputs().get(1))) {
        continue;
      }
      RawNode earlier = first.putIfAbsent(n.inputs().get(1), n);
      if (earlier != null
          && !earlier.name().equals(n.name())
          && PLACE
              .matcher(earlier.name())
              .replaceAll(".")
              .equals(PLACE.matcher(n.name()).replaceAll("."))) {
        found.computeIfAbsent(n.inputs().get(1), _ -> new LinkedHashSet<>()).add(n.name());
      }
    }
    return found;
  }

  /// Whether the elements of a matrix differ, so that being equal to another one is no accident.
  private static boolean isDrawn(Tensor t) {
    if (t.shape().rank() < 2 || !t.dtype().floating() || t.shape().count() < 2) {
      return false;
    }
    double[] some = new double[(int) Math.min(ELEMENTS, t.shape().count())];
    t.read(0, some, some.length);
    return Arrays.stream(some).distinct().count() > 1;
  }
}
