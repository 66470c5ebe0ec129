package org.fanin.solve;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fanin.graph.Fan;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Role;
import org.fanin.predict.LawChooser;
import org.fanin.tensor.Shape;

/// Keeps attention logits at second moment 1 at most: beyond √(2 ln T) a softmax over T keys picks
/// one (theory.md section 7). What is too much is taken from queries and keys alike.
final class Logits {
  private static final int FAR = 24;

  /// Nats of second moment that are no excess.
  private static final double SLACK = .01;

  private final Wiring wiring;
  private final Map<Place, Double> shifts = new HashMap<>();
  private final Map<Place, Double> excess = new HashMap<>();

  /// Where a query or key comes from.
  ///
  /// @param part of a fused projection, from 0; −1 for the whole tensor
  private record Place(int parameter, int part) {}

  Logits(Wiring wiring) {
    this.wiring = wiring;
  }

  /// To be added to the ln variance of a whole parameter.
  double shift(int parameter) {
    return shifts.getOrDefault(new Place(parameter, -1), 0.0);
  }

  /// The same for the parts of a fused projection, besides [#shift].
  List<Double> partShifts(int parameter, int parts) {
    return IntStream.range(0, parts)
        .mapToObj(i -> shifts.getOrDefault(new Place(parameter, i), 0.0))
        .toList();
  }

  /// To be added to the ln variance of a parameter that has one factor only: what its queries and
  /// keys want, and its values with them.
  double shiftOfAll(int parameter) {
    double parts =
        shifts.entrySet().stream()
            .filter(e -> e.getKey().parameter() == parameter && e.getKey().part() >= 0)
            .mapToDouble(Map.Entry::getValue)
            .min()
            .orElse(0);
    return shift(parameter) + parts;
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
    tooMuch(List.of(mixing.input(0), mixing.input(1)), lnM2);
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
      tooMuch(List.of(node.input(0), node.input(1)), ln);
    }
  }

  private void tooMuch(List<Integer> operands, double ln) {
    List<Place> places = operands.stream().flatMap(o -> layer(o).stream()).toList();
    // One of two leaves all of it to that one; a projection that both come from counts on each
    // side.
    double each = places.size() == 1 ? ln : ln / 2;
    places.forEach(p -> excess.merge(p, each, Math::max));
  }

  /// The projection that an operand comes from, unless a normalisation lies between.
  private Optional<Place> layer(int operand) {
    int v = operand;
    int part = -1;
    for (int step = 0; step < FAR && v >= 0; step++) {
      Node n = wiring.maker(v);
      if (n == null || wiring.isNorm(n) || wiring.isNormed(v)) {
        return Optional.empty();
      }
      if (wiring.isLayer(n)) {
        int slot = wiring.weightSlot(n);
        return slot < 0 ? Optional.empty() : Optional.of(place(n.input(slot), part));
      }
      part = Math.max(part, part(n, v));
      v = wiring.trunk(n);
    }
    return Optional.empty();
  }

  private Place place(int weight, int part) {
    int p = wiring.parameterAt(weight);
    boolean cut =
        p >= 0
            && wiring.parameter(p).role() == Role.FUSED_QKV
            && wiring
                .parameter(p)
                .fan()
                .flatMap(Fan::axes)
                .filter(a -> a.parts() > part)
                .isPresent();
    return new Place(p, cut ? part : -1);
  }

  /// Which of equal parts a node takes; −1 where it takes none.
  private int part(Node n, int out) {
    return switch (n.op()) {
      case Op.Split _ -> n.outputs().indexOf(out);
      case Op.Gather _ -> index(n.input(1));
      case Op.Slice(List<Long> starts, List<Long> _) -> sliced(n, starts);
      case Op _ -> -1;
    };
  }

  private int index(int value) {
    return wiring
        .graph
        .value(value)
        .constant()
        .filter(t -> t.count() == 1 && t.at(0) >= 0 && t.at(0) < 3)
        .map(t -> (int) t.at(0))
        .orElse(-1);
  }

  private int sliced(Node n, List<Long> starts) {
    Shape out = wiring.graph.value(n.outputs().getFirst()).shape().orElse(null);
    Shape in = wiring.graph.value(n.input(0)).shape().orElse(null);
    if (in == null || out == null || in.rank() != out.rank() || starts.size() != in.rank()) {
      return -1;
    }
    for (int i = 0; i < in.rank(); i++) {
      if (in.dim(i) != out.dim(i) && out.dim(i) > 0) {
        return (int) (starts.get(i) / out.dim(i));
      }
    }
    return -1;
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
