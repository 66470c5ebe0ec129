package org.fanin.formats;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.fanin.model.ModelFormatException;

/// Walks a model and puts together the new one: what is not replaced is copied byte for byte, what
/// stands around a replaced tensor gets a new length if that changes. Field numbers are those of
/// onnx.proto.
final class OnnxRewrite {
  private final OnnxContext context;
  private final OnnxSources sources;
  private final OnnxTensorRewrite tensors;
  private final Map<String, TensorOut> values;
  private final Map<String, String> stamped;
  private final Set<String> used = new HashSet<>();
  private int depth;

  OnnxRewrite(
      OnnxContext context,
      OnnxSources sources,
      OnnxTensorRewrite tensors,
      Map<String, TensorOut> values,
      Map<String, String> stamped) {
    this.context = context;
    this.sources = sources;
    this.tensors = tensors;
    this.values = values;
    this.stamped = new TreeMap<>(stamped);
  }

  /// Names of new values that found their tensor.
  Set<String> used() {
    return used;
  }

  /// What becomes of one field: null to keep it, else what stands in its place. The field has to be
  /// read or skipped.
  @FunctionalInterface
  private interface Edit {
    Rope of(Wire w, long from) throws ModelFormatException, IOException;
  }

  @FunctionalInterface
  private interface Inner {
    Rope of(Wire message) throws ModelFormatException, IOException;
  }

  /// @return the message with its fields edited, or null if none is
  private Rope edited(Wire w, Edit edit) throws ModelFormatException, IOException {
    Rope out = new Rope();
    boolean changed = false;
    while (true) {
      long from = w.position();
      if (!w.next()) {
        return changed ? out : null;
      }
      Rope r = edit.of(w, from);
      if (r == null) {
        out.copy(sources.model(), from, w.position());
      } else {
        out.append(r);
        changed = true;
      }
    }
  }

  private static Rope skip(Wire w) throws ModelFormatException {
    w.skip();
    return null;
  }

  /// A field that holds a message. If the length stays, so do tag and length as they were written.
  private Rope nested(Wire w, long from, Inner inner) throws ModelFormatException, IOException {
    Wire m = w.message();
    long start = m.start();
    Rope content = inner.of(m);
    if (content == null) {
      return null;
    }
    return content.length() == w.position() - start
        ? new Rope().copy(sources.model(), from, start).append(content)
        : new Rope().field(w.field(), content);
  }

  /// ModelProto.
  Rope model(Wire model) throws ModelFormatException, IOException {
    Map<String, String> missing = new TreeMap<>(stamped);
    Rope out =
        edited(
            model,
            (w, from) ->
                switch (w.field()) {
                  case 7 -> nested(w, from, this::graph);
                  case 14 -> property(w, missing);
                  case 25 -> nested(w, from, this::function);
                  default -> skip(w);
                });
    if (out == null) {
      out = new Rope().copy(sources.model(), model.start(), model.position());
    }
    for (Map.Entry<String, String> e : missing.entrySet()) {
      out.field(14, new Rope().text(1, e.getKey()).text(2, e.getValue()));
    }
    return out;
  }

  /// Provenance of an earlier rewriting would be a lie now.
  private Rope property(Wire w, Map<String, String> missing) throws ModelFormatException {
    Map<String, String> one = new HashMap<>();
    OnnxTensors.entry(context, w.message(), one);
    String key = one.keySet().iterator().next();
    if (!key.startsWith("fanin.")) {
      return null;
    }
    String value = missing.remove(key);
    return value == null
        ? new Rope()
        : new Rope().field(14, new Rope().text(1, key).text(2, value));
  }

  private Rope function(Wire function) throws ModelFormatException, IOException {
    return edited(function, (w, from) -> w.field() == 7 ? nested(w, from, this::node) : skip(w));
  }

  private Rope graph(Wire graph) throws ModelFormatException, IOException {
    // the reader does not look into every place where a graph can be
    if (depth == OnnxGraphs.MAX_DEPTH + 1) {
      throw graph.bad("graphs nested more than " + OnnxGraphs.MAX_DEPTH + " deep", "fewer");
    }
    depth++;
    Rope r = graphFields(graph);
    depth--;
    return r;
  }

