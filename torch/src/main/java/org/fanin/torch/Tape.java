package org.fanin.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Tensor;

/// Collects what becomes a [Step], and has autograd on until it is closed. Owns its handles until
/// then; everything in it counts as held. One at a time.
final class Tape implements AutoCloseable {
  /// Tensors with the ids of their values.
  private static final class Ids {
    final List<Tensor> tensors = new ArrayList<>();
    private int[] ids = new int[16];

    void add(int id, Tensor t) {
      if (tensors.size() == ids.length) {
        ids = Arrays.copyOf(ids, 2 * ids.length);
      }
      ids[tensors.size()] = id;
      tensors.add(t);
    }

    int[] ids() {
      return Arrays.copyOf(ids, tensors.size());
    }
  }

  private final Account account;
  private final int first;

  /// By value: what nodes read in its place; of values on this tape only.
  private final Tensor[] own;

  private final AutoGradMode mode = new AutoGradMode(true);
  private final Ids leaves = new Ids();
  private final Ids made = new Ids();

  /// @param own by value, empty, for this tape alone while it is open
  /// @param first index of the node that comes first
  Tape(Account account, Tensor[] own, int first) {
    this.account = account;
    this.own = own;
    this.first = first;
  }

  /// What a node reads in place of a value: itself when it was made on this tape, or loaded.
  Tensor read(int id, Tensor value, boolean loaded) {
    return own[id] != null ? own[id] : leaf(id, value, loaded);
  }

  private Tensor leaf(int id, Tensor value, boolean loaded) {
    Tensor leaf = loaded ? value : value.detach();
    leaf.set_requires_grad(true);
    put(leaves, id, leaf);
    return leaf;
  }

  /// Takes note of what a node made, if it has a gradient.
  void made(int id, Tensor t) {
    if (t.requires_grad()) {
      put(made, id, t);
    }
  }

  private void put(Ids to, int id, Tensor t) {
    t.retainReference();
    account.hold(id);
    own[id] = t;
    to.add(id, t);
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
    return end(_ -> Keep.ALL);
  }

  /// What of a value a step keeps.
  enum Keep {
    ALL,
    /// Its place in autograd's graph: a gradient is asked for, the elements are not needed.
    PLACE,
    /// Nothing: what an operator needs of it on its way back, autograd holds itself.
    NOTHING
  }

  /// The same with less of some values.
  ///
  /// @param keep by value id
  Step end(IntFunction<Keep> keep) {
    if (made.tensors.isEmpty()) {
      return null;
    }
    int[] ids = made.ids();
    int[] held = new int[ids.length];
    int n = 0;
    for (int i = 0; i < ids.length; i++) {
      switch (keep.apply(ids[i])) {
        case ALL -> held[n++] = ids[i];
        case PLACE -> {
          Unsaved.empty(made.tensors.get(i));
          account.drop(ids[i]);
        }
        case NOTHING -> {
          made.tensors.set(i, null).close();
          account.drop(ids[i]);
        }
      }
    }
    Step s =
        new Step(
            first,
            leaves.tensors.toArray(Tensor[]::new),
            leaves.ids(),
            made.tensors.toArray(Tensor[]::new),
            ids,
            Arrays.copyOf(held, n));
    forget(leaves);
    forget(made);
    return s;
  }

  private void forget(Ids all) {
    for (int id : all.ids()) {
      own[id] = null;
    }
    all.tensors.clear();
  }

  @Override
  public void close() {
    mode.close();
    drop(leaves);
    drop(made);
  }

  private void drop(Ids all) {
    all.tensors.forEach(Tensor::close);
    for (int id : all.ids()) {
      account.drop(id);
    }
    forget(all);
  }
}
