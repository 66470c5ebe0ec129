package org.fanin.formats;

import java.util.Locale;
import java.util.Optional;
import org.fanin.tensor.DType;

/// Element types as people and other libraries spell them.
public final class DTypeNames {
  private DTypeNames() {}

  /// Understands safetensors (`BF16`, `F8_E4M3`), PyTorch and NumPy (`torch.bfloat16`, `float32`)
  /// and short (`fp16`, `half`) names, in any case.
  public static Optional<DType> parse(String name) {
    String s = name.toLowerCase(Locale.ROOT).replaceFirst("^(torch|np|numpy|jnp)\\.", "");
    return switch (s) {
      case "f32", "fp32", "float32", "float" -> Optional.of(DType.F32);
      case "f64", "fp64", "float64", "double" -> Optional.of(DType.F64);
      case "f16", "fp16", "float16", "half" -> Optional.of(DType.F16);
      case "bf16", "bfloat16" -> Optional.of(DType.BF16);
      case "f8_e4m3", "f8e4m3", "fp8_e4m3", "float8_e4m3fn", "float8_e4m3" ->
          Optional.of(DType.F8E4M3);
      case "f8_e5m2", "f8e5m2", "fp8_e5m2", "float8_e5m2" -> Optional.of(DType.F8E5M2);
      case "i8", "int8" -> Optional.of(DType.I8);
      case "i16", "int16" -> Optional.of(DType.I16);
      case "i32", "int32" -> Optional.of(DType.I32);
      case "i64", "int64" -> Optional.of(DType.I64);
      case "u8", "uint8" -> Optional.of(DType.U8);
      case "u16", "uint16" -> Optional.of(DType.U16);
      case "u32", "uint32" -> Optional.of(DType.U32);
      case "u64", "uint64" -> Optional.of(DType.U64);
      case "bool" -> Optional.of(DType.BOOL);
      default -> Optional.empty();
    };
  }
}
