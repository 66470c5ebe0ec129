package org.fanin.fill;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.fanin.plan.Draw;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Speed of filling 256 MiB of f32 off-heap, beside `Arrays.fill` of as much heap in the same
/// rounds.
///
/// ```
/// warm THREADS ROUNDS    medians of rounds, after five that do not count
/// cold THREADS           seconds from the JVM's start to the first 256 MiB of normals
/// ```
final class FillSpeed {
  private static final long BYTES = 256L << 20;

  private FillSpeed() {}

  private static Map<String, Runnable> contenders(MemorySegment out, int threads) {
    Map<String, Runnable> all = new LinkedHashMap<>();
    float[] heap = new float[(int) (BYTES / 4)];
    all.put("Arrays.fill", () -> parallelFill(heap, threads));
    draw(all, out, threads, "normal", new Draw.Normal(0, 0.02), DType.F32);
    draw(all, out, threads, "truncated", new Draw.Truncated(0, 0.02, 2), DType.F32);
    draw(all, out, threads, "uniform", new Draw.Uniform(-0.1, 0.1), DType.F32);
    draw(all, out, threads, "normal bf16", new Draw.Normal(0, 0.02), DType.BF16);
    draw(all, out, threads, "normal f16", new Draw.Normal(0, 0.02), DType.F16);
    return all;
  }

  private static void draw(
      Map<String, Runnable> all, MemorySegment out, int threads, String name, Draw draw, DType t) {
    Shape shape = Shape.of(BYTES / t.bytes());
    TensorFill fill = Fills.open(1, FillCases.plan("w", draw, shape, t, false));
    all.put(name, () -> ParallelFill.write(fill, 0, out, threads));
  }

  private static void parallelFill(float[] heap, int threads) {
    Thread[] all = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      int from = (int) ((long) heap.length * i / threads);
      int to = (int) ((long) heap.length * (i + 1) / threads);
      all[i] = Thread.ofPlatform().start(() -> Arrays.fill(heap, from, to, from + 0.5f));
    }
    for (Thread t : all) {
      try {
        t.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /// For machines that others load.
  private static long processorNanos() {
    return ((com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void warm(int threads, int rounds) {
    MemorySegment out = Arena.global().allocate(BYTES, 64);
    Map<String, Runnable> all = contenders(out, threads);
    Map<String, double[]> rates = new LinkedHashMap<>();
    Map<String, double[]> work = new LinkedHashMap<>();
    all.keySet().forEach(k -> rates.put(k, new double[rounds]));
    all.keySet().forEach(k -> work.put(k, new double[rounds]));
    for (int round = -5; round < rounds; round++) {
      for (var e : all.entrySet()) {
        long start = System.nanoTime();
        long cpu = processorNanos();
        e.getValue().run();
        if (round >= 0) {
          rates.get(e.getKey())[round] = BYTES / (double) (System.nanoTime() - start);
          work.get(e.getKey())[round] = BYTES / (double) (processorNanos() - cpu);
        }
      }
    }
    rates.values().forEach(Arrays::sort);
    work.values().forEach(Arrays::sort);
    double base = rates.get("Arrays.fill")[rounds / 2];
    System.out.printf("kernel %s, %d threads%n", Kernels.best().name(), threads);
    rates.forEach(
        (name, r) ->
            System.out.printf(
                "%-12s %6.2f GB/s median, %6.2f best, %3.0f%% of Arrays.fill, %6.2f GB per processor"
                    + " second%n",
                name,
                r[rounds / 2],
                r[rounds - 1],
                100 * r[rounds / 2] / base,
                work.get(name)[rounds / 2]));
  }

  private static void cold(int threads) {
    long start = ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();
    long main = System.currentTimeMillis();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment out = arena.allocate(BYTES, 64);
      Shape shape = Shape.of(BYTES / 4);
      var plan = FillCases.plan("w", new Draw.Normal(0, 0.02), shape, DType.F32, false);
      try (TensorFill fill = Fills.open(1, plan)) {
        ParallelFill.write(fill, 0, out, threads);
      }
    }
    long end = System.currentTimeMillis();
    System.out.printf(
        "kernel %s, %d threads: %d ms in main, %d ms since the process began%n",
        Kernels.best().name(), threads, end - main, end - start);
  }

  /// @param args see above
  public static void main(String[] args) {
    int threads = Integer.parseInt(args[1]);
    if (args[0].equals("cold")) {
      cold(threads);
    } else {
      warm(threads, Integer.parseInt(args[2]));
    }
  }
}
