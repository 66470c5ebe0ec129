package org.fanin.report;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.graph.Export;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.judge.Names;
import org.fanin.tensor.Shape;

/// What a file's parameters are called in `model.named_parameters()`. Constant folding transposes
/// the weight of a linear layer and calls it `onnx::MatMul_12`: the layer's bias tells the name,
/// else the path of its node.
final class TorchNames {
  private static final Pattern PATH = Pattern.compile("\\w+(\\.\\w+)*\\.\\w*(weight|bias)\\w*");

  /// Of a module's own `nn.Parameter`, or of a layer that is the whole model.
  private static final Pattern WORD = Pattern.compile("[A-Za-z_]\\w*(\\.\\w+)*");

  /// What PyTorch's exporters call values of their own.
  private static final Pattern MADE_UP = Pattern.compile("(val|const|constant|node|_)\\w*");

  private final Graph graph;
  private final Names names;
  private final Map<String, List<String>> merged = new HashMap<>();

  /// Module by a node that it holds, from the name of its bias.
  private final Map<Integer, String> modules = new HashMap<>();

  TorchNames(Graph graph) {
    this.graph = graph;
    names = new Names(graph);
    for (Export.Merged m : graph.export().merged()) {
      merged.put(m.tensor(), m.others());
    }
    graph.nodes().forEach(this::bias);
  }

  private void bias(Node n) {
    for (int in : n.inputs()) {
      Parameter p = names.parameterAt(in);
      if (p != null && isPath(p.name()) && p.name().endsWith(".bias")) {
        String module = p.name().substring(0, p.name().length() - ".bias".length());
        modules.put(n.index(), module);
        if (n.op() instanceof Op.Arithmetic) {
          n.inputs().stream()
              .filter(v -> v >= 0 && graph.value(v).producer() >= 0)
              .forEach(v -> modules.putIfAbsent(graph.value(v).producer(), module));
        }
      }
    }
  }

  private static boolean isPath(String name) {
    return PATH.matcher(name).matches();
  }

  /// PyTorch says so, or every second trained parameter is called as it calls them.
  boolean isTorch() {
    List<Parameter> trained = graph.parameters().stream().filter(Parameter::isTrained).toList();
    long paths = trained.stream().filter(p -> isPath(p.name())).count();
    return graph.export().byTorch() || paths > 0 && 2 * paths >= trained.size();
  }

  /// Several where equal tensors were merged into one; none where the name is lost.
  Set<String> of(Parameter p) {
    Set<String> all = new LinkedHashSet<>();
    String own = name(p);
    if (!own.isEmpty()) {
      all.add(own);
    }
    merged.getOrDefault(p.name(), List.of()).stream().filter(TorchNames::isPath).forEach(all::add);
    return all;
  }

  private String name(Parameter p) {
    if (isPath(p.name())) {
      return p.name();
    }
    if (isRenamed(p)) {
      return p.uses().size() == 1 ? renamed(graph.nodes().get(p.uses().getFirst())) : "";
    }
    boolean word = WORD.matcher(p.name()).matches() && !MADE_UP.matcher(p.name()).matches();
    return graph.export().byTorch() && word ? p.name() : "";
  }

  private static boolean isRenamed(Parameter p) {
    return p.name().startsWith("onnx::MatMul") || p.name().startsWith("onnx::Gemm");
  }

  private String renamed(Node n) {
    String module = modules.get(n.index());
    if (module != null) {
      return module + ".weight";
    }
    String path = names.of(n).replaceFirst("/(MatMul|Gemm)(_\\d+)?$", "").replace('/', '.');
    boolean known = graph.export().byTorch() && WORD.matcher(path).matches();
    return known && n.name().startsWith("/") ? path + ".weight" : "";
  }

  /// As PyTorch holds it: folding transposed what it renamed.
  Shape shape(Parameter p) {
    Shape s = p.data().shape();
    return isRenamed(p) && s.rank() == 2 ? Shape.of(s.dim(1), s.dim(0)) : s;
  }
}
