package org.fanin.audit;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;

/// The one pass over a tensor. Spans may be scanned by any thread in any order; they are merged in
/// file order, so results do not depend on the number of threads.
final class TensorScan {
  /// Elements read at a time: 8 MB of bf16, 16 MB of f32.
  static final int SPAN = 1 << 22;

  /// Each thread counts in one array, span after span.
  private static final ThreadLocal<int[]> COUNTS =
      ThreadLocal.withInitial(() -> new int[Codec.BINS]);

  /// Elements `first` to `first + count − 1`, all of one part.
  record Span(long first, long count, int part) {}

  /// What a span adds.
  private static final class Found {
    final Tally tally = new Tally();
    Bins histogram;
    final BitSet constants = new BitSet();
    long[] hashes = new long[0];
    long firstBad = -1;
    Columns columns;
  }

  private final StoredTensor tensor;
  private final Layout layout;
  private final Codec codec;
  private final Sample sample;
  private final Opening opening;
  private final List<Span> spans;
  private final Tally[] parts;
  private Bins histogram = new Bins(new int[0], new long[0]);
  private final long[] rowHashes;
  private final BitSet constants = new BitSet();
  private final Columns columns;
  private final Found[] waiting;
  private int merged;
  private long content;
  private long firstBad = -1;

  /// @param sampled most elements that may be kept for the spectrum when the matrix has more
  /// @param exact most elements of a matrix that is kept whole
  TensorScan(StoredTensor tensor, Layout layout, long exact, long sampled) {
    this.tensor = tensor;
    this.layout = layout;
    this.codec = Codec.of(tensor.dtype());
    this.spans = split(tensor.shape().count(), layout);
    this.parts = new Tally[layout.parts()];
    Arrays.setAll(parts, _ -> new Tally());
    this.rowHashes = new long[hashesRows() ? (int) layout.rows() : spans.size()];
    this.columns = layout.outputsLast() ? new Columns((int) layout.length(), layout.taps()) : null;
    this.sample = sampleFor(layout, exact, sampled);
    this.opening = new Opening(tensor.shape().count(), layout.rows());
    this.waiting = new Found[spans.size()];
  }

  /// The first part is looked at alone when parts are stacked along the rows.
  private static Sample sampleFor(Layout l, long exact, long sampled) {
    long rows = l.rows() / l.parts();
    if (rows < 2 || l.length() < 2) {
      return Sample.of(0, 0, 0);
    }
    boolean whole = rows * l.length() <= exact;
    return Sample.of(rows, l.length(), whole ? exact : sampled);
  }

  private boolean hashesRows() {
    return layout.length() <= SPAN;
  }

  private static List<Span> split(long count, Layout l) {
    List<Span> spans = new ArrayList<>();
    long part = count / l.parts();
    long step = l.length() > SPAN || l.length() == 0 ? SPAN : SPAN / l.length() * l.length();
    for (int p = 0; p < l.parts(); p++) {
      for (long at = 0; at < part; at += step) {
        spans.add(new Span(p * part + at, Math.min(step, part - at), p));
      }
    }
    return spans;
  }

  List<Span> spans() {
    return spans;
  }

