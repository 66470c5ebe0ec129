package org.fanin.judge;

import java.util.ArrayList;
import java.util.List;

/// The main path from the input to the output, as the points on it where scales can be compared, in
/// order of depth.
public record Spine(List<Point> points) {
  public Spine {
    points = List.copyOf(points);
  }

  /// The spine without its head: the scale that a last linear map gives to outputs, and the loss to
  /// their gradients, is a choice of its own.
  public Spine hidden() {
    boolean head = points.size() >= 3 && points.getLast().linear();
    return head ? new Spine(points.subList(0, points.size() - 1)) : this;
  }

  /// Runs of points between which the signal's scale is not set anew.
  public List<List<Point>> segments() {
    List<List<Point>> all = new ArrayList<>();
    List<Point> run = new ArrayList<>();
    for (Point p : points) {
      if (p.entry() != Point.Entry.LAYER && !run.isEmpty()) {
        all.add(List.copyOf(run));
        run.clear();
      }
      run.add(p);
    }
    if (!run.isEmpty()) {
      all.add(List.copyOf(run));
    }
    return all;
  }

  /// ln of the gradient, summed over elements, at each point relative to the last point that has
  /// one: jumps that normalisation or global pooling make by design are taken out. Not finite where
  /// it is zero or unknown.
  public double[] gradientProfile() {
    double[] level = new double[points.size()];
    double sum = 0;
    int next = -1;
    int lastNorm = lastNorm();
    for (int i = points.size() - 1; i >= 0; i--) {
      if (!Double.isFinite(points.get(i).lnG())) {
        level[i] = points.get(i).lnG();
        continue;
      }
      sum += next < 0 ? 0 : step(i, next, lastNorm);
      level[i] = sum;
      next = i;
    }
    return level;
  }

  private double step(int from, int to, int lastNorm) {
    Point.Entry entry = Point.Entry.LAYER;
    for (int i = from + 1; i <= to; i++) {
      entry = points.get(i).entry().compareTo(entry) > 0 ? points.get(i).entry() : entry;
    }
    Point a = points.get(from);
    Point b = points.get(to);
    double relative = a.lnRelative() - b.lnRelative();
    return switch (entry) {
      case LAYER -> to < lastNorm ? finiteOrZero(relative) : a.lnEnergy() - b.lnEnergy();
      case NORM -> finiteOrZero(relative);
      case RESET -> 0;
    };
  }

  /// Before it, a normalisation is still to come: the signal's scale is no matter there and only
  /// relative changes count.
  private int lastNorm() {
    int last = points.size() - 1;
    while (last >= 0 && points.get(last).entry() != Point.Entry.NORM) {
      last--;
    }
    return last;
  }

  private static double finiteOrZero(double x) {
    return Double.isFinite(x) ? x : 0;
  }

  /// Whether a normalisation lies on the path itself (not only inside residual branches).
  public boolean normalised() {
    return points.stream().anyMatch(p -> p.entry() == Point.Entry.NORM);
  }
}
