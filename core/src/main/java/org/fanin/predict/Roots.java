package org.fanin.predict;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/// Random tensors, by number, that a value may be correlated with: inputs and weights. A set grows
/// along a residual stream; what it was before stays readable, as the first `size` entries of one
/// table. Immutable to its readers.
final class Roots {
  static final Roots NONE = new Roots(new Table(), 0);

  private static final class Table {
    final List<Integer> order = new ArrayList<>();
    final Map<Integer, Integer> place = new HashMap<>();

    void add(int root) {
      place.put(root, order.size());
      order.add(root);
    }
  }

  private final Table table;
  private final int size;

  private Roots(Table table, int size) {
    this.table = table;
    this.size = size;
  }

  static Roots of(int root) {
    Table t = new Table();
    t.add(root);
    return new Roots(t, 1);
  }

  int size() {
    return size;
  }

  boolean contains(int root) {
    Integer i = table.place.get(root);
    return i != null && i < size;
  }

  /// The first root that both have.
  OptionalInt common(Roots other) {
    Roots small = size <= other.size ? this : other;
    Roots large = small == this ? other : this;
    for (int i = 0; i < small.size; i++) {
      if (large.contains(small.table.order.get(i))) {
        return OptionalInt.of(small.table.order.get(i));
      }
    }
    return OptionalInt.empty();
  }

  /// Both together: the larger one's table grows where nothing else has grown it, else it is
  /// copied.
  ///
  /// @param cost counts what was done
  Roots plus(Roots other, Cost cost) {
    Roots small = size < other.size ? this : other;
    Roots large = small == this ? other : this;
    cost.add(small.size);
    List<Integer> missing = new ArrayList<>();
    for (int i = 0; i < small.size; i++) {
      int root = small.table.order.get(i);
      if (!large.contains(root)) {
        missing.add(root);
      }
    }
    if (missing.isEmpty()) {
      return large;
    }
    Table t = large.table;
    if (large.size != t.order.size() || large.size == 0) {
      cost.add(large.size);
      t = new Table();
      large.table.order.subList(0, large.size).forEach(t::add);
    }
    missing.forEach(t::add);
    return new Roots(t, t.order.size());
  }

  /// Steps taken by all sets of one network.
  static final class Cost {
    private final long most;
    private long steps;

    Cost(long most) {
      this.most = most;
    }

    void add(long n) {
      steps += n;
    }

    boolean spent() {
      return steps > most;
    }
  }
}
