package org.fanin.torch;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/// What autograd gave for a step: those of its leaves, followed by those of what it makes. Owns all
/// of them; one vector, as a handle for each would cost several calls out of Java.
final class Gradients implements AutoCloseable {
  private final TensorVector all;

  /// @param all outlives the scope it is made in
  Gradients(TensorVector all) {
    this.all = all;
    all.retainReference();
  }

  int size() {
    return (int) all.size();
  }

  /// One that lives as long as this, or until [#free]; null where nothing arrives.
  Tensor lent(int i) {
    Tensor t = all.get(i);
    return t.defined() ? t : null;
  }

  /// A handle of the caller's own; null where nothing arrives.
  Tensor own(int i) {
    Tensor t = lent(i);
    if (t != null) {
      t = new Tensor(t);
      t.retainReference();
    }
    return t;
  }

  /// Lets go of a gradient's memory, whether it is lent or owned.
  static void free(Tensor t) {
    t.reset();
    t.close();
  }

  @Override
  public void close() {
    all.close();
  }
}
