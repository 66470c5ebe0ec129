package org.fanin.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Lowered.Out;
import org.fanin.graph.Rule.Unknowable;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawFunction;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Walks nodes in topological order: translates each, infers its shapes, computes it ahead when it
/// can be. Functions are inlined, and bodies of control flow where [Bodies] can.
final class Translator {
  /// Functions in functions, branches in branches.
  private static final int MAX_DEPTH = 64;

  /// Nodes after inlining: functions that call functions can otherwise grow without bound.
  private static final int MAX_NODES = 1_000_000;

  /// How the readers mark an attribute that stands for a parameter of the function it is in.
  private static final String REFERENCE = "the function's parameter ";

  private final RawModel model;
  private final Assembly assembly;
  private final Initialisers initialisers;
  private final Bodies bodies;
  private int visited;

  Translator(RawModel model, Assembly assembly, Initialisers initialisers) {
    this.model = model;
    this.assembly = assembly;
    this.initialisers = initialisers;
    this.bodies = new Bodies(this, assembly, initialisers);
  }

  /// What a body brings along.
  record Body(
      List<RawNode> nodes, Map<String, Long> opsets, Map<String, RawValue> info, String prefix) {}

  void run(Body body, Scope scope, int depth) throws ModelFormatException {
    if (depth > MAX_DEPTH) {
      throw new ModelFormatException(
          assembly.source(), "functions or branches nested deeper than " + MAX_DEPTH, "fewer");
    }
    for (RawNode n : TopoOrder.of(assembly.source(), body.nodes(), scope)) {
      if (++visited > MAX_NODES) {
        throw new ModelFormatException(
            assembly.source(), "more than " + MAX_NODES + " nodes", "fewer");
      }
      RawFunction f =
          model.functions().isEmpty() ? null : model.functions().get(n.domain() + ":" + n.op());
      if (f != null) {
        call(f, n, body, scope, depth);
      } else if (!bodies.inlined(n, body, scope, depth)) {
        translate(n, body, scope);
      }
    }
  }

  // ---- inlining ----

  private void call(RawFunction f, RawNode n, Body body, Scope scope, int depth)
      throws ModelFormatException {
    Scope inner = new Scope(null);
    for (int i = 0; i < f.inputs().size(); i++) {
      String actual = i < n.inputs().size() ? n.inputs().get(i) : "";
      // -1: an optional input left out.
      inner.put(f.inputs().get(i), actual.isEmpty() ? -1 : scope.find(actual));
    }
    List<RawNode> nodes = new ArrayList<>(f.nodes().size());
    for (RawNode m : f.nodes()) {
      nodes.add(bound(m, n.attributes()));
    }
    Map<String, Long> opsets = new HashMap<>(body.opsets());
    opsets.putAll(f.opsets());
    String prefix = body.prefix() + (n.name().isEmpty() ? n.op() : n.name()) + "/";
    run(new Body(nodes, opsets, Map.of(), prefix), inner, depth + 1);
    publish(n, f.outputs(), inner, scope);
  }

  private static RawNode bound(RawNode m, Map<String, Attr> actual) {
    boolean refers = m.attributes().values().stream().anyMatch(a -> a instanceof Attr.Ignored);
    if (!refers) {
      return m;
    }
    Map<String, Attr> attributes = new HashMap<>();
    m.attributes()
        .forEach(
            (name, a) -> {
              if (a instanceof Attr.Ignored(String because) && because.startsWith(REFERENCE)) {
                Attr given = actual.get(because.substring(REFERENCE.length()));
                if (given != null) {
                  attributes.put(name, given);
                }
              } else {
                attributes.put(name, a);
              }
            });
    return new RawNode(m.name(), m.op(), m.domain(), m.inputs(), m.outputs(), attributes);
  }

  void publish(RawNode n, List<String> names, Scope inner, Scope scope)
      throws ModelFormatException {
    for (int i = 0; i < n.outputs().size(); i++) {
      String out = n.outputs().get(i);
      if (out.isEmpty()) {
        continue;
      }
      int id = i < names.size() ? inner.find(names.get(i)) : -1;
      if (id < 0) {
        throw new ModelFormatException(
            assembly.source() + ", node " + n.name() + " (" + n.op() + ")",
            "no value for its output " + out,
            "a body that makes it");
      }
      scope.put(out, id);
    }
  }

  /// Whether more nodes than may be were met.
  boolean isFull() {
    return visited > MAX_NODES;
  }

  // ---- one node ----

