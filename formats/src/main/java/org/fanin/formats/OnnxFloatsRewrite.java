package org.fanin.formats;

import org.fanin.model.ModelFormatException;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Puts new values into the `value_float` or `value_floats` attribute of a Constant node. Floats
/// written one by one become one packed run, which every protobuf reader takes.
final class OnnxFloatsRewrite {
  private static final int FLOAT = 2;
  private static final int FLOATS = 7;

  private final OnnxSources sources;
  private final TensorOut value;

  OnnxFloatsRewrite(OnnxSources sources, TensorOut value) {
    this.sources = sources;
    this.value = value;
  }

  Rope of(Wire attribute) throws ModelFormatException {
    check(attribute.rewound());
    Rope out = new Rope();
    boolean placed = false;
    for (Wire w = attribute.rewound(); ; ) {
      long from = w.position();
      if (!w.next()) {
        return out;
      }
      w.skip();
      if (w.field() == FLOAT) {
        out.copy(sources.model(), from, w.position() - 4).add(new Part.Filled(value));
      } else if (w.field() != FLOATS) {
        out.copy(sources.model(), from, w.position());
      } else if (!placed) {
        out.head(FLOATS, value.bytes()).add(new Part.Filled(value));
        placed = true;
      }
    }
  }

  private void check(Wire w) throws ModelFormatException {
    long count = 0;
    boolean list = false;
    while (w.next()) {
      if (w.field() == FLOATS) {
        list = true;
        count += w.type() == Wire.BYTES ? w.peek().all().byteSize() / 4 : 1;
      }
      w.skip();
    }
    Shape shape = list ? Shape.of(count) : Shape.of();
    if (value.dtype() != DType.F32 || !value.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "tensor " + value.name() + " is F32 of shape " + shape + " in the model");
    }
  }
}
