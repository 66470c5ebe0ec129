package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.fanin.formats.Samples.Slot;
import org.fanin.formats.Samples.Wanted;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Reads a user's samples onto a network's inputs: `.npz` and `.npy` (NumPy), idx as of MNIST, CSV;
/// idx and CSV gzipped too. What a file is, its first bytes say.
///
/// An array fits an input by its name (`NAME` or `in_NAME`, columns of a CSV file too), or because
/// there is one of each. Samples lie along axis 0. Where ranks differ, a sample's elements keep
/// their row-major order: 28×28 becomes 1×28×28 or 784.
public final class SampleReader {
  /// Above this, values are no network's usual input: pixels of 0 to 255, say.
  private static final double LARGE = 30;

  /// What one array of doubles may hold on every JVM.
  private static final long MOST_ELEMENTS = (1L << 28) - 16;

  private static final int MOST_NAMED = 20;

  private final Path file;
  private final List<Slot> slots;
  private final Wanted wanted;
  private final Budget budget;
  private final Map<String, Tensor> arrays = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();

  private SampleReader(Path file, List<Slot> slots, Wanted wanted, Budget budget) {
    this.file = file;
    this.slots = slots;
    this.wanted = wanted;
    this.budget = budget;
  }

  /// @throws ModelFormatException when the file is damaged, holds other than finite numbers where
  ///   they matter, or does not fit the inputs (says which shape was found and wanted)
  /// @throws IOException when it cannot be read at all
  /// @throws IllegalArgumentException when the columns wanted are none of the file's
  public static Samples read(Path file, List<Slot> slots, Wanted wanted)
      throws ModelFormatException, IOException {
    return read(file, slots, wanted, Budget.ofThisJvm(file.toString()));
  }

  static Samples read(Path file, List<Slot> slots, Wanted wanted, Budget budget)
      throws ModelFormatException, IOException {
    SampleReader r = new SampleReader(file, slots, wanted, budget);
    r.read();
    r.checkFinite();
    return new Samples(r.arrays, r.notes);
  }

  private void checkFinite() throws ModelFormatException {
    double[] part = new double[4096];
    for (Map.Entry<String, Tensor> e : arrays.entrySet()) {
      Tensor t = e.getValue();
      boolean used = t.dtype().floating() && isUsed(e.getKey());
      for (long at = 0; used && at < t.count(); at += part.length) {
        int n = (int) Math.min(part.length, t.count() - at);
        t.read(at, part, n);
        for (int i = 0; i < n; i++) {
          if (!Double.isFinite(part[i])) {
            throw new ModelFormatException(
                file + ": " + e.getKey(), part[i] + " at element " + (at + i), "finite numbers");
          }
        }
      }
    }
  }

  private void read() throws ModelFormatException, IOException {
    if (Files.isDirectory(file)) {
      throw bad("a folder", "a file of samples (.npz, .npy, idx, .csv)");
    }
    byte[] head = head(false);
    boolean zipped = head.length > 1 && head[0] == 0x1f && head[1] == (byte) 0x8b;
    if (zipped) {
      head = head(true);
    }
    if (IdxRows.isIdx(head)) {
      only(IdxRows.open(file, zipped, budget));
    } else if (isText(head)) {
      table(CsvRows.open(file, zipped));
    } else if (zipped) {
      throw bad("a gzip file of something else", "idx or CSV in it (.npz and .npy uncompressed)");
    } else if (isNumpy(head)) {
      numpy();
    } else {
      String kind =
          head.length == 0 ? "an empty file" : FileKind.guess(MemorySegment.ofArray(head));
      throw bad(kind == null ? "unknown content" : kind, "samples: .npz, .npy, idx or CSV");
    }
    if (!wanted.columns().isEmpty() && !isText(head)) {
      throw new IllegalArgumentException(file + " has no columns to choose: it is no CSV file");
    }
  }

  private byte[] head(boolean zipped) throws ModelFormatException, IOException {
    try (var in = IdxRows.stream(file, zipped)) {
      return in.readNBytes(512);
    } catch (java.util.zip.ZipException | java.io.EOFException e) {
      throw IdxRows.damaged(file.toString(), e);
    }
  }

  private static boolean isNumpy(byte[] head) {
    return NpyHeader.isNpy(MemorySegment.ofArray(head))
        || head.length > 1 && head[0] == 'P' && head[1] == 'K';
  }

