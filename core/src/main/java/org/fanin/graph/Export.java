package org.fanin.graph;

import java.util.List;

/// What an exporter did to a network on its way to the file, so far as the file shows it: the
/// network judged is then not the one that trains.
///
/// @param byTorch PyTorch says that it wrote the file
/// @param foldedNorms layers whose bias and weight hold a batch normalisation, in file order
/// @param certain false where only the values say so: scales per channel that differ like γ/σ
/// @param inferenceNorms batch normalisations that are in the file, set to inference
/// @param merged tensors that stand for several of the network's, which were equal
/// @param renamed weights that lost their names, as constant folding transposed them
public record Export(
    boolean byTorch,
    List<String> foldedNorms,
    boolean certain,
    int inferenceNorms,
    List<Merged> merged,
    int renamed) {
  /// Nothing was seen.
  public static final Export UNTOUCHED = new Export(false, List.of(), true, 0, List.of(), 0);

  public Export {
    foldedNorms = List.copyOf(foldedNorms);
    merged = List.copyOf(merged);
  }

  /// One tensor of the file that stands for several of the network.
  ///
  /// @param tensor its name in the file
  /// @param others names (or layers) of those that were merged into it
  /// @param matrix true where elements differ from one another: layers that began as copies; false
  ///   for vectors of equal elements (ones, zeros), which are alike in any network
  public record Merged(String tensor, List<String> others, boolean matrix) {
    public Merged {
      others = List.copyOf(others);
    }
  }

  /// Whether the file differs from the network that trains.
  public boolean changed() {
    return !foldedNorms.isEmpty() || inferenceNorms > 0 || !merged.isEmpty() || renamed > 0;
  }

  /// Layers that began as copies of one another.
  public List<Merged> copies() {
    return merged.stream().filter(Merged::matrix).toList();
  }
}
