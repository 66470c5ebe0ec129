package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.Engine;
import org.fanin.probe.Engines;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;

/// Time of a measurement beside that of one bare forward and backward pass of the same operators in
/// one autograd graph, without statistics. Alternately, medians.
final class CostBench {
  private CostBench() {}

  public static void main(String[] args) throws IOException, ModelFormatException {
    int rounds = Integer.getInteger("rounds", 9);
    int batch = Integer.getInteger("batch", 0);
    boolean float64 = Boolean.getBoolean("float64");
    Engine engine = Engines.require();
    System.out.printf(
        "%-32s %6s %9s %9s %6s %10s  (ms, median of %d, %s)%n",
        "model", "nodes", "bare", "measure", "ratio", "peak MB", rounds, float64 ? "f64" : "f32");
    for (String file : args) {
      Graph g =
          batch == 0 ? Sample.of(Path.of(file)).graph() : Sample.batched(Path.of(file), batch);
      long b = batch == 0 ? Sample.of(Path.of(file)).truth().batch() : batch;
      ProbeRequest r =
          ProbeRequest.defaults(b)
              .withFloat64(float64)
              .withThreads(Integer.getInteger("threads", 0));
      double[] bare = new double[rounds];
      double[] full = new double[rounds];
      long peak = 0;
      for (int i = -3; i < rounds; i++) {
        double t0 = System.nanoTime();
        bare(g, r);
        double t1 = System.nanoTime();
        peak = engine.measure(g, r, ProbeListener.none()).cost().peakBytes();
        double t2 = System.nanoTime();
        if (i >= 0) {
          bare[i] = (t1 - t0) * 1e-6;
          full[i] = (t2 - t1) * 1e-6;
        }
      }
      Arrays.sort(bare);
      Arrays.sort(full);
      System.out.printf(
          "%-32s %6d %9.1f %9.1f %6.2f %10.1f%n",
          Path.of(file).getFileName(),
          g.nodes().size(),
          bare[rounds / 2],
          full[rounds / 2],
          full[rounds / 2] / bare[rounds / 2],
          peak * 1e-6);
    }
  }

  /// Everything a measurement does to load and run, less the statistics.
  static void bare(Graph g, ProbeRequest r) {
    Natives.use(r.threads());
    Feed feed = new Feed(g, r);
    Map<Integer, Tensor> values = new HashMap<>();
    try (PointerScope _ = new PointerScope()) {
      for (Node n : g.nodes()) {
        boolean view =
            n.op() instanceof Op.Folded
                && g.value(n.outputs().getFirst()).origin() != n.outputs().getFirst();
        if (n.op() instanceof Op.Folded && !view) {
          continue;
        }
        Tensor[] in = new Tensor[n.inputs().size()];
        for (int i = 0; i < in.length; i++) {
          int id = n.inputs().get(i);
          in[i] = id < 0 ? null : values.computeIfAbsent(id, k -> load(g, feed, k));
        }
        Call call = new Call(g, n, in, feed.real(), r.mode(), r.seed());
        var outs = Operators.run(call);
        for (int i = 0; i < outs.size() && i < n.outputs().size(); i++) {
          values.put(n.outputs().get(i), outs.get(i));
        }
      }
      for (int out : g.outputs()) {
        values
            .get(out)
            .backward(
                feed.cotangent(out), new BoolOptional(false), false, new TensorArrayRefOptional());
      }
    }
  }

  private static Tensor load(Graph g, Feed feed, int id) {
    Tensor t = feed.load(g.value(id));
    if (g.value(id).dtype().floating()
        && g.value(id).kind() != org.fanin.graph.Value.Kind.CONSTANT) {
      t.set_requires_grad(true);
    }
    return t;
  }
}