  /// Text begins with a digit, a sign, a letter, a quote, blanks or a byte order mark.
  private static boolean isText(byte[] head) {
    int n = head.length;
    boolean control = false;
    for (byte b : head) {
      control |= b >= 0 && b < ' ' && b != '\t' && b != '\n' && b != '\r';
    }
    String s = new String(head, java.nio.charset.StandardCharsets.ISO_8859_1);
    boolean page = s.stripLeading().startsWith("<") || s.stripLeading().startsWith("{");
    return n > 0 && !control && !page && !s.startsWith("PK") && (head[0] & 0xff) != 0x93;
  }

  private ModelFormatException bad(String found, String wanted) {
    return new ModelFormatException(file.toString(), found, wanted);
  }

  // ---- which array for which input ----

  private void numpy() throws ModelFormatException, IOException {
    Map<String, Tensor> read = NpzReader.read(file, budget);
    boolean single = read.size() == 1 && read.containsKey(NpzReader.ONLY_ARRAY) && !named(read);
    Map<String, Tensor> unnamed = new LinkedHashMap<>(read);
    unnamed.keySet().removeIf(k -> k.startsWith("cotangent"));
    // Arrays named for another network's inputs are no samples of this one.
    boolean others = read.keySet().stream().anyMatch(k -> k.startsWith("in_"));
    if (!named(read) && !others && slots.size() == 1 && unnamed.size() == 1) {
      String name = unnamed.keySet().iterator().next();
      Tensor t = unnamed.get(name);
      String where = file + (single ? "" : ": array " + OnnxContext.quoted(name));
      fill(slots.getFirst(), new TensorRows(where, t, budget), single);
      read.forEach((k, v) -> arrays.putIfAbsent(k, v));
      if (!slots.getFirst().name().equals(name)) {
        arrays.remove(name);
      }
      return;
    }
    if (!named(read)) {
      throw bad(
          "arrays " + read.keySet().stream().sorted().limit(MOST_NAMED).toList(),
          String.format(
              Locale.ROOT,
              "the graph's inputs %s (or in_NAME)",
              slots.stream().map(Slot::name).limit(MOST_NAMED).toList()));
    }
    arrays.putAll(read);
    for (Slot s : slots) {
      String key = read.containsKey("in_" + s.name()) ? "in_" + s.name() : s.name();
      Tensor t = read.get(key);
      if (t != null && (wanted.standardise() && s.dtype().floating() || otherRank(s, t))) {
        arrays.remove(key);
        fill(s, new TensorRows(file + ": array " + OnnxContext.quoted(key), t, budget), false);
      }
    }
  }

  private boolean isUsed(String key) {
    return key.startsWith("cotangent")
        || slots.stream().anyMatch(s -> key.equals(s.name()) || key.equals("in_" + s.name()));
  }

  private boolean named(Map<String, Tensor> read) {
    return slots.stream()
        .anyMatch(s -> read.containsKey("in_" + s.name()) || read.containsKey(s.name()));
  }

  private static boolean otherRank(Slot s, Tensor t) {
    return s.dims() != null && s.dims().size() != t.shape().rank();
  }

  private void only(Rows rows) throws ModelFormatException, IOException {
    if (slots.size() != 1) {
      throw bad(
          "one array",
          slots.size()
              + " inputs "
              + slots.stream().map(Slot::name).toList()
              + ": an .npz file names them");
    }
    fill(slots.getFirst(), rows, true);
  }

  private void table(CsvRows table) throws ModelFormatException, IOException {
    int[] chosen = CsvColumns.choose(table, wanted.columns());
    if (slots.size() == 1) {
      fill(slots.getFirst(), table.with(chosen), true);
      return;
    }
    for (Slot s : slots) {
      int[] own = CsvColumns.of(table, chosen, s.name());
      if (own.length == 0) {
        throw bad(
            "no column called " + s.name() + " or " + s.name() + "_0, …",
            "columns for the inputs " + slots.stream().map(Slot::name).toList());
      }
      fill(s, table.with(own), true);
    }
  }

  // ---- one input ----

