package org.fanin.torch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Parameter;
import org.fanin.graph.Value;
import org.fanin.probe.Linearised;
import org.fanin.probe.ProbeRequest;
import org.fanin.tensor.Shape;

/// The derivative at one point: the tape of a forward pass, kept.
final class TorchLinear implements Linearised {
  private final Graph graph;
  private final Runner runner;
  private final List<Step> tape = new ArrayList<>();
  private final List<Integer> inputs;
  private final List<Integer> parameters;
  private final Map<Integer, double[]> outputs = new HashMap<>();

  TorchLinear(Graph graph, ProbeRequest request) {
    this.graph = graph;
    runner = new Runner(graph, request);
    inputs = entries(graph);
    parameters =
        graph.parameters().stream().filter(Parameter::isTrained).map(p -> p.value()).toList();
    try {
      for (Node n : graph.nodes()) {
        try (Tape one = runner.tape(n.index())) {
          runner.forward(n, one, this::keep);
          Step s = one.end();
          if (s != null) {
            tape.add(s);
          }
        }
      }
      for (int out : graph.outputs()) {
        if (!outputs.containsKey(out)) {
          throw new IllegalArgumentException(
              graph.source()
                  + ": output "
                  + graph.value(out).name()
                  + " cannot be computed: "
                  + runner.unknown().getOrDefault(out, "it has no floats"));
        }
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /// Float inputs, and rows of float tables that other inputs choose.
  private static List<Integer> entries(Graph g) {
    List<Integer> all = new ArrayList<>();
    g.inputs().stream().filter(i -> g.value(i).dtype().floating()).forEach(all::add);
    for (Node n : g.nodes()) {
      if (n.op() instanceof Op.Gather && n.input(0) >= 0 && n.input(1) >= 0) {
        Value table = g.value(n.input(0));
        Value index = g.value(n.input(1));
        boolean chosen = index.kind() == Value.Kind.INPUT || index.kind() == Value.Kind.ACTIVATION;
        if (table.kind() == Value.Kind.PARAMETER && table.dtype().floating() && chosen) {
          all.add(n.outputs().getFirst());
        }
      }
    }
    return List.copyOf(all);
  }

  private void keep(int id, Tensor t) {
    if (graph.outputs().contains(id)) {
      try (PointerScope _ = new PointerScope()) {
        outputs.put(id, Bridge.toDoubles(t.contiguous(), shape(id)));
      }
    }
  }

  private Shape shape(int id) {
    return graph.value(id).shape().orElseThrow();
  }

  private long count(List<Integer> ids) {
    return ids.stream().mapToLong(i -> shape(i).count()).sum();
  }

  private List<Part> parts(List<Integer> ids) {
    return ids.stream().map(i -> new Part(graph.value(i).name(), shape(i))).toList();
  }

  @Override
  public List<Part> from() {
    return parts(inputs);
  }

  @Override
  public List<Part> to() {
    return parts(graph.outputs());
  }

  @Override
  public List<Part> weights() {
    return parts(parameters);
  }

  @Override
  public double[] value() {
    double[] all = new double[Math.toIntExact(outputs())];
    int at = 0;
    for (int out : graph.outputs()) {
      double[] y = outputs.get(out);
      System.arraycopy(y, 0, all, at, y.length);
      at += y.length;
    }
    return all;
  }

  @Override
  public double[] pullBack(double[] cotangent) {
    return pull(cotangent, inputs);
  }

  @Override
  public double[] pullBackToParameters(double[] cotangent) {
    return pull(cotangent, parameters);
  }

  private double[] pull(double[] cotangent, List<Integer> wanted) {
    try (PointerScope _ = new PointerScope()) {
      Map<Integer, Tensor> g = spread(cotangent, graph.outputs());
      for (int i = tape.size() - 1; i >= 0; i--) {
        pull(tape.get(i), g, wanted);
      }
      return gathered(g, wanted);
    }
  }

  /// Tensors from a flat vector, one after the other.
  private Map<Integer, Tensor> spread(double[] v, List<Integer> ids) {
    if (v.length != count(ids)) {
      throw new IllegalArgumentException(
          "a vector of " + v.length + " elements, wanted " + count(ids));
    }
    Map<Integer, Tensor> all = new HashMap<>();
    long at = 0;
    for (int id : ids) {
      long from = at;
      all.put(
          id, Bridge.generate(shape(id), runner.feed().real(), i -> v[Math.toIntExact(from + i)]));
      at += shape(id).count();
    }
    return all;
  }

  private double[] gathered(Map<Integer, Tensor> of, List<Integer> ids) {
    double[] r = new double[Math.toIntExact(count(ids))];
    int at = 0;
    for (int id : ids) {
      int n = Math.toIntExact(shape(id).count());
      Tensor t = of.get(id);
      if (t != null) {
        System.arraycopy(Bridge.toDoubles(t.contiguous(), shape(id)), 0, r, at, n);
      }
      at += n;
    }
    return r;
  }

  private static void pull(Step s, Map<Integer, Tensor> g, List<Integer> wanted) {
    Tensor[] cotangents = new Tensor[s.outs().length];
    boolean any = false;
    for (int i = 0; i < cotangents.length; i++) {
      cotangents[i] = g.get(s.outIds()[i]);
      any |= cotangents[i] != null;
    }
    if (!any) {
      return;
    }
    boolean[] without = new boolean[cotangents.length];
    Arrays.fill(without, true);
    try (Gradients back = Runner.backward(s, cotangents, true, without)) {
      for (int i = 0; i < back.size(); i++) {
        Tensor t = back.own(i);
        if (t != null) {
          // The caller's scope holds it.
          t.releaseReference();
          Tensor before = g.get(s.ids()[i]);
          g.put(s.ids()[i], before == null ? t : torch.add(before, t));
        }
      }
    }
    for (int out : s.outIds()) {
      if (!wanted.contains(out)) {
        g.remove(out);
      }
    }
  }

  @Override
  public double[] pushForward(double[] tangent) {
    try (PointerScope _ = new PointerScope()) {
      Map<Integer, Tensor> t = spread(tangent, inputs);
      for (Step s : tape) {
        push(s, t);
      }
      return gathered(t, graph.outputs());
    }
  }

  /// J·t is the derivative, with respect to v, of ⟨Jᵀv, t⟩ (Townsend 2017).
  private static void push(Step s, Map<Integer, Tensor> tangents) {
    boolean any = false;
    for (int id : s.ids()) {
      any |= tangents.get(id) != null;
    }
    if (!any) {
      return;
    }
    TensorVector outs = new TensorVector();
    TensorVector dummies = new TensorVector();
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < s.outs().length; i++) {
      Tensor v = torch.zeros_like(s.outs()[i].detach());
      v.set_requires_grad(true);
      outs.push_back(s.outs()[i]);
      dummies.push_back(v);
      ids.add(s.outIds()[i]);
    }
    TensorVector g =
        torch.grad(outs, new TensorVector(s.leaves()), dummies, new BoolOptional(true), true, true);
    TensorVector along = new TensorVector();
    TensorVector of = new TensorVector();
    for (int i = 0; i < s.leaves().length; i++) {
      Tensor t = tangents.get(s.ids()[i]);
      if (t != null && g.get(i).defined() && g.get(i).requires_grad()) {
        of.push_back(g.get(i));
        along.push_back(t);
      }
    }
    if (of.size() == 0) {
      return;
    }
    TensorVector y = torch.grad(of, dummies, along, new BoolOptional(true), false, true);
    for (int i = 0; i < ids.size(); i++) {
      if (y.get(i).defined()) {
        tangents.put(ids.get(i), new Tensor(y.get(i)));
      }
    }
  }

  @Override
  public void close() {
    tape.forEach(Step::close);
    tape.clear();
    runner.close();
  }
}
