package org.fanin.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.fanin.graph.Lowered.Out;
import org.fanin.graph.Translator.Body;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;
import org.fanin.model.RawModel.RawValue;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Bodies of control flow, put in the place of their node: the branch of an If that is taken, both
/// where data decides; the steps of a Scan, and of a Loop whose number is known.
final class Bodies {
  /// Steps that are unrolled.
  private static final long MOST_STEPS = 256;

  /// Nodes that the steps of one node may become.
  private static final long MOST_NODES = 20_000;

  private final Translator translator;
  private final Assembly assembly;
  private final Initialisers initialisers;

  /// By node: values of bodies that were given up on the way.
  private final Map<RawNode, List<Integer>> abandoned = new HashMap<>();

  Bodies(Translator translator, Assembly assembly, Initialisers initialisers) {
    this.translator = translator;
    this.assembly = assembly;
    this.initialisers = initialisers;
  }

  /// @return false when the node stays as it is
  boolean inlined(RawNode n, Body body, Scope scope, int depth) throws ModelFormatException {
    if (!n.domain().isEmpty() && !n.domain().equals("ai.onnx")) {
      return false;
    }
    return switch (n.op()) {
      case "If" -> branch(n, body, scope, depth);
      case "Scan" -> tried(n, () -> scan(n, body, scope, depth));
      case "Loop" -> tried(n, () -> loop(n, body, scope, depth));
      default -> false;
    };
  }

  private interface Attempt {
    boolean run() throws ModelFormatException;
  }

  /// A body that does not fit the shapes at hand, which nobody would run, leaves the node as it is.
  private boolean tried(RawNode n, Attempt attempt) throws ModelFormatException {
    int first = assembly.values().size();
    boolean done;
    try {
      done = attempt.run();
    } catch (ModelFormatException e) {
      if (translator.isFull()) {
        throw e;
      }
      done = false;
    }
    if (!done) {
      List<Integer> made = new ArrayList<>();
      for (int v = first; v < assembly.values().size(); v++) {
        made.add(v);
      }
      abandoned.put(n, made);
    }
    return done;
  }

  /// What a node reads itself, what its bodies capture, and what was made of them in vain.
  List<Integer> read(RawNode n, List<Integer> own, Scope scope) {
    Set<Integer> all = new LinkedHashSet<>();
    for (String name : TopoOrder.readsOf(n)) {
      int id = name.isEmpty() ? -1 : scope.find(name);
      if (id >= 0 && !own.contains(id)) {
        all.add(id);
      }
    }
    all.addAll(abandoned.getOrDefault(n, List.of()));
    List<Integer> ids = new ArrayList<>(own);
    ids.addAll(all);
    return ids;
  }

  private Scope run(RawGraph g, Body body, Scope inner, int depth) throws ModelFormatException {
    translator.run(
        new Body(g.nodes(), body.opsets(), g.valueInfo(), body.prefix()), inner, depth + 1);
    return inner;
  }

  private static RawGraph graph(RawNode n, String attribute) {
    return n.attributes().get(attribute) instanceof Attr.Body(RawGraph g) ? g : null;
  }

  private Optional<Tensor> constant(String name, Scope scope) {
    int id = name.isEmpty() ? -1 : scope.find(name);
    return id < 0 ? Optional.empty() : assembly.value(id).constant();
  }

  // ---- If ----

  private boolean branch(RawNode n, Body body, Scope scope, int depth) throws ModelFormatException {
    int condition = n.inputs().size() == 1 ? scope.find(n.inputs().getFirst()) : -1;
    if (condition < 0) {
      return false;
    }
    Tensor c = assembly.value(condition).constant().orElse(null);
    if (c == null || c.count() != 1) {
      return tried(n, () -> joined(n, body, scope, depth, condition));
    }
    RawGraph g = graph(n, c.at(0) != 0 ? "then_branch" : "else_branch");
    if (g == null) {
      return false;
    }
    Scope inner = new Scope(scope);
    initialisers.add(g, inner);
    run(g, body, inner, depth);
    translator.publish(n, g.outputs().stream().map(RawValue::name).toList(), inner, scope);
    return true;
  }

  /// Both branches, each output chosen by the condition; false where an output has not one shape.
  private boolean joined(RawNode n, Body body, Scope scope, int depth, int condition)
      throws ModelFormatException {
    RawGraph yes = graph(n, "then_branch");
    RawGraph no = graph(n, "else_branch");
    int outs = n.outputs().size();
    if (yes == null || no == null || yes.outputs().size() < outs || no.outputs().size() < outs) {
      return false;
    }
    Scope then = new Scope(scope);
    initialisers.add(yes, then);
    run(yes, body, then, depth);
    Scope other = new Scope(scope);
    initialisers.add(no, other);
    run(no, body, other, depth);
    int[] a = new int[outs];
    int[] b = new int[outs];
    for (int i = 0; i < outs; i++) {
      a[i] = then.find(yes.outputs().get(i).name());
      b[i] = other.find(no.outputs().get(i).name());
      if (!n.outputs().get(i).isEmpty() && !isAlike(a[i], b[i])) {
        return false;
      }
    }
    for (int i = 0; i < outs; i++) {
      String out = n.outputs().get(i);
      if (!out.isEmpty()) {
        List<Integer> ids = List.of(condition, a[i], b[i]);
        translator.step(n, body, scope, out, new Op.Where(), ids, like(a[i]));
      }
    }
    return true;
  }

