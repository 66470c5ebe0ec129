package org.fanin.solve;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Role;
import org.fanin.tensor.Shape;

/// Where each parameter that a measurement decides meets data.
final class LsuvPlaces {
  /// A node whose output is proportional to one parameter.
  ///
  /// @param out value id
  record Use(Node node, int out, int parameter) {}

  /// A parameter that is set by the size of a value beside it.
  ///
  /// @param value what is looked at
  /// @param gain factor at a second moment of 1
  /// @param inverse whether it makes up for the value's size instead of sharing it
  record Follower(int parameter, int value, double gain, boolean inverse) {}

  final List<Use> uses = new ArrayList<>();
  final List<Follower> followers = new ArrayList<>();

  /// Products of queries and keys, by value id, with the factor before the softmax.
  final Map<Integer, Double> logits = new HashMap<>();

  private final Wiring wiring;
  private final Fixed fixed;
  private final IntPredicate open;
  private final Set<Integer> followed = new HashSet<>();

  LsuvPlaces(Wiring wiring, Onward onward, Fixed fixed, IntPredicate open) {
    this.wiring = wiring;
    this.fixed = fixed;
    this.open = open;
    for (Node n : wiring.graph.nodes()) {
      if (!n.outputs().isEmpty() && n.outputs().getFirst() >= 0) {
        find(n);
        if (wiring.isMixing(n)) {
          Onward.Met met = onward.from(n.outputs().getFirst());
          if (met.kind() == Onward.Kind.SOFTMAX) {
            logits.put(n.outputs().getFirst(), Math.abs(met.slope()));
          }
        }
      }
    }
  }

  private void find(Node n) {
    int p = proportional(n);
    if (p >= 0 && open.test(p)) {
      uses.add(new Use(n, n.outputs().getFirst(), p));
    } else if (n.op() instanceof Op.Recurrent) {
      gates(n);
    } else if (n.op().isArithmetic(Op.Arithmetic.Kind.ADD) || n.op() instanceof Op.Concat) {
      beside(n);
    }
  }

  /// The parameter that multiplies the whole output of a node, or −1.
  private int proportional(Node n) {
    return switch (n.op()) {
      case Op.Conv _, Op.ConvTranspose _ -> at(n, 1, Role.WEIGHT);
      case Op.Contract _ -> {
        int slot = wiring.weightSlot(n);
        yield slot < 0 || wiring.isData(n.input(2)) ? -1 : at(n, slot, Role.WEIGHT);
      }
      case Op.Gather _ -> {
        int p = at(n, 0, Role.EMBEDDING);
        boolean head = p >= 0 && wiring.parameter(p).role() == Role.TIED;
        yield head && fixed.headDecides(wiring.parameter(p)) ? -1 : p;
      }
      case Op.BatchNorm _, Op.Norm _ -> at(n, 1, Role.NORM_SCALE);
      case Op.Arithmetic(Op.Arithmetic.Kind kind) ->
          kind != Op.Arithmetic.Kind.MUL || wiring.data(n).size() != 1
              ? -1
              : Math.max(at(n, 0, Role.NORM_SCALE), at(n, 1, Role.NORM_SCALE));
      case Op _ -> -1;
    };
  }

  /// The parameter at an input when it does there what a parameter of this kind does.
  private int at(Node n, int input, Role kind) {
    int p = wiring.parameterAt(n.input(input));
    if (p < 0) {
      return -1;
    }
    boolean fits =
        switch (wiring.parameter(p).role()) {
          case WEIGHT, HEAD, STACKED, FUSED_QKV -> kind == Role.WEIGHT;
          case TIED -> kind == Role.WEIGHT || kind == Role.EMBEDDING;
          case EMBEDDING -> kind == Role.EMBEDDING;
          case NORM_SCALE -> kind == Role.NORM_SCALE;
          case POSITION,
              CLASS_TOKEN,
              BIAS,
              NORM_SHIFT,
              RUNNING_MEAN,
              RUNNING_VARIANCE,
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
    return fits ? p : -1;
  }

  /// Orthonormal rows give each gate the second moment of the input; where gates are more than
  /// inputs the columns are orthonormal, and it is as much less.
  private void gates(Node n) {
    int p = wiring.parameterAt(n.input(1));
    if (p >= 0 && open.test(p) && followed.add(p)) {
      Shape s = wiring.parameter(p).data().shape();
      double hidden = ((Op.Recurrent) n.op()).hidden();
      double in = s.dim(s.rank() - 1);
      followers.add(new Follower(p, n.input(0), Math.sqrt(Math.max(1, hidden / in)), true));
    }
  }

  /// Positions and class tokens are as large as what they join.
  private void beside(Node n) {
    List<Integer> data = wiring.data(n);
    for (int v : n.inputs()) {
      int p = wiring.parameterAt(v);
      if (!data.isEmpty() && p >= 0 && open.test(p) && joins(wiring.parameter(p))) {
        if (followed.add(p)) {
          followers.add(new Follower(p, data.getFirst(), 1, false));
        }
      }
    }
  }

  private static boolean joins(Parameter p) {
    return p.role() == Role.POSITION || p.role() == Role.CLASS_TOKEN;
  }
}
