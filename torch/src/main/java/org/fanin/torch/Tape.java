package org.fanin.torch;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;

/// Collects what becomes a [Step], and has autograd on until it is closed. Owns its handles until
/// then; everything in it counts as held.
final class Tape implements AutoCloseable {
  private final Account account;
  private final int first;
  private final AutoGradMode mode = new AutoGradMode(true);
  private final Map<Integer, Tensor> leaves = new LinkedHashMap<>();
  private final Map<Integer, Tensor> made = new LinkedHashMap<>();

  /// @param first index of the node that comes first
  Tape(Account account, int first) {
    this.account = account;
    this.first = first;
  }

  /// What a node reads in place of a value: itself when it was made on this tape, or loaded.
  Tensor read(int id, Tensor value, boolean loaded) {
    Tensor own = made.get(id);
    if (own == null) {
      own = leaves.get(id);
    }
    return own != null ? own : leaf(id, value, loaded);
  }

  private Tensor leaf(int id, Tensor value, boolean loaded) {
    Tensor leaf = loaded ? value : value.detach();
    leaf.set_requires_grad(true);
    leaf.retainReference();
    account.hold(id);
    leaves.put(id, leaf);
    return leaf;
  }

  /// Takes note of what a node made, if it has a gradient.
  void made(int id, Tensor t) {
    if (t.requires_grad()) {
      t.retainReference();
      account.hold(id);
      made.put(id, t);
    }
  }

  /// Whether [#read] gave this very tensor for one of the inputs: a gradient cannot be told from
  /// the input's then.
  static boolean isInput(Tensor t, Tensor[] in) {
    for (Tensor x : in) {
      if (x != null && (x == t || x.is_same(t))) {
        return true;
      }
    }
    return false;
  }

  /// The step, which owns the handles; null when nothing in it has a gradient.
  Step end() {
    if (made.isEmpty()) {
      drop();
      return null;
    }
    Step s =
        new Step(
            first,
            leaves.values().toArray(Tensor[]::new),
            ints(leaves),
            made.values().toArray(Tensor[]::new),
            ints(made));
    leaves.clear();
    made.clear();
    return s;
  }

  private static int[] ints(Map<Integer, Tensor> m) {
    int[] ids = new int[m.size()];
    int i = 0;
    for (int id : m.keySet()) {
      ids[i++] = id;
    }
    return ids;
  }

  @Override
  public void close() {
    mode.close();
    drop();
  }

  private void drop() {
    leaves.forEach(this::drop);
    made.forEach(this::drop);
    leaves.clear();
    made.clear();
  }

  private void drop(int id, Tensor t) {
    t.close();
    account.drop(id);
  }
}