  private Rope graphFields(Wire graph) throws ModelFormatException, IOException {
    return edited(
        graph,
        (w, from) ->
            switch (w.field()) {
              case 1 -> {
                TensorOut filled = filled(w.peek());
                if (filled == null) {
                  yield nested(w, from, this::node);
                }
                w.skip();
                yield new Rope().field(5, tensors.added(filled));
              }
              case 5 -> nested(w, from, this::initializer);
              case 15 -> nested(w, from, this::sparseInitializer);
              default -> skip(w);
            });
  }

  private Rope initializer(Wire tensor) throws ModelFormatException, IOException {
    String name = textField(tensor.rewound(), 8);
    return tensors.rewrite(tensor, name, value(name), true);
  }

  private Rope sparseInitializer(Wire sparse) throws ModelFormatException, IOException {
    Wire w = sparse.rewound();
    String name = "";
    while (w.next()) {
      if (w.field() == 1) {
        name = textField(w.message(), 8);
      } else {
        w.skip();
      }
    }
    refuseSparse(name);
    return sparse(sparse);
  }

  private void refuseSparse(String name) {
    if (values.containsKey(name)) {
      throw new IllegalArgumentException(
          "tensor " + name + " is stored sparse and cannot be rewritten: store it dense first");
    }
  }

  private Rope sparse(Wire sparse) throws ModelFormatException, IOException {
    return edited(
        sparse,
        (w, from) ->
            w.field() == 1 || w.field() == 2
                ? nested(w, from, t -> tensors.rewrite(t, "a sparse tensor", null, false))
                : skip(w));
  }

  /// New values of a ConstantOfShape node, which an initialiser takes the place of; else null.
  private TensorOut filled(Wire node) throws ModelFormatException {
    String op = "";
    String output = "";
    while (node.next()) {
      switch (node.field()) {
        case 2 -> output = node.text();
        case 4 -> op = node.text();
        default -> node.skip();
      }
    }
    return op.equals("ConstantOfShape") ? value(output) : null;
  }

  private TensorOut value(String name) {
    TensorOut v = values.get(name);
    if (v != null && !used.add(name)) {
      throw new IllegalArgumentException(
          "several tensors of the model are named "
              + name
              + " (in bodies of If, Loop or Scan, or in functions): rename them first");
    }
    return v;
  }

  private static String textField(Wire w, int field) throws ModelFormatException {
    String text = "";
    while (w.next()) {
      if (w.field() == field) {
        text = w.text();
      } else {
        w.skip();
      }
    }
    return text;
  }

  private Rope node(Wire node) throws ModelFormatException, IOException {
    String output = "";
    String op = "";
    for (Wire w = node.rewound(); w.next(); ) {
      switch (w.field()) {
        case 2 -> output = output.isEmpty() ? w.text() : output + w.text();
        case 4 -> op = w.text();
        default -> w.skip();
      }
    }
    TensorOut constant = op.equals("Constant") ? value(output) : null;
    return edited(
        node, (w, from) -> w.field() == 5 ? nested(w, from, a -> attribute(a, constant)) : skip(w));
  }

  /// @param constant new values of the Constant node whose attribute it is, else null
  private Rope attribute(Wire attribute, TensorOut constant)
      throws ModelFormatException, IOException {
    if (constant != null) {
      return constant(attribute, constant, textField(attribute.rewound(), 1));
    }
    return edited(
        attribute,
        (w, from) ->
            switch (w.field()) {
              case 5, 10 -> nested(w, from, t -> tensors.rewrite(t, "an attribute", null, false));
              case 6, 11 -> nested(w, from, this::graph);
              case 22, 23 -> nested(w, from, this::sparse);
              default -> skip(w);
            });
  }

  private Rope constant(Wire attribute, TensorOut value, String kind)
      throws ModelFormatException, IOException {
    return switch (kind) {
      case "value" ->
          edited(
              attribute,
              (w, from) ->
                  w.field() == 5
                      ? nested(w, from, t -> tensors.rewrite(t, value.name(), value, false))
                      : skip(w));
      case "value_float", "value_floats" -> new OnnxFloatsRewrite(sources, value).of(attribute);
      case "sparse_value" -> {
        refuseSparse(value.name());
        yield null;
      }
      default ->
          throw new IllegalArgumentException(
              "tensor " + value.name() + " is stored as " + kind + ", which cannot be rewritten");
    };
  }
}