  private void translate(RawNode n, Body body, Scope scope) throws ModelFormatException {
    List<Integer> ids = new ArrayList<>(n.inputs().size());
    for (String in : n.inputs()) {
      ids.add(in.isEmpty() ? -1 : scope.find(in));
    }
    Site site = site(n, body, ids);
    Lowered l = lower(site, body);
    if (l.op() instanceof Op.ControlFlow) {
      // What the bodies read is read by the node: nothing is known of its gradient.
      l = l.withInputs(bodies.read(n, ids, scope));
    }
    place(site, l, label(n, body), scope);
  }

  private static String label(RawNode n, Body body) {
    return n.name().isEmpty() ? "" : body.prefix() + n.name();
  }

  /// A step that control flow is taken apart into: a node whose only output is `out`.
  void step(RawNode n, Body body, Scope scope, String out, Op op, List<Integer> ids, Out of)
      throws ModelFormatException {
    RawNode one = new RawNode(n.name(), n.op(), n.domain(), n.inputs(), List.of(out), Map.of());
    place(site(one, body, ids), new Lowered(op, ids, List.of(of)), label(n, body), scope);
  }

  private Site site(RawNode n, Body body, List<Integer> ids) {
    String label = label(n, body);
    String shown = label.isEmpty() ? n.op() + "#" + assembly.nodes().size() : label;
    String domain = n.domain().equals("ai.onnx") ? "" : n.domain();
    // A file without a version for the domain is older than versions, or careless: the newest
    // common one is the better guess.
    long opset = body.opsets().getOrDefault(domain, 17L);
    return new Site(n, shown, opset, assembly, List.copyOf(ids));
  }

  private Lowered lower(Site s, Body body) throws ModelFormatException {
    RawNode n = s.raw;
    Rule rule = Rules.of(n.domain(), n.op());
    String because;
    try {
      if (rule != null) {
        return rule.lower(s);
      }
      because = n.domain().isEmpty() ? "no rule for " + n.op() : "no rule for domain " + n.domain();
    } catch (Unknowable u) {
      because = u.getMessage();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw s.fault(String.valueOf(e.getMessage()), "extents and attributes that fit");
    }
    List<Out> outs = new ArrayList<>();
    for (String out : n.outputs()) {
      RawValue v = body.info().get(out);
      DType type = v != null && v.dtype() != null ? v.dtype() : s.has(0) ? s.dtype(0) : DType.F32;
      Optional<Shape> shape = v == null ? Optional.empty() : Assembly.stated(v);
      outs.add(new Out(type, shape, Optional.empty()));
    }
    return new Lowered(new Op.Foreign(n.op(), because), s.inputs, outs);
  }

  private void place(Site s, Lowered l, String label, Scope scope) throws ModelFormatException {
    String name = assembly.unique(label, s.raw.op());
    List<Tensor> tensors = folded(s, l);
    Op op = l.op();
    int viewOf = tensors == null && !l.inputs().isEmpty() ? viewed(l) : -1;
    if (tensors != null || viewOf >= 0) {
      op =
          viewOf >= 0 && op instanceof Op.Transpose(List<Integer> perm)
              ? new Op.Folded(s.raw.op(), perm)
              : new Op.Folded(s.raw.op());
    } else if (isDiscrete(l)) {
      op = new Op.Discrete(s.raw.op(), Optional.of(op), List.of());
    }
    int index = assembly.nodes().size();
    List<Integer> outs = new ArrayList<>();
    for (int i = 0; i < s.outputs(); i++) {
      String out = s.raw.outputs().get(i);
      if (out.isEmpty()) {
        outs.add(-1);
        continue;
      }
      Integer alias = l.aliases().get(i);
      int id;
      if (alias != null) {
        id = alias;
      } else {
        Out o = i < l.outs().size() ? l.outs().get(i) : Out.unknown(DType.F32);
        id =
            viewOf >= 0 && i == 0
                ? view(out, o, viewOf, l.op(), index)
                : add(
                    out,
                    o,
                    tensors == null || i >= tensors.size() ? null : tensors.get(i),
                    op,
                    l.inputs(),
                    index);
      }
      scope.put(out, id);
      outs.add(alias != null ? -1 : id);
    }
    assembly.addNode(name, s.raw.op(), op, l.inputs(), outs);
  }

