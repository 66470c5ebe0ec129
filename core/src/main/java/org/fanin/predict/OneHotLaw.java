package org.fanin.predict;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.tensor.Tensor;

/// Ones at the ids of the data and zeros elsewhere, or two other numbers: of d elements along an
/// axis one is on, and two positions are on at the same with the probability that their ids agree.
final class OneHotLaw {
  private OneHotLaw() {}

  /// The law of a one-hot value; empty for others, and where its two numbers are not known.
  static Optional<Field> of(Context c, int value) {
    int producer = c.graph.value(value).producer();
    if (producer < 0 || c.graph.value(value).shape().isEmpty()) {
      return Optional.empty();
    }
    Node n = c.graph.nodes().get(producer);
    if (!(n.op() instanceof Op.Discrete(String name, _, List<Long> settings))
        || !name.equals("OneHot")) {
      return Optional.empty();
    }
    Value numbers = c.graph.value(n.input(2));
    int axis = Math.toIntExact(settings.getFirst());
    return numbers.constant().filter(t -> t.count() == 2).map(t -> field(c, n, axis, t));
  }

  private static Field field(Context c, Node n, int axis, Tensor numbers) {
    Field f = Field.iid(c.shape(n.outputs().getFirst()), 0);
    int along = f.maskOf(axis);
    double d = f.dim(axis);
    double same = c.settings.tokenCollisions(c.graph, n.input(0)).orElse(1 / d);
    double off = numbers.at(0);
    double step = numbers.at(1) - off;
    double[] raw = new double[f.k.length];
    for (int m = 0; m < raw.length; m++) {
      boolean others = (m & ~along) != 0;
      boolean apart = along != 0 && (m & along) != 0;
      double agree = others ? same : 1;
      double both = apart ? (1 - agree) / (d * (d - 1)) : agree / d;
      raw[m] = off * off + 2 * off * step / d + step * step * both;
    }
    return f.rescaled(raw, off + step / d, 0);
  }
}
