package org.fanin.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.fanin.fill.TensorFill;
import org.fanin.model.ModelFormatException;
import org.fanin.model.StoredTensor;

/// The elements that a file already has, unchanged.
record CopiedValues(StoredTensor stored) implements TensorFill {

  @Override
  public long count() {
    return stored.shape().count();
  }

  @Override
  public int elementBytes() {
    return stored.dtype().bytes();
  }

  @Override
  public void write(long first, MemorySegment out) {
    try (Arena arena = Arena.ofConfined()) {
      out.copyFrom(stored.read(first, out.byteSize() / elementBytes(), arena).bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ModelFormatException e) {
      throw new UncheckedIOException(new IOException(e.getMessage(), e));
    }
  }

  @Override
  public void close() {
    // holds nothing
  }
}