  /// @param chosen whether only some samples are taken
  private void fill(Slot slot, Rows rows, boolean chosen) throws ModelFormatException, IOException {
    long have = rows.count();
    long each = rows.shape().count();
    if (have < 1 || each < 1 || each > MOST_ELEMENTS) {
      throw bad(
          have + " samples of " + each + " elements", "at least one of 1 to " + MOST_ELEMENTS);
    }
    long take = chosen ? Math.min(have, extent(slot, have)) : have;
    Shape shape = fitted(slot, rows, take);
    Standard standard = null;
    if (wanted.standardise() && slot.dtype().floating()) {
      standard = Standard.of(rows, budget);
    }
    SampleCollector c = new SampleCollector(slot, rows, standard, budget);
    rows.each(take == have ? null : spaced(have, take), c);
    arrays.put(slot.name(), c.tensor(shape));
    note(slot, have, take, standard, c);
  }

  private long extent(Slot slot, long have) throws ModelFormatException {
    long fixed = slot.dims() == null || slot.dims().isEmpty() ? -1 : slot.dims().getFirst();
    if (fixed > have) {
      throw bad(
          have + " samples",
          fixed
              + ", to which the first axis of input "
              + OnnxContext.quoted(slot.name())
              + " is fixed");
    }
    return fixed > 0 ? fixed : wanted.most();
  }

  /// Sample k of n: index ⌊k·have/n⌋, so that files sorted by class give every class.
  private static long[] spaced(long have, long n) {
    long[] at = new long[Math.toIntExact(n)];
    for (int k = 0; k < n; k++) {
      at[k] = (long) Math.floor((double) have * k / n);
    }
    return at;
  }

  private Shape fitted(Slot slot, Rows rows, long take) throws ModelFormatException {
    Shape sample = rows.shape();
    List<Long> dims = slot.dims() == null ? null : slot.dims();
    if (dims == null || dims.isEmpty()) {
      return withBatch(take, sample.toArray());
    }
    List<Long> own = dims.subList(1, dims.size());
    boolean same = own.size() == sample.rank();
    for (int i = 0; same && i < own.size(); i++) {
      same = own.get(i) < 0 || own.get(i) == sample.dim(i);
    }
    if (same) {
      return withBatch(take, sample.toArray());
    }
    long known = own.stream().filter(d -> d >= 0).reduce(1L, (a, b) -> a * b);
    long open = own.stream().filter(d -> d < 0).count();
    boolean fits =
        open == 0
            ? known == sample.count()
            : open == 1 && own.size() != sample.rank() && known > 0 && sample.count() % known == 0;
    if (!fits) {
      throw bad(
          "samples of shape " + sample + " (" + sample.count() + " elements)",
          "input " + OnnxContext.quoted(slot.name()) + " of " + text(dims) + hint(rows));
    }
    return withBatch(
        take, own.stream().mapToLong(d -> d < 0 ? sample.count() / known : d).toArray());
  }

  private static Shape withBatch(long take, long[] sample) {
    long[] d = new long[sample.length + 1];
    d[0] = take;
    System.arraycopy(sample, 0, d, 1, sample.length);
    return Shape.of(d);
  }

  private static String text(List<Long> dims) {
    return dims.stream().map(d -> d < 0 ? "?" : "" + d).toList().toString();
  }

  private static String hint(Rows rows) {
    return rows instanceof CsvRows ? "; --columns chooses, as in --columns '!label'" : "";
  }

  private void note(Slot slot, long have, long take, Standard standard, SampleCollector c) {
    if (take < have) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%s: %d of the %d samples of %s, evenly spaced",
              slot.name(),
              take,
              have,
              file.getFileName()));
    }
    if (standard != null) {
      String constant =
          standard.constant() == 0
              ? ""
              : String.format(
                  Locale.ROOT,
                  "; %d of %d features are constant and became 0",
                  standard.constant(),
                  standard.features());
      notes.add(
          String.format(
              Locale.ROOT,
              "%s: every feature standardised over %d samples%s",
              slot.name(),
              standard.rows(),
              constant));
    } else if (slot.dtype().floating() && Math.max(c.high(), -c.low()) > LARGE) {
      notes.add(
          String.format(
              Locale.ROOT,
              "%s: values from %.4g to %.4g, taken as they are; --standardise makes every feature"
                  + " mean 0, standard deviation 1",
              slot.name(),
              c.low(),
              c.high()));
    }
  }
}
