package org.fanin.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// The same elements in another arrangement, or repeated.
final class ShapeOps {
  private ShapeOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Identity", "OptionalGetElement", "StopGradient" ->
          s -> s.to(new Op.Reshape(), s.shape(0));
      case "Reshape" -> ShapeOps::reshape;
      case "Flatten" -> ShapeOps::flatten;
      case "Squeeze" -> ShapeOps::squeeze;
      case "Unsqueeze" -> ShapeOps::unsqueeze;
      case "Transpose" -> ShapeOps::transpose;
      case "Expand" -> ShapeOps::expand;
      case "Tile" -> ShapeOps::tile;
      case "DepthToSpace" -> s -> shuffle(s, true);
      case "SpaceToDepth" -> s -> shuffle(s, false);
      default -> null;
    };
  }

  private static Lowered data(Site s, Op op, Shape out) throws ModelFormatException {
    return s.to(op, out).withInputs(List.of(s.id(0)));
  }

  private static Lowered reshape(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] to = s.longsOf("shape", 1);
    if (to == null) {
      throw s.fault("no target shape", "an input or attribute 'shape'");
    }
    return data(s, new Op.Reshape(), target(s, in, to, s.flag("allowzero", false)));
  }

  private static Shape target(Site s, Shape in, long[] to, boolean allowZero)
      throws ModelFormatException {
    int open = -1;
    long[] d = to.clone();
    for (int i = 0; i < d.length; i++) {
      if (d[i] == 0 && !allowZero) {
        if (i >= in.rank()) {
          throw s.fault("a copied extent at axis " + i, "an input of that rank, not " + in);
        }
        d[i] = in.dim(i);
      } else if (d[i] == -1) {
        if (open >= 0) {
          throw s.fault("target " + Arrays.toString(to), "one -1 at most");
        }
        open = i;
        d[i] = 1;
      } else if (d[i] < 0) {
        throw s.fault("target " + Arrays.toString(to), "extents of at least -1");
      }
    }
    long rest = s.shapeOf(d).count();
    if (open >= 0) {
      if (rest == 0 || in.count() % rest != 0) {
        throw s.fault("target " + Arrays.toString(to), "a shape for the elements of " + in);
      }
      d[open] = in.count() / rest;
    }
    Shape out = s.shapeOf(d);
    if (out.count() != in.count()) {
      throw s.fault("target " + Arrays.toString(to), "a shape for the elements of " + in);
    }
    return out;
  }

  private static Lowered flatten(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long a = s.integer("axis", 1);
    int axis = a == in.rank() ? in.rank() : s.axis(a, Math.max(1, in.rank()));
    Shape out = s.shapeOf(Shapes.product(in, 0, axis), Shapes.product(in, axis, in.rank()));
    return data(s, new Op.Reshape(), out);
  }

  private static Lowered squeeze(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] axes = s.longsOf("axes", 1);
    List<Integer> gone = new ArrayList<>();
    if (axes == null) {
      for (int i = 0; i < in.rank(); i++) {
        if (in.dim(i) == 1) {
          gone.add(i);
        }
      }
    } else {
      gone = s.axes(axes, in.rank());
    }
    for (int a : gone) {
      if (in.dim(a) != 1) {
        throw s.fault("axis " + a + " of " + in, "extent 1");
      }
    }
    return data(s, new Op.Reshape(), Shapes.reduced(in, gone, false));
  }

  private static Lowered unsqueeze(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] axes = s.longsOf("axes", 1);
    if (axes == null) {
      throw s.fault("no axes", "an input or attribute 'axes'");
    }
    int rank = in.rank() + axes.length;
    if (rank > Site.MAX_RANK) {
      throw s.fault("rank " + rank, "rank " + Site.MAX_RANK + " at most");
    }
    var at = new HashSet<>(s.axes(axes, rank));
    long[] d = new long[rank];
    for (int i = 0, from = 0; i < rank; i++) {
      d[i] = at.contains(i) ? 1 : in.dim(from++);
    }
    return data(s, new Op.Reshape(), s.shapeOf(d));
  }

  private static Lowered transpose(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    long[] p = s.longs("perm");
    if (p == null) {
      return data(
          s,
          new Op.Transpose(Shapes.range(0, in.rank()).reversed()),
          Shape.of(Shapes.permuted(in, Shapes.range(0, in.rank()).reversed())));
    }
    if (p.length != in.rank() || s.axes(p, in.rank()).size() != p.length) {
      throw s.fault("permutation " + Arrays.toString(p), "one of the axes of " + in);
    }
    List<Integer> perm = new ArrayList<>();
    for (long a : p) {
      perm.add(s.axis(a, in.rank()));
    }
    return data(s, new Op.Transpose(perm), Shape.of(Shapes.permuted(in, perm)));
  }

  private static Lowered expand(Site s) throws ModelFormatException {
    Shape to = s.shapeOf(s.longs(1, "shape"));
    return data(s, new Op.Expand(), s.broadcast(s.shape(0), to));
  }

  private static Lowered tile(Site s) throws ModelFormatException {
    Shape in = s.shape(0);
    if (s.opset < 6) {
      return s.foreign("Tile before opset 6");
    }
    long[] r = s.longs(1, "repeats");
    if (r.length != in.rank()) {
      throw s.fault(r.length + " repeats", "one for every axis of " + in);
    }
    long[] d = in.toArray();
    for (int i = 0; i < d.length; i++) {
      if (r[i] < 0) {
        throw s.fault("repeat " + r[i], "at least 0");
      }
      d[i] = Math.multiplyExact(d[i], r[i]);
    }
    return data(s, new Op.Tile(Arrays.stream(r).boxed().toList()), s.shapeOf(d));
  }

  private static Lowered shuffle(Site s, boolean toSpace) throws ModelFormatException {
    Shape in = s.shape(0);
    long b = s.integer("blocksize", 0);
    if (in.rank() != 4 || b < 1 || b > 1 << 15) {
      throw s.fault("blocksize " + b + " on " + in, "a block of [N, C, H, W]");
    }
    boolean fits = toSpace ? in.dim(1) % (b * b) == 0 : in.dim(2) % b == 0 && in.dim(3) % b == 0;
    if (!fits) {
      throw s.fault("shape " + in, "extents that divide by the block of " + b);
    }
    Shape out =
        toSpace
            ? s.shapeOf(in.dim(0), in.dim(1) / (b * b), in.dim(2) * b, in.dim(3) * b)
            : s.shapeOf(in.dim(0), in.dim(1) * b * b, in.dim(2) / b, in.dim(3) / b);
    boolean crd = s.text("mode", "DCR").equals("CRD");
    return data(s, new Op.PixelShuffle((int) b, toSpace, crd), out);
  }
}
