package org.fanin.graph;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.fanin.graph.Lowered.Out;
import org.fanin.graph.Op.Recurrent.Kind;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.tensor.Shape;

/// LSTM, GRU, RNN.
final class RecurrentOps {
  private RecurrentOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "LSTM" -> s -> lower(s, Kind.LSTM, List.of("sigmoid", "tanh", "tanh"));
      case "GRU" -> s -> lower(s, Kind.GRU, List.of("sigmoid", "tanh"));
      case "RNN" ->
          s ->
              activationsAre(s, List.of("relu"), directions(s))
                  ? lower(s, Kind.RELU_RNN, List.of("relu"))
                  : lower(s, Kind.RNN, List.of("tanh"));
      default -> null;
    };
  }

  static int gates(Kind kind) {
    return switch (kind) {
      case LSTM -> 4;
      case GRU -> 3;
      case RNN, RELU_RNN -> 1;
    };
  }

  private static Lowered lower(Site s, Kind kind, List<String> usual) throws ModelFormatException {
    Shape x = s.shape(0);
    Shape w = s.shape(1);
    Shape r = s.shape(2);
    String direction = s.text("direction", "forward");
    int directions = directions(s);
    long hidden = s.integer("hidden_size", r.rank() == 3 ? r.dim(2) : 0);
    long rows = Math.multiplyExact(hidden, (long) gates(kind));
    if (hidden < 1 || hidden > Integer.MAX_VALUE || x.rank() != 3) {
      throw s.fault("hidden_size " + hidden + ", input " + x, "[time, batch, features]");
    }
    require(s, w, directions, rows, x.dim(2));
    require(s, r, directions, rows, hidden);
    if (s.has(3)) {
      require(s, s.shape(3), directions, 2 * rows);
    }
    if (!activationsAre(s, usual, directions)) {
      return s.foreign("no rule for a " + kind + " with other activations");
    }
    boolean batchFirst = s.flag("layout", false);
    Shape state =
        batchFirst
            ? s.shapeOf(x.dim(0), directions, hidden)
            : s.shapeOf(directions, x.dim(1), hidden);
    Shape all =
        batchFirst
            ? s.shapeOf(x.dim(0), x.dim(1), directions, hidden)
            : s.shapeOf(x.dim(0), directions, x.dim(1), hidden);
    Out[] outs = new Out[s.outputs()];
    for (int i = 0; i < outs.length; i++) {
      outs[i] = Out.of(s.dtype(0), i == 0 ? all : state);
    }
    return s.to(
        new Op.Recurrent(
            kind,
            (int) hidden,
            directions,
            direction.equals("reverse"),
            batchFirst,
            s.flag("linear_before_reset", false)),
        outs);
  }

  private static int directions(Site s) throws ModelFormatException {
    return s.text("direction", "forward").equals("bidirectional") ? 2 : 1;
  }

  private static void require(Site s, Shape found, long... wanted) throws ModelFormatException {
    if (!Arrays.equals(found.toArray(), wanted)) {
      throw s.fault("weights of shape " + found, Arrays.toString(wanted));
    }
  }

  private static boolean activationsAre(Site s, List<String> usual, int directions) {
    if (!(s.raw.attributes().get("activations") instanceof Attr.Texts(List<String> found))
        || found.isEmpty()) {
      return !usual.equals(List.of("relu"));
    }
    for (int i = 0; i < found.size(); i++) {
      if (!found.get(i).toLowerCase(Locale.ROOT).equals(usual.get(i % usual.size()))) {
        return false;
      }
    }
    return found.size() == usual.size() * directions;
  }
}
