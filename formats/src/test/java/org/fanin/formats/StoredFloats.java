package org.fanin.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.tensor.Tensor;

/// The float tensors that a model stores, and values to put in their places.
final class StoredFloats {
  /// Blocks small enough that the smallest example has several.
  static final WriteOptions SMALL = WriteOptions.defaults().blockBytes(4096).threads(2);

  private StoredFloats() {}

  /// Stored float tensors, by the name under which they are rewritten; bodies included.
  static Map<String, Tensor> stored(RawGraph g) {
    Map<String, Tensor> all = new LinkedHashMap<>(g.initializers());
    for (RawNode n : g.nodes()) {
      for (Attr a : n.attributes().values()) {
        if (a instanceof Attr.Body(RawGraph body)) {
          all.putAll(stored(body));
        } else if (n.op().equals("Constant") && a instanceof Attr.Value(Tensor t)) {
          all.put(n.outputs().getFirst(), t);
        }
      }
    }
    all.values().removeIf(t -> !t.dtype().floating());
    return all;
  }

  static Map<String, Tensor> stored(Path file) throws Exception {
    return stored(OnnxReader.read(file).graph());
  }

  static Map<String, TensorOut> map(Map<String, Tensor> like, UnaryOperator<TensorOut> how) {
    Map<String, TensorOut> values = new LinkedHashMap<>();
    like.forEach((name, t) -> values.put(name, how.apply(TestTensors.again(name, t))));
    return values;
  }

  static Map<String, TensorOut> fresh(TestTensors tensors, Map<String, Tensor> like) {
    return map(like, t -> tensors.of(t.name(), t.dtype(), t.shape().toArray()));
  }

  static void same(Map<String, Tensor> want, Map<String, Tensor> found) {
    assertEquals(want.keySet(), found.keySet());
    want.forEach((name, t) -> same(name, t, found.get(name)));
  }

  static void same(String name, Tensor want, Tensor found) {
    assertEquals(want.shape(), found.shape(), name);
    assertEquals(want.dtype(), found.dtype(), name);
    for (long i = 0; i < want.count(); i++) {
      if (want.at(i) != found.at(i)) {
        assertEquals(want.at(i), found.at(i), name + " element " + i);
      }
    }
  }

  /// That every element is the one its name and index give.
  static void isFresh(Map<String, Tensor> found) {
    found.forEach(
        (name, t) -> {
          for (long i = 0; i < t.count(); i++) {
            long bits = TestTensors.element(name, t.dtype(), i);
            double want =
                switch (t.dtype()) {
                  case F32 -> Float.intBitsToFloat((int) bits);
                  case F16 -> Float.float16ToFloat((short) bits);
                  case BF16 -> Float.intBitsToFloat((int) bits << 16);
                  case F64 -> Double.longBitsToDouble(bits);
                  default -> throw new IllegalStateException(t.dtype().toString());
                };
            if (want != t.at(i)) {
              assertEquals(want, t.at(i), name + " element " + i);
            }
          }
        });
  }
}
