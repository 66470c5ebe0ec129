package org.fanin.formats;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.graph.Graph;
import org.fanin.graph.Value;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.tensor.DType;
import org.fanin.tensor.Tensor;

/// Samples of a user's file, as a network's inputs.
///
/// @param arrays by name of the graph's input, all with the same axis 0; arrays of an npz file that
///   fit by name keep their names (`in_NAME`, `cotangent`)
/// @param notes what was done to them, a sentence each
public record Samples(Map<String, Tensor> arrays, List<String> notes) {
  public Samples {
    arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
    notes = List.copyOf(notes);
  }

  /// No file: everything is synthetic.
  public static Samples none() {
    return new Samples(Map.of(), List.of());
  }

  /// What to take.
  ///
  /// @param most samples of idx, CSV and npy files, evenly spaced, where the graph leaves the batch
  ///   open; npz files are taken whole
  /// @param standardise every feature to mean 0 and standard deviation 1 over the whole file
  /// @param columns of a CSV file: names, numbers from 1, ranges as in `2-785`, separated by
  ///   commas; with `!` before it all but these; empty for all
  public record Wanted(long most, boolean standardise, String columns) {
    public Wanted {
      if (most < 1) {
        throw new IllegalArgumentException(most + " samples, wanted at least 1");
      }
    }

    public static Wanted of(long most) {
      return new Wanted(most, false, "");
    }
  }

  /// An input to be fed.
  ///
  /// @param dims −1 where the file leaves an extent open; null when not even the rank is known
  public record Slot(String name, DType dtype, List<Long> dims) {
    public Slot {
      dims = dims == null ? null : List.copyOf(dims);
    }

    /// The inputs of a model as it was read, initialisers left out.
    public static List<Slot> of(RawModel model) {
      RawGraph g = model.graph();
      return g.inputs().stream()
          .filter(v -> !g.initializers().containsKey(v.name()))
          .map(v -> new Slot(v.name(), v.dtype() == null ? DType.F32 : v.dtype(), v.dims()))
          .toList();
    }

    /// The inputs of a graph, whose extents are all known; with `free` the first may change.
    public static List<Slot> of(Graph graph, boolean free) {
      return graph.inputs().stream().map(graph::value).map(v -> of(v, free)).toList();
    }

    private static Slot of(Value v, boolean free) {
      List<Long> dims = v.shape().map(s -> new java.util.ArrayList<>(s.toList())).orElse(null);
      if (free && dims != null && !dims.isEmpty()) {
        dims.set(0, -1L);
      }
      return new Slot(v.name(), v.dtype(), dims);
    }
  }
}
