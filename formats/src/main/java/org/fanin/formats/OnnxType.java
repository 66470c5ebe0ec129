package org.fanin.formats;

import org.fanin.tensor.DType;

/// Element types of ONNX tensors (TensorProto.DataType), where their numbers lie when not in
/// `raw_data`, and what Fanin makes of them.
enum OnnxType {
  FLOAT(1, DType.F32, OnnxType.FLOAT_DATA),
  UINT8(2, DType.U8, OnnxType.INT32_DATA),
  INT8(3, DType.I8, OnnxType.INT32_DATA),
  UINT16(4, DType.U16, OnnxType.INT32_DATA),
  INT16(5, DType.I16, OnnxType.INT32_DATA),
  INT32(6, DType.I32, OnnxType.INT32_DATA),
  INT64(7, DType.I64, OnnxType.INT64_DATA),
  STRING(8, DType.OTHER, 0),
  BOOL(9, DType.BOOL, OnnxType.INT32_DATA),
  FLOAT16(10, DType.F16, OnnxType.INT32_DATA),
  DOUBLE(11, DType.F64, OnnxType.DOUBLE_DATA),
  UINT32(12, DType.U32, OnnxType.UINT64_DATA),
  UINT64(13, DType.U64, OnnxType.UINT64_DATA),
  COMPLEX64(14, DType.OTHER, 0),
  COMPLEX128(15, DType.OTHER, 0),
  BFLOAT16(16, DType.BF16, OnnxType.INT32_DATA),
  FLOAT8E4M3FN(17, DType.F8E4M3, OnnxType.INT32_DATA),
  FLOAT8E4M3FNUZ(18, DType.OTHER, 0),
  FLOAT8E5M2(19, DType.F8E5M2, OnnxType.INT32_DATA),
  FLOAT8E5M2FNUZ(20, DType.OTHER, 0),
  /// Two to a byte, the first in the low half; unpacked to bytes on reading.
  UINT4(21, DType.U8, OnnxType.INT32_DATA),
  /// As [#UINT4], sign-extended.
  INT4(22, DType.I8, OnnxType.INT32_DATA),
  FLOAT4E2M1(23, DType.OTHER, 0),
  FLOAT8E8M0(24, DType.OTHER, 0),
  UINT2(25, DType.OTHER, 0),
  INT2(26, DType.OTHER, 0);

  static final int FLOAT_DATA = 4;
  static final int INT32_DATA = 5;
  static final int INT64_DATA = 7;
  static final int DOUBLE_DATA = 10;
  static final int UINT64_DATA = 11;

  private static final OnnxType[] ALL = values();

  private final int code;
  private final DType dtype;
  private final int field;

  OnnxType(int code, DType dtype, int field) {
    if (code != ordinal() + 1) {
      throw new IllegalStateException("type codes have to stand in order");
    }
    this.code = code;
    this.dtype = dtype;
    this.field = field;
  }

  /// The type of a code in a file, or null if this version knows none.
  static OnnxType of(int code) {
    return code >= 1 && code <= ALL.length ? ALL[code - 1] : null;
  }

  /// Type of a value that carries no data here, [DType#OTHER] if unknown.
  static DType dtypeOf(int code) {
    OnnxType t = of(code);
    return t == null ? DType.OTHER : t.dtype;
  }

  /// The plain type of a new tensor.
  ///
  /// @throws IllegalArgumentException for types that ONNX has not
  static OnnxType of(DType dtype) {
    for (OnnxType t : ALL) {
      if (t.dtype == dtype && t.field != 0 && !t.packedInHalfBytes()) {
        return t;
      }
    }
    throw new IllegalArgumentException("ONNX has no type " + dtype);
  }

  int code() {
    return code;
  }

  /// The type of the tensor Fanin makes of it; [DType#OTHER] means that it makes none.
  DType dtype() {
    return dtype;
  }

  /// Number of the TensorProto field that holds the values when `raw_data` does not.
  int field() {
    return field;
  }

  boolean packedInHalfBytes() {
    return this == UINT4 || this == INT4;
  }
}
