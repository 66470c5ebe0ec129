package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.formats.Pickled.Storage;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;

/// Reads what torch.save writes since PyTorch 1.6: a zip archive of `NAME/data.pkl`, which
/// describes the tensors, and `NAME/data/KEY`, the bytes of each storage (torch/serialization.py,
/// `_save`).
final class TorchZip {
  private static final String PICKLE = "/data.pkl";

  private final Path file;
  private final String source;
  private final Map<String, ZipIndex.Entry> entries;
  private final String folder;
  private final Map<String, StoredBytes> opened = new HashMap<>();

  private TorchZip(Path file, String source, Map<String, ZipIndex.Entry> entries, String folder) {
    this.file = file;
    this.source = source;
    this.entries = entries;
    this.folder = folder;
  }

  /// Whether this is PyTorch's and no NumPy archive.
  static boolean is(Map<String, ZipIndex.Entry> entries) {
    return entries.keySet().stream().anyMatch(TorchZip::isPickle);
  }

  private static boolean isPickle(String name) {
    return name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length();
  }

  static Checkpoint read(
      Path file, Map<String, ZipIndex.Entry> entries, String source, Budget budget)
      throws ModelFormatException, IOException {
    List<String> pickles = entries.keySet().stream().filter(TorchZip::isPickle).toList();
    if (pickles.size() != 1) {
      throw new ModelFormatException(source, pickles.size() + " files data.pkl", "one");
    }
    String pickle = pickles.getFirst();
    String folder = pickle.substring(0, pickle.length() - PICKLE.length());
    var reader = new TorchZip(file, source, entries, folder);
    if (entries.containsKey(folder + "/constants.pkl")) {
      throw new ModelFormatException(
          source,
          "a TorchScript program",
          "a state dict: in Python, torch.save(torch.jit.load(…).state_dict(), …)");
    }
    return reader.tensors(pickle, budget);
  }

  private Checkpoint tensors(String pickle, Budget budget)
      throws ModelFormatException, IOException {
    boolean big = bigEndian();
    try (Arena arena = Arena.ofConfined()) {
      ZipIndex.Entry entry = entries.get(pickle);
      if (entry.method() != ZipIndex.STORED) {
        budget.charge(entry.size());
      }
      MemorySegment bytes = entry.bytes(file).span(source, 0, entry.size(), arena);
      var machine = new PickleMachine(bytes, 0, source, " of data.pkl", budget);
      Pickled root = machine.run();
      if (machine.end() != bytes.byteSize()) {
        throw machine.bad(
            bytes.byteSize() - machine.end() + " bytes after the end of the pickle", "none");
      }
      return TorchTensors.of(root, file, source, Files.size(file), budget, this::storage, big);
    }
  }

  private boolean bigEndian() throws ModelFormatException, IOException {
    ZipIndex.Entry entry = entries.get(folder + "/byteorder");
    if (entry == null) {
      return false; // older than PyTorch 2.1
    }
    String order = "of " + entry.size() + " bytes";
    if (entry.size() < 10) {
      try (Arena arena = Arena.ofConfined()) {
        byte[] text =
            entry.bytes(file).span(source, 0, entry.size(), arena).toArray(ValueLayout.JAVA_BYTE);
        order = "'" + new String(text, StandardCharsets.ISO_8859_1) + "'";
      }
    }
    return switch (order) {
      case "'little'" -> false;
      case "'big'" -> true;
      default -> throw new ModelFormatException(source, "byteorder " + order, "little or big");
    };
  }

  private StoredBytes storage(Storage storage) throws ModelFormatException {
    String name = folder + "/data/" + storage.key();
    ZipIndex.Entry entry = entries.get(name);
    String where = source + ": entry " + OnnxContext.quoted(name);
    if (entry == null) {
      throw new ModelFormatException(where, "no such entry", "the bytes of a storage");
    }
    long want = storage.numel() * storage.type().width();
    if (entry.size() != want) {
      throw new ModelFormatException(
          where,
          entry.size() + " bytes",
          want + " for " + storage.numel() + " elements of " + storage.type().path());
    }
    return opened.computeIfAbsent(storage.key(), _ -> entry.bytes(file));
  }
}
