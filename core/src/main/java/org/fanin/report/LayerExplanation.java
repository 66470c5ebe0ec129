package org.fanin.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.graph.Fan;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.judge.Names;
import org.fanin.judge.Numbers;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.fanin.predict.Forecast;

/// The variance of one layer of a network, derived with that network's own numbers: fan, second
/// moment of the weights, of the input, hence of the output; and the same backward.
///
/// @param layer its name
public record LayerExplanation(String layer, List<Step> steps) {
  public LayerExplanation {
    steps = List.copyOf(steps);
  }

  /// @param lnValue ln of what the step arrives at
  public record Step(
      String title, String formula, String numbers, double lnValue, String because) {}

  /// @param name a layer, as in the table of `check`, or a weight
  /// @throws IllegalArgumentException when there is no such layer with weights
  public static LayerExplanation of(Forecast f, String name) {
    return new Builder(f, name).build();
  }

  /// For people.
  public List<String> lines(int width) {
    List<String> out = new ArrayList<>();
    out.add(layer);
    for (int i = 0; i < steps.size(); i++) {
      Step s = steps.get(i);
      out.add("");
      out.add((i + 1) + ". " + s.title());
      out.add("   " + s.formula());
      out.add("   " + s.numbers() + "  =  " + Numbers.ofLn(s.lnValue()));
      Text.wrap(s.because(), Math.max(20, width - 3)).forEach(l -> out.add("   " + l));
    }
    return List.copyOf(out);
  }

  private static final class Builder {
    private final Forecast forecast;
    private final Graph graph;
    private final Names names;
    private final Parameter weight;
    private final Forecast.ParameterForecast law;
    private final Node node;
    private final List<Step> steps = new ArrayList<>();

    Builder(Forecast f, String name) {
      forecast = f;
      graph = f.graph();
      names = new Names(graph);
      int index = find(name);
      weight = graph.parameters().get(index);
      law = f.parameters().get(index);
      node = graph.nodes().get(weight.uses().getFirst());
    }

    private int find(String name) {
      List<String> known = new ArrayList<>();
      for (int i = 0; i < graph.parameters().size(); i++) {
        Parameter p = graph.parameters().get(i);
        if (p.fan().isEmpty() || p.uses().isEmpty()) {
          continue;
        }
        String layer = names.of(graph.nodes().get(p.uses().getFirst()));
        if (p.name().equals(name) || layer.equals(name)) {
          return i;
        }
        known.add(layer);
      }
      int shown = Math.min(8, known.size());
      throw new IllegalArgumentException(
          "no layer with weights is called \""
              + name
              + "\"; there are "
              + known.size()
              + (shown == 0
                  ? ""
                  : ": "
                      + String.join(", ", known.subList(0, shown))
                      + (known.size() > shown ? ", …" : "")));
    }

    LayerExplanation build() {
      Fan fan = weight.fan().orElseThrow();
      int in = dataInput();
      int out = outputAfterBias();
      double lnX = lnM2(in);
      double lnW = Math.log(law.m2());
      weights(fan, lnW);
      forward(fan, lnX, lnW, out);
      double lnGain = gain(lnM2(out));
      right(fan, lnX, lnGain);
      backward(fan, lnW, in, out);
      return new LayerExplanation(names.of(node), steps);
    }

    private void weights(Fan fan, double lnW) {
      String scheme = law.scheme().isEmpty() ? "no known scheme" : law.scheme();
      steps.add(
          new Step(
              "What feeds one output, and with which weights",
              "fan_in = " + number(fan.in()) + ", fan_out = " + number(fan.out()),
              "E[w²] of " + weight.name() + " " + weight.data().shape(),
              lnW,
              fan.because() + "; the weights look like " + scheme + "."));
    }

    private void forward(Fan fan, double lnX, double lnW, int out) {
      double product = Math.log(fan.in()) + lnW + lnX;
      steps.add(
          new Step(
              "The sum of fan_in independent terms",
              "E[z²] = fan_in · E[w²] · E[x²]",
              number(fan.in()) + " · " + Numbers.ofLn(lnW) + " · " + Numbers.ofLn(lnX),
              product,
              "Centred weights make the products uncorrelated, so their second moments add; it is"
                  + " E[x²] that counts, mean included."));
      double lnOut = lnM2(out);
      double ratio = lnOut - product;
      steps.add(
          new Step(
              "What the whole forecast says",
              "E[z²] at " + graph.value(out).name(),
              "× " + Numbers.ofLn(ratio) + " of the plain formula",
              lnOut,
              Math.abs(ratio) < .02
                  ? "The plain formula is all there is to this layer."
                  : "The rest is bias, zero padding at the borders, a weight mean, or weights"
                      + " shared by correlated terms."));
    }

