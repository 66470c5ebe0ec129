package org.fanin.graph;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawFunction;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Writes small models by hand.
public final class Net {
  private final List<RawNode> nodes = new ArrayList<>();
  private final Map<String, Tensor> initialisers = new LinkedHashMap<>();
  private final List<RawValue> inputs = new ArrayList<>();
  private final List<RawValue> outputs = new ArrayList<>();
  private final Map<String, RawFunction> functions = new HashMap<>();
  private long opset = 17;

  public static Net of() {
    return new Net();
  }

  public Net opset(long version) {
    opset = version;
    return this;
  }

  public Net input(String name, long... dims) {
    return input(name, DType.F32, dims);
  }

  public Net input(String name, DType type, long... dims) {
    inputs.add(value(name, type, dims));
    return this;
  }

  /// @param symbols "" for a fixed or anonymous extent
  Net symbolic(String name, DType type, List<Long> dims, List<String> symbols) {
    inputs.add(new RawValue(name, type, dims, symbols));
    return this;
  }

  static RawValue value(String name, DType type, long... dims) {
    return new RawValue(
        name,
        type,
        Arrays.stream(dims).boxed().toList(),
        Arrays.stream(dims).mapToObj(_ -> "").toList());
  }

  /// A float32 weight; its values do not matter, but no two are equal and they follow no formula.
  Net weight(String name, long... dims) {
    Shape s = Shape.of(dims);
    ByteBuffer b =
        ByteBuffer.allocate(Math.toIntExact(4 * s.count())).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < s.count(); i++) {
      b.putFloat((float) (StrictMath.sin(1e4 * i * i + 1) * 0.3));
    }
    return tensor(name, Tensor.of(DType.F32, s, MemorySegment.ofBuffer(b.flip())));
  }

  public Net tensor(String name, Tensor t) {
    initialisers.put(name, t);
    return this;
  }

  public Net ints(String name, long... values) {
    return tensor(name, Tensor.ofLongs(Shape.of(values.length), values));
  }

  public Net scalar(String name, double value) {
    return tensor(name, Tensor.ofDoubles(Shape.of(), value));
  }

  /// @param spec "out1 out2 = Op in1 in2"; "_" for an input left out
  /// @param attributes name, value, name, value …; long, double, String, long[], Tensor or RawGraph
  public Net node(String spec, Object... attributes) {
    String[] sides = spec.split("=", -1);
    List<String> outs = words(sides[0]);
    List<String> right = words(sides[1]);
    String op = right.getFirst();
    int at = op.indexOf(':');
    List<String> ins =
        right.subList(1, right.size()).stream().map(s -> s.equals("_") ? "" : s).toList();
    nodes.add(
        new RawNode(
            outs.getFirst() + "/node",
            op.substring(at + 1),
            at < 0 ? "" : op.substring(0, at),
            ins,
            outs,
            attributes(attributes)));
    return this;
  }

  private static List<String> words(String s) {
    return Arrays.stream(s.strip().split("\\s+")).filter(w -> !w.isEmpty()).toList();
  }

  private static Map<String, Attr> attributes(Object... a) {
    Map<String, Attr> m = new HashMap<>();
    for (int i = 0; i < a.length; i += 2) {
      m.put((String) a[i], attribute(a[i + 1]));
    }
    return m;
  }

  private static Attr attribute(Object v) {
    return switch (v) {
      case Integer i -> new Attr.Int(i);
      case Long l -> new Attr.Int(l);
      case Double d -> new Attr.Real(d);
      case String s -> new Attr.Text(s);
      case long[] l -> new Attr.Ints(Arrays.stream(l).boxed().toList());
      case Tensor t -> new Attr.Value(t);
      case RawGraph g -> new Attr.Body(g);
      case Attr x -> x;
      default -> throw new IllegalArgumentException(v.getClass().toString());
    };
  }

  public static long[] longs(long... v) {
    return v;
  }

  public Net output(String... names) {
    for (String n : names) {
      outputs.add(new RawValue(n, DType.F32, null, null));
    }
    return this;
  }

  Net function(String domain, String name, List<String> ins, List<String> outs, Net body) {
    functions.put(
        domain + ":" + name, new RawFunction(name, domain, ins, outs, body.nodes, Map.of()));
    return this;
  }

  public RawGraph graph() {
    return new RawGraph("g", nodes, initialisers, inputs, outputs, Map.of());
  }

  RawModel raw() {
    return new RawModel("test.onnx", Map.of("", opset), "test", graph(), functions);
  }

  public Graph build() throws ModelFormatException {
    return build(Bindings.defaults());
  }

  Graph build(Bindings bindings) throws ModelFormatException {
    return GraphBuilder.build(raw(), bindings);
  }

  // ---- looking into graphs ----

  static Value value(Graph g, String name) {
    return g.values().stream().filter(v -> v.name().equals(name)).findFirst().orElseThrow();
  }

  static Node maker(Graph g, String name) {
    return g.nodes().get(value(g, name).producer());
  }

  static Op op(Graph g, String name) {
    return maker(g, name).op();
  }

  static Parameter parameter(Graph g, String name) {
    return g.parameters().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  static Shape shape(Graph g, String name) {
    return value(g, name).shape().orElseThrow();
  }

  static long[] constant(Graph g, String name) {
    return value(g, name).constant().orElseThrow().toLongs();
  }
}
