package org.fanin.formats;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.formats.Pickled.Int;
import org.fanin.formats.Pickled.Items;
import org.fanin.formats.Pickled.Mapping;
import org.fanin.formats.Pickled.Storage;
import org.fanin.formats.Pickled.Text;
import org.fanin.formats.Pickled.View;
import org.fanin.model.ModelFormatException;

/// Walks what a pickle describes and finds every tensor in dicts and lists, named by the keys and
/// positions that lead to it with dots between, as in `state_dict.layer1.weight`.
final class TensorTree {
  private static final int MAX_DEPTH = 64;

  /// Lists in lists in lists may share their parts, and then a small file has more paths than the
  /// world has atoms.
  private static final int MAX_VISITS = 10_000;

  private static final int MAX_STEPS = 1 << 24;

  /// Name of a tensor that is in no dict.
  private static final String ONLY = "tensor";

  private final String source;
  private final Budget budget;
  private final Found found;
  private final Map<Pickled, int[]> visits = new IdentityHashMap<>();
  private int steps;

  /// What to do with a tensor.
  @FunctionalInterface
  interface Found {
    void take(String name, View view) throws ModelFormatException;
  }

  private TensorTree(String source, Budget budget, Found found) {
    this.source = source;
    this.budget = budget;
    this.found = found;
  }

  /// A dict or list under way.
  private static final class Level {
    private final String prefix;
    private final List<Pickled> keys;
    private final List<Pickled> values;
    private int next;

    /// @param keys null for a list
    Level(String prefix, List<Pickled> keys, List<Pickled> values) {
      this.prefix = prefix;
      this.keys = keys;
      this.values = values;
    }
  }

  static void walk(Pickled root, String source, Budget budget, Found found)
      throws ModelFormatException {
    new TensorTree(source, budget, found).walk(root);
  }

  private void walk(Pickled root) throws ModelFormatException {
    Deque<Level> path = new ArrayDeque<>();
    enter(path, "", root);
    while (!path.isEmpty()) {
      Level level = path.getLast();
      if (level.next == level.values.size()) {
        path.removeLast();
        continue;
      }
      if (++steps > MAX_STEPS) {
        throw bad("more than " + MAX_STEPS + " values in its dicts and lists");
      }
      int i = level.next++;
      Pickled value = level.values.get(i);
      boolean leads =
          value instanceof View
              || value instanceof Storage
              || value instanceof Mapping
              || value instanceof Items;
      if (leads) {
        enter(path, name(level, i), value);
      }
    }
  }

  private ModelFormatException bad(String what) {
    return new ModelFormatException(source, what, "a state dict: tensors in a few dicts and lists");
  }

  private String name(Level level, int i) throws ModelFormatException {
    String key =
        switch (level.keys == null ? null : level.keys.get(i)) {
          case Text(String text) -> text;
          case Int(long n) -> Long.toString(n);
          case null, default -> Integer.toString(i);
        };
    budget.charge(2L * (level.prefix.length() + key.length()));
    return level.prefix.isEmpty() ? key : level.prefix + "." + key;
  }

  private void enter(Deque<Level> path, String name, Pickled value) throws ModelFormatException {
    int[] count = visits.get(value);
    if (count == null) {
      budget.charge(64);
      count = new int[1];
      visits.put(value, count);
    }
    if (++count[0] > MAX_VISITS) {
      throw bad("the same dict, list or tensor in more than " + MAX_VISITS + " places");
    }
    if (path.size() == MAX_DEPTH) {
      throw bad("dicts and lists more than " + MAX_DEPTH + " deep, or in themselves");
    }
    switch (value) {
      case Mapping m -> path.addLast(new Level(name, m.keys(), m.values()));
      case Items items -> path.addLast(new Level(name, null, items.all()));
      case View view -> found.take(name.isEmpty() ? ONLY : name, view);
      case Storage s ->
          found.take(
              name.isEmpty() ? ONLY : name,
              new View(s, s.type(), 0, List.of(s.numel() - s.from()), List.of(1L), ""));
      case Pickled.Simple _, Pickled.Int _, Pickled.Huge _, Text _, Pickled.Opaque _ -> {}
      case Pickled.Named _ -> {}
    }
  }
}
