package org.fanin.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.model.StoredTensor;
import org.fanin.plan.SchemeRanking.Fans;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.Shape;

/// A tensor and its place in the network.
///
/// @param layerFan fan of the layer it belongs to: its own, or for a bias that of its weight
/// @param groups of a convolution; where names do not tell, those that the convolution before would
///   explain
/// @param rescaled whether the network changes its scale before use
record Site(
    StoredTensor tensor, TensorSpec spec, Optional<Fan> layerFan, int groups, boolean rescaled) {
  /// Whose fans: the mistake of counting every group's channels.
  static final String OVER_GROUPS = "over all groups";

  /// A tensor with the groups that its fan says.
  Site(StoredTensor tensor, TensorSpec spec, Optional<Fan> layerFan) {
    this(tensor, spec, layerFan, spec.fan().flatMap(Fan::axes).map(Axes::groups).orElse(1), false);
  }

  Layout layout() {
    return spec.role() == Role.LSTM_BIAS && tensor.shape().rank() <= 2
        ? Layout.gates(tensor.shape(), spec.gates().length())
        : Layout.of(tensor.shape(), spec.role(), spec.fan());
  }

  boolean isLinear() {
    return switch (spec.role()) {
      case WEIGHT, HEAD, TIED, STACKED, FUSED_QKV -> true;
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          EMBEDDING,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
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

  boolean isRecurrent() {
    return spec.role() == Role.LSTM_INPUT || spec.role() == Role.LSTM_RECURRENT;
  }

  /// Weights that symmetry must be broken in.
  boolean isMatrix() {
    return isLinear() || isRecurrent() || spec.role() == Role.EMBEDDING;
  }

  boolean isBias() {
    return spec.role() == Role.BIAS || spec.role() == Role.LSTM_BIAS;
  }

  /// Ways in which frameworks count this layer's fans.
  List<Fans> fans() {
    List<Fans> all = new ArrayList<>();
    if (layerFan.isEmpty()) {
      if (spec.role() == Role.POSITION && spec.shape().rank() > 1) {
        Shape s = spec.shape();
        all.add(new Fans(s.dim(-1), (double) s.count() / s.dim(-1), "read as a matrix", -1));
      }
      return all;
    }
    Fan f = layerFan.get();
    if (spec.role() == Role.EMBEDDING || spec.role() == Role.TIED) {
      embedding(all);
      return all;
    }
    if (isRecurrent() || spec.role() == Role.LSTM_BIAS) {
      add(all, f.out(), f.out(), "hidden size", 0);
      add(all, f.in(), f.out(), "", -0.5);
      add(all, f.in(), f.out() * f.blocks(), "all gates as one matrix", -1);
      return all;
    }
    add(all, f.in(), f.out(), "", 0);
    if (f.blocks() > 1) {
      add(all, f.in(), f.out() * f.blocks(), "the fused matrix as one", -0.3);
    }
    if (isLinear()) {
      asTorchCounts(all, f);
      overGroups(all, f);
    }
    return all;
  }

  private int knownGroups() {
    return spec.fan().flatMap(Fan::axes).map(Axes::groups).orElse(1);
  }

  /// Every group's channels counted for each.
  private void overGroups(List<Fans> all, Fan f) {
    boolean known = knownGroups() > 1;
    if (groups > 1) {
      double rarer = known ? -1.5 : -2.5;
      add(all, f.in() * groups, known ? f.out() * groups : f.out(), OVER_GROUPS, rarer);
      add(all, f.in() * groups, known ? f.out() : f.out() / groups, OVER_GROUPS, rarer);
    }
  }

  /// The layer's fan with its groups, even those that only the layer before tells.
  Optional<Fan> groupedFan() {
    return spec.fan()
        .map(
            f ->
                groups > 1 && knownGroups() == 1
                    ? new Fan(f.in(), f.out() / groups, f.blocks(), f.because())
                    : f);
  }

  private void embedding(List<Fans> all) {
    Shape s = spec.shape();
    double width = s.rank() == 0 ? 1 : s.dim(-1);
    add(all, width, s.count() / Math.max(1, width), "width and vocabulary", 0);
  }

  /// dim 1 × taps and dim 0 × taps, groups and strides not looked at; the weight of a transposed
  /// convolution is stored [in, out], so that its two fans change places.
  private void asTorchCounts(List<Fans> all, Fan f) {
    Shape s = spec.shape();
    boolean conv = s.rank() > 2 && f.axes().map(Axes::batch).orElse(List.of()).isEmpty();
    List<Integer> window = f.axes().map(Axes::taps).orElse(List.of());
    if (s.rank() < 3 || !window.isEmpty() && window.getLast() != s.rank() - 1) {
      return;
    }
    double taps = (double) s.count() / s.dim(0) / s.dim(1);
    add(all, s.dim(1) * taps, s.dim(0) * taps, "as PyTorch counts them", conv ? -0.2 : -2);
  }

  private static void add(List<Fans> all, double in, double out, String note, double lnPrior) {
    if (in > 0 && out > 0 && all.stream().noneMatch(f -> f.in() == in && f.out() == out)) {
      all.add(new Fans(in, out, note, lnPrior));
    }
  }
}
