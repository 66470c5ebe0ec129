package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Resize and Upsample of all opsets: scales or sizes become one scale per axis.
final class ResizeOps {
  private ResizeOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Resize" -> ResizeOps::resize;
      case "Upsample" -> ResizeOps::upsample;
      default -> null;
    };
  }

  private static Lowered upsample(Site s) throws ModelFormatException {
    if (s.opset >= 9) {
      return scaled(s, s.doubles(1, "scales"), null);
    }
    double[] scales = s.doubles("scales");
    if (scales == null && s.hasAttr("height_scale")) {
      scales = new double[] {1, 1, s.real("height_scale", 1), s.real("width_scale", 1)};
    }
    return scaled(s, scales, null);
  }

  private static Lowered resize(Site s) throws ModelFormatException {
    if (s.opset < 11) {
      return scaled(s, s.doubles(1, "scales"), null);
    }
    // An empty `scales` stands for "see sizes".
    boolean bySize = s.has(3) && (!s.has(2) || s.shape(2).count() == 0);
    if (bySize) {
      return scaled(s, null, s.longs(3, "sizes"));
    }
    return scaled(s, s.has(2) ? s.doubles(2, "scales") : null, null);
  }

  private static Lowered scaled(Site s, double[] scales, long[] sizes) throws ModelFormatException {
    Shape in = s.shape(0);
    List<Integer> axes = Shapes.range(0, in.rank());
    if (s.longs("axes") != null) {
      axes = new ArrayList<>();
      for (long a : s.longs("axes")) {
        axes.add(s.axis(a, in.rank()));
      }
    }
    int given = scales != null ? scales.length : sizes != null ? sizes.length : -1;
    if (given != axes.size()) {
      throw s.fault(
          Math.max(0, given) + " scales or sizes", "one for each of " + axes.size() + " axes");
    }
    long[] d = in.toArray();
    double[] by = new double[d.length];
    Arrays.fill(by, 1);
    for (int i = 0; i < given; i++) {
      int a = axes.get(i);
      double scale = scales != null ? scales[i] : (double) sizes[i] / Math.max(1, d[a]);
      if (!(scale > 0) || scale * d[a] > 1L << 40) {
        throw s.fault("scale " + scale + " of extent " + d[a], "a positive scale");
      }
      by[a] = scale;
      d[a] = sizes != null ? sizes[i] : (long) Math.floor(d[a] * scale);
    }
    if (sizes != null && !s.text("keep_aspect_ratio_policy", "stretch").equals("stretch")) {
      keepAspect(s, in, axes, by, d);
    }
    var mode =
        switch (s.text("mode", "nearest")) {
          case "nearest" -> Op.Resize.Mode.NEAREST;
          case "linear", "bilinear" -> Op.Resize.Mode.LINEAR;
          case "cubic" -> Op.Resize.Mode.CUBIC;
          case String other -> throw s.fault("mode " + other, "nearest, linear or cubic");
        };
    // Opset 10 and Upsample had no such attributes; what they did is called asymmetric and floor
    // now.
    boolean old = s.opset < 11;
    Op op =
        new Op.Resize(
            mode,
            Arrays.stream(by).boxed().toList(),
            s.text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
            s.text("nearest_mode", old ? "floor" : "round_prefer_floor"),
            s.real("cubic_coeff_a", -0.75));
    return s.to(op, s.shapeOf(d)).withInputs(List.of(s.id(0)));
  }

  private static void keepAspect(Site s, Shape in, List<Integer> axes, double[] by, long[] d)
      throws ModelFormatException {
    boolean inside = s.text("keep_aspect_ratio_policy", "").equals("not_larger");
    var of = axes.stream().mapToDouble(a -> by[a]);
    double one = (inside ? of.min() : of.max()).orElse(1);
    for (int a : axes) {
      by[a] = one;
      d[a] = Math.round(in.dim(a) * one);
    }
  }
}
