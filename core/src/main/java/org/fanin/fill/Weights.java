package org.fanin.fill;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.fanin.plan.TensorPlan;
import org.fanin.tensor.DType;

/// The weights of one tensor, to be written wherever they are wanted. Immutable; writing twice
/// gives the same bits.
public final class Weights {
  private final long seed;
  private final TensorPlan plan;
  private final int threads;

  Weights(long seed, TensorPlan plan, int threads) {
    this.seed = seed;
    this.plan = plan;
    this.threads = threads;
  }

  /// The same weights as bytes of another type: f32 unless told. f64 are drawn from other random
  /// bits than f32; all narrower types are f32 rounded to nearest even.
  public Weights as(DType dtype) {
    return new Weights(seed, Seeded.plan(plan, dtype, plan.stochastic()), threads);
  }

  /// Types narrower than f32 are rounded up or down at random, so that the mean is kept; addressed
  /// as the weights are.
  public Weights stochasticallyRounded() {
    return new Weights(seed, Seeded.plan(plan, plan.dtype(), true), threads);
  }

  /// The same weights, made by several threads.
  public Weights threads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: at least 1 is wanted, found " + threads);
    }
    return new Weights(seed, plan, threads);
  }

  /// What they are, and why.
  public TensorPlan plan() {
    return plan;
  }

  /// Number of weights.
  public long count() {
    return plan.shape().count();
  }

  /// All of them, row-major; `as` is of no effect.
  ///
  /// @throws IllegalArgumentException unless the array's length is their number
  public float[] into(float[] out) {
    sizeIs(out.length);
    as(DType.F32).writeAll(MemorySegment.ofArray(out));
    return out;
  }

  /// All of them in double precision, row-major; `as` is of no effect.
  ///
  /// @throws IllegalArgumentException unless the array's length is their number
  public double[] into(double[] out) {
    sizeIs(out.length);
    as(DType.F64).writeAll(MemorySegment.ofArray(out));
    return out;
  }

  /// All of them, little-endian.
  ///
  /// @param out as many bytes as they have; accessible from other threads when there are several
  /// @throws IllegalArgumentException for another size
  public MemorySegment into(MemorySegment out) {
    int size = plan.dtype().bytes();
    if (out.byteSize() % size != 0) {
      throw new IllegalArgumentException(
          out.byteSize() + " bytes for elements of " + size + " bytes");
    }
    sizeIs(out.byteSize() / size);
    writeAll(out);
    return out;
  }

  /// All of them, little-endian whatever the buffer's byte order, from its position on, which moves
  /// behind them.
  ///
  /// @throws IllegalArgumentException when fewer bytes remain than they have
  public ByteBuffer into(ByteBuffer out) {
    long bytes = count() * plan.dtype().bytes();
    if (out.remaining() < bytes) {
      throw new IllegalArgumentException(
          plan.name() + " has " + bytes + " bytes, the buffer room for " + out.remaining());
    }
    writeAll(MemorySegment.ofBuffer(out).asSlice(0, bytes));
    return out.position(out.position() + (int) bytes);
  }

  private void writeAll(MemorySegment out) {
    try (TensorFill fill = Fills.open(seed, plan)) {
      ParallelFill.write(fill, 0, out, threads);
    }
  }

  private void sizeIs(long found) {
    if (found != count()) {
      throw new IllegalArgumentException(
          plan.name()
              + " has shape "
              + plan.shape()
              + ", "
              + count()
              + " weights; found room for "
              + found);
    }
  }
}
