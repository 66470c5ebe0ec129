package org.fanin.audit;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.Shape;

/// Groups of convolutions, in the order of the file: a convolution that takes fewer channels than
/// the one before gives may be grouped, or stand on another branch.
final class Groups {
  private static final int MOST = 1 << 20;
  private long channels;

  /// @return as the fan says, else what the convolution before would explain; 1 for none
  int of(TensorSpec spec) {
    Optional<Axes> axes = spec.fan().flatMap(Fan::axes);
    boolean conv = axes.isPresent() && !axes.get().taps().isEmpty() && axes.get().batch().isEmpty();
    if (!conv) {
      return 1;
    }
    long before = channels;
    long own = extent(spec.shape(), axes.get().columns());
    channels = extent(spec.shape(), axes.get().rows());
    int known = axes.get().groups();
    boolean deals = own > 0 && before > own && before % own == 0;
    long likely = deals && channels % (before / own) == 0 ? before / own : 1;
    return known > 1 ? known : (int) Math.min(MOST, likely);
  }

  private static long extent(Shape s, List<Integer> axes) {
    long n = 1;
    for (int i : axes) {
      n *= s.dim(i);
    }
    return n;
  }
}
