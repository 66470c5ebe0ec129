package org.fanin.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.TimeUnit;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.sampling.distribution.ZigguratSampler;
import org.apache.commons.rng.simple.RandomSource;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Peers on the JVM filling 2²⁶ floats with N(0, 1), each as its users would write it.
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
public class PeerBenchmark {
  @State(Scope.Benchmark)
  public static class Commons {
    final float[] out = new float[Buffers.FLOATS];
    final UniformRandomProvider random = RandomSource.XO_RO_SHI_RO_128_PP.create(42L);
    final ZigguratSampler.NormalizedGaussian sampler =
        ZigguratSampler.NormalizedGaussian.of(random);
  }

  @State(Scope.Benchmark)
  public static class Dl4j {
    final INDArray out = Nd4j.create(org.nd4j.linalg.api.buffer.DataType.FLOAT, Buffers.FLOATS);
  }

  @State(Scope.Benchmark)
  public static class Djl {
    final NDManager manager = NDManager.newBaseManager();
  }

  @Benchmark
  public float[] commonsRngZiggurat(Commons s) {
    for (int i = 0; i < s.out.length; i++) {
      s.out[i] = (float) s.sampler.sample();
    }
    return s.out;
  }

  @Benchmark
  public INDArray nd4jRandn(Dl4j s) {
    return Nd4j.randn(s.out);
  }

  @Benchmark
  public DataBuffer nd4jUniform(Dl4j s) {
    return Nd4j.rand(s.out).data();
  }

  /// DJL has no way to fill an array that exists: allocation is part of what its users wait for.
  @Benchmark
  public long djlRandomNormal(Djl s) {
    try (NDArray a = s.manager.randomNormal(0f, 1f, new Shape(Buffers.FLOATS), DataType.FLOAT32)) {
      return a.size();
    }
  }
}
