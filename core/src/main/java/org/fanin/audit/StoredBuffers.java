package org.fanin.audit;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Buffer;
import org.fanin.graph.BufferForms;
import org.fanin.graph.BufferForms.Place;
import org.fanin.graph.Role;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.Tensor;

/// Matrices that turn out to be no weights: masks, Fourier kernels, grids. A graph tells them
/// before; in a file of weights alone only their values do.
final class StoredBuffers {
  /// Larger tensors are no tables.
  private static final long LARGEST = 1L << 24;

  private StoredBuffers() {}

  /// The tensors with such matrices marked. Only what would be called a defect is read again.
  static List<Examined> apart(List<Examined> seen) throws IOException, ModelFormatException {
    List<Examined> all = new ArrayList<>(seen.size());
    for (Examined e : seen) {
      Optional<Buffer> found = isSuspect(e) ? form(e) : Optional.empty();
      all.add(found.isPresent() ? marked(e, found.get()) : e);
    }
    return all;
  }

  private static boolean isSuspect(Examined e) {
    return e.site().isMatrix()
        && e.facts().all().count() <= LARGEST
        && UnitFindings.of(e, Recognition.none(e.law()), Map.of()).stream()
            .anyMatch(f -> f.level() != Finding.Level.NOTE);
  }

  private static Optional<Buffer> form(Examined e) throws IOException, ModelFormatException {
    StoredTensor stored = e.site().tensor();
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = stored.read(0, stored.shape().count(), arena).reshape(stored.shape());
      boolean kernel = t.shape().rank() > 2 && e.site().spec().role() != Role.STACKED;
      return BufferForms.of(t, kernel ? Place.KERNEL : Place.MATRIX);
    }
  }

  private static Examined marked(Examined e, Buffer what) {
    Site site = new Site(e.site().tensor(), e.site().spec().asBuffer(what), Optional.empty());
    return new Examined(site, e.facts(), e.law(), e.certain(), e.suspects());
  }

  /// What such a tensor is, where that is known.
  static Optional<Finding> note(Examined e) {
    return e.site()
        .spec()
        .buffer()
        .filter(b -> b.kind().keeps())
        .map(
            b ->
                Finding.note(
                    "buffer",
                    "no parameter but " + b.kind().words() + detail(b),
                    "training does not change it, and it is not held against any scheme",
                    Double.NaN,
                    Double.NaN));
  }

  private static String detail(Buffer b) {
    return b.detail().isEmpty() ? "" : ": " + b.detail();
  }
}
