package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.fill.TensorFill;

/// A file as it will be, any span of which can be made at any time: parts end to end. Fills are
/// opened by the first span that needs them and closed by [#closeBefore].
final class FileImage {
  /// Misaligned tensors (ONNX knows no alignment) are made here first, in steps of this size.
  private static final int SCRATCH = 1 << 16;

  private static final long ALIGNED = 64;

  private final List<Part> parts;
  private final long[] starts;
  private final TensorFill[] fills;
  private final Object[] opening;
  private int closed;

  FileImage(List<Part> parts) {
    this.parts = parts.stream().filter(p -> p.length() > 0).toList();
    this.starts = new long[this.parts.size() + 1];
    this.fills = new TensorFill[this.parts.size()];
    this.opening = new Object[this.parts.size()];
    for (int i = 0; i < this.parts.size(); i++) {
      opening[i] = new Object();
      starts[i + 1] = Math.addExact(starts[i], this.parts.get(i).length());
    }
  }

  /// Bytes of the file.
  long length() {
    return starts[parts.size()];
  }

  List<Part> parts() {
    return parts;
  }

  /// The tensors with the place of their first byte.
  List<Placed> tensors() {
    List<Placed> all = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i) instanceof Part.Filled(TensorOut t)) {
        all.add(new Placed(t, starts[i]));
      }
    }
    return all;
  }

  record Placed(TensorOut tensor, long at) {}

  /// Makes bytes `at`, `at + 1` … until `out` is full; any number of threads at once.
  void render(long at, MemorySegment out) throws IOException {
    int i = Arrays.binarySearch(starts, at);
    i = i < 0 ? -i - 2 : i;
    for (long done = 0; done < out.byteSize(); i++) {
      long from = at + done - starts[i];
      long n = Math.min(parts.get(i).length() - from, out.byteSize() - done);
      MemorySegment to = out.asSlice(done, n);
      switch (parts.get(i)) {
        case Part.Literal(MemorySegment bytes) -> to.copyFrom(bytes.asSlice(from, n));
        case Part.Zeros _ -> to.fill((byte) 0);
        case Part.Copied(SourceFile file, long start, _) -> file.read(start + from, to);
        case Part.Filled _ -> fill(fillOf(i), from, to);
      }
      done += n;
    }
  }

  private TensorFill fillOf(int i) {
    synchronized (opening[i]) {
      synchronized (fills) {
        if (fills[i] != null) {
          return fills[i];
        }
      }
      // opening may compute a whole matrix: other tensors must not wait for it
      TensorFill f = ((Part.Filled) parts.get(i)).tensor().open();
      synchronized (fills) {
        fills[i] = f;
      }
      return f;
    }
  }

  /// A span may begin and end inside an element, and anywhere in memory; a fill may not.
  private static void fill(TensorFill f, long from, MemorySegment to) {
    int width = f.elementBytes();
    if (from % width == 0 && to.byteSize() % width == 0 && to.address() % width == 0) {
      f.write(from / width, to);
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = arena.allocate(SCRATCH, ALIGNED);
      for (long done = 0; done < to.byteSize(); ) {
        long first = (from + done) / width;
        long skip = (from + done) % width;
        long n = Math.min(SCRATCH - skip, to.byteSize() - done);
        long elements = (skip + n + width - 1) / width;
        MemorySegment whole = scratch.asSlice(0, elements * width);
        f.write(first, whole);
        MemorySegment.copy(whole, skip, to, done, n);
        done += n;
      }
    }
  }

  /// Closes the fills of all tensors that end at or before a byte of the file.
  void closeBefore(long at) {
    while (closed < parts.size() && starts[closed + 1] <= at) {
      close(closed++);
    }
  }

  /// Closes whatever is open.
  void closeAll() {
    for (int i = closed; i < parts.size(); i++) {
      close(i);
    }
  }

  private void close(int i) {
    synchronized (fills) {
      if (fills[i] != null) {
        fills[i].close();
        fills[i] = null;
      }
    }
  }
}
