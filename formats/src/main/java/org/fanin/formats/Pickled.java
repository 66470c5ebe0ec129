package org.fanin.formats;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// What a pickle describes, as plain data. Values may be shared and may contain themselves, so
/// nothing here is ever compared or printed as a whole.
sealed interface Pickled {
  /// The constants, and the mark that opens a group on the stack.
  enum Simple implements Pickled {
    NONE,
    TRUE,
    FALSE,
    MARK
  }

  record Int(long value) implements Pickled {}

  /// A whole number beyond 64 bits.
  record Huge(BigInteger value) implements Pickled {}

  record Text(String value) implements Pickled {}

  /// Something of no use here that does no harm either, such as a number or bytes.
  record Opaque(String what) implements Pickled {}

  /// A list, tuple or set.
  final class Items implements Pickled {
    private final List<Pickled> all;

    Items(List<Pickled> all) {
      this.all = all;
    }

    List<Pickled> all() {
      return all;
    }
  }

  /// A dict of any kind, in its order; keys are not compared.
  final class Mapping implements Pickled {
    private final List<Pickled> keys = new ArrayList<>();
    private final List<Pickled> values = new ArrayList<>();

    void put(Pickled key, Pickled value) {
      keys.add(key);
      values.add(value);
    }

    List<Pickled> keys() {
      return keys;
    }

    List<Pickled> values() {
      return values;
    }

    /// @return null if there is none
    Pickled get(String key) {
      for (int i = 0; i < keys.size(); i++) {
        if (keys.get(i) instanceof Text(String k) && k.equals(key)) {
          return values.get(i);
        }
      }
      return null;
    }
  }

  /// A class or function by name: one of those that are understood.
  record Named(PickleGlobal global) implements Pickled {}

  /// Elements of tensors, kept outside the pickle.
  ///
  /// @param type of its elements; bytes if untyped
  /// @param numel elements of that type
  /// @param from first element of the storage named by key, when this is a part of it
  record Storage(String key, PickleGlobal type, long numel, long from) implements Pickled {}

  /// A tensor.
  ///
  /// @param storage null if the tensor cannot be read
  /// @param type of its elements
  /// @param offset elements before the first
  /// @param because why it cannot be read; empty if it can
  record View(
      Storage storage,
      PickleGlobal type,
      long offset,
      List<Long> size,
      List<Long> strides,
      String because)
      implements Pickled {}
}
