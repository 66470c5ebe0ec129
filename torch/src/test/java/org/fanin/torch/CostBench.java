package org.fanin.torch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
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
/// one autograd graph, without statistics; both load weights, inputs and cotangent. Alternately,
/// medians, of wall time and of the calling thread's processor time: with one thread the latter is
/// all there is, and other work on the machine does not count.
final class CostBench {
  private static final long WARM_NANOS = 1_000_000L * Integer.getInteger("warm", 15000);
  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  private CostBench() {}

  /// Wall and processor time of rounds, in ms.
  private record Times(double[] wall, double[] cpu) {
    Times(int rounds) {
      this(new double[rounds], new double[rounds]);
    }

    void take(int i, Runnable what) {
      long c = CLOCK.getCurrentThreadCpuTime();
      long t = System.nanoTime();
      what.run();
      wall[i] = (System.nanoTime() - t) * 1e-6;
      cpu[i] = (CLOCK.getCurrentThreadCpuTime() - c) * 1e-6;
    }

    static double median(double[] x) {
      double[] y = x.clone();
      Arrays.sort(y);
      return y[y.length / 2];
    }
  }

  public static void main(String[] args) throws IOException, ModelFormatException {
    int rounds = Integer.getInteger("rounds", 31);
    int batch = Integer.getInteger("batch", 0);
    boolean float64 = Boolean.getBoolean("float64");
    Engine engine = Engines.require();
    System.out.printf(
        "ms, median of %d after warming up, %s, %s threads%n",
        rounds, float64 ? "float64" : "float32", Integer.getInteger("threads", 0));
    System.out.printf(
        "%-28s %5s %6s | %9s %9s %6s | %9s %9s %6s | %8s %8s%n",
        "model",
        "batch",
        "nodes",
        "bare",
        "measure",
        "ratio",
        "bare cpu",
        "measure",
        "ratio",
        "peak MB",
        "RSS MB");
    for (String file : args) {
      Sample s = Sample.of(Path.of(file));
      Graph g = batch == 0 ? s.graph() : Sample.batched(Path.of(file), batch);
      long b = batch == 0 ? s.truth().batch() : batch;
      ProbeRequest r =
          ProbeRequest.defaults(b)
              .withFloat64(float64)
              .withThreads(Integer.getInteger("threads", 0));
      long until = System.nanoTime() + WARM_NANOS;
      while (System.nanoTime() < until) {
        bare(g, r);
        engine.measure(g, r, ProbeListener.none());
      }
      Times bare = new Times(rounds);
      Times full = new Times(rounds);
      for (int i = 0; i < rounds; i++) {
        bare.take(i, () -> bare(g, r));
        full.take(i, () -> engine.measure(g, r, ProbeListener.none()));
      }
      double peak = engine.measure(g, r, ProbeListener.none()).cost().peakBytes() * 1e-6;
      line(Path.of(file).getFileName() + "", b, g, bare, full, peak);
    }
  }

  private static void line(String file, long b, Graph g, Times bare, Times full, double peak) {
    double w = Times.median(bare.wall);
    double c = Times.median(bare.cpu);
    double wall = Times.median(full.wall);
    double cpu = Times.median(full.cpu);
    System.out.printf(
        "%-28s %5d %6d | %9.2f %9.2f %6.2f | %9.2f %9.2f %6.2f | %8.1f %8d%n",
        file, b, g.nodes().size(), w, wall, wall / w, c, cpu, cpu / c, peak, resident());
  }

  /// The process's largest resident set so far, where the system tells.
  private static long resident() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(l -> l.startsWith("VmHWM"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) / 1024)
          .findFirst()
          .orElse(-1);
    } catch (IOException _) {
      return -1;
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
