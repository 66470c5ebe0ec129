package org.fanin.spectrum;

import java.util.Arrays;
import java.util.List;
import org.fanin.math.Addressed;
import org.fanin.probe.Linearised;
import org.fanin.probe.Linearised.Part;

/// A linearised network seen sample by sample: where the slices of each sample lie in the flat
/// vectors, and whether the samples act on one another (batch statistics).
final class Samples {
  private static final long STREAM = 1L << 40;

  private final Linearised network;
  private final int batch;
  private final int count;
  private final boolean sliced;
  private final boolean coupled;

  private Samples(Linearised network, int batch, int count, boolean sliced, boolean coupled) {
    this.network = network;
    this.batch = batch;
    this.count = count;
    this.sliced = sliced;
    this.coupled = coupled;
  }

  /// @param batch extent of the batch axis
  /// @param most samples to look at
  static Samples of(Linearised network, long batch, int most, long seed) {
    Samples free = slices(network, batch, most);
    return free.batch > 1 && free.actOnOneAnother(seed)
        ? new Samples(network, free.batch, free.count, true, true)
        : free;
  }

  /// The same without finding out whether samples act on one another.
  static Samples slices(Linearised network, long batch, int most) {
    boolean sliced =
        batch <= Integer.MAX_VALUE
            && axis(network.from(), batch)
            && axis(network.to(), batch)
            && !network.to().isEmpty();
    if (!sliced) {
      return new Samples(network, 1, 1, false, true);
    }
    int b = (int) batch;
    return new Samples(network, b, Math.min(b, most), true, false);
  }

  private static boolean axis(List<Part> parts, long batch) {
    return parts.stream().allMatch(p -> p.shape().rank() > 0 && p.shape().dim(0) == batch);
  }

  /// Whether the output of one of the samples has a derivative by the input of another. A random
  /// cotangent misses one with probability 0.
  private boolean actOnOneAnother(long seed) {
    for (int i = 0; i < count; i++) {
      double[] u = new double[Math.toIntExact(network.outputs() / batch)];
      for (int j = 0; j < u.length; j++) {
        u[j] = Addressed.normal(seed, STREAM + i, j);
      }
      double[][] only = new double[batch][];
      only[i] = u;
      double[] g = network.pullBack(joined(only, network.to()));
      double[][] parts = split(g, network.from());
      for (int k = 0; k < batch; k++) {
        if (k != i && Vectors.largest(parts[k]) != 0) {
          return true;
        }
      }
    }
    return false;
  }

  Linearised network() {
    return network;
  }

  /// Extent of the batch axis; 1 when the tensors have none.
  int batch() {
    return batch;
  }

  /// Samples to look at.
  int count() {
    return count;
  }

  JacobianSpectrum.Unit unit() {
    if (!sliced) {
      return JacobianSpectrum.Unit.WHOLE;
    }
    return coupled ? JacobianSpectrum.Unit.BATCH_COUPLED : JacobianSpectrum.Unit.SAMPLE;
  }

  List<String> names() {
    return network.from().stream().map(Part::name).toList();
  }

  /// Passes that finding out about the coupling took.
  int passes() {
    return sliced && batch > 1 ? count : 0;
  }

  /// One flat vector of the samples' slices; zeros for null.
  double[] joined(double[][] blocks, List<Part> parts) {
    double[] all = new double[Math.toIntExact(Part.count(parts))];
    int at = 0;
    int from = 0;
    for (Part p : parts) {
      int n = (int) (p.shape().count() / batch);
      for (int b = 0; b < blocks.length; b++) {
        if (blocks[b] != null) {
          System.arraycopy(blocks[b], from, all, at + b * n, n);
        }
      }
      at += n * batch;
      from += n;
    }
    return all;
  }

  /// Every sample's slice.
  double[][] split(double[] all, List<Part> parts) {
    int size = all.length / batch;
    double[][] blocks = new double[batch][size];
    int at = 0;
    int to = 0;
    for (Part p : parts) {
      int n = (int) (p.shape().count() / batch);
      for (int b = 0; b < batch; b++) {
        System.arraycopy(all, at + b * n, blocks[b], to, n);
      }
      at += n * batch;
      to += n;
    }
    return blocks;
  }

  /// The Jacobian: one block per sample, or one of the whole batch when samples are coupled.
  BlockMap jacobian(PassCounter passes) {
    return new Jacobian(passes);
  }

  private final class Jacobian implements BlockMap {
    private final PassCounter passes;

    Jacobian(PassCounter passes) {
      this.passes = passes;
    }

    @Override
    public int blocks() {
      return coupled ? 1 : count;
    }

    private int share(long all) {
      return Math.toIntExact(coupled ? all : all / batch);
    }

    @Override
    public int rows() {
      return share(network.outputs());
    }

    @Override
    public int columns() {
      return share(network.inputs());
    }

    @Override
    public double[][] times(double[][] v) {
      passes.next();
      if (coupled) {
        return new double[][] {network.pushForward(v[0])};
      }
      return chosen(split(network.pushForward(joined(v, network.from())), network.to()), v);
    }

    @Override
    public double[][] transposed(double[][] u) {
      passes.next();
      if (coupled) {
        return new double[][] {network.pullBack(u[0])};
      }
      return chosen(split(network.pullBack(joined(u, network.to())), network.from()), u);
    }

    private double[][] chosen(double[][] all, double[][] asked) {
      double[][] r = Arrays.copyOf(all, count);
      for (int i = 0; i < count; i++) {
        r[i] = asked[i] == null ? null : r[i];
      }
      return r;
    }
  }
}
