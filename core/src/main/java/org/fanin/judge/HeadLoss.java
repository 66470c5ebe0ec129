package org.fanin.judge;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.graph.Logits;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.graph.Value;
import org.fanin.math.SoftmaxMoments;
import org.fanin.predict.Forecast.Observation;
import org.fanin.tensor.Shape;

/// The cross-entropy of the first step, of logits that know nothing of the label yet.
///
/// @param head index in [org.fanin.graph.Graph#parameters] of the last layer's weight
/// @param kind why its outputs are taken for logits
/// @param classes V
/// @param logitStd predicted standard deviation of the logits from class to class
/// @param crossEntropy E ln Σ e^l − E l, in nats; ln V where all logits are equal
public record HeadLoss(int head, Kind kind, long classes, double logitStd, double crossEntropy) {
  public enum Kind {
    /// A softmax or an arg max follows.
    SOFTMAX,
    /// There are as many outputs as token ids.
    VOCABULARY,
    /// Nothing says that they are logits.
    ASSUMED
  }

  /// Views, scales and a bias between a layer and its logits.
  private static final int FAR = 6;

  public double lnClasses() {
    return Math.log(classes);
  }

  /// The best founded of all heads.
  static Optional<HeadLoss> of(Case c) {
    Map<Integer, Logits> byNode = new HashMap<>();
    for (Logits l : c.logits) {
      byNode.merge(
          c.graph.value(l.value()).producer(),
          l,
          (x, y) -> x.kind().compareTo(y.kind()) <= 0 ? x : y);
    }
    return c.forecast.observations().stream()
        .filter(o -> o.kind() == Observation.Kind.HEAD_LOGIT_STD && byNode.containsKey(o.node()))
        .flatMap(o -> head(c, o, byNode.get(o.node())).stream())
        .min(Comparator.comparing(HeadLoss::kind));
  }

  private static Optional<HeadLoss> head(Case c, Observation o, Logits logits) {
    Optional<Parameter> weight = weight(c, o.node());
    Optional<Shape> shape = c.graph.value(logits.value()).shape();
    if (weight.isEmpty() || shape.isEmpty()) {
      return Optional.empty();
    }
    long classes = shape.get().dim(logits.axis());
    double s = o.value();
    return Optional.of(
        new HeadLoss(
            c.graph.parameters().indexOf(weight.get()),
            kind(c, logits, classes),
            classes,
            s,
            SoftmaxMoments.logSum(classes, s)));
  }

  private static Kind kind(Case c, Logits logits, long classes) {
    return switch (logits.kind()) {
      case SOFTMAX, ARG_MAX -> Kind.SOFTMAX;
      case SIGMOID, NONE -> isVocabulary(c, classes) ? Kind.VOCABULARY : Kind.ASSUMED;
    };
  }

  /// The weight of the layer that the logits come from.
  private static Optional<Parameter> weight(Case c, int node) {
    int at = node;
    for (int hop = 0; hop < FAR && at >= 0; hop++) {
      Node n = c.node(at);
      if (n.op() instanceof Op.Contract
          || n.op() instanceof Op.Conv
          || n.op() instanceof Op.ConvTranspose) {
        return Optional.ofNullable(c.names.weightOf(n)).filter(p -> p.fan().isPresent());
      }
      boolean through =
          n.op() instanceof Op.Reshape
              || n.op() instanceof Op.Transpose
              || n.op() instanceof Op.Resize
              || n.op() instanceof Op.Pointwise
              || n.op() instanceof Op.Arithmetic && n.inputs().size() == 2;
      at = through ? producer(c, n) : -1;
    }
    return Optional.empty();
  }

  /// Of the one input that is computed from data; negative where there are two.
  private static int producer(Case c, Node n) {
    int found = -1;
    for (int in : n.inputs()) {
      boolean data = in >= 0 && c.graph.value(in).kind() == Value.Kind.ACTIVATION;
      if (data && found >= 0) {
        return -1;
      }
      found = data ? c.graph.value(in).producer() : found;
    }
    return found;
  }

  private static boolean isVocabulary(Case c, long classes) {
    for (int in : c.graph.inputs()) {
      if (!c.graph.value(in).dtype().floating()) {
        OptionalLong ids = org.fanin.graph.Vocabulary.of(c.graph, in);
        if (ids.isPresent() && ids.getAsLong() == classes) {
          return true;
        }
      }
    }
    return c.graph.parameters().stream()
        .anyMatch(p -> p.role() == Role.TIED && p.data().shape().toList().contains(classes));
  }
}
