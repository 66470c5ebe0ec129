package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.fanin.model.ModelFormatException;

/// Files beside the model that hold its weights. A model may name only files inside its own folder,
/// links followed: otherwise opening somebody's model could read anything of the user's.
final class ExternalData {
  private final String source;
  private final Path folder;
  private final Arena arena;
  private final Set<Path> files = new HashSet<>();
  private final Map<String, MemorySegment> maps = new HashMap<>();

  private ExternalData(String source, Path folder, Arena arena) {
    this.source = source;
    this.folder = folder;
    this.arena = arena;
  }

  /// @param folder the model's folder, or null when the model did not come from a folder
  static ExternalData in(String source, Path folder, Arena arena) {
    return new ExternalData(source, folder, arena);
  }

  /// Real paths of the files that entries have pointed to so far.
  Set<Path> files() {
    return Set.copyOf(files);
  }

  /// The bytes an entry points to.
  ///
  /// @param entry the keys of TensorProto.external_data: location, offset, length
  /// @param want bytes the tensor's shape takes
  MemorySegment slice(String where, Map<String, String> entry, long want)
      throws ModelFormatException, IOException {
    String location = entry.get("location");
    if (location == null || location.isEmpty()) {
      throw new ModelFormatException(where, "external data without a location", "a file name");
    }
    long offset = number(where, entry, "offset", 0);
    long length = number(where, entry, "length", want);
    if (length != want) {
      throw new ModelFormatException(
          where, "external data of " + length + " bytes", want + " bytes, by the tensor's shape");
    }
    MemorySegment all = open(where, location);
    if (offset > all.byteSize() || length > all.byteSize() - offset) {
      throw new ModelFormatException(
          where,
          "external data at byte "
              + offset
              + " of '"
              + location
              + "', which has "
              + all.byteSize()
              + " bytes",
          length + " bytes there");
    }
    return all.asSlice(offset, length);
  }

  /// Where an entry's bytes lie. What [#slice] has accepted is a file inside the folder.
  Place place(String where, Map<String, String> entry, long want)
      throws ModelFormatException, IOException {
    slice(where, entry, want);
    return new Place(
        resolve(where, entry.get("location")), number(where, entry, "offset", 0), want);
  }

  /// A range of a file, links resolved.
  record Place(Path file, long offset, long length) {}

  private static long number(String where, Map<String, String> entry, String key, long absent)
      throws ModelFormatException {
    String text = entry.get(key);
    if (text == null || text.isEmpty()) {
      return absent;
    }
    try {
      long n = Long.parseLong(text.strip());
      if (n >= 0) {
        return n;
      }
    } catch (NumberFormatException _) {
      // reported below, like a negative number
    }
    throw new ModelFormatException(
        where, "external data with " + key + " '" + text + "'", "a whole number, 0 or more");
  }

  private MemorySegment open(String where, String location)
      throws ModelFormatException, IOException {
    MemorySegment known = maps.get(location);
    if (known == null) {
      Path file = resolve(where, location);
      files.add(file);
      known = map(file);
      maps.put(location, known);
    }
    return known;
  }

  private Path resolve(String where, String location) throws ModelFormatException, IOException {
    if (folder == null) {
      throw new ModelFormatException(
          where,
          "external data in '" + location + "' though " + source + " has no folder",
          "the model as a file, beside its data");
    }
    Path relative = relative(where, location);
    Path real;
    try {
      real = folder.resolve(relative).toRealPath();
    } catch (NoSuchFileException _) {
      throw new ModelFormatException(
          where, "no file '" + location + "' beside the model", "its external data");
    } catch (FileSystemException e) { // a loop of links, a name too long, a file for a folder
      throw new ModelFormatException(
          where, "external data '" + location + "' (" + e.getReason() + ")", "a file", e);
    }
    if (!real.startsWith(folder.toRealPath())) {
      throw new ModelFormatException(
          where,
          "external data '" + location + "' that leads out of the model's folder by a link",
          "a file inside the folder (copy it there)");
    }
    if (!Files.isRegularFile(real)) {
      throw new ModelFormatException(
          where, "external data '" + location + "' that is no regular file", "a file");
    }
    return real;
  }

  private Path relative(String where, String location) throws ModelFormatException {
    Path path = null;
    try {
      path = folder.getFileSystem().getPath(location);
    } catch (InvalidPathException _) {
      // reported below: no path at all is as bad as one that leads out
    }
    if (path == null || path.isAbsolute() || path.getRoot() != null || climbs(location)) {
      throw new ModelFormatException(
          where,
          "external data location '" + location + "'",
          "a relative path inside the model's folder");
    }
    return path;
  }

  /// Both separators on every system: a model must not mean another file elsewhere.
  private static boolean climbs(String location) {
    for (String part : location.split("[/\\\\]", -1)) {
      if (part.equals("..")) {
        return true;
      }
    }
    return false;
  }

  private MemorySegment map(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
