package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.fanin.formats.HostileModels.Expect;
import org.fanin.model.Checkpoint;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;
import org.fanin.tensor.DType;

/// Damaged, absurd and malicious checkpoints, the same on every run. What reads weights has to
/// answer each of them with a result or with one line.
public final class HostileCheckpoints {
  private static final long SPAN = 1 << 20;

  private HostileCheckpoints() {}

  /// @param name unique; the file's name with its ending, or the folder's if there are several
  /// @param files by name; the first is the one to open
  /// @param setup null, or what else stands around them
  public record Mutant(
      String name, Expect expect, Map<String, byte[]> files, HostileModels.Setup setup) {
    /// Writes the mutant into a folder.
    ///
    /// @return the file to open
    public Path writeTo(Path folder) throws IOException {
      boolean alone = files.size() == 1 && setup == null;
      Path home = alone ? folder : folder.resolve("in-" + name);
      Files.createDirectories(home);
      Path first = null;
      for (var e : files.entrySet()) {
        Path file = home.resolve(e.getKey());
        first = first == null ? file : first;
        Files.write(file, e.getValue());
      }
      if (setup != null) {
        setup.around(first);
      }
      return first;
    }
  }

  /// `HostileCheckpoints FOLDER` writes all mutants, with INDEX.txt of the files to open;
  /// `HostileCheckpoints --read FOLDER` reads every one of those to its end, as an audit would.
  public static void main(String[] args) throws IOException {
    if (args.length == 2 && args[0].equals("--read")) {
      readAll(Path.of(args[1]));
      return;
    }
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: HostileCheckpoints [--read] FOLDER");
    }
    Path folder = Path.of(args[0]);
    Files.createDirectories(folder);
    StringBuilder index = new StringBuilder();
    for (Mutant m : all()) {
      index.append(folder.relativize(m.writeTo(folder))).append('\n');
    }
    Files.writeString(folder.resolve("INDEX.txt"), index);
  }

  /// Anything but a refusal comes through as it is thrown.
  private static void readAll(Path folder) throws IOException {
    int read = 0;
    int refused = 0;
    long slowest = 0;
    String slow = "";
    for (String name : Files.readAllLines(folder.resolve("INDEX.txt"))) {
      long start = System.nanoTime();
      try {
        readThrough(Checkpoints.open(folder.resolve(name)));
        read++;
      } catch (ModelFormatException _) {
        refused++;
      } catch (RuntimeException | Error e) {
        throw new IllegalStateException(name, e);
      }
      long took = System.nanoTime() - start;
      slow = took > slowest ? name : slow;
      slowest = Math.max(took, slowest);
    }
    System.out.println(
        "read "
            + read
            + ", refused "
            + refused
            + ", slowest "
            + slow
            + " "
            + slowest / 1_000_000
            + " ms");
  }

  /// Reads all elements, a span at a time.
  static void readThrough(Checkpoint c) throws IOException, ModelFormatException {
    for (StoredTensor t : c.tensors()) {
      long count = t.dtype() == DType.OTHER ? 0 : t.shape().count();
      for (long i = 0; i < count; i += SPAN) {
        try (Arena arena = Arena.ofConfined()) {
          t.read(i, Math.min(SPAN, count - i), arena).at(0);
        }
      }
    }
  }

  /// All mutants.
  public static List<Mutant> all() {
    List<Mutant> all = new ArrayList<>();
    Map<String, byte[]> sound = new LinkedHashMap<>();
    sound.put("safetensors", Archives.soundSafetensors());
    sound.put("pt", Archives.torch(Pickles.stateDict()));
    sound.put("npz", Archives.zip(false, Map.of("w.npy", npy())));
    sound.put("npy", npy());
    sound.put("legacy.pt", HostilePickles.legacy(Pickles.stateDict()));
    sound.forEach((ending, bytes) -> damaged(ending, bytes, all));
    HostileHeads.addTo(all);
    HostilePickles.addTo(all);
    return List.copyOf(all);
  }

  static byte[] npy() {
    return NpzReaderTest.npy(
        1, "<f4", false, "(2, 3)", Archives.floats(.1, .2, .3, .4, .5, Double.NaN));
  }

  static void add(List<Mutant> all, String name, Expect expect, byte[] bytes) {
    all.add(new Mutant(name, expect, Map.of(name, bytes), null));
  }

  private static void damaged(String ending, byte[] sound, List<Mutant> all) {
    add(all, "sound." + ending, Expect.READ, sound);
    for (int i = 0; i < 10; i++) {
      byte[] cut = Arrays.copyOf(sound, sound.length * i / 10);
      add(all, String.format(Locale.ROOT, "truncated-%d.%s", i, ending), Expect.REFUSED, cut);
    }
    byte[] longer = Arrays.copyOf(sound, sound.length + 7);
    add(all, "longer." + ending, Expect.REFUSED, longer);
    Random random = new Random(20260101);
    for (int i = 0; i < 40; i++) {
      byte[] b = sound.clone();
      for (int k = 0; k <= i / 10; k++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt(256);
      }
      add(all, String.format(Locale.ROOT, "flipped-%02d.%s", i, ending), Expect.EITHER, b);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