  private int add(String name, Out o, Tensor t, Op op, List<Integer> inputs, int index) {
    boolean known = op instanceof Op.Folded;
    boolean weight = known && initialisers.isWeight(name, op, o);
    Value.Kind kind =
        !known ? Value.Kind.ACTIVATION : weight ? Value.Kind.PARAMETER : Value.Kind.CONSTANT;
    int id = assembly.add(name, kind, o.dtype(), o.shape(), Optional.ofNullable(t), -1, index);
    if (weight) {
      assembly.soften(id);
    }
    if (o.shape().isEmpty()) {
      inputs.stream()
          .filter(i -> i >= 0 && assembly.value(i).shape().isEmpty())
          .findFirst()
          .ifPresent(i -> assembly.open(id, assembly.firstOpen(i)));
    }
    return id;
  }

  /// Integers and booleans that are not known before running have no moments, whatever moved them.
  private static boolean isDiscrete(Lowered l) {
    for (Out o : l.outs()) {
      if (o.dtype().floating()) {
        return false;
      }
    }
    return !l.outs().isEmpty()
        && !(l.op() instanceof Op.Unpredicted
            || l.op() instanceof Op.ControlFlow
            || l.op() instanceof Op.Discrete
            || l.op() instanceof Op.Random);
  }

  // ---- computing ahead ----

  /// @return tensors of all outputs, or null
  private List<Tensor> folded(Site s, Lowered l) throws ModelFormatException {
    if (l.op() instanceof Op.Folded) {
      List<Tensor> known = new ArrayList<>(l.outs().size());
      for (Out o : l.outs()) {
        known.add(o.constant().orElse(null));
      }
      return known;
    }
    if (l.inputs().isEmpty()) {
      return null;
    }
    for (Out o : l.outs()) {
      if (o.shape().isEmpty()) {
        return null;
      }
    }
    List<Tensor> in = new ArrayList<>();
    boolean parameters = true;
    for (int id : l.inputs()) {
      Value v = id < 0 ? null : assembly.value(id);
      if (v != null && !assembly.foldable(v)) {
        return null;
      }
      parameters &= v != null && v.kind() == Value.Kind.PARAMETER;
      in.add(v == null ? null : v.constant().orElseThrow());
    }
    // A weight in another shape stays a weight.
    if (in.getFirst() == null || parameters && in.size() == 1 && isView(l.op())) {
      return null;
    }
    return compute(s, l, in);
  }

  private List<Tensor> compute(Site s, Lowered l, List<Tensor> in) throws ModelFormatException {
    List<Shape> shapes = new ArrayList<>();
    List<DType> types = new ArrayList<>();
    for (Out o : l.outs()) {
      shapes.add(o.shape().orElseThrow());
      types.add(o.dtype());
    }
    Tensor first = in.getFirst();
    if (l.op() instanceof Op.Reshape && first.dtype() == types.getFirst() && first.contiguous()) {
      return List.of(first.reshape(shapes.getFirst()));
    }
    try {
      if (!assembly.afford(Folding.cost(l.op(), in, shapes))) {
        return null;
      }
      List<Nd> r = Folding.run(l.op(), s, in, shapes, types);
      return r == null ? null : tensors(r);
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw s.fault(String.valueOf(e.getMessage()), "constants that can be computed");
    }
  }

  private static List<Tensor> tensors(List<Nd> all) {
    List<Tensor> r = new ArrayList<>(all.size());
    for (Nd n : all) {
      r.add(n.tensor());
    }
    return r;
  }

  // ---- views of parameters ----

  private static boolean isView(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Transpose
        || op instanceof Op.Dropout(_, boolean training) && !training;
  }

  /// @return id of the parameter that this node only shows in another shape, or -1
  private int viewed(Lowered l) {
    int id = l.inputs().getFirst();
    return isView(l.op()) && id >= 0 && assembly.value(id).kind() == Value.Kind.PARAMETER ? id : -1;
  }

  private int view(String name, Out o, int of, Op op, int index) {
    Value v = assembly.value(of);
    Shape shape = o.shape().orElseThrow();
    Optional<Tensor> t = v.constant().flatMap(x -> shown(x, op, shape));
    int id = assembly.add(name, Value.Kind.PARAMETER, o.dtype(), o.shape(), t, v.origin(), index);
    if (assembly.soft(of)) {
      assembly.soften(id);
    }
    return id;
  }

  private Optional<Tensor> shown(Tensor x, Op op, Shape shape) {
    if (op instanceof Op.Transpose(List<Integer> perm)) {
      return Optional.of(x.transpose(Folding.array(perm)));
    }
    if (x.shape().equals(shape)) {
      return Optional.of(x);
    }
    return x.contiguous() || assembly.afford(x.count())
        ? Optional.of(Folding.reshaped(x, shape))
        : Optional.empty();
  }
}
