package org.fanin.formats;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Puts new values into a TensorProto, whatever its encoding, or moves its old ones to the new data
/// file. An encoding in which the new values take the same bytes stays; others become `raw_data`.
final class OnnxTensorRewrite {
  private static final int DIMS = 1;
  private static final int DATA_TYPE = 2;
  private static final int NAME = 8;
  private static final int RAW_DATA = 9;
  private static final int EXTERNAL_DATA = 13;
  private static final int DATA_LOCATION = 14;
  private static final Set<String> OF_THE_OLD_FILE =
      Set.of("location", "offset", "length", "checksum");

  /// Smaller tensors are not worth a place outside the model; shape inference reads them.
  private static final long SMALLEST_OUTSIDE = 1024;

  private final OnnxContext context;
  private final OnnxSources sources;
  private final OnnxDataFile data;
  private final boolean moveOut;

  /// @param moveOut whether large tensors are moved to the data file
  OnnxTensorRewrite(OnnxContext context, OnnxSources sources, OnnxDataFile data, boolean moveOut) {
    this.context = context;
    this.sources = sources;
    this.data = data;
    this.moveOut = moveOut;
  }

  /// What has to be known of a tensor before its fields are rewritten.
  private static final class Found {
    final Extents dims = new Extents();
    int type;
    long lastRaw = -1;
    long lastRawBytes;
    int typedFields;
    long run = -1;
    long runBytes;
    boolean external;
    final Map<String, String> entries = new HashMap<>();
    OnnxType onnx;
    Shape shape;
    long bytes;

    boolean raw() {
      return lastRawBytes > 0;
    }

    /// Packed floats lie in the file as in memory; packed integers do not.
    boolean plainRun() {
      return !raw()
          && typedFields == 1
          && run >= 0
          && (onnx.field() == OnnxType.FLOAT_DATA || onnx.field() == OnnxType.DOUBLE_DATA);
    }
  }

  /// @param name for messages
  /// @param value new values, or null to keep the old ones
  /// @param mayMove whether runtimes read this tensor from a data file
  /// @return the new message, or null if it stays as it is
  Rope rewrite(Wire tensor, String name, TensorOut value, boolean mayMove)
      throws ModelFormatException, IOException {
    Found f = found(tensor, name);
    if (value != null) {
      check(f, name, value);
    }
    if (f.onnx == null
        || f.bytes == 0
        || value == null && !f.external && !f.raw() && !f.plainRun()) {
      return null;
    }
    if (f.external || moveOut && mayMove && f.bytes >= SMALLEST_OUTSIDE) {
      return outside(tensor, f, name, value);
    }
    return value == null ? null : inside(tensor, f, value);
  }

  private Found found(Wire tensor, String name) throws ModelFormatException {
    Found f = new Found();
    Wire w = tensor.rewound();
    while (w.next()) {
      switch (w.field()) {
        case DIMS -> f.dims.add(w);
        case DATA_TYPE -> f.type = w.readInt();
        case RAW_DATA -> {
          f.lastRawBytes = w.bytes().byteSize();
          f.lastRaw = w.position();
        }
        case EXTERNAL_DATA -> OnnxTensors.entry(context, w.message(), f.entries);
        case DATA_LOCATION -> f.external = w.readInt() == 1;
        default -> w.skip();
      }
    }
    f.onnx = OnnxType.of(f.type);
    f.shape = f.dims.shape(context, () -> name);
    if (f.onnx != null && f.onnx.dtype().bytes() > 0) {
      if (f.shape.count() > Long.MAX_VALUE / f.onnx.dtype().bytes()) {
        throw context.bad(name, "shape " + f.shape, "less than 2^63 bytes");
      }
      f.bytes = f.shape.count() * f.onnx.dtype().bytes();
      f.bytes = f.onnx.packedInHalfBytes() ? (f.bytes + 1) / 2 : f.bytes;
    } else {
      f.onnx = null; // strings and types that nobody can size stay where they are
    }
    if (f.onnx != null) {
      count(tensor.rewound(), f);
    }
    return f;
  }

  private void check(Found f, String name, TensorOut value) {
    if (f.onnx == null || f.onnx.packedInHalfBytes()) {
      throw new IllegalArgumentException(
          "tensor " + name + " is of ONNX type " + f.type + ", which cannot be rewritten");
    }
    if (f.onnx.dtype() != value.dtype()) {
      throw new IllegalArgumentException(
          "tensor "
              + name
              + " is "
              + f.onnx.dtype()
              + " in the model and would be written as "
              + value.dtype()
              + ": the types of the graph would no longer fit; leave out --dtype, or write"
              + " safetensors");
    }
    if (!f.shape.equals(value.shape())) {
      throw new IllegalArgumentException(
          "tensor " + name + " is of shape " + f.shape + " in the model, not " + value.shape());
    }
  }

