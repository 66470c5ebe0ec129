package org.fanin.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What an unfinished write has done so far: a text file that only grows, a line per block, so that
/// a killed process leaves at worst half a line. Locked while its writer lives.
///
/// First the facts of the write (`fact NAME VALUE`), then what happens: `check FILE CRC` says that
/// the next block of a file is written, `done FILE SHA256` that the file is whole, `cut FILE
/// BLOCKS` that only so many blocks of it are still believed.
final class Journal implements AutoCloseable {
  private static final String MAGIC = "fanin progress 1";
  private static final long MOST_BYTES = 1L << 30;

  private final Path path;
  private final FileChannel channel;
  private final List<State> files = new ArrayList<>();

  /// Of one file.
  static final class State {
    private int[] checks = new int[16];
    private int blocks;
    private boolean done;
    private String sha256 = "";

    int blocks() {
      return blocks;
    }

    int check(int block) {
      return checks[block];
    }

    boolean done() {
      return done;
    }

    String sha256() {
      return sha256;
    }

    private void add(int check) {
      checks = blocks == checks.length ? Arrays.copyOf(checks, 2 * blocks) : checks;
      checks[blocks++] = check;
    }
  }

  private Journal(Path path, FileChannel channel, int files) {
    this.path = path;
    this.channel = channel;
    for (int i = 0; i < files; i++) {
      this.files.add(new State());
    }
  }

  /// Starts a journal, in the place of whatever was there.
  ///
  /// @param files how many there will be
  static Journal start(Path path, Map<String, String> facts, int files) throws IOException {
    Journal j = new Journal(path, locked(path), files);
    j.channel.truncate(0);
    j.append(head(facts));
    return j;
  }

  private static String head(Map<String, String> facts) {
    StringBuilder head = new StringBuilder(MAGIC).append('\n');
    facts.forEach(
        (k, v) -> head.append("fact ").append(word(k)).append(' ').append(clean(v)).append('\n'));
    return head.append("begin\n").toString();
  }

  /// Whether whole lines are the beginning of a head; none are too.
  private static boolean isHead(List<String> lines) {
    return lines.isEmpty()
        || lines.getFirst().equals(MAGIC)
            && lines.stream().skip(1).allMatch(l -> l.startsWith("fact "));
  }

  /// Goes on with a journal of the same facts.
  ///
  /// @throws FileSystemException if it is of another plan, saying what differs, or damaged
  static Journal resume(Path path, Map<String, String> facts, int files) throws IOException {
    Journal j = new Journal(path, locked(path), files);
    try {
      j.read(facts);
      return j;
    } catch (IOException | RuntimeException e) {
      j.close();
      throw e;
    }
  }

  private static FileChannel locked(Path path) throws IOException {
    FileChannel c =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    FileLock lock = null;
    try {
      lock = c.tryLock();
    } catch (OverlappingFileLockException _) {
      // held by this JVM: as good as by another
    }
    if (lock == null) {
      c.close();
      throw new FileSystemException(
          path.toString(), null, "another process is writing this output");
    }
    return c;
  }

  /// Whether nothing has been done yet.
  synchronized boolean isEmpty() {
    return files.stream().allMatch(s -> s.blocks == 0 && !s.done);
  }

  State file(int index) {
    return files.get(index);
  }

  synchronized void check(int file, int check) throws IOException {
    files.get(file).add(check);
    append("check " + file + " " + Integer.toHexString(check) + "\n");
  }

  synchronized void done(int file, String sha256) throws IOException {
    files.get(file).done = true;
    files.get(file).sha256 = sha256;
    append("done " + file + " " + (sha256.isEmpty() ? "-" : sha256) + "\n");
  }

  synchronized void cut(int file, int blocks) throws IOException {
    State s = files.get(file);
    s.blocks = blocks;
    s.done = false;
    append("cut " + file + " " + blocks + "\n");
  }

  private void append(String text) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    long end = channel.size();
    while (b.hasRemaining()) {
      end += channel.write(b, end);
    }
  }

  private void read(Map<String, String> facts) throws IOException {
    if (channel.size() > MOST_BYTES) {
      throw damaged();
    }
    List<String> lines = new ArrayList<>(Files.readString(path).lines().toList());
    if (!lines.isEmpty() && !Files.readString(path).endsWith("\n")) {
      // half a line, from the moment of the kill
      String half = lines.removeLast();
      if (lines.isEmpty() && !MAGIC.startsWith(half)) {
        throw damaged();
      }
      long whole = channel.size() - half.getBytes(StandardCharsets.UTF_8).length;
      channel.truncate(whole);
    }
    int begin = lines.indexOf("begin");
    if (begin < 0 && isHead(lines)) {
      // killed before the head was whole, when nothing else was written yet
      channel.truncate(0);
      append(head(facts));
      return;
    }
    if (begin < 0 || !lines.getFirst().equals(MAGIC)) {
      throw damaged();
    }
    compare(facts(lines.subList(1, begin)), facts);
    for (String line : lines.subList(begin + 1, lines.size())) {
      event(line.split(" ", -1));
    }
  }

  private Map<String, String> facts(List<String> lines) throws IOException {
    Map<String, String> found = new LinkedHashMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", 3);
      if (words.length < 3 || !words[0].equals("fact")) {
        throw damaged();
      }
      found.put(words[1], words[2]);
    }
    return found;
  }

  private void compare(Map<String, String> before, Map<String, String> facts) throws IOException {
    Map<String, String> now = new LinkedHashMap<>();
    facts.forEach((k, v) -> now.put(word(k), clean(v)));
    Map<String, String> all = new LinkedHashMap<>(now);
    before.forEach(all::putIfAbsent);
    List<String> differ = new ArrayList<>();
    for (String k : all.keySet()) {
      if (!Objects.equals(before.get(k), now.get(k))) {
        differ.add(
            k
                + " "
                + before.getOrDefault(k, "none")
                + " then, "
                + now.getOrDefault(k, "none")
                + " now");
      }
    }
    if (!differ.isEmpty()) {
      throw new FileSystemException(
          path.toString(),
          null,
          "the unfinished write there is another one ("
              + String.join("; ", differ.subList(0, Math.min(3, differ.size())))
              + "): give the same options again, or --force to start over");
    }
  }

  private void event(String[] w) throws IOException {
    try {
      State s = files.get(Integer.parseInt(w[1]));
      switch (w[0]) {
        case "check" -> s.add(Integer.parseUnsignedInt(w[2], 16));
        case "done" -> {
          s.done = true;
          s.sha256 = w[2].equals("-") ? "" : w[2];
        }
        case "cut" -> {
          s.blocks = Math.clamp(Integer.parseInt(w[2]), 0, s.blocks);
          s.done = false;
        }
        default -> throw damaged();
      }
    } catch (NumberFormatException | IndexOutOfBoundsException _) {
      throw damaged();
    }
  }

  private FileSystemException damaged() {
    return new FileSystemException(
        path.toString(), null, "not a journal of ours, or damaged; --force starts over");
  }

  private static String word(String s) {
    return clean(s).replace(' ', '_');
  }

  /// A line is a line.
  private static String clean(String s) {
    return s.codePoints()
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /// Removes the journal: everything is written.
  void finish() throws IOException {
    Files.deleteIfExists(path);
    close();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
