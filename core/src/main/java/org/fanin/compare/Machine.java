package org.fanin.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// How much memory this process may still take: the least of what the machine has available, what
/// the control groups around the process leave (both versions), and its address space limit. What a
/// system does not tell is no limit.
///
/// @param root of the file system that tells; `/` but for tests
record Machine(Path root) {
  private static final long PAGE = 4096;

  static Machine here() {
    return new Machine(Path.of("/"));
  }

  /// Bytes; empty where nothing is told.
  OptionalLong available() {
    long least = Long.MAX_VALUE;
    least = Math.min(least, field("proc/meminfo", "MemAvailable:", 1024));
    least = Math.min(least, groups());
    least = Math.min(least, addressSpace());
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(Math.max(0, least));
  }

  // ---- control groups ----

  /// Lines as `4:memory:/a/b` (version 1) or `0::/a/b` (version 2).
  private long groups() {
    long least = Long.MAX_VALUE;
    for (String line : lines("proc/self/cgroup")) {
      String[] part = line.split(":", 3);
      if (part.length == 3 && part[1].isEmpty()) {
        least = Math.min(least, group("sys/fs/cgroup", part[2], "memory.max", "memory.current"));
      } else if (part.length == 3 && List.of(part[1].split(",")).contains("memory")) {
        least =
            Math.min(
                least,
                group(
                    "sys/fs/cgroup/memory",
                    part[2],
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes"));
      }
    }
    return least;
  }

  /// The group and all around it: in a container the path may be another one's, and the root of
  /// what is mounted is the process's own.
  private long group(String mount, String path, String limit, String usage) {
    long least = Long.MAX_VALUE;
    Path top = root.resolve(mount);
    Path at = top.resolve("./" + path).normalize();
    while (at.startsWith(top)) {
      long most = number(at.resolve(limit));
      long used = number(at.resolve(usage));
      if (most < Long.MAX_VALUE && used < Long.MAX_VALUE) {
        // Pages of files that nobody uses are given up first.
        long files = inactiveFiles(at.resolve("memory.stat"));
        least = Math.min(least, most - Math.max(0, used - files));
      }
      at = at.getParent();
    }
    return least;
  }

  private static long inactiveFiles(Path stat) {
    long found = 0;
    for (String line : lines(stat)) {
      if (line.startsWith("inactive_file ") || line.startsWith("total_inactive_file ")) {
        found = Math.max(found, number(line.substring(line.indexOf(' ')), 0));
      }
    }
    return found;
  }

  // ---- address space ----

  private long addressSpace() {
    long limit = Long.MAX_VALUE;
    for (String line : lines("proc/self/limits")) {
      if (line.startsWith("Max address space")) {
        limit = number(line.substring(17).strip().split("\\s+")[0], Long.MAX_VALUE);
      }
    }
    List<String> statm = lines("proc/self/statm");
    if (limit == Long.MAX_VALUE || statm.isEmpty()) {
      return Long.MAX_VALUE;
    }
    return limit - PAGE * number(statm.getFirst().split(" ")[0], 0);
  }

  // ---- files ----

  private long field(String file, String name, long unit) {
    for (String line : lines(file)) {
      if (line.startsWith(name)) {
        long n =
            number(line.substring(name.length()).strip().split("\\s+")[0], Long.MAX_VALUE / unit);
        return n * unit;
      }
    }
    return Long.MAX_VALUE;
  }

  private static long number(Path file) {
    List<String> all = lines(file);
    return all.isEmpty() ? Long.MAX_VALUE : number(all.getFirst(), Long.MAX_VALUE);
  }

  /// `max`, `unlimited` and whatever else is no number give `otherwise`.
  private static long number(String text, long otherwise) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException _) {
      return otherwise;
    }
  }

  private List<String> lines(String file) {
    return lines(root.resolve(file));
  }

  private static List<String> lines(Path file) {
    try {
      return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException _) {
      return List.of();
    }
  }
}