  // ---- tensors that the model did not store ----

  /// The message of a new initialiser.
  Rope added(TensorOut value) {
    Rope out = new Rope();
    for (int i = 0; i < value.shape().rank(); i++) {
      out.varint(DIMS, value.shape().dim(i));
    }
    out.varint(DATA_TYPE, OnnxType.of(value.dtype()).code()).text(NAME, value.name());
    if (!moveOut || value.bytes() < SMALLEST_OUTSIDE) {
      return out.head(RAW_DATA, value.bytes()).add(new Part.Filled(value));
    }
    entries(out, data.add(new Part.Filled(value), null), value.bytes());
    return out.varint(DATA_LOCATION, 1);
  }

  // ---- values inside the model ----

  private Rope inside(Wire tensor, Found f, TensorOut value) throws ModelFormatException {
    Rope out = new Rope();
    boolean placed = false;
    for (Wire w = tensor.rewound(); ; ) {
      long from = w.position();
      if (!w.next()) {
        break;
      }
      boolean typed = w.field() == f.onnx.field() && !f.raw();
      boolean emptyRaw = w.field() == RAW_DATA && !f.raw();
      long content = skipTo(w);
      if (f.raw() && w.position() == f.lastRaw && w.field() == RAW_DATA || typed && f.plainRun()) {
        out.copy(sources.model(), from, content).add(new Part.Filled(value));
      } else if (typed) {
        if (!placed) {
          out.head(RAW_DATA, value.bytes()).add(new Part.Filled(value));
          placed = true;
        }
      } else if (!emptyRaw) {
        out.copy(sources.model(), from, w.position());
      }
    }
    return out;
  }

  /// @return where the content of the current field starts; the cursor is after it then
  private static long skipTo(Wire w) throws ModelFormatException {
    if (w.type() == Wire.BYTES) {
      return w.message().start();
    }
    w.skip();
    return w.position();
  }

  private static void count(Wire w, Found f) throws ModelFormatException {
    while (w.next()) {
      if (w.field() == f.onnx.field()) {
        f.typedFields++;
        if (w.type() == Wire.BYTES) {
          f.runBytes = w.bytes().byteSize();
          f.run = w.position() - f.runBytes;
          continue;
        }
      }
      w.skip();
    }
  }

  // ---- values outside the model ----

  private Rope outside(Wire tensor, Found f, String name, TensorOut value)
      throws ModelFormatException, IOException {
    ExternalData.Place place =
        f.external ? context.external().place(context.at(name), f.entries, f.bytes) : null;
    Part part = value != null ? new Part.Filled(value) : old(f, place);
    long at = data.add(part, place);
    Rope out = new Rope();
    boolean placed = false;
    for (Wire w = tensor.rewound(); ; ) {
      long from = w.position();
      if (!w.next()) {
        break;
      }
      boolean ofData = w.field() == RAW_DATA || w.field() == f.onnx.field() || oldEntry(w);
      if (ofData || w.field() == DATA_LOCATION && !f.external) {
        if (ofData && !placed) {
          entries(out, at, f.bytes);
          out.append(f.external ? new Rope() : new Rope().varint(DATA_LOCATION, 1));
          placed = true;
        }
        w.skip();
      } else {
        w.skip();
        out.copy(sources.model(), from, w.position());
      }
    }
    return out;
  }

  private Part old(Found f, ExternalData.Place place) throws IOException {
    if (place != null) {
      return new Part.Copied(sources.data(place.file()), place.offset(), place.length());
    }
    return f.raw()
        ? new Part.Copied(sources.model(), f.lastRaw - f.lastRawBytes, f.lastRawBytes)
        : new Part.Copied(sources.model(), f.run, f.runBytes);
  }

  /// Entries that only the old data file had; looks ahead without moving the cursor's field.
  private boolean oldEntry(Wire w) throws ModelFormatException {
    if (w.field() != EXTERNAL_DATA) {
      return false;
    }
    Map<String, String> one = new HashMap<>();
    OnnxTensors.entry(context, w.peek(), one);
    return OF_THE_OLD_FILE.containsAll(one.keySet());
  }

  private void entries(Rope out, long offset, long length) {
    entry(out, "location", data.location());
    entry(out, "offset", Long.toString(offset));
    entry(out, "length", Long.toString(length));
  }

  private static void entry(Rope out, String key, String value) {
    out.field(EXTERNAL_DATA, new Rope().text(1, key).text(2, value));
  }
}
