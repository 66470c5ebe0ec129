package org.fanin.formats;

import java.util.ArrayList;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;

/// Decodes ValueInfoProto: what a file says about the type and shape of a value.
final class OnnxValues {
  private static final int COST = 240;

  private final OnnxContext context;

  OnnxValues(OnnxContext context) {
    this.context = context;
  }

  RawValue decode(Wire w) throws ModelFormatException {
    context.budget().charge(COST);
    String name = "";
    Wire type = null;
    while (w.next()) {
      switch (w.field()) {
        case 1 -> name = w.text();
        case 2 -> type = w.message();
        default -> w.skip();
      }
    }
    Wire tensor = type == null ? null : dense(type);
    return tensor == null ? new RawValue(name, DType.OTHER, null, List.of()) : tensor(name, tensor);
  }

  /// TypeProto: sequences, maps, optionals and sparse tensors are not dense and have no dims here.
  private static Wire dense(Wire type) throws ModelFormatException {
    Wire tensor = null;
    while (type.next()) {
      if (type.field() == 1) {
        tensor = type.message();
      } else {
        type.skip();
      }
    }
    return tensor;
  }

  private RawValue tensor(String name, Wire w) throws ModelFormatException {
    DType dtype = DType.OTHER;
    Wire shape = null;
    while (w.next()) {
      switch (w.field()) {
        case 1 -> dtype = OnnxType.dtypeOf(w.readInt());
        case 2 -> shape = w.message();
        default -> w.skip();
      }
    }
    if (shape == null) {
      return new RawValue(name, dtype, null, List.of());
    }
    List<Long> dims = new ArrayList<>();
    List<String> symbols = new ArrayList<>();
    while (shape.next()) {
      if (shape.field() == 1) {
        dimension(name, shape.message(), dims, symbols);
      } else {
        shape.skip();
      }
    }
    return new RawValue(name, dtype, List.copyOf(dims), List.copyOf(symbols));
  }

  /// Some exporters write a dynamic extent as -1: any negative extent is one nobody knows.
  private void dimension(String value, Wire w, List<Long> dims, List<String> symbols)
      throws ModelFormatException {
    if (dims.size() == OnnxTensors.MAX_RANK) {
      throw context.bad(
          "tensor " + OnnxContext.quoted(value),
          "more than " + OnnxTensors.MAX_RANK + " axes",
          "at most " + OnnxTensors.MAX_RANK);
    }
    context.budget().charge(80);
    long extent = -1;
    String symbol = "";
    while (w.next()) {
      switch (w.field()) {
        case 1 -> extent = Math.max(-1, w.readLong());
        case 2 -> symbol = w.text();
        default -> w.skip();
      }
    }
    dims.add(extent);
    symbols.add(extent < 0 ? symbol : "");
  }
}
