package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.fanin.formats.Pickled.Huge;
import org.fanin.formats.Pickled.Int;
import org.fanin.formats.Pickled.Items;
import org.fanin.formats.Pickled.Mapping;
import org.fanin.formats.Pickled.Simple;
import org.fanin.formats.Pickled.Storage;
import org.fanin.formats.Pickled.Text;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;

/// Reads what torch.save wrote before PyTorch 1.6, and still writes on request: five pickles (a
/// magic number, a version, the system, the object, the keys of its storages), then each storage as
/// a count and its bytes (torch/serialization.py, `_legacy_save`).
final class TorchLegacy {
  /// MAGIC_NUMBER of torch/serialization.py.
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);

  private static final long VERSION = 1001;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final MemorySegment all;
  private final String source;
  private final Budget budget;
  private final Map<String, Integer> widths = new HashMap<>();
  private final Map<String, StoredBytes> storages = new HashMap<>();
  private long at;

  private TorchLegacy(Path file, MemorySegment all, String source, Budget budget) {
    this.file = file;
    this.all = all;
    this.source = source;
    this.budget = budget;
  }

  static Checkpoint read(Path file, MemorySegment all, String source, Budget budget)
      throws ModelFormatException {
    return new TorchLegacy(file, all, source, budget).tensors();
  }

  private ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(source + ": byte " + at, found, wanted);
  }

  private Pickled pickle() throws ModelFormatException {
    var machine = new PickleMachine(all, at, source, "", budget);
    Pickled value = machine.run();
    at = machine.end();
    return value;
  }

  private Checkpoint tensors() throws ModelFormatException {
    if (!(pickle() instanceof Huge(BigInteger magic)) || !magic.equals(MAGIC)) {
      throw new ModelFormatException(source, "a pickle that is not PyTorch's", "a state dict");
    }
    if (!(pickle() instanceof Int(long version)) || version != VERSION) {
      throw bad("another version", "version " + VERSION + " of the old format");
    }
    boolean big = pickle() instanceof Mapping system && system.get("little_endian") == Simple.FALSE;
    Pickled root = pickle();
    if (!(pickle() instanceof Items keys)) {
      throw bad("no list", "the keys of all storages");
    }
    // the widths of the elements stand in the object, their counts at its end
    TensorTree.walk(root, source, budget, (_, view) -> width(view.storage()));
    for (Pickled key : keys.all()) {
      storage(key);
    }
    if (at != all.byteSize()) {
      throw bad(all.byteSize() - at + " bytes after the last storage", "none");
    }
    return TorchTensors.of(root, file, source, all.byteSize(), budget, this::storage, big);
  }

  private void width(Storage storage) throws ModelFormatException {
    if (storage != null) {
      Integer before = widths.put(storage.key(), storage.type().width());
      if (before != null && before != storage.type().width()) {
        throw bad("storage " + OnnxContext.quoted(storage.key()) + " of two types", "one");
      }
    }
  }

  private void storage(Pickled key) throws ModelFormatException {
    Integer width = key instanceof Text(String k) ? widths.get(k) : null;
    if (width == null) {
      throw bad("a storage that no tensor uses, or one without a name", "those of the tensors");
    }
    long left = all.byteSize() - at - 8;
    long numel = left < 0 ? -1 : all.get(LONG, at);
    if (numel < 0 || numel > left / width) {
      throw bad(
          left < 0 ? "the end" : "a storage of " + numel + " elements in " + left + " bytes",
          "a whole storage");
    }
    budget.charge(200);
    var bytes = new StoredBytes.Plain(file, at + 8, numel * width);
    if (storages.put(((Text) key).value(), bytes) != null) {
      throw bad("a second storage of one key", "one");
    }
    at += 8 + numel * width;
  }

  private StoredBytes storage(Storage storage) throws ModelFormatException {
    StoredBytes bytes = storages.get(storage.key());
    long want = storage.numel() * storage.type().width();
    if (bytes == null || bytes.size() != want) {
      throw new ModelFormatException(
          source + ": storage " + OnnxContext.quoted(storage.key()),
          bytes == null ? "no bytes of it" : bytes.size() + " bytes",
          want + " bytes");
    }
    return bytes;
  }
}
