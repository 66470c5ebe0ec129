package org.fanin.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.judge.Names;
import org.fanin.math.Fn;
import org.fanin.predict.Forecast;

/// Layers of a network in order: maps with weights (their bias folded in), normalisations,
/// activations, poolings, residual sums. Bookkeeping of shapes is left out, and a decomposed
/// pattern is one row.
final class Rows {
  private final Graph graph;
  private final Names names;
  private final Forecast.TensorForecast[] byValue;
  private final Map<Integer, Graph.Pattern> patternByNode = new HashMap<>();
  private final Map<Integer, String> schemes = new HashMap<>();
  private final Map<Integer, Integer> indices = new HashMap<>();
  private final List<Row> rows = new ArrayList<>();

  /// Row that a value is the output of, while a bias may still be added to it.
  private final Map<Integer, Integer> rowOf = new HashMap<>();

  private Rows(Forecast f) {
    graph = f.graph();
    names = new Names(graph);
    byValue = new Forecast.TensorForecast[graph.values().size()];
    f.tensors().forEach(t -> byValue[t.value()] = t);
    f.parameters().forEach(p -> indices.put(parameter(p).value(), p.parameter()));
    f.parameters().forEach(p -> schemes.put(parameter(p).value(), schemeOf(f, p)));
    graph.patterns().stream()
        .filter(p -> label(p.kind()) != null)
        .forEach(p -> p.nodes().forEach(n -> patternByNode.put(n, p)));
  }

  private Parameter parameter(Forecast.ParameterForecast p) {
    return graph.parameters().get(p.parameter());
  }

  /// The scheme the forecast was made for: a named one replaces all weights that have a fan.
  private String schemeOf(Forecast f, Forecast.ParameterForecast p) {
    boolean replaced = !f.assumptions().weights().equals("file") && parameter(p).fan().isPresent();
    return replaced ? f.assumptions().weights() : p.scheme();
  }

  static List<Row> of(Forecast f) {
    Rows r = new Rows(f);
    f.graph().nodes().forEach(r::visit);
    List<String> names = Labels.numbered(r.rows.stream().map(Row::name).toList());
    return IntStream.range(0, names.size())
        .mapToObj(i -> r.rows.get(i).named(names.get(i)))
        .toList();
  }

