package org.fanin.formats;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.fanin.model.ModelFormatException;

/// The files that belong to an input: what reading it opens, and the other shards and the index of
/// the checkpoint that it is a part of. None of them may be written over.
public final class ReadFiles {
  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}\\.(safetensors|bin)");
  private static final int HEAD = 64;

  private ReadFiles() {}

  /// All files of an input, itself among them; of a damaged one what can be found.
  ///
  /// @param input a file or a folder; it need not exist
  /// @throws IOException if a folder cannot be listed
  public static Set<Path> of(Path input) throws IOException {
    Set<Path> all = new LinkedHashSet<>();
    if (Files.isDirectory(input)) {
      checkpoint(input, all);
    } else {
      all.add(input);
      if (Files.isRegularFile(input)) {
        siblings(input, all);
        referred(input, all);
      }
    }
    return all;
  }

  /// A folder is read as one checkpoint: its weights and every index.
  private static void checkpoint(Path folder, Set<Path> into) throws IOException {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, "*.{safetensors,bin,json,pt,pth,npz,onnx}")) {
      files.forEach(into::add);
    }
  }

  private static void siblings(Path file, Set<Path> into) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    String name = String.valueOf(file.getFileName());
    boolean part = SHARD.matcher(name).matches();
    boolean weights = name.endsWith(".safetensors") || name.endsWith(".bin");
    if (folder == null || !(part || weights || name.endsWith(".index.json"))) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path p : files) {
        String n = p.getFileName().toString();
        if (n.endsWith(".index.json") || SHARD.matcher(n).matches()) {
          into.add(p);
        }
      }
    }
  }

  /// What the file names: shards in an index, external data in a model.
  private static void referred(Path file, Set<Path> into) {
    try {
      if (startsAsJson(file)) {
        try (Arena arena = Arena.ofConfined();
            FileChannel c = FileChannel.open(file, StandardOpenOption.READ)) {
          MemorySegment json = c.map(FileChannel.MapMode.READ_ONLY, 0, c.size(), arena);
          Budget budget = Budget.ofThisJvm(file.toString());
          into.addAll(ShardIndex.files(file, json, file.toString(), budget));
        }
      } else {
        into.addAll(OnnxReader.dataFiles(file));
      }
    } catch (IOException | ModelFormatException _) {
      // reading it will say what is wrong, and then nothing is written
    }
  }

  private static boolean startsAsJson(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(HEAD), java.nio.charset.StandardCharsets.UTF_8)
          .strip()
          .startsWith("{");
    }
  }
}
