package org.fanin.formats;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The data file that a rewritten model gets for its tensors outside the model.
final class OnnxDataFile {
  /// Runtimes map large tensors by page; small ones need no more than a cache line.
  private static final long PAGE = 4096;

  private static final long LINE = 64;
  private static final long LARGE = 1 << 20;

  private final String location;
  private final List<Part> parts = new ArrayList<>();
  private final Map<ExternalData.Place, Slot> shared = new HashMap<>();
  private long length;

  private record Slot(int part, long offset) {}

  OnnxDataFile(String location) {
    this.location = location;
  }

  String location() {
    return location;
  }

  List<Part> parts() {
    return parts;
  }

  /// Adds a tensor.
  ///
  /// @param place where its bytes lay outside the old model, or null. Tensors of one place are tied
  ///   and stay so: one of them decides, the first that has new values
  /// @return where it lies now
  long add(Part part, ExternalData.Place place) {
    Slot known = place == null ? null : shared.get(place);
    if (known != null) {
      if (parts.get(known.part()) instanceof Part.Copied) {
        parts.set(known.part(), part);
      }
      return known.offset();
    }
    long align = part.length() >= LARGE ? PAGE : LINE;
    long gap = -length & (align - 1);
    if (gap > 0) {
      parts.add(new Part.Zeros(gap));
    }
    Slot slot = new Slot(parts.size(), length + gap);
    parts.add(part);
    length += gap + part.length();
    if (place != null) {
      shared.put(place, slot);
    }
    return slot.offset();
  }
}
