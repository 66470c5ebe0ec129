package org.fanin.torch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;
import org.fanin.math.Addressed;
import org.fanin.math.Fns;
import org.fanin.model.ModelFormatException;
import org.fanin.probe.ProbeListener;
import org.fanin.probe.ProbeRequest;
import org.fanin.probe.Readings;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Does memory stay where it is? Over many measurements of a model (`leak MODEL`), and over depth
/// with a budget (`depth`).
final class EnduranceBench {
  private EnduranceBench() {}

  public static void main(String[] args) throws IOException, ModelFormatException {
    if (args[0].equals("leak")) {
      leak(Path.of(args[1]));
    } else {
      depth();
    }
  }

  private static void leak(Path model) throws IOException, ModelFormatException {
    Sample s = Sample.of(model);
    ProbeRequest request = s.request().withThreads(Integer.getInteger("threads", 0));
    int rounds = Integer.getInteger("rounds", 1000);
    for (int i = 1; i <= rounds; i++) {
      new TorchEngine().measure(s.graph(), request, ProbeListener.none());
      if (i == 100 || i % (rounds / 5) == 0) {
        System.gc();
        System.out.printf(
            "%s: after %4d measurements %d MB resident%n", model.getFileName(), i, resident());
      }
    }
  }

  private static long resident() throws IOException {
    String[] f = Files.readString(Path.of("/proc/self/statm")).split(" ");
    return Long.parseLong(f[1]) * 4096 >> 20;
  }

  private static void depth() throws IOException {
    int width = 256;
    int batch = 256;
    System.out.println("dense(256) + tanh, batch 256, float32; one layer's two activations: .5 MB");
    System.out.printf(
        "%7s %10s %10s %11s %8s %10s%n",
        "layers", "budget MB", "peak MB", "recomputed", "seconds", "RSS MB");
    for (long budget : new long[] {Long.MAX_VALUE, 64L << 20, 16L << 20}) {
      for (int layers : new int[] {100, 300, 1000}) {
        Graph g = deep(layers, width, batch);
        ProbeRequest r =
            ProbeRequest.defaults(batch)
                .withFloat64(false)
                .withThreads(Integer.getInteger("threads", 0));
        r = budget == Long.MAX_VALUE ? r : r.withMaxMemory(OptionalLong.of(budget));
        Readings x = new TorchEngine().measure(g, r, ProbeListener.none());
        System.out.printf(
            "%7d %10s %10.1f %11d %8.2f %10d%n",
            layers,
            budget == Long.MAX_VALUE ? "none" : Long.toString(budget >> 20),
            x.cost().peakBytes() / 1048576.0,
            x.cost().recomputed(),
            x.cost().seconds(),
            resident());
      }
    }
  }

  /// All layers share one weight matrix, so that only activations grow with depth.
  private static Graph deep(int layers, int width, int batch) {
    List<Value> values = new ArrayList<>();
    List<Node> nodes = new ArrayList<>();
    double[] w = new double[width * width];
    for (int i = 0; i < w.length; i++) {
      w[i] = Addressed.normal(1, 0, i) / Math.sqrt(width);
    }
    Shape x = Shape.of(batch, width);
    Tensor weight = Tensor.ofDoubles(Shape.of(width, width), w);
    add(values, "x", Value.Kind.INPUT, x, Optional.empty(), -1);
    add(values, "w", Value.Kind.CONSTANT, weight.shape(), Optional.of(weight), -1);
    int at = 0;
    for (int i = 0; i < layers; i++) {
      Op dense = new Op.Contract(List.of(0, 2), List.of(2, 1), List.of(0, 1), 1, 0);
      int h = add(values, "h" + i, Value.Kind.ACTIVATION, x, Optional.empty(), nodes.size());
      nodes.add(new Node(nodes.size(), "dense" + i, "MatMul", dense, List.of(at, 1), List.of(h)));
      at = add(values, "y" + i, Value.Kind.ACTIVATION, x, Optional.empty(), nodes.size());
      Op tanh = new Op.Pointwise(Fns.tanh());
      nodes.add(new Node(nodes.size(), "tanh" + i, "Tanh", tanh, List.of(h), List.of(at)));
    }
    return new Graph(
        "deep", values, nodes, List.of(0), List.of(at), List.of(), List.of(), Map.of());
  }

  private static int add(
      List<Value> all, String name, Value.Kind kind, Shape s, Optional<Tensor> t, int producer) {
    int id = all.size();
    all.add(new Value(id, name, kind, DType.F32, Optional.of(s), t, id, producer));
    return id;
  }
}
