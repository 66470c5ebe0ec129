package org.fanin.formats;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;

/// Reads a checkpoint in several files, as Hugging Face writes them: `*.index.json` says in which
/// file each tensor is.
final class ShardIndex {
  private final Path index;
  private final String source;
  private final Budget budget;
  private final Map<String, String> fileOf = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /// As the index states it, −1 if not.
  private double totalSize = -1;

  private ShardIndex(Path index, String source, Budget budget) {
    this.index = index;
    this.source = source;
    this.budget = budget;
  }

  /// Opens one of the files named.
  @FunctionalInterface
  interface Shard {
    Checkpoint open(Path file) throws ModelFormatException, IOException;
  }

  /// @param json the mapped index; not kept
  static Checkpoint read(Path index, MemorySegment json, String source, Budget budget, Shard shard)
      throws ModelFormatException, IOException {
    var reader = new ShardIndex(index, source, budget);
    try (var in = new JsonInput(source, json, budget)) {
      reader.parse(in);
    }
    if (reader.fileOf.isEmpty()) {
      throw reader.bad("JSON without a weight_map", "the index of a checkpoint in several files");
    }
    return reader.open(shard);
  }

  /// The files that an index names, without opening any.
  static Set<Path> files(Path index, MemorySegment json, String source, Budget budget)
      throws ModelFormatException, IOException {
    var reader = new ShardIndex(index, source, budget);
    try (var in = new JsonInput(source, json, budget)) {
      reader.parse(in);
    }
    Set<Path> all = new LinkedHashSet<>();
    for (String name : new TreeSet<>(reader.fileOf.values())) {
      all.add(reader.resolve(name));
    }
    return all;
  }

  private ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(source, found, wanted);
  }

  private void parse(JsonInput in) throws ModelFormatException, IOException {
    in.expect(JsonToken.START_OBJECT, "an object");
    boolean map = false;
    boolean meta = false;
    for (String key = in.name(); key != null; key = in.name()) {
      switch (key) {
        case "weight_map" -> {
          once(in, map, key);
          map = true;
          weightMap(in);
        }
        case "metadata" -> {
          once(in, meta, key);
          meta = true;
          metadata(in);
        }
        default -> in.skip();
      }
    }
    in.expectEnd();
  }

  private static void once(JsonInput in, boolean seen, String key) throws ModelFormatException {
    if (seen) {
      throw in.bad("a second " + key, "one");
    }
  }

  private void weightMap(JsonInput in) throws ModelFormatException, IOException {
    in.expect(JsonToken.START_OBJECT, "an object of file names in weight_map");
    for (String name = in.name(); name != null; name = in.name()) {
      budget.charge(100);
      if (fileOf.put(name, in.text("the name of a file")) != null) {
        throw in.bad("two files for tensor " + OnnxContext.quoted(name), "one");
      }
    }
  }

  private void metadata(JsonInput in) throws ModelFormatException, IOException {
    in.expect(JsonToken.START_OBJECT, "an object in metadata");
    for (String key = in.name(); key != null; key = in.name()) {
      if (!key.equals("total_size")) {
        in.skip();
      } else if (totalSize >= 0) {
        throw in.bad("a second total_size", "one");
      } else {
        totalSize = in.real(in.next(), "the number of bytes as total_size");
        if (!(totalSize >= 0)) {
          throw in.bad("total_size " + totalSize, "0 or more");
        }
      }
    }
  }

  private Checkpoint open(Shard opener) throws ModelFormatException, IOException {
    var listing = new Listing(source, budget);
    List<Path> files = new ArrayList<>(List.of(index));
    String format = "";
    long bytes = 0;
    for (String name : new TreeSet<>(fileOf.values())) {
      Path file = resolve(name);
      Checkpoint shard = opener.open(file);
      format = shard.format();
      files.add(file);
      shard.metadata().forEach(metadata::putIfAbsent);
      for (StoredTensor t : shard.tensors()) {
        checkPlace(t, name);
        listing.add(t);
        bytes += t instanceof SpanTensor s ? s.bytes().size() : 0;
      }
    }
    for (var e : fileOf.entrySet()) {
      if (listing.get(e.getKey()) == null) {
        throw bad(
            "tensor " + OnnxContext.quoted(e.getKey()) + " mapped to " + e.getValue(),
            "it in that file, which lacks it");
      }
    }
    List<StoredTensor> all = listing.all();
    checkTotal(all, format, bytes);
    return new Checkpoint(source, format, all, metadata, files);
  }

  private void checkPlace(StoredTensor t, String file) throws ModelFormatException {
    String mapped = fileOf.get(t.name());
    if (!file.equals(mapped)) {
      throw bad(
          "tensor " + OnnxContext.quoted(t.name()) + " in " + file,
          mapped == null ? "it in weight_map, which lacks it" : "it in " + mapped + " only");
    }
  }

  /// PyTorch counts weights that share storage once or twice, depending on its version.
  private void checkTotal(List<StoredTensor> all, String format, long bytes)
      throws ModelFormatException {
    boolean known =
        format.equals("safetensors") && all.stream().allMatch(SpanTensor.class::isInstance);
    if (totalSize >= 0 && known && totalSize != bytes) {
      throw bad(
          String.format(Locale.ROOT, "total_size %.0f", totalSize),
          bytes + ", what the files hold (take total_size out of the index if they are right)");
    }
  }

  private Path resolve(String name) throws ModelFormatException, IOException {
    Path folder = index.toAbsolutePath().getParent();
    Path real;
    try {
      if (name.isEmpty()
          || name.equals("..")
          || name.equals(".")
          || name.matches("(?s).*[/\\\\].*")) {
        throw new InvalidPathException(name, "no plain name");
      }
      real = folder.resolve(name).toRealPath();
    } catch (InvalidPathException _) {
      throw bad("file name '" + name + "' in weight_map", "the plain name of a file beside it");
    } catch (NoSuchFileException _) {
      throw bad("no file '" + name + "' beside the index", "every file of its weight_map");
    } catch (FileSystemException e) { // a loop of links, a name too long
      throw new ModelFormatException(
          source, "file '" + name + "' (" + e.getReason() + ")", "a file beside the index", e);
    }
    if (!real.startsWith(folder.toRealPath()) && !inHubCache(folder, real)) {
      throw bad(
          "file '" + name + "' that leads out of the folder by a link",
          "a file inside the folder (copy it there)");
    }
    if (!Files.isRegularFile(real)) {
      throw bad("'" + name + "' that is no regular file", "a file");
    }
    return folder.resolve(name);
  }

  /// The download cache of huggingface_hub keeps `snapshots/REVISION/FILE` as links into `blobs`
  /// beside `snapshots`.
  private static boolean inHubCache(Path folder, Path real) throws IOException {
    Path snapshots = folder.toRealPath().getParent();
    return snapshots != null
        && snapshots.getFileName() != null
        && snapshots.getFileName().toString().equals("snapshots")
        && real.getParent().equals(snapshots.resolveSibling("blobs"));
  }
}