  /// What a pattern is called; null when its parts are rows of their own.
  private static String label(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF, GELU_TANH -> "gelu";
      case SILU -> "silu";
      case MISH -> "mish";
      case HARD_SWISH -> "hard-swish";
      case LAYER_NORM -> "layer-norm";
      case RMS_NORM -> "rms-norm";
      case L2_NORM -> "l2-norm";
      case ROPE, ATTENTION, GATED_UNIT, BATCH_NORM_SCALE -> null;
    };
  }

  private void visit(Node n) {
    Graph.Pattern pattern = patternByNode.get(n.index());
    if (pattern != null) {
      if (n.outputs().contains(pattern.result())) {
        add(n, label(pattern.kind()), pattern.result(), pattern.root());
      }
      return;
    }
    if (n.outputs().isEmpty() || n.outputs().get(0) < 0) {
      return;
    }
    if (isBiasOf(n).isPresent()) {
      replaceOutput(n, isBiasOf(n).get());
      return;
    }
    describe(n).ifPresent(op -> add(n, op, n.outputs().get(0), firstData(n)));
  }

  private Optional<Integer> isBiasOf(Node n) {
    if (!(n.op() instanceof Op.Arithmetic a) || a.kind() != Op.Arithmetic.Kind.ADD) {
      return Optional.empty();
    }
    boolean parameter = n.inputs().stream().anyMatch(i -> names.parameterAt(i) != null);
    return parameter
        ? n.inputs().stream().map(rowOf::get).filter(java.util.Objects::nonNull).findFirst()
        : Optional.empty();
  }

  private void replaceOutput(Node n, int index) {
    Row old = rows.get(index);
    rows.set(
        index,
        row(
            old.name(),
            old.op(),
            n.outputs().get(0),
            old.parameter(),
            old.fan(),
            old.scheme(),
            old.weighted(),
            old.lnIn()));
  }

  private void add(Node n, String op, int output, int input) {
    Parameter p = names.weightOf(n);
    String fan = p == null ? "" : p.fan().map(f -> number(f.in())).orElse("");
    String scheme = p == null ? "" : schemes.getOrDefault(p.value(), "");
    boolean weighted = !fan.isEmpty();
    int index = p == null ? -1 : indices.get(p.value());
    rows.add(row(names.of(n), op, output, index, fan, scheme, weighted, lnM2(input)));
    if (weighted) {
      rowOf.put(output, rows.size() - 1);
    }
  }

  private Row row(
      String name,
      String op,
      int out,
      int parameter,
      String fan,
      String scheme,
      boolean weighted,
      double lnIn) {
    Forecast.TensorForecast t = byValue[out];
    double cos = Double.NaN;
    String unknown = "";
    if (t == null) {
      unknown = "not forecast";
    } else {
      switch (t.forward()) {
        case Forecast.Forward.Known k -> cos = k.cos();
        case Forecast.Forward.Unknown u -> unknown = u.because();
      }
    }
    String shape =
        graph.value(out).shape().map(s -> s.toList().toString().replace(" ", "")).orElse("?");
    return new Row(
        out, parameter, name, op, shape, fan, scheme, weighted, lnM2(out), lnIn, cos, lnG(out),
        unknown);
  }

  private double lnM2(int value) {
    return value >= 0
            && byValue[value] != null
            && byValue[value].forward() instanceof Forecast.Forward.Known k
        ? k.lnM2Typical()
        : Double.NaN;
  }

  private double lnG(int value) {
    return byValue[value] != null && byValue[value].backward() instanceof Forecast.Backward.Known k
        ? k.lnGm2Typical()
        : Double.NaN;
  }

  private int firstData(Node n) {
    for (int in : n.inputs()) {
      if (in >= 0 && carriesData(graph.value(in))) {
        return in;
      }
    }
    return -1;
  }

  private static boolean carriesData(Value v) {
    return v.kind() == Value.Kind.INPUT || v.kind() == Value.Kind.ACTIVATION;
  }

  private long dataInputs(Node n) {
    return n.inputs().stream().filter(i -> i >= 0 && carriesData(graph.value(i))).count();
  }

  /// The operator in a word or two; empty for what has no row.
  private Optional<String> describe(Node n) {
    return Optional.ofNullable(
        switch (n.op()) {
          case Op.Conv c -> "conv " + times(c.kernel());
          case Op.ConvTranspose c -> "deconv " + times(c.kernel());
          case Op.Contract _ -> names.weightOf(n) == null ? null : "linear";
          case Op.Recurrent r -> r.kind().name().toLowerCase(Locale.ROOT);
          case Op.Gather _ -> names.parameterAt(n.input(0)) == null ? null : "embedding";
          case Op.BatchNorm _ -> "batch-norm";
          case Op.Norm k -> k.kind().name().toLowerCase(Locale.ROOT) + "-norm";
          case Op.Pointwise p -> scales(p.fn()) ? null : p.fn().name();
          case Op.PRelu _ -> "prelu";
          case Op.Softmax s -> s.log() ? "log-softmax" : "softmax";
          case Op.Attention _ -> "attention";
          case Op.Pool p -> p.kind().name().toLowerCase(Locale.ROOT) + "-pool";
          case Op.Lrn _ -> "lrn";
          case Op.Reduce r ->
              dataInputs(n) == 0 ? null : r.kind().name().toLowerCase(Locale.ROOT) + "-pool";
          case Op.Arithmetic a ->
              dataInputs(n) < 2 ? null : a.kind().name().toLowerCase(Locale.ROOT);
          case Op.ControlFlow c -> c.name();
          case Op.Unpredicted _ -> n.onnxOp();
          case Op.Reshape _,
              Op.Transpose _,
              Op.Expand _,
              Op.Slice _,
              Op.Concat _,
              Op.Split _,
              Op.Pad _,
              Op.GatherItems _,
              Op.Scatter _,
              Op.Tile _,
              Op.Resize _,
              Op.PixelShuffle _,
              Op.Where _,
              Op.Trilu _,
              Op.CumSum _,
              Op.TopK _,
              Op.RotaryEmbedding _,
              Op.Random _,
              Op.Discrete _,
              Op.Folded _,
              Op.Dropout _ ->
              null;
        });
  }

  /// Scaling and shifting are no activation.
  private static boolean scales(Fn f) {
    return switch (f.form()) {
      case Fn.Form.Affine _ -> true;
      case Fn.Form.AbRelu(double below, double above) -> below == above;
      case Fn.Form.Sine _, Fn.Form.Exponential _, Fn.Form.General _ -> false;
    };
  }

  private static String times(List<Integer> kernel) {
    return String.join("×", kernel.stream().map(String::valueOf).toList());
  }

  private static String number(double x) {
    return x == Math.rint(x) ? Long.toString((long) x) : String.format(Locale.ROOT, "%.1f", x);
  }
}
