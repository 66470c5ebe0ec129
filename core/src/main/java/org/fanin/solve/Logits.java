package org.fanin.solve;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.LawChooser;
import org.fanin.tensor.Shape;

/// Keeps attention logits at second moment 1 at most: beyond √(2 ln T) a softmax over T keys picks
/// one (theory.md section 7). What is too much is taken from queries and keys alike.
final class Logits {
  private static final int FAR = 24;

  /// Nats of second moment that are no excess.
  private static final double SLACK = .01;

  private final Wiring wiring;
  private final Map<Integer, Double> shifts = new HashMap<>();
  private final Map<Integer, Double> excess = new HashMap<>();

  Logits(Wiring wiring) {
    this.wiring = wiring;
  }

  /// To be added to the ln variance of a parameter.
  double shift(int parameter) {
    return shifts.getOrDefault(parameter, 0.0);
  }

  void passed(Node node, LawChooser.Levels now) {
    switch (node.op()) {
      case Op.Softmax _ -> softmax(node, now.lnM2(node.input(0)));
      case Op.Attention op -> fused(node, op, now);
      case Op _ -> {}
    }
  }

  /// What a product of queries and keys was found to be on its way to a softmax.
  void tooLarge(Node mixing, double lnM2) {
    tooMuch(new HashSet<>(List.of(mixing.input(0), mixing.input(1))), lnM2);
  }

  private void softmax(Node node, double lnM2) {
    if (!(lnM2 > SLACK) || lnM2 == Double.POSITIVE_INFINITY) {
      return;
    }
    int v = node.input(0);
    for (int step = 0; step < FAR && v >= 0; step++) {
      Node n = wiring.maker(v);
      if (n == null || wiring.isLayer(n)) {
        return;
      }
      if (wiring.isMixing(n)) {
        tooLarge(n, lnM2);
        return;
      }
      v = wiring.trunk(n);
    }
  }

  private void fused(Node node, Op.Attention op, LawChooser.Levels now) {
    Shape q = wiring.graph.value(node.input(0)).shape().orElse(null);
    if (q == null || q.rank() < 3) {
      return;
    }
    double size = q.rank() == 4 ? q.dim(3) : (double) q.dim(2) / Math.max(1, op.queryHeads());
    double ln =
        now.lnM2(node.input(0))
            + now.lnM2(node.input(1))
            + Math.log(size)
            + 2 * Math.log(Math.abs(op.scale()));
    if (ln > SLACK && ln < Double.POSITIVE_INFINITY) {
      tooMuch(Set.of(node.input(0), node.input(1)), ln);
    }
  }

  private void tooMuch(Set<Integer> operands, double ln) {
    Set<Integer> parameters = new HashSet<>();
    operands.forEach(o -> addLayer(o, parameters));
    // One of two leaves all of it to that one; a fused projection counts on both sides.
    double each =
        parameters.size() == 1 && operands.size() == 2 && !isFused(operands) ? ln : ln / 2;
    parameters.forEach(p -> excess.merge(p, each, Math::max));
  }

  private boolean isFused(Set<Integer> operands) {
    return operands.stream()
        .allMatch(
            o -> {
              Set<Integer> found = new HashSet<>();
              addLayer(o, found);
              return !found.isEmpty();
            });
  }

  /// The projection that an operand comes from, unless a normalisation lies between.
  private void addLayer(int operand, Set<Integer> into) {
    int v = operand;
    for (int step = 0; step < FAR && v >= 0; step++) {
      Node n = wiring.maker(v);
      if (n == null || wiring.isNorm(n) || wiring.isNormed(v)) {
        return;
      }
      if (wiring.isLayer(n)) {
        if (wiring.weightSlot(n) >= 0) {
          into.add(wiring.parameterAt(n.input(wiring.weightSlot(n))));
        }
        return;
      }
      v = wiring.trunk(n);
    }
  }

  /// Takes this pass's excess into account.
  ///
  /// @return whether there was any
  boolean adjust() {
    boolean any = !excess.isEmpty();
    excess.forEach((p, e) -> shifts.merge(p, -e, Double::sum));
    excess.clear();
    return any;
  }
}
