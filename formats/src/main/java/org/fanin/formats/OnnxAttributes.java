package org.fanin.formats;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;

/// Decodes AttributeProto. Values of a kind that Fanin has no use for become [Attr.Ignored] with
/// the reason; they do not fail the file.
final class OnnxAttributes {
  private static final int COST = 160;
  private static final int ELEMENT = 24;
  private static final int STRING_OBJECT = 56;
  private static final int UNDEFINED = 0;

  private final OnnxContext context;
  private final OnnxTensors tensors;
  private final OnnxGraphs graphs;

  OnnxAttributes(OnnxContext context, OnnxTensors tensors, OnnxGraphs graphs) {
    this.context = context;
    this.tensors = tensors;
    this.graphs = graphs;
  }

  record Named(String name, Attr value) {}

  /// The fields of one AttributeProto before its type is known: the type may come last.
  private static final class Parts {
    String name = "";
    String reference = "";
    int type = UNDEFINED;
    float real;
    long integer;
    MemorySegment text = MemorySegment.NULL;
    Wire tensor;
    Wire graph;
    Wire sparse;
    final List<Double> reals = new ArrayList<>(0);
    final List<Long> integers = new ArrayList<>(0);
    final List<String> texts = new ArrayList<>(0);
    int guess = UNDEFINED;
  }

  /// @param holder the node, as a place for messages
  /// @param depth how many graphs are around the node
  Named decode(Wire w, Supplier<String> holder, int depth)
      throws ModelFormatException, IOException {
    context.budget().charge(COST);
    Parts parts = new Parts();
    while (w.next()) {
      collect(w, parts);
    }
    String name = parts.name;
    Supplier<String> where = () -> holder.get() + ": attribute " + OnnxContext.quoted(name);
    return new Named(name, value(parts, where, depth));
  }

  private void collect(Wire w, Parts p) throws ModelFormatException {
    switch (w.field()) {
      case 1 -> p.name = w.text();
      case 2 -> p.real = guess(p, 1, w.readFloat());
      case 3 -> p.integer = guess(p, 2, w.readLong());
      case 4 -> p.text = guess(p, 3, w.bytes());
      case 5 -> p.tensor = guess(p, 4, w.message());
      case 6 -> p.graph = guess(p, 5, w.message());
      case 7 -> reals(w, guess(p, 6, p.reals));
      case 8 -> integers(w, guess(p, 7, p.integers));
      case 9 -> guess(p, 8, p.texts).add(w.text());
      case 20 -> p.type = w.readInt();
      case 21 -> p.reference = w.text();
      case 22 -> p.sparse = guess(p, 11, w.message());
      default -> w.skip();
    }
  }

  /// Files from before IR version 3 need not state the type; what is there tells it.
  private static <T> T guess(Parts p, int type, T value) {
    p.guess = type;
    return value;
  }

  /// The numbers are those of AttributeProto.AttributeType.
  private Attr value(Parts p, Supplier<String> where, int depth)
      throws ModelFormatException, IOException {
    if (!p.reference.isEmpty()) {
      return new Attr.Ignored("the function's parameter " + p.reference);
    }
    return switch (p.type == UNDEFINED ? p.guess : p.type) {
      case 1 -> new Attr.Real(p.real);
      case 2 -> new Attr.Int(p.integer);
      case 3 -> new Attr.Text(utf8(p.text));
      case 4 -> tensor(p, where);
      case 5 -> graph(p, where, depth);
      case 6 -> new Attr.Reals(List.copyOf(p.reals));
      case 7 -> new Attr.Ints(List.copyOf(p.integers));
      case 8 -> new Attr.Texts(List.copyOf(p.texts));
      case 9 -> new Attr.Ignored("a list of tensors");
      case 10 -> new Attr.Ignored("a list of graphs");
      case 11 -> sparse(p, where);
      case 12 -> new Attr.Ignored("a list of sparse tensors");
      case 13, 14 -> new Attr.Ignored("a type");
      case UNDEFINED -> new Attr.Ignored("no value");
      default -> throw context.bad(where, "attribute type " + p.type, "0 to 14");
    };
  }

  private Attr tensor(Parts p, Supplier<String> where) throws ModelFormatException, IOException {
    return p.tensor == null
        ? new Attr.Ignored("no tensor though the type is TENSOR")
        : constant(tensors.decode(p.tensor, where));
  }

  private Attr sparse(Parts p, Supplier<String> where) throws ModelFormatException, IOException {
    return p.sparse == null
        ? new Attr.Ignored("no tensor though the type is SPARSE_TENSOR")
        : constant(new OnnxSparse(context, tensors).decode(p.sparse, where));
  }

  private Attr graph(Parts p, Supplier<String> where, int depth)
      throws ModelFormatException, IOException {
    return p.graph == null
        ? new Attr.Ignored("no graph though the type is GRAPH")
        : new Attr.Body(graphs.decode(p.graph, where, depth + 1));
  }

  private static Attr constant(OnnxConstant c) {
    return switch (c) {
      case OnnxConstant.Numbers n -> new Attr.Value(n.tensor());
      case OnnxConstant.Opaque o -> new Attr.Ignored(o.because());
    };
  }

  private String utf8(MemorySegment bytes) throws ModelFormatException {
    context.budget().charge(2 * bytes.byteSize() + STRING_OBJECT);
    return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  private void reals(Wire w, List<Double> into) throws ModelFormatException {
    if (w.type() != Wire.BYTES) {
      context.budget().charge(ELEMENT);
      into.add((double) w.readFloat());
      return;
    }
    Wire packed = w.message();
    while (!packed.atEnd()) {
      context.budget().charge(ELEMENT);
      into.add((double) packed.fixed32());
    }
  }

  private void integers(Wire w, List<Long> into) throws ModelFormatException {
    if (w.type() != Wire.BYTES) {
      context.budget().charge(ELEMENT);
      into.add(w.readLong());
      return;
    }
    Wire packed = w.message();
    while (!packed.atEnd()) {
      context.budget().charge(ELEMENT);
      into.add(packed.varint());
    }
  }
}
