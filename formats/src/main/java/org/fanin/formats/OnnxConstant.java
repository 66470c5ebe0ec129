package org.fanin.formats;

import java.lang.foreign.MemorySegment;
import org.fanin.tensor.Tensor;

/// A tensor of an ONNX file: numbers, or something that is not read as numbers and why.
sealed interface OnnxConstant {
  /// Name in the file; may be empty.
  String name();

  /// @param tensor the values, in place where the file allows it
  /// @param bytes what the tensor is a view of
  record Numbers(String name, Tensor tensor, MemorySegment bytes) implements OnnxConstant {}

  /// @param because what it is, as in `a tensor of type STRING`
  record Opaque(String name, String because) implements OnnxConstant {}
}
