package org.fanin.solve;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.plan.Draw;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.predict.Forecast.ParameterForecast;
import org.fanin.predict.PlannedLaw;
import org.fanin.tensor.Shape;

/// What does not depend on the data that arrives: biases, norms, gates, recurrent matrices, and
/// everything that is kept as in the file.
final class Fixed {
  /// Deviation of position biases on attention logits.
  static final double LOGIT_BIAS = .02;

  /// Nats above which a norm's scale departs from 1: gradients off by more than a decade and a
  /// half.
  private static final double DEAR = 4;

  private final Wiring wiring;
  private final Onward onward;
  private final Streams streams;
  private final Forecast before;

  Fixed(Wiring wiring, Onward onward, Streams streams, Forecast before) {
    this.wiring = wiring;
    this.onward = onward;
    this.streams = streams;
    this.before = before;
  }

  /// @param choice what it gets; null when it keeps the file's elements
  record Decided(Choice choice, String because) {}

  /// Empty for what has to be solved.
  Optional<Decided> of(int index) {
    Parameter p = wiring.parameter(index);
    if (p.buffer().filter(b -> b.kind().keeps()).isPresent()) {
      return kept(p.buffer().get().because());
    }
    ParameterForecast f = before.parameters().get(index);
    if (!p.arrival().storage().isWritable()) {
      return kept(p.arrival().storage().because());
    }
    if (isClosedByDesign(p, f)) {
      return chosen(
          Choice.constant(
              0,
              "zero in the file and its gradient is not: closed by design, opens at the first"
                  + " step",
              "theory.md 10"));
    }
    return switch (p.role()) {
      case BIAS -> bias(p, f);
      case NORM_SHIFT, RUNNING_MEAN ->
          chosen(Choice.constant(0, "a normalisation starts as the identity", "theory.md 6"));
      case RUNNING_VARIANCE ->
          chosen(Choice.constant(1, "a normalisation starts as the identity", "theory.md 6"));
      case NORM_SCALE -> streams.branchOf(index) != null ? Optional.empty() : scale(p);
      case LSTM_RECURRENT -> p.fan().flatMap(fan -> recurrent(p, fan));
      case LSTM_BIAS -> chosen(recurrentBias(p));
      case TIED -> p.fan().flatMap(fan -> chosen(tied(p, fan)));
      case POSITION -> isWave(f) ? kept("a table of sines and cosines") : Optional.empty();
      case WEIGHT, HEAD, STACKED, FUSED_QKV, LSTM_INPUT, EMBEDDING, CLASS_TOKEN -> Optional.empty();
      case GATE, LAYER_SCALE -> asInFile(f, "a gate is a choice of the design");
      case PRELU_SLOPE -> asInFile(f, "a slope is a choice of the design");
      case LOGIT_SCALE -> asInFile(f, "a temperature is a choice of the design");
      case TABLE -> kept("a table, not a weight");
      case OTHER -> kept("its part in the network is not understood");
    };
  }

  private static Optional<Decided> chosen(Choice c) {
    return Optional.of(new Decided(c, c.because()));
  }

  private static Optional<Decided> kept(String because) {
    return Optional.of(new Decided(null, because));
  }

  private static Optional<Decided> asInFile(ParameterForecast f, String because) {
    return isConstant(f)
        ? chosen(Choice.constant(f.mean(), because + ": kept as in the file", "the file"))
        : kept(because);
  }

  private static boolean isConstant(ParameterForecast f) {
    return Math.abs(f.m2() - f.mean() * f.mean()) <= 1e-12 * f.m2();
  }

  /// Zero weights that get a gradient: zero head, zero-γ, ReZero, zero last layer of a branch.
  private static boolean isClosedByDesign(Parameter p, ParameterForecast f) {
    boolean moves =
        f.gradient() instanceof Backward.Known b && b.lnGm2() > Double.NEGATIVE_INFINITY;
    return f.m2() == 0
        && moves
        && switch (p.role()) {
          case WEIGHT,
              HEAD,
              STACKED,
              FUSED_QKV,
              NORM_SCALE,
              GATE,
              LAYER_SCALE,
              POSITION,
              CLASS_TOKEN ->
              true;
          case BIAS,
              NORM_SHIFT,
              RUNNING_MEAN,
              RUNNING_VARIANCE,
              EMBEDDING,
              TIED,
              LSTM_INPUT,
              LSTM_RECURRENT,
              LSTM_BIAS,
              PRELU_SLOPE,
              LOGIT_SCALE,
              TABLE,
              OTHER ->
              false;
        };
  }

  /// Sines and cosines have second moment ½, and no scheme draws that.
  private static boolean isWave(ParameterForecast f) {
    return f.scheme().isEmpty() && Math.abs(f.m2() - .5) < .01;
  }

  // ---- norms ----

