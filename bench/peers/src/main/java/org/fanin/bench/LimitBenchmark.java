package org.fanin.bench;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

/// The physical limit: writing 256 MiB of nothing.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class LimitBenchmark {
  @Param({"1", "2"})
  public int threads;

  private final float[] array = new float[Buffers.FLOATS];
  private final MemorySegment out = Buffers.offHeap();
  private ExecutorService pool;
  private float value;

  @Setup
  public void open() {
    pool = Executors.newFixedThreadPool(threads);
  }

  @TearDown
  public void close() {
    pool.shutdown();
  }

  @Benchmark
  public float[] arraysFill() {
    value++;
    int share = Buffers.FLOATS / threads;
    Buffers.parallel(pool, threads, t -> Arrays.fill(array, t * share, (t + 1) * share, value));
    return array;
  }

  @Benchmark
  public MemorySegment memset() {
    value++;
    long share = Buffers.BYTES / threads;
    Buffers.parallel(pool, threads, t -> out.asSlice(t * share, share).fill((byte) value));
    return out;
  }
}