    /// A constant between layer and activation, as in sin(30·(Wx + b)).
    ///
    /// @return ln of its square
    private double gain(double lnOut) {
      TensorSpec spec =
          Specs.of(graph).stream()
              .filter(s -> s.name().equals(weight.name()))
              .findFirst()
              .orElseThrow();
      if (spec.gain() == 1) {
        return 0;
      }
      double ln = 2 * Math.log(spec.gain());
      steps.add(
          new Step(
              "The constant before the activation belongs to the layer",
              "E[(c·z)²] = c² · E[z²]",
              number(spec.gain()) + "² · " + Numbers.ofLn(lnOut),
              ln + lnOut,
              spec.activation()
                  + " reads c·z, so weights are to be right with c in them: a sine network draws"
                  + " U(±√(6/n)/ω₀), its first layer U(±1/n) (Sitzmann et al. 2020, §3.2)."));
      return ln;
    }

    private void right(Fan fan, double lnX, double lnGain) {
      double lnRight = -Math.log(fan.in()) - lnX - lnGain;
      if (lnGain != 0) {
        steps.add(
            new Step(
                "Weights that would bring what the activation reads to 1",
                "E[w²] = 1/(fan_in · E[x²] · c²)",
                "1/("
                    + number(fan.in())
                    + " · "
                    + Numbers.ofLn(lnX)
                    + " · "
                    + Numbers.ofLn(lnGain)
                    + ")",
                lnRight,
                "Without the constant it would be 1/(fan_in · E[x²])."));
        return;
      }
      steps.add(
          new Step(
              "Weights that would bring the signal to 1",
              "E[w²] = 1/(fan_in · E[x²])",
              "1/(" + number(fan.in()) + " · " + Numbers.ofLn(lnX) + ")",
              lnRight,
              "With inputs of second moment 1 this is 1/fan_in; after a ReLU that leaves one half"
                  + " of it, 2/fan_in."));
    }

    private void backward(Fan fan, double lnW, int in, int out) {
      Optional<Double> g = lnGm2(out);
      if (g.isEmpty()) {
        return;
      }
      double product = Math.log(fan.out()) + lnW + g.get();
      String seen =
          lnGm2(in)
              .map(
                  x ->
                      " The forecast at the input, other readers of it included, is "
                          + Numbers.ofLn(x)
                          + ".")
              .orElse("");
      steps.add(
          new Step(
              "The gradient on its way back",
              "E[g_x²] = fan_out · E[w²] · E[g_z²]",
              number(fan.out()) + " · " + Numbers.ofLn(lnW) + " · " + Numbers.ofLn(g.get()),
              product,
              "Each input feeds fan_out outputs, so backward the sum has fan_out terms." + seen));
    }

    private int dataInput() {
      for (int v : node.inputs()) {
        if (v >= 0
            && names.parameterAt(v) == null
            && graph.value(v).kind() != Value.Kind.CONSTANT) {
          return v;
        }
      }
      throw new IllegalArgumentException("the layer reads no data: " + names.of(node));
    }

    /// The sum with a bias, where that is a node of its own.
    private int outputAfterBias() {
      int out = node.outputs().getFirst();
      for (int i = node.index() + 1; i < Math.min(graph.nodes().size(), node.index() + 3); i++) {
        Node n = graph.nodes().get(i);
        boolean reads = n.inputs().contains(out);
        boolean bias =
            n.onnxOp().equals("Add")
                && n.inputs().stream().anyMatch(v -> names.parameterAt(v) != null);
        if (reads && bias) {
          return n.outputs().getFirst();
        }
      }
      return out;
    }

    private double lnM2(int value) {
      return forecast.tensors().stream()
          .filter(t -> t.value() == value)
          .map(t -> t.forward() instanceof Forecast.Forward.Known k ? k.lnM2Typical() : Double.NaN)
          .findFirst()
          .orElse(Double.NaN);
    }

    private Optional<Double> lnGm2(int value) {
      return forecast.tensors().stream()
          .filter(t -> t.value() == value)
          .flatMap(
              t ->
                  t.backward() instanceof Forecast.Backward.Known k
                      ? java.util.stream.Stream.of(k.lnGm2Typical())
                      : java.util.stream.Stream.empty())
          .findFirst();
    }

    private static String number(double x) {
      return x == Math.rint(x) ? Long.toString((long) x) : String.format(Locale.ROOT, "%.2f", x);
    }
  }
}