  /// A norm of each sample fixes the level at which the activation behind it works. Where that
  /// level would cost the gradient or the angle between inputs dearly, the scale moves it.
  private Optional<Decided> scale(Parameter p) {
    Node n = p.uses().isEmpty() ? null : wiring.graph.nodes().get(p.uses().getFirst());
    Onward.Met met = n == null ? null : onward.from(n.outputs().getFirst());
    boolean perSample = n != null && !(n.op() instanceof Op.BatchNorm);
    if (perSample && met.kind() == Onward.Kind.ACTIVATION && isChain(met)) {
      double layers = streams.path(n.outputs().getFirst());
      if (OperatingPoint.worth(met.fn(), layers) > DEAR) {
        double ln = OperatingPoint.lnNormed(met.fn(), layers);
        return chosen(
            Choice.constant(
                Math.sqrt(StrictMath.exp(ln)),
                String.format(
                    Locale.ROOT,
                    "second moment %s before %s, where %s such layers keep the gradient level; at 1 it vanishes or explodes",
                    Text.ofLn(ln),
                    met.fn().name(),
                    Text.of(Math.rint(layers))),
                "theory.md 6 and 9; Schoenholz et al. 2017"));
      }
    }
    return chosen(Choice.constant(1, "a normalisation starts as the identity", "theory.md 6"));
  }

  private boolean isChain(Onward.Met met) {
    return switch (onward.from(met.value()).kind()) {
      case PRODUCT, OUTPUT, SOFTMAX -> false;
      case ACTIVATION, NORM, SUM, MIXING, LAYER, CONCAT, OTHER -> true;
    };
  }

  // ---- biases ----

  private Optional<Decided> bias(Parameter p, ParameterForecast f) {
    boolean head =
        !p.uses().isEmpty()
            && onward
                    .from(wiring.graph.nodes().get(p.uses().getFirst()).outputs().getFirst())
                    .kind()
                == Onward.Kind.OUTPUT;
    if (head && f.m2() > 0 && isConstant(f)) {
      return chosen(
          Choice.constant(
              f.mean(), "a constant bias of the head is a prior: kept as in the file", "the file"));
    }
    return chosen(
        Choice.constant(
            0,
            "a bias adds the same to all inputs and so makes them alike",
            "He et al. 2015, 2.2"));
  }

  // ---- recurrent ----

  /// Whatever the layout in which it is stored; where that mixes axes its elements are independent.
  private Optional<Decided> recurrent(Parameter p, Fan fan) {
    double variance = 1 / fan.out();
    Axes a = fan.axes().orElse(null);
    if (a == null || a.rows().isEmpty() || a.columns().isEmpty()) {
      return chosen(
          Choice.weights(
              variance / square(p),
              "keeps the state's length through time on average: variance 1/" + Text.of(fan.out()),
              "Le et al. 2015"));
    }
    double gain = 1 / p.arrival().factor();
    Draw one = new Draw.Orthogonal(gain, new Draw.Matrix(a.rows(), a.columns(), a.batch()));
    Draw draw =
        a.parts() > 1 ? new Draw.Parts(a.partAxis(), Collections.nCopies(a.parts(), one)) : one;
    return chosen(
        new Choice(
            draw,
            new PlannedLaw(0, variance / square(p), 3, "orthogonal"),
            "orthogonal, per gate",
            "an orthogonal matrix per gate keeps the state's length through time: variance 1/"
                + Text.of(fan.in()),
            "Saxe et al. 2014; Le et al. 2015"));
  }

  private static double square(Parameter p) {
    return p.arrival().factor() * p.arrival().factor();
  }

  /// The forget gate's input bias is 1, wherever it is stored.
  private Choice recurrentBias(Parameter p) {
    String gates = p.arrival().gates();
    Shape s = p.data().shape();
    int forget = gates.indexOf('f');
    if (forget < 0 || s.rank() == 0 || s.dim(-1) % gates.length() != 0) {
      return gates.indexOf('F') < 0
          ? Choice.constant(0, "gates start half open", "Cho et al. 2014")
          : Choice.constant(
              0, "the input's bias of the same gates says how far they open", "Gers et al. 2000");
    }
    List<Draw> parts = new ArrayList<>(Collections.nCopies(gates.length(), new Draw.Constant(0)));
    parts.set(forget, new Draw.Constant(1));
    Draw draw = new Draw.Parts(s.rank() - 1, parts);
    return new Choice(
        draw,
        PlannedLaw.of(draw, s, "forget-bias"),
        "zeros, forget gate 1",
        "a forget gate that starts open lets gradients through time",
        "Gers et al. 2000; Jozefowicz et al. 2015");
  }

  // ---- tied ----

  private Choice tied(Parameter p, Fan fan) {
    boolean normed = headDecides(p);
    double v = normed ? 1 / fan.in() : 1 / Math.sqrt(fan.in());
    String because =
        normed
            ? "one tensor, two parts: as a head it wants 1/%s for logits of second moment 1; as an"
                + " embedding any scale will do, for a normalisation or layer sets it anew"
            : "one tensor, two parts: as a head it wants 1/%s, as an embedding 1: geometric mean";
    return Choice.normal(v, String.format(Locale.ROOT, because, Text.of(fan.in())));
  }

  /// Whether the scale of a table that is the head as well matters to the head alone.
  boolean headDecides(Parameter p) {
    return p.uses().stream().map(wiring.graph.nodes()::get).anyMatch(this::readsLevel);
  }

  /// Whether what this head reads had its level set by a normalisation or a layer.
  private boolean readsLevel(Node head) {
    if (!wiring.isLayer(head)) {
      return false;
    }
    int v = wiring.trunk(head);
    for (int step = 0; step < 24 && v >= 0; step++) {
      Node n = wiring.maker(v);
      if (wiring.isNormed(v) || n != null && wiring.isLayer(n)) {
        return true;
      }
      if (n == null) {
        return false;
      }
      v = streams.isResidual(n) ? streams.skip(n) : wiring.trunk(n);
    }
    return false;
  }
}
