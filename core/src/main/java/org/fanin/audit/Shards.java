package org.fanin.audit;

import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.plan.Scheme;
import org.fanin.tensor.Shape;

/// Matrices that were drawn with the fan of one of k tensor-parallel ranks: E w² is what the scheme
/// gives for a fan-in (matrices cut along their inputs) or fan-out (cut along their outputs) of
/// 1/k, and so larger, never smaller. A ratio alone proves nothing; names or shapes have to say as
/// well that the layer is one that is cut so (Shoeybi et al. 2019, section 3): a pair of which
/// one's outputs are the other's inputs, inside one block.
final class Shards {
  private static final int[] COUNTS = {2, 4, 8, 16, 32, 64};

  private static final Pattern CUT_INPUTS =
      Pattern.compile(".*\\b(linear_proj|linear_fc2|dense_4h_to_h)\\b.*");
  private static final Pattern CUT_OUTPUTS =
      Pattern.compile(".*\\b(linear_qkv|linear_fc1|query_key_value|dense_h_to_4h)\\b.*");

  private final List<Examined> seen;

  Shards(List<Examined> seen) {
    this.seen = seen;
  }

  /// @return k when each of these is drawn as on one of k ranks; empty when one is not, or nothing
  ///   but the ratio says so
  OptionalInt of(List<Integer> family, Scheme s) {
    int k = 0;
    for (int i : family) {
      int own = count(i, s);
      if (own == 0 || k != 0 && own != k) {
        return OptionalInt.empty();
      }
      k = own;
    }
    return k == 0 ? OptionalInt.empty() : OptionalInt.of(k);
  }

  private int count(int i, Scheme s) {
    Examined e = seen.get(i);
    Fan f = e.site().spec().fan().orElse(null);
    if (f == null || f.axes().isEmpty() || !Named.isByFans(s)) {
      return 0;
    }
    double whole = s.variance(f.in(), f.out());
    boolean inputs = cutAlong(i, true);
    boolean outputs = cutAlong(i, false);
    for (int k : COUNTS) {
      double in = s.variance(f.in() / k, f.out());
      double out = s.variance(f.in(), f.out() / k);
      boolean byIn = inputs && in > whole && Ratios.isExactly(e, in);
      boolean byOut = outputs && out > whole && Ratios.isExactly(e, out);
      if (byIn && width(e, true) % k == 0 || byOut && width(e, false) % k == 0) {
        return k;
      }
    }
    return 0;
  }

  /// Do names or shapes say that this matrix is cut along its inputs (or outputs)?
  private boolean cutAlong(int i, boolean inputs) {
    Examined e = seen.get(i);
    if ((inputs ? CUT_INPUTS : CUT_OUTPUTS).matcher(e.name()).matches()) {
      return true;
    }
    boolean end = e.site().spec().residualEnd();
    return inputs == end && partnered(i, inputs);
  }

  /// Does another matrix of the block give what this one takes, or take what it gives?
  private boolean partnered(int i, boolean inputs) {
    Examined e = seen.get(i);
    int layer = e.site().spec().layer();
    for (int j = 0; j < seen.size() && layer >= 0; j++) {
      Examined o = seen.get(j);
      boolean near = j != i && o.site().spec().layer() == layer && o.site().isLinear();
      if (near && o.site().spec().fan().flatMap(Fan::axes).isPresent()) {
        boolean other = o.site().spec().residualEnd() != e.site().spec().residualEnd();
        long inner = width(e, inputs);
        long shared = width(o, !inputs);
        boolean fits = shared % inner == 0 && shared / inner <= 3 || inner % shared == 0;
        if (other && fits && width(e, !inputs) == width(o, inputs)) {
          return true;
        }
      }
    }
    return false;
  }

  /// Channels taken, or given.
  private static long width(Examined e, boolean inputs) {
    Axes a = e.site().spec().fan().flatMap(Fan::axes).orElseThrow();
    Shape s = e.site().spec().shape();
    long n = 1;
    for (int axis : inputs ? a.columns() : a.rows()) {
      n *= s.dim(axis);
    }
    return inputs ? n * a.groups() : n;
  }
}
