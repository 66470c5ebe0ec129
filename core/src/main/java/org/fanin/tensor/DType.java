package org.fanin.tensor;

/// Element types a tensor on disk can have. `bytes` is 0 where elements have no fixed size of whole
/// bytes.
public enum DType {
  F32(4, true),
  F64(8, true),
  F16(2, true),
  BF16(2, true),
  F8E4M3(1, true),
  F8E5M2(1, true),
  I8(1, false),
  I16(2, false),
  I32(4, false),
  I64(8, false),
  U8(1, false),
  U16(2, false),
  U32(4, false),
  U64(8, false),
  BOOL(1, false),
  /// Strings, complex, sub-byte and unknown types: never read as numbers.
  OTHER(0, false);

  private final int bytes;
  private final boolean floating;

  DType(int bytes, boolean floating) {
    this.bytes = bytes;
    this.floating = floating;
  }

  public int bytes() {
    return bytes;
  }

  public boolean floating() {
    return floating;
  }
}
