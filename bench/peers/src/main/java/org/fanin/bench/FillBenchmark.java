package org.fanin.bench;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.fanin.fill.Fills;
import org.fanin.fill.TensorFill;
import org.fanin.graph.Role;
import org.fanin.plan.Draw;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Fanin filling 256 MiB of f32, each fill with another seed. `-jvmArgsAppend -Dfanin.simd=256`
/// forces a kernel.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
public class FillBenchmark {
  @Param({"normal", "truncated", "uniform"})
  public String law;

  @Param({"1", "2"})
  public int threads;

  private final MemorySegment out = Buffers.offHeap();
  private ExecutorService pool;
  private long seed;

  @Setup
  public void open() {
    pool = Executors.newFixedThreadPool(threads);
    fill();
    check();
  }

  @TearDown
  public void close() {
    pool.shutdown();
  }

  @Benchmark
  public MemorySegment fill() {
    try (TensorFill fill = Fills.open(seed++, plan(law))) {
      long share = Buffers.BYTES / threads;
      Buffers.parallel(
          pool, threads, t -> fill.write(t * share / 4, out.asSlice(t * share, share)));
    }
    return out;
  }

  /// A benchmark of something that gives wrong numbers is worth nothing.
  private void check() {
    double m2 = 0;
    for (long i = 0; i < Buffers.FLOATS; i++) {
      double w = out.getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i);
      m2 += w * w;
    }
    m2 /= Buffers.FLOATS;
    double wanted = law.equals("truncated") ? 0.773741 : 1;
    if (Math.abs(m2 / wanted - 1) > 2e-3) {
      throw new IllegalStateException(law + ": second moment " + m2 + ", wanted " + wanted);
    }
  }

  static TensorPlan plan(String law) {
    Draw draw =
        switch (law) {
          case "normal" -> new Draw.Normal(0, 1);
          case "truncated" -> new Draw.Truncated(0, 1, 2);
          case "uniform" -> new Draw.Uniform(-Math.sqrt(3), Math.sqrt(3));
          default -> throw new IllegalArgumentException(law);
        };
    var spec =
        new TensorSpec(
            "weight",
            Shape.of(Buffers.FLOATS / 8192, 8192),
            DType.F32,
            Role.WEIGHT,
            Optional.empty(),
            false,
            -1,
            0,
            "",
            "benchmark");
    return new TensorPlan(spec, draw, false, law, 1, "benchmark", "");
  }
}
