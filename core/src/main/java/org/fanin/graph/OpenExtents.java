package org.fanin.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Finds extents for what a file leaves open when the usual ones contradict the network: a kernel
/// is longer than the axis, a reshape holds a fixed batch, a table of positions a fixed length.
///
/// Tries a fixed list of candidates and takes the first that builds: a batch of 1; longer axes, by
/// doubling; extents that stand in the shapes of the file's weights; common image sizes; each with
/// the batch asked for and with 1. The number of tries is bounded, and lower for large files.
final class OpenExtents {
  private static final int MOST_TRIES = 96;

  /// Nodes that all tries together may translate.
  private static final long NODES = 400_000;

  private static final long LONGEST = 1 << 16;

  /// Elements of an input beyond which no longer axis is tried.
  private static final long LARGEST_INPUT = 1L << 26;

  private static final int FROM_WEIGHTS = 24;

  /// Image sizes that published vision networks are trained at.
  private static final long[] IMAGES = {
    256, 299, 320, 384, 416, 448, 480, 512, 518, 640, 336, 240, 192, 160, 128, 112, 96, 64, 32, 28
  };

  private final RawModel model;
  private final Bindings wishes;
  private final Map<String, Long> usual;

  private OpenExtents(RawModel model, Bindings wishes, Map<String, Long> usual) {
    this.model = model;
    this.wishes = wishes;
    this.usual = new TreeMap<>(usual);
    wishes.extents().keySet().forEach(this.usual::remove);
  }

  /// @param usual the extents that did not fit, by name
  /// @param first why; thrown when no candidate fits
  static Graph fit(
      RawModel model, Bindings wishes, Map<String, Long> usual, ModelFormatException first)
      throws ModelFormatException {
    var open = new OpenExtents(model, wishes, usual);
    int tries = (int) Math.min(MOST_TRIES, NODES / Math.max(1, model.graph().nodes().size()));
    for (Map<String, Long> c : open.candidates()) {
      if (tries-- <= 0) {
        break;
      }
      try {
        Graph g = GraphBuilder.once(model, wishes.with(c), open.replaced(c), new HashMap<>());
        if (g.inputs().stream().allMatch(i -> small(g.value(i)))) {
          return g;
        }
      } catch (ModelFormatException _) {
        // The next candidate may fit; the first reason is told if none does.
      }
    }
    throw first;
  }

  private static boolean small(Value input) {
    return input.shape().map(s -> s.count() <= LARGEST_INPUT).orElse(true);
  }

  private Map<String, Long> replaced(Map<String, Long> candidate) {
    Map<String, Long> r = new HashMap<>();
    candidate.forEach(
        (name, n) -> {
          if (!n.equals(usual.get(name))) {
            r.put(name, usual.get(name));
          }
        });
    return r;
  }

  private List<Map<String, Long>> candidates() {
    List<String> batch = new ArrayList<>();
    List<String> others = new ArrayList<>();
    usual.forEach((name, n) -> (isBatch(name, n) ? batch : others).add(name));
    Set<Map<String, Long>> all = new LinkedHashSet<>();
    if (!batch.isEmpty()) {
      all.add(of(batch, 1));
    }
    if (!others.isEmpty()) {
      for (Map<String, Long> longer : longer(others)) {
        both(longer, batch, all);
      }
      for (long n : extents()) {
        both(of(others, n), batch, all);
      }
    }
    return List.copyOf(all);
  }

  private boolean isBatch(String name, long extent) {
    return extent == wishes.batch() && !name.endsWith("]");
  }

  /// With the batch asked for, and with one sample.
  private static void both(Map<String, Long> c, List<String> batch, Set<Map<String, Long>> all) {
    all.add(c);
    if (!batch.isEmpty()) {
      Map<String, Long> single = new TreeMap<>(of(batch, 1));
      single.putAll(c);
      all.add(single);
    }
  }

  private static Map<String, Long> of(List<String> names, long extent) {
    Map<String, Long> m = new TreeMap<>();
    names.forEach(n -> m.put(n, extent));
    return m;
  }

  private List<Map<String, Long>> longer(List<String> names) {
    List<Map<String, Long>> all = new ArrayList<>();
    for (long factor = 2; factor <= LONGEST; factor *= 2) {
      Map<String, Long> m = new TreeMap<>();
      for (String n : names) {
        m.put(n, usual.get(n) * factor);
      }
      if (m.values().stream().allMatch(n -> n <= LONGEST)) {
        all.add(m);
      }
    }
    return all;
  }

  /// What a fixed part of the network may want: extents of its weights, then image sizes.
  private List<Long> extents() {
    Set<Long> seen = new TreeSet<>();
    for (Tensor t : model.graph().initializers().values()) {
      Shape s = t.shape();
      for (int i = 0; s.rank() >= 2 && i < s.rank() && seen.size() < FROM_WEIGHTS; i++) {
        if (s.dim(i) > 1 && s.dim(i) <= LONGEST) {
          seen.add(s.dim(i));
        }
      }
    }
    Set<Long> all = new LinkedHashSet<>(seen);
    for (long n : IMAGES) {
      all.add(n);
    }
    return List.copyOf(all);
  }
}
