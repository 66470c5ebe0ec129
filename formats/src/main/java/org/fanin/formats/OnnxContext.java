package org.fanin.formats;

import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;

/// What all decoders of one ONNX file share.
final class OnnxContext {
  /// A sparse tensor has more elements than bytes, so all of them together get a fixed allowance.
  private static final long DENSE_ALLOWANCE = 64L << 20;

  private final String source;
  private final Budget budget;
  private final ExternalData external;
  private long denseLeft = DENSE_ALLOWANCE;

  OnnxContext(String source, Budget budget, ExternalData external) {
    this.source = source;
    this.budget = budget;
    this.external = external;
  }

  Budget budget() {
    return budget;
  }

  ExternalData external() {
    return external;
  }

  /// The place in a message: the file, then `inner`.
  String at(String inner) {
    return inner.isEmpty() ? source : source + ": " + inner;
  }

  ModelFormatException bad(String inner, String found, String wanted) {
    return new ModelFormatException(at(inner), found, wanted);
  }

  ModelFormatException bad(Supplier<String> inner, String found, String wanted) {
    return bad(inner.get(), found, wanted);
  }

  /// A name from the file as part of a place: cut, for a message is one line.
  static String quoted(String name) {
    return "'" + (name.length() <= 100 ? name : name.substring(0, 100) + "…") + "'";
  }

  /// A buffer for a sparse tensor written out.
  byte[] dense(String where, long bytes) throws ModelFormatException {
    if (bytes > denseLeft) {
      throw bad(
          where,
          "a sparse tensor of " + bytes + " bytes when written out",
          "at most " + (DENSE_ALLOWANCE >> 20) + " MiB for all sparse tensors: store it dense");
    }
    denseLeft -= bytes;
    return budget.allocate(bytes);
  }
}
