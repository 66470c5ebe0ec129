package org.fanin.formats;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Writes safetensors: one file, or a folder of shards with an index as Hugging Face lays it out.
/// The bytes depend on names, types, shapes, fills and provenance only. Memory is bounded by the
/// buffers, see [WriteOptions].
public final class SafetensorsWriter {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String JOURNAL = ".fanin-progress";
  private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");
  private static final int MOST_SHARDS = 99_999;

  private SafetensorsWriter() {}

  /// Writes one file. From 256 MB on an unfinished write can be resumed.
  ///
  /// @throws IllegalArgumentException if names are not unique, or one is `__metadata__`
  /// @throws IOException if something is in the way, space is short or writing fails; the target is
  ///   as it was then
  public static WriteReport write(Path file, List<TensorOut> tensors, WriteOptions options)
      throws IOException {
    check(tensors);
    FileImage image = SafetensorsLayout.image(tensors, metadata(options));
    Path journal =
        image.length() < options.journalFrom()
            ? null
            : file.toAbsolutePath().resolveSibling("." + file.getFileName() + JOURNAL);
    return new StreamedWrite(
            List.of(new StreamedWrite.Item(file, image)), journal, Map.of(), options)
        .run();
  }

  /// Writes `model-00001-of-0000N.safetensors` … and, when they are all there,
  /// `model.safetensors.index.json`. A shard appears when it is whole; an unfinished write can be
  /// resumed.
  ///
  /// @param folder is made if it does not exist
  /// @param shardBytes most bytes of tensors in a shard; a larger tensor has a shard of its own
  /// @throws IllegalArgumentException if names are not unique, or there would be more than 99,999
  ///   shards
  /// @throws IOException if something is in the way, space is short or writing fails
  public static WriteReport writeSharded(
      Path folder, List<TensorOut> tensors, long shardBytes, WriteOptions options)
      throws IOException {
    check(tensors);
    List<List<TensorOut>> shards = shards(tensors, shardBytes);
    Files.createDirectories(folder);
    Path real = folder.toRealPath();
    Path journal = real.resolve(JOURNAL);
    List<Path> old = existing(real);
    if (!options.force() && !Files.exists(journal) && !old.isEmpty()) {
      throw new FileAlreadyExistsException(
          old.getFirst().toString(), null, "is there already; --force replaces it");
    }
    List<StreamedWrite.Item> items = items(real, shards, metadata(options));
    var write =
        new StreamedWrite(items, journal, Map.of("shard_size", Long.toString(shardBytes)), options);
    write.replacing(old);
    if (options.force()) {
      // with its index gone, a half-replaced folder cannot be taken for a whole one
      write.deletingFirst(List.of(real.resolve(INDEX)));
    }
    WriteReport report = write.run();
    Set<Path> ours = new HashSet<>();
    items.forEach(i -> ours.add(i.target()));
    for (Path p : old) {
      if (!ours.contains(p)) {
        Files.deleteIfExists(p);
      }
    }
    return report;
  }

  private static void check(List<TensorOut> tensors) {
    Set<String> seen = new HashSet<>();
    for (TensorOut t : tensors) {
      if (t.name().equals("__metadata__") || !seen.add(t.name())) {
        throw new IllegalArgumentException("no second tensor can be named " + t.name());
      }
    }
  }

  /// `format` says which framework's axis order the tensors have; readers of Hugging Face refuse
  /// files without it.
  private static Map<String, String> metadata(WriteOptions options) {
    Map<String, String> all = new TreeMap<>(options.stamped());
    all.put("format", "pt");
    return all;
  }

  /// Tensors in order, a new shard where the next one does not fit.
  static List<List<TensorOut>> shards(List<TensorOut> tensors, long shardBytes) {
    if (shardBytes < 1) {
      throw new IllegalArgumentException("shards of " + shardBytes + " bytes");
    }
    List<List<TensorOut>> shards = new ArrayList<>(List.of(new ArrayList<>()));
    long size = 0;
    for (TensorOut t : tensors) {
      if (!shards.getLast().isEmpty() && t.bytes() > shardBytes - size) {
        shards.add(new ArrayList<>());
        size = 0;
      }
      shards.getLast().add(t);
      size += t.bytes();
    }
    if (shards.size() > MOST_SHARDS) {
      throw new IllegalArgumentException(
          shards.size() + " shards of " + Sizes.text(shardBytes) + "; at most " + MOST_SHARDS);
    }
    return shards;
  }

  private static List<StreamedWrite.Item> items(
      Path folder, List<List<TensorOut>> shards, Map<String, String> metadata) {
    List<StreamedWrite.Item> items = new ArrayList<>();
    for (int i = 0; i < shards.size(); i++) {
      items.add(
          new StreamedWrite.Item(
              folder.resolve(shardName(i, shards.size())),
              SafetensorsLayout.image(shards.get(i), metadata)));
    }
    Part index = Part.Literal.of(index(shards));
    items.add(new StreamedWrite.Item(folder.resolve(INDEX), new FileImage(List.of(index))));
    return items;
  }

  private static String shardName(int i, int of) {
    return String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, of);
  }

  private static byte[] index(List<List<TensorOut>> shards) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonWriter json = JsonWriter.to(out)) {
      long total = shards.stream().flatMap(List::stream).mapToLong(TensorOut::bytes).sum();
      json.object().object("metadata").field("total_size", total).endObject();
      json.object("weight_map");
      for (int i = 0; i < shards.size(); i++) {
        for (TensorOut t : shards.get(i)) {
          json.field(t.name(), shardName(i, shards.size()));
        }
      }
      json.endObject().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return out.toByteArray();
  }

  /// What a reader would take for a model: an index, shards, a single file. Writing a folder anew
  /// replaces or deletes all of it.
  ///
  /// @param folder need not exist
  public static List<Path> inFolder(Path folder) throws IOException {
    return Files.isDirectory(folder) ? existing(folder.toRealPath()) : List.of();
  }

  /// Whether writing a folder may write a file of this name into it.
  public static boolean writesName(String name) {
    return name.equals(INDEX) || name.equals(JOURNAL) || SHARD.matcher(name).matches();
  }

  private static List<Path> existing(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(
              p -> {
                String n = p.getFileName().toString();
                return n.equals(INDEX)
                    || n.equals("model.safetensors")
                    || SHARD.matcher(n).matches();
              })
          .sorted()
          .toList();
    }
  }
}
