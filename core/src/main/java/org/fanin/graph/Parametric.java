package org.fanin.graph;

import java.util.BitSet;

/// Which values depend on parameters and constants alone, not on the network's inputs.
final class Parametric {
  private final BitSet fixed = new BitSet();

  Parametric(Links links) {
    for (Value v : links.values) {
      if (v.kind() == Value.Kind.PARAMETER || v.kind() == Value.Kind.CONSTANT) {
        fixed.set(v.id());
      }
    }
    for (Node n : links.nodes) {
      boolean all = !(n.op() instanceof Op.Random) && !(n.op() instanceof Op.ControlFlow);
      for (int in : n.inputs()) {
        all &= in < 0 || fixed.get(in);
      }
      for (int out : n.outputs()) {
        if (all && out >= 0) {
          fixed.set(out);
        }
      }
    }
  }

  boolean is(int value) {
    return value < 0 || fixed.get(value);
  }
}
