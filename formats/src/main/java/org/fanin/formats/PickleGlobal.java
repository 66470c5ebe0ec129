package org.fanin.formats;

import java.util.HashMap;
import java.util.Map;
import org.fanin.tensor.DType;

/// The classes and functions that Fanin understands when a pickle names them: by what they mean,
/// never by running them. Everything else is refused by its name.
///
/// @param path module and name, as in `collections.OrderedDict`
/// @param dtype of a storage or type
/// @param width bytes of its elements
record PickleGlobal(String path, Meaning meaning, DType dtype, int width) {
  enum Meaning {
    DICT,
    DEFAULT_DICT,
    LIST,
    STORAGE,
    ELEMENT_TYPE,
    TENSOR_TYPE,
    /// Objects that say nothing of weights and that unpickling would only fill with values.
    INERT,
    TENSOR,
    TENSOR_OF_TYPE,
    PARAMETER,
    QUANTISED,
    SPARSE,
    WITHOUT_DATA,
    FROM_TYPE
  }

  private static final Map<String, PickleGlobal> KNOWN = new HashMap<>();

  static {
    add(Meaning.DICT, "collections.OrderedDict", "collections.Counter");
    add(Meaning.DEFAULT_DICT, "collections.defaultdict");
    for (String builtins : new String[] {"builtins.", "__builtin__."}) {
      add(Meaning.DICT, builtins + "dict");
      add(Meaning.LIST, builtins + "list", builtins + "tuple");
      add(Meaning.LIST, builtins + "set", builtins + "frozenset");
      add(Meaning.INERT, builtins + "complex", builtins + "bytearray", builtins + "bytes");
      add(Meaning.INERT, builtins + "int", builtins + "float", builtins + "bool");
      add(Meaning.INERT, builtins + "str", builtins + "slice", builtins + "range");
    }
    add(Meaning.LIST, "torch.Size");
    add(Meaning.INERT, "torch.device", "_codecs.encode", "argparse.Namespace");
    add(Meaning.INERT, "torch.serialization._get_layout", "torch.per_tensor_affine");
    add(Meaning.INERT, "torch.per_channel_affine", "torch.strided", "torch.sparse_coo");
    add(Meaning.INERT, "numpy.dtype", "numpy.core.multiarray.scalar");
    add(Meaning.INERT, "numpy._core.multiarray.scalar");
    add(Meaning.TENSOR_TYPE, "torch.Tensor", "torch.nn.parameter.Parameter");
    add(Meaning.TENSOR_TYPE, "torch.nn.parameter.Buffer");
    add(Meaning.TENSOR, "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2");
    add(Meaning.TENSOR_OF_TYPE, "torch._utils._rebuild_tensor_v3");
    add(Meaning.PARAMETER, "torch._utils._rebuild_parameter");
    add(Meaning.PARAMETER, "torch._utils._rebuild_parameter_with_state");
    add(Meaning.QUANTISED, "torch._utils._rebuild_qtensor");
    add(Meaning.SPARSE, "torch._utils._rebuild_sparse_tensor");
    add(Meaning.SPARSE, "torch._utils._rebuild_sparse_csr_tensor");
    add(Meaning.WITHOUT_DATA, "torch._utils._rebuild_meta_tensor_no_storage");
    add(Meaning.FROM_TYPE, "torch._tensor._rebuild_from_type_v2");
    type("Float", "float32 float", DType.F32, 4);
    type("Double", "float64 double", DType.F64, 8);
    type("Half", "float16 half", DType.F16, 2);
    type("BFloat16", "bfloat16", DType.BF16, 2);
    type("Long", "int64 long", DType.I64, 8);
    type("Int", "int32 int", DType.I32, 4);
    type("Short", "int16 short", DType.I16, 2);
    type("Char", "int8", DType.I8, 1);
    type("Byte", "uint8", DType.U8, 1);
    type("Bool", "bool", DType.BOOL, 1);
    type("ComplexFloat", "complex64 cfloat", DType.OTHER, 8);
    type("ComplexDouble", "complex128 cdouble", DType.OTHER, 16);
    type("QInt8", "qint8", DType.OTHER, 1);
    type("QUInt8", "quint8", DType.OTHER, 1);
    type("QInt32", "qint32", DType.OTHER, 4);
    type("", "uint16", DType.U16, 2);
    type("", "uint32", DType.U32, 4);
    type("", "uint64", DType.U64, 8);
    type("", "float8_e4m3fn", DType.F8E4M3, 1);
    type("", "float8_e5m2", DType.F8E5M2, 1);
    type("", "float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu", DType.OTHER, 1);
    type("", "complex32", DType.OTHER, 4);
    for (String path : new String[] {"torch.storage.UntypedStorage", "torch.UntypedStorage"}) {
      KNOWN.put(path, new PickleGlobal(path, Meaning.STORAGE, DType.U8, 1));
    }
  }

  private static void add(Meaning meaning, String... paths) {
    for (String path : paths) {
      KNOWN.put(path, new PickleGlobal(path, meaning, DType.OTHER, 0));
    }
  }

  private static void type(String storage, String names, DType dtype, int width) {
    for (String name : names.split(" ")) {
      String path = "torch." + name;
      KNOWN.put(path, new PickleGlobal(path, Meaning.ELEMENT_TYPE, dtype, width));
    }
    if (!storage.isEmpty()) {
      String path = "torch." + storage + "Storage";
      KNOWN.put(path, new PickleGlobal(path, Meaning.STORAGE, dtype, width));
    }
  }

  /// @return null if it is none of those understood
  static PickleGlobal of(String module, String name) {
    // a dot in the name would reach into a class that is understood, as OrderedDict.fromkeys
    return name.indexOf('.') >= 0 ? null : KNOWN.get(module + "." + name);
  }
}