  private boolean isAlike(int a, int b) {
    return a >= 0
        && b >= 0
        && assembly.value(a).shape().isPresent()
        && assembly.value(a).shape().equals(assembly.value(b).shape())
        && assembly.value(a).dtype() == assembly.value(b).dtype();
  }

  private Out like(int id) {
    Value v = assembly.value(id);
    return new Out(v.dtype(), v.shape(), Optional.empty());
  }

  // ---- steps ----

  private static boolean affordable(long steps, RawGraph g) {
    return steps >= 1
        && steps <= MOST_STEPS
        && steps * Math.max(1L, g.nodes().size() + (long) g.outputs().size()) <= MOST_NODES;
  }

  private static long integer(RawNode n, String attribute, long orElse) {
    return n.attributes().get(attribute) instanceof Attr.Int(long v) ? v : orElse;
  }

  private static long at(RawNode n, String attribute, int i) {
    return n.attributes().get(attribute) instanceof Attr.Ints(List<Long> v) && i < v.size()
        ? v.get(i)
        : 0;
  }

  /// Inputs: states, then sequences that are taken apart step by step. Outputs: the states at the
  /// end, then what every step gives, put together.
  private boolean scan(RawNode n, Body body, Scope scope, int depth) throws ModelFormatException {
    RawGraph g = graph(n, "body");
    int sequences = Math.clamp(integer(n, "num_scan_inputs", 0), 0, n.inputs().size());
    int states = n.inputs().size() - sequences;
    if (g == null || sequences == 0 || body.opsets().getOrDefault("", 17L) < 9) {
      return false;
    }
    if (g.inputs().size() != n.inputs().size() || g.outputs().size() < n.outputs().size()) {
      return false;
    }
    long steps = -1;
    int[] axes = new int[sequences];
    for (int i = 0; i < sequences; i++) {
      int id = scope.find(n.inputs().get(states + i));
      Shape shape = id < 0 ? null : assembly.value(id).shape().orElse(null);
      long axis = at(n, "scan_input_axes", i);
      if (shape == null || axis < -shape.rank() || axis >= shape.rank()) {
        return false;
      }
      axes[i] = (int) (axis < 0 ? axis + shape.rank() : axis);
      steps = steps < 0 || steps == shape.dim(axes[i]) ? shape.dim(axes[i]) : 0;
    }
    if (!affordable(steps, g)) {
      return false;
    }
    List<Integer> carried = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      carried.add(scope.find(n.inputs().get(i)));
    }
    Scope around = new Scope(scope);
    initialisers.add(g, around);
    List<List<Integer>> given = gathered(g, states);
    for (int t = 0; t < steps; t++) {
      Scope inner = new Scope(around);
      for (int i = 0; i < states; i++) {
        inner.put(g.inputs().get(i).name(), carried.get(i));
      }
      for (int i = 0; i < sequences; i++) {
        boolean back = at(n, "scan_input_directions", i) == 1;
        long index = back ? steps - 1 - t : t;
        int whole = scope.find(n.inputs().get(states + i));
        slice(n, body, inner, g.inputs().get(states + i).name(), whole, axes[i], index);
      }
      advance(g, body, inner, depth, 0, carried, given);
    }
    publish(n, body, scope, carried, given);
    return true;
  }

  private static List<List<Integer>> gathered(RawGraph g, int before) {
    List<List<Integer>> all = new ArrayList<>();
    for (int i = before; i < g.outputs().size(); i++) {
      all.add(new ArrayList<>());
    }
    return all;
  }

  /// Runs one step.
  ///
  /// @param skip outputs of the body before the states
  private void advance(
      RawGraph g,
      Body body,
      Scope inner,
      int depth,
      int skip,
      List<Integer> carried,
      List<List<Integer>> given)
      throws ModelFormatException {
    run(g, body, inner, depth);
    for (int i = 0; i < carried.size(); i++) {
      carried.set(i, inner.find(g.outputs().get(skip + i).name()));
    }
    for (int i = 0; i < given.size(); i++) {
      given.get(i).add(inner.find(g.outputs().get(skip + carried.size() + i).name()));
    }
  }

  /// Element `index` along an axis, under the name that the body has for it.
  private void slice(
      RawNode n, Body body, Scope inner, String name, int whole, int axis, long index)
      throws ModelFormatException {
    Value v = assembly.value(whole);
    Tensor at = Tensor.ofLongs(Shape.of(), index);
    int id =
        assembly.add(
            name + "/step",
            Value.Kind.CONSTANT,
            at.dtype(),
            Optional.of(at.shape()),
            Optional.of(at),
            -1,
            -1);
    Shape shape = v.shape().orElseThrow();
    Shape one = Shapes.reduced(shape, List.of(axis), false);
    Out of = Out.of(v.dtype(), one);
    translator.step(n, body, inner, name, new Op.Gather(axis), List.of(whole, id), of);
  }

  private void publish(
      RawNode n, Body body, Scope scope, List<Integer> carried, List<List<Integer>> given)
      throws ModelFormatException {
    for (int i = 0; i < n.outputs().size(); i++) {
      String out = n.outputs().get(i);
      if (out.isEmpty()) {
        continue;
      }
      if (i < carried.size()) {
        int state = carried.get(i);
        translator.step(n, body, scope, out, new Op.Reshape(), List.of(state), shaped(n, state));
      } else {
        int k = i - carried.size();
        together(n, body, scope, out, given.get(k), k);
      }
    }
  }

  /// What the steps gave, along a new axis.
  private void together(RawNode n, Body body, Scope scope, String out, List<Integer> steps, int k)
      throws ModelFormatException {
    Shape each = assembly.value(steps.getFirst()).shape().orElse(null);
    long wanted = at(n, "scan_output_axes", k);
    int rank = each == null ? 0 : each.rank() + 1;
    if (each == null || wanted < -rank || wanted >= rank) {
      throw open(n);
    }
    int axis = (int) (wanted < 0 ? wanted + rank : wanted);
    List<Integer> order =
        at(n, "scan_output_directions", k) == 1 ? steps.reversed() : List.copyOf(steps);
    List<Integer> wide = new ArrayList<>();
    for (int t = 0; t < order.size(); t++) {
      Value v = assembly.value(order.get(t));
      Out of = Out.of(v.dtype(), inserted(each, axis, 1));
      String name = out + "/step" + t;
      translator.step(n, body, scope, name, new Op.Reshape(), List.of(v.id()), of);
      wide.add(scope.find(name));
    }
    Out of = Out.of(assembly.value(steps.getFirst()).dtype(), inserted(each, axis, steps.size()));
    translator.step(n, body, scope, out, new Op.Concat(axis), wide, of);
  }

  private Out shaped(RawNode n, int id) throws ModelFormatException {
    if (id < 0 || assembly.value(id).shape().isEmpty()) {
      throw open(n);
    }
    return like(id);
  }

  private ModelFormatException open(RawNode n) {
    return new ModelFormatException(
        assembly.source() + ", node " + n.name() + " (" + n.op() + ")",
        "outputs of steps whose shape is not known",
        "known shapes");
  }

  private static Shape inserted(Shape s, int axis, long extent) {
    long[] d = new long[s.rank() + 1];
    for (int i = 0, from = 0; i < d.length; i++) {
      d[i] = i == axis ? extent : s.dim(from++);
    }
    return Shape.of(d);
  }

  // ---- Loop ----

  /// Inputs: the number of steps, a condition, states. A body: step, condition, states → condition,
  /// states, what the step gives. Only a condition that is known to stay true is followed.
  private boolean loop(RawNode n, Body body, Scope scope, int depth) throws ModelFormatException {
    RawGraph g = graph(n, "body");
    Optional<Tensor> count =
        n.inputs().isEmpty() ? Optional.empty() : constant(n.inputs().getFirst(), scope);
    int states = n.inputs().size() - 2;
    if (g == null || count.isEmpty() || count.get().count() != 1 || states < 0) {
      return false;
    }
    long steps = count.get().longAt(0);
    if (g.inputs().size() != states + 2
        || g.outputs().size() < states + 1
        || n.outputs().size() > g.outputs().size() - 1
        || !affordable(steps, g)
        || !goesOn(n.inputs().get(1), scope)) {
      return false;
    }
    List<Integer> carried = new ArrayList<>();
    for (int i = 0; i < states; i++) {
      carried.add(scope.find(n.inputs().get(i + 2)));
    }
    Scope around = new Scope(scope);
    initialisers.add(g, around);
    List<List<Integer>> given = gathered(g, states + 1);
    int goes = known(g.inputs().get(1).name(), 1);
    for (int t = 0; t < steps; t++) {
      Scope inner = new Scope(around);
      inner.put(g.inputs().get(0).name(), known(g.inputs().get(0).name(), t));
      inner.put(g.inputs().get(1).name(), goes);
      for (int i = 0; i < states; i++) {
        inner.put(g.inputs().get(i + 2).name(), carried.get(i));
      }
      advance(g, body, inner, depth, 1, carried, given);
      if (!goesOn(g.outputs().getFirst().name(), inner)) {
        return false;
      }
    }
    publish(n, body, scope, carried, given);
    return true;
  }

  private boolean goesOn(String condition, Scope scope) {
    return condition.isEmpty()
        || constant(condition, scope).filter(c -> c.count() == 1 && c.at(0) != 0).isPresent();
  }

  private int known(String name, long v) {
    Tensor t = Tensor.ofLongs(Shape.of(), v);
    return assembly.add(
        name, Value.Kind.CONSTANT, t.dtype(), Optional.of(t.shape()), Optional.of(t), -1, -1);
  }
}