  /// @return true when this was the last span
  boolean scan(int index) throws IOException, ModelFormatException {
    Span span = spans.get(index);
    Found found = new Found();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = tensor.read(span.first(), span.count(), arena).bytes();
      int[] histogram = COUNTS.get();
      Arrays.fill(histogram, 0);
      codec.count(bytes, found.tally, histogram);
      found.histogram = Bins.of(histogram);
      if (found.tally.nan + found.tally.infinite > 0) {
        found.firstBad = span.first() + codec.firstBad(bytes);
      }
      units(bytes, span, found);
      keep(bytes, span);
      opening.take(codec, bytes, span.first(), span.count(), layout.length());
    }
    return merge(index, found);
  }

  private void units(MemorySegment bytes, Span span, Found found) {
    if (!hashesRows()) {
      found.hashes = new long[] {Hash.of(bytes, 0, bytes.byteSize())};
      return;
    }
    long length = layout.length();
    int rows = (int) (span.count() / length);
    found.hashes = new long[rows];
    for (int r = 0; r < rows; r++) {
      found.hashes[r] = Hash.of(bytes, r * length * codec.bytes, length * codec.bytes);
      if (layout.rows() > 1 && isConstant(bytes, r * length)) {
        if (codec.at(bytes, r * length) == 0) {
          found.hashes[r] = 0;
        } else {
          found.constants.set(r);
        }
      }
    }
    if (columns != null) {
      found.columns = new Columns((int) length, layout.taps());
      found.columns.add(codec, bytes, span.first() / length, rows);
    }
  }

  private boolean isConstant(MemorySegment bytes, long from) {
    double first = codec.at(bytes, from);
    long length = layout.length();
    for (long i = 1; i < length; i++) {
      if (codec.at(bytes, from + i) != first) {
        return false;
      }
    }
    return length > 1 || first == 0;
  }

  private void keep(MemorySegment bytes, Span span) {
    long length = layout.length();
    if (sample.rows() == 0 || span.part() > 0) {
      return;
    }
    for (int i = 0; i < sample.rows(); i++) {
      long from = sample.row(i) * length - span.first();
      if (from >= 0 && from + length <= span.count()) {
        codec.copy(bytes, from, sample.data(), i * (int) length, (int) length);
      }
    }
  }

  private synchronized boolean merge(int index, Found found) {
    waiting[index] = found;
    while (merged < waiting.length && waiting[merged] != null) {
      take(merged, waiting[merged]);
      waiting[merged++] = null;
    }
    return merged == waiting.length;
  }

  private void take(int index, Found f) {
    Span span = spans.get(index);
    parts[span.part()].add(f.tally);
    histogram = histogram.plus(f.histogram);
    firstBad = firstBad < 0 ? f.firstBad : firstBad;
    int from = hashesRows() ? (int) (span.first() / layout.length()) : index;
    System.arraycopy(f.hashes, 0, rowHashes, from, f.hashes.length);
    for (int i = 0; i < f.hashes.length; i++) {
      content += Hash.placed(f.hashes[i], from + i);
    }
    f.constants.stream().forEach(i -> constants.set(from + i));
    if (columns != null) {
      columns.add(f.columns);
    }
  }

  /// What was found, once every span is merged. Frees what was kept.
  TensorFacts finish() {
    Tally all = new Tally();
    for (Tally t : parts) {
      all.add(t);
    }
    Moments whole = all.moments();
    boolean units = hashesRows() && layout.rows() > 1;
    Rows rows = units ? Rows.of("row", rowHashes, constants) : Rows.NONE;
    Rows outputs = columns == null ? Rows.NONE : columns.rows();
    List<Moments> each =
        columns != null && layout.columnParts() > 1
            ? columns.parts(layout.columnParts(), layout.rows())
            : parts.length > 1 ? Arrays.stream(parts).map(Tally::moments).toList() : List.of();
    return new TensorFacts(
        whole,
        firstBad,
        rows,
        outputs,
        each,
        twinParts(),
        content,
        opening,
        Sketch.of(codec, histogram),
        sample.rows() > 1 && whole.finite() == whole.count()
            ? java.util.Optional.of(Spectrum.of(sample, whole.m2()))
            : java.util.Optional.empty(),
        isIdentity());
  }

  /// Parts that equal an earlier part.
  private List<TensorFacts.Twins> twinParts() {
    if (columns != null && layout.columnParts() > 1) {
      return Twin.parts(columns.hashes(), layout.columnParts());
    }
    return layout.parts() > 1 && hashesRows() ? Twin.parts(rowHashes, layout.parts()) : List.of();
  }

  /// Whether the whole matrix is at hand and has one value on its diagonal and zeros elsewhere.
  private boolean isIdentity() {
    if (!sample.whole() || layout.parts() > 1 || sample.rows() < 2) {
      return false;
    }
    int taps = Math.max(1, sample.columns() / Math.max(1, inputs()));
    float[] w = sample.data();
    float g = 0;
    long ones = 0;
    for (float x : w) {
      g = x != 0 ? x : g;
      ones += x != 0 ? 1 : 0;
    }
    if (g == 0 || ones != Math.min(sample.rows(), sample.columns() / taps)) {
      return false;
    }
    for (int i = 0; i < ones; i++) {
      int at = i * sample.columns() + i * taps + taps / 2;
      if (at >= w.length || w[at] != g) {
        return false;
      }
    }
    return true;
  }

  private int inputs() {
    var s = tensor.shape();
    return s.rank() > 2 ? (int) Math.min(s.dim(1), 1 << 30) : sample.columns();
  }
}
