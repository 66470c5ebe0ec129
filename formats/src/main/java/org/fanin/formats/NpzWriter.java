package org.fanin.formats;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes `.npz` archives that numpy.load reads: not compressed, streamed, the same bytes for the
/// same plan. Provenance is the archive's comment. Such a write is not resumed: checksums stand
/// before the data they are of.
public final class NpzWriter {
  private NpzWriter() {}

  /// @throws IllegalArgumentException if names are not unique, or a tensor is of a type that NumPy
  ///   does not have (bf16, fp8)
  /// @throws IOException if something is in the way, space is short or writing fails; the target is
  ///   as it was then
  public static WriteReport write(Path file, List<TensorOut> tensors, WriteOptions options)
      throws IOException {
    Set<String> seen = new HashSet<>();
    for (TensorOut t : tensors) {
      if (!seen.add(t.name())) {
        throw new IllegalArgumentException("two tensors are named " + t.name());
      }
    }
    NpzLayout layout = new NpzLayout(tensors, comment(options.stamped()));
    var item = new StreamedWrite.Item(file, layout.image(), layout);
    return new StreamedWrite(List.of(item), null, Map.of(), options).run();
  }

  private static String comment(Map<String, String> provenance) {
    StringBuilder s = new StringBuilder();
    provenance.forEach((k, v) -> s.append(k).append('=').append(v).append('\n'));
    return s.toString();
  }
}
