package org.fanin.formats;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.formats.Pickled.Mapping;
import org.fanin.formats.Pickled.Storage;
import org.fanin.formats.Pickled.View;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Makes tensors of what a PyTorch pickle says of them: views of storages, held against the bytes
/// that are there.
final class TorchTensors {
  /// Key of the metadata that says in which dict of the file the weights are, if it has others too.
  static final String WEIGHTS_UNDER = "weights under";

  /// What training scripts call that dict: pytorch.org/tutorials/recipes/recipes and the
  /// frameworks.
  private static final List<String> USUAL =
      List.of("state_dict", "model_state_dict", "model", "module", "net", "weights", "params");

  /// Tensors that share storage may hold this much and this many times the file together; else a
  /// small file could keep a reader busy for years.
  private static final long SHARED_BYTES = 1L << 30;

  private static final long SHARED_TIMES = 100;

  private final String source;
  private final Listing listing;
  private final Storages storages;
  private final boolean bigEndian;
  private long bytesLeft;

  /// Name of the first tensor in each storage.
  private final Map<String, String> owners = new HashMap<>();

  /// Where the elements are.
  @FunctionalInterface
  interface Storages {
    /// @throws ModelFormatException if there are none of that key, or another number of them
    StoredBytes of(Storage storage) throws ModelFormatException;
  }

  private TorchTensors(
      String source, long size, Budget budget, Storages storages, boolean bigEndian) {
    this.source = source;
    this.listing = new Listing(source, budget);
    this.storages = storages;
    this.bigEndian = bigEndian;
    this.bytesLeft = SHARED_BYTES + SHARED_TIMES * size;
  }

  /// @param size bytes of the file
  static Checkpoint of(
      Pickled root,
      Path file,
      String source,
      long size,
      Budget budget,
      Storages storages,
      boolean bigEndian)
      throws ModelFormatException {
    var tensors = new TorchTensors(source, size, budget, storages, bigEndian);
    TensorTree.walk(root, source, budget, tensors::add);
    List<StoredTensor> all = tensors.listing.all();
    if (all.isEmpty()) {
      throw new ModelFormatException(source, "a pickle without tensors", "a state dict");
    }
    return new Checkpoint(source, "pt", all, weightsUnder(root), List.of(file));
  }

  private static Map<String, String> weightsUnder(Pickled root) {
    boolean outer =
        root instanceof Mapping m && m.values().stream().noneMatch(v -> v instanceof View);
    for (String key : outer ? USUAL : List.<String>of()) {
      if (((Mapping) root).get(key) instanceof Mapping inner
          && inner.values().stream().anyMatch(v -> v instanceof View)) {
        return Map.of(WEIGHTS_UNDER, key);
      }
    }
    return Map.of();
  }

  private void add(String name, View view) throws ModelFormatException {
    String where = source + ": tensor " + OnnxContext.quoted(name);
    Shape shape = shape(where, view.size());
    if (view.storage() == null) {
      listing.add(new UnreadableTensor(name, shape, where, view.because()));
      return;
    }
    Storage storage = view.storage();
    StoredBytes bytes = storages.of(storage);
    long there = (bytes.size() - storage.from() * storage.type().width()) / view.type().width();
    check(where, view, shape, there);
    String owner = owners.putIfAbsent(storage.key(), name);
    String place = where + ", storage " + OnnxContext.quoted(storage.key());
    if (owner != null) {
      place += " shared with " + OnnxContext.quoted(owner);
    }
    String because = because(view, shape, there);
    if (!because.isEmpty()) {
      listing.add(new UnreadableTensor(name, shape, place, because));
      return;
    }
    bytesLeft -= shape.count() * view.type().width();
    if (bytesLeft < 0) {
      throw new ModelFormatException(
          source,
          "tensors that share storage so often that together they hold over "
              + SHARED_TIMES
              + " times the file",
          "fewer");
    }
    long at = storage.from() * storage.type().width() + view.offset() * view.type().width();
    List<Long> strides = rowMajor(view) ? List.of() : view.strides();
    listing.add(
        new SpanTensor(name, view.type().dtype(), shape, bytes, at, strides, bigEndian, place));
  }

  private static Shape shape(String where, List<Long> size) throws ModelFormatException {
    try {
      return Shape.of(size.stream().mapToLong(Long::longValue).toArray());
    } catch (IllegalArgumentException e) {
      throw new ModelFormatException(where, e.getMessage(), "sizes with a product below 2^63", e);
    }
  }

  private static String because(View view, Shape shape, long there) {
    if (!view.because().isEmpty()) {
      return view.because();
    }
    if (view.type().dtype() == DType.OTHER) {
      return "elements of type " + view.type().path();
    }
    // else a few bytes could stand for more elements than anyone can read
    return shape.count() > there
        ? "an expanded view of " + there + " stored elements as " + shape.count()
        : "";
  }

  /// All elements must lie in the storage.
  ///
  /// @param there elements it has
  private static void check(String where, View view, Shape shape, long there)
      throws ModelFormatException {
    try {
      long last = view.offset();
      for (int a = 0; a < shape.rank() && shape.count() > 0; a++) {
        long reach = Math.multiplyExact(shape.dim(a) - 1, view.strides().get(a).longValue());
        last = Math.addExact(last, reach);
      }
      if (last < there || shape.count() == 0 && last <= there) {
        return;
      }
    } catch (ArithmeticException _) {
      // reported below: beyond 2^63 is outside of any storage
    }
    throw new ModelFormatException(
        where,
        "sizes " + shape + " with strides " + view.strides() + " from element " + view.offset(),
        "elements inside its storage of " + there);
  }

  /// Strides of axes of one element mean nothing.
  private static boolean rowMajor(View view) {
    long want = 1;
    for (int a = view.size().size() - 1; a >= 0; a--) {
      long n = view.size().get(a);
      if (n == 0) {
        return true;
      }
      if (n > 1 && view.strides().get(a) != want) {
        return false;
      }
      want *= n;
    }
    return true;
  }
}
