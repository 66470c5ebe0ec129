package org.fanin.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.fanin.graph.Graph;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.predict.Forecast;
import org.fanin.predict.Forecast.Backward;
import org.fanin.probe.Reading;
import org.fanin.probe.Reading.Range;
import org.fanin.probe.Readings;

/// What low precision would do to a network as it was measured: activations, parameters and their
/// gradients, no scaling per tensor. What a normalisation or an activation computes inside is left
/// out (it runs in single precision), and so are gradients that are 0 but for rounding.
///
/// @param formats fp16, bf16, E4M3, E5M2
/// @param lossScale for gradients in fp16
public record Precision(List<Format> formats, LossScale lossScale) {
  /// A tensor counts when a larger share of its nonzero elements is lost.
  public static final double SHARE = 0.01;

  public Precision {
    formats = List.copyOf(formats);
  }

  /// The worst tensor.
  ///
  /// @param share of its nonzero elements
  /// @param value its id; −1 when no tensor loses any
  /// @param tensors how many lose more than [#SHARE]
  public record Worst(double share, int value, int tensors) {}

  /// Elements that become 0 (`under`) or ∞ (`over`) in a format.
  public record Format(
      String name,
      Worst valuesUnder,
      Worst valuesOver,
      Worst gradientsUnder,
      Worst gradientsOver) {}

  /// Powers of two to scale the loss with, for cotangents N(0,1) and gradients summed over the
  /// batch.
  ///
  /// @param needed log₂ of the smallest scale that leaves at most [#SHARE] of any gradient's
  ///   nonzero elements under fp16's smallest number; 0 when none is needed
  /// @param neededAt id of the value that needs it; −1 for none
  /// @param room log₂ of the largest scale that takes no gradient beyond fp16's largest number;
  ///   negative when some are beyond it unscaled
  /// @param roomAt id of the value with the largest gradient; −1 when all are 0
  public record LossScale(int needed, int neededAt, int room, int roomAt) {
    /// Whether one scale serves all gradients.
    public boolean fits() {
      return needed <= room;
    }
  }

  private record Seen(int value, Range values, Range gradients) {}

  static Precision of(Forecast f, Readings readings) {
    List<Seen> seen = seen(f, readings);
    return new Precision(
        List.of(
            format("fp16", seen, Range::fp16Under, Range::fp16Over),
            format("bf16", seen, Range::bf16Under, Range::bf16Over),
            format("e4m3", seen, Range::e4m3Under, Range::e4m3Over),
            format("e5m2", seen, Range::e5m2Under, Range::e5m2Over)),
        lossScale(seen));
  }

  private static Format format(
      String name, List<Seen> seen, ToDoubleFunction<Range> under, ToDoubleFunction<Range> over) {
    return new Format(
        name,
        worst(seen, s -> under.applyAsDouble(s.values())),
        worst(seen, s -> over.applyAsDouble(s.values())),
        worst(seen, s -> under.applyAsDouble(s.gradients())),
        worst(seen, s -> over.applyAsDouble(s.gradients())));
  }

  private static Worst worst(List<Seen> seen, ToDoubleFunction<Seen> of) {
    double most = 0;
    int at = -1;
    int count = 0;
    for (Seen s : seen) {
      double share = of.applyAsDouble(s);
      count += share > SHARE ? 1 : 0;
      if (share > most) {
        most = share;
        at = s.value();
      }
    }
    return new Worst(most, at, count);
  }

  private static LossScale lossScale(List<Seen> seen) {
    int needed = 0;
    int neededAt = -1;
    int room = Integer.MAX_VALUE;
    int roomAt = -1;
    for (Seen s : seen) {
      if (s.gradients().fp16Scale() > needed) {
        needed = s.gradients().fp16Scale();
        neededAt = s.value();
      }
      if (s.gradients().fp16Room() < room) {
        room = s.gradients().fp16Room();
        roomAt = s.value();
      }
    }
    return new LossScale(needed, neededAt, room, roomAt);
  }

  // ---- which tensors ----

  private static List<Seen> seen(Forecast f, Readings readings) {
    Graph g = f.graph();
    Set<Integer> inside = inside(g);
    Set<Integer> logits = logits(g);
    Map<Integer, Backward> predicted = new HashMap<>();
    f.tensors().forEach(t -> predicted.put(t.value(), t.backward()));
    f.parameters()
        .forEach(p -> predicted.put(g.parameters().get(p.parameter()).value(), p.gradient()));
    double floor = Comparison.gradientRounding(readings);
    List<Seen> all = new ArrayList<>();
    for (Value v : g.values()) {
      Reading r = readings.values().get(v.id());
      boolean own = v.kind() == Value.Kind.ACTIVATION || v.kind() == Value.Kind.PARAMETER;
      if (r != null && own && v.origin() == v.id() && !inside.contains(v.id())) {
        boolean real = real(predicted.get(v.id()), r, floor);
        Range values = logits.contains(v.id()) ? Range.EMPTY : r.values();
        all.add(new Seen(v.id(), values, real ? r.gradients() : Range.EMPTY));
      }
    }
    return all;
  }

  /// Whether a gradient is more than rounding where 0 is due.
  private static boolean real(Backward predicted, Reading r, double floor) {
    return switch (predicted) {
      case Backward.Known k -> k.lnGm2Typical() > Double.NEGATIVE_INFINITY || r.lnGm2() > floor;
      case Backward.Unknown _ -> r.lnGm2() > floor;
      case Backward.None _ -> false;
      case null -> r.lnGm2() > floor;
    };
  }

  /// What a softmax reads: masks are put in as −10⁹ or the like, and are meant to overflow.
  private static Set<Integer> logits(Graph g) {
    Set<Integer> read = new HashSet<>();
    g.nodes().stream().filter(n -> n.op() instanceof Op.Softmax).forEach(n -> read.add(n.input(0)));
    return read;
  }

  private static Set<Integer> inside(Graph g) {
    Set<Integer> inside = new HashSet<>();
    for (Graph.Pattern p : g.patterns()) {
      if (isOneStep(p.kind())) {
        p.nodes().forEach(n -> inside.addAll(g.nodes().get(n).outputs()));
        inside.remove(p.result());
      }
    }
    return inside;
  }

  private static boolean isOneStep(Graph.Pattern.Kind kind) {
    return switch (kind) {
      case GELU_ERF, GELU_TANH, SILU, MISH, HARD_SWISH -> true;
      case LAYER_NORM, RMS_NORM, L2_NORM, BATCH_NORM_SCALE -> true;
      case ATTENTION, ROPE, GATED_UNIT -> false;
    };
  }
}
