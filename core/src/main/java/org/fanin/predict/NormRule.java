package org.fanin.predict;

import java.util.Optional;
import org.fanin.graph.Graph.Pattern;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Normalisations. Forward x̂ has the centred pair moments of x over its statistics' axes, divided
/// by their variance; backward the gradient loses its mean and its component along x̂ (theory.md
/// §6; Ioffe & Szegedy 2015, Ba et al. 2016; explosion: Yang et al. 2019).
final class NormRule {
  private NormRule() {}

  /// What backward needs of the forward pass.
  ///
  /// @param xhat normalised tensor, aligned with `x`
  /// @param among atoms the statistics run over
  /// @param lnVar ln(v + ε)
  private record Normed(
      Field xhat, int among, double lnVar, boolean centred, double dof, double[][] perIndex) {}

  // ---- batch normalisation ----

  static void forward(Context c, Node n, Op.BatchNorm op) {
    Shape shape = c.shape(n.input(0));
    Field x = c.field(n.input(0)).mergedAxis(1);
    Field y;
    if (trains(c, op)) {
      y = batch(x, op.epsilon()).xhat();
      Health.observeNorm(c, n);
    } else {
      Field mean = WindowRule.channelWise(c.field(n.input(3)), shape);
      y = Fields.product(Fields.sum(x, mean, -1), inverseDeviation(c, n, op, shape));
    }
    y = Fields.product(y, WindowRule.channelWise(c.field(n.input(1)), shape));
    c.set(
        n.outputs().getFirst(),
        Fields.sum(y, WindowRule.channelWise(c.field(n.input(2)), shape), 1));
  }

  static boolean trains(Context c, Op.BatchNorm op) {
    return switch (c.settings.mode()) {
      case TRAIN -> true;
      case EVAL -> false;
      case FILE -> op.trainingMode();
    };
  }

  private static Field inverseDeviation(Context c, Node n, Op.BatchNorm op, Shape shape) {
    Field var = c.field(n.input(4));
    double v = Math.abs(var.mean) * Math.exp(var.ln / 2) + op.epsilon();
    return WindowRule.channelWise(Field.constant(Shape.of(shape.dim(1)), 1, -Math.log(v)), shape);
  }

  private static Normed batch(Field x, double epsilon) {
    return normed(x, ~x.maskOf(1) & (x.k.length - 1), epsilon, true);
  }

  /// ln(v + ε) of what a BatchNorm divides by.
  static double lnVariance(Context c, Node n, Op.BatchNorm op) {
    return batch(c.field(n.input(0)).mergedAxis(1), op.epsilon()).lnVar();
  }

  static void backward(Context c, Node n, Op.BatchNorm op) {
    Shape shape = c.shape(n.input(0));
    Field g = c.gradientOf(n, 0);
    Field scale = WindowRule.channelWise(c.field(n.input(1)), shape);
    Field inner = Fields.product(g, scale).mergedAxis(1);
    Field x = c.field(n.input(0)).mergedAxis(1);
    if (trains(c, op)) {
      Normed z = batch(x, op.epsilon());
      if (x.runs[1] == 1) {
        c.channelVariance(n.input(0)).ifPresent(v -> z.perIndex()[x.first(1)] = toMeanOne(v));
      }
      Optional<Field> along =
          c.along(n.outputs().getFirst()).map(a -> Fields.product(a, scale).mergedAxis(1));
      c.pass(n.input(0), pullBack(inner, x, z, along).scaled(UnitScatter.ln(c, n.input(0))));
      c.pass(
          n.input(1),
          ChannelScale.gradient(c, n, Broadcast.perChannel(g))
              .orElseGet(() -> scaleGradient(c, n, g.mergedAxis(1), z.xhat())));
    } else {
      Field inv = inverseDeviation(c, n, op, shape);
      c.pass(n.input(0), Fields.product(inner, inv));
      c.pass(n.input(1), Broadcast.perChannel(g.mergedAxis(1), Fields.product(x, inv)));
    }
    c.pass(n.input(2), Broadcast.perChannel(g));
  }

  private static Field scaleGradient(Context c, Node n, Field g, Field xhat) {
    return Along.product(c, n.outputs().getFirst(), xhat)
        .map(a -> Broadcast.perChannel(g, xhat, a.mergedAxis(1)))
        .orElseGet(() -> Broadcast.perChannel(g, xhat));
  }

  private static double[] toMeanOne(double[] v) {
    double mean = java.util.Arrays.stream(v).average().orElse(1);
    return java.util.Arrays.stream(v).map(x -> x / mean).toArray();
  }

  // ---- layer, RMS, group, instance, L2 ----

  static void forward(Context c, Node n, Op.Norm op) {
    Shape shape = c.shape(n.input(0));
    Grouping grouping = grouping(op, shape);
    Field x = grouping.split(c.field(n.input(0)), shape);
    Field y = normed(x, grouping.among(x), op, shape).xhat();
    y = grouping.join(y, shape);
    if (n.input(1) >= 0) {
      y = Fields.product(y, parameter(c, n.input(1), op, shape));
    }
    if (n.input(2) >= 0) {
      y = Fields.sum(y, parameter(c, n.input(2), op, shape), 1);
    }
    c.set(n.outputs().getFirst(), y);
  }

  private static Field parameter(Context c, int value, Op.Norm op, Shape shape) {
    Field p = c.field(value);
    return switch (op.kind()) {
      case LAYER, RMS, L2 -> p.expand(shape);
      case GROUP, INSTANCE -> {
        long count = c.shape(value).count();
        if (count == shape.dim(1)) {
          yield WindowRule.channelWise(p, shape);
        }
        // Opset 18 gives one scale per group.
        long per = shape.dim(1) / count;
        yield WindowRule.channelWise(
            p.reshape(Shape.of(count, 1))
                .expand(Shape.of(count, per))
                .reshape(Shape.of(shape.dim(1))),
            shape);
      }
    };
  }

  private static Normed normed(Field x, int among, Op.Norm op, Shape shape) {
    return switch (op.kind()) {
      case LAYER, GROUP, INSTANCE -> normed(x, among, op.epsilon(), true);
      case RMS -> normed(x, among, op.epsilon(), false);
      case L2 -> l2(x, among);
    };
  }

  private static Normed l2(Field x, int among) {
    Normed z = normed(x, among, 0, false);
    double d = 1;
    for (int a = 0; a < x.size(); a++) {
      d *= (among >> a & 1) != 0 ? x.atoms[a] : 1;
    }
    double ln = Math.log(d);
    return new Normed(z.xhat().scaled(-ln), among, z.lnVar() + ln, false, z.dof(), z.perIndex());
  }

  static void backward(Context c, Node n, Op.Norm op) {
    Shape shape = c.shape(n.input(0));
    Grouping grouping = grouping(op, shape);
    Field x = grouping.split(c.field(n.input(0)), shape);
    Normed z = normed(x, grouping.among(x), op, shape);
    Field g = c.gradientOf(n, 0);
    Field inner = n.input(1) < 0 ? g : Fields.product(g, parameter(c, n.input(1), op, shape));
    Optional<Field> along =
        c.along(n.outputs().getFirst())
            .map(a -> n.input(1) < 0 ? a : Fields.product(a, parameter(c, n.input(1), op, shape)))
            .map(a -> grouping.split(a, shape));
    Field gx = pullBack(grouping.split(inner, shape), x, z, along);
    c.pass(n.input(0), grouping.join(gx, shape), Radial.NORMALISED);
    if (n.input(1) >= 0) {
      Field xhat = grouping.join(z.xhat(), shape);
      Optional<Field> product = Along.product(c, n.outputs().getFirst(), xhat);
      Shape to = c.shape(n.input(1));
      c.pass(
          n.input(1),
          perChannel(op)
              ? product
                  .map(a -> Broadcast.perChannel(g, xhat, a))
                  .orElseGet(() -> Broadcast.perChannel(g, xhat))
              : product
                  .map(a -> Broadcast.reduce(g, xhat, a, to))
                  .orElseGet(() -> Broadcast.reduce(g, xhat, to)));
    }
    if (n.input(2) >= 0) {
      c.pass(
          n.input(2),
          perChannel(op) ? Broadcast.perChannel(g) : Broadcast.reduce(g, c.shape(n.input(2))));
    }
  }

  private static boolean perChannel(Op.Norm op) {
    return switch (op.kind()) {
      case LAYER, RMS, L2 -> false;
      case GROUP, INSTANCE -> true;
    };
  }

  /// GROUP and INSTANCE see [N, groups, C/groups, …]; the others the tensor itself.
  private record Grouping(int groups, java.util.List<Integer> axes) {
    Field split(Field f, Shape shape) {
      return groups == 0 ? f : f.reshape(grouped(shape));
    }

    Field join(Field f, Shape shape) {
      return groups == 0 ? f : f.reshape(shape);
    }

    private Shape grouped(Shape shape) {
      long[] d = new long[shape.rank() + 1];
      d[0] = shape.dim(0);
      d[1] = groups;
      d[2] = shape.dim(1) / groups;
      for (int i = 2; i < shape.rank(); i++) {
        d[i + 1] = shape.dim(i);
      }
      return Shape.of(d);
    }

    int among(Field f) {
      int m = 0;
      for (int a : axes) {
        m |= f.maskOf(a);
      }
      return m;
    }
  }

  private static Grouping grouping(Op.Norm op, Shape shape) {
    return switch (op.kind()) {
      case LAYER, RMS, L2 -> new Grouping(0, op.axes());
      case GROUP, INSTANCE ->
          new Grouping(
              op.kind() == Op.Norm.Kind.INSTANCE ? (int) shape.dim(1) : op.groups(),
              java.util.stream.IntStream.range(2, shape.rank() + 1).boxed().toList());
    };
  }

  // ---- decomposed patterns ----

  /// The result of a decomposed LayerNorm, RMSNorm or L2 normalisation, from its root.
  static Field result(Context c, Pattern p) {
    return normed(c, p).xhat();
  }

  /// Gradient at the root of a decomposed normalisation.
  static Field atRoot(Context c, Pattern p, Field gradient) {
    Field x = c.field(p.root());
    return pullBack(gradient, x, normed(c, p), Optional.empty());
  }

  private static Normed normed(Context c, Pattern p) {
    Field x = c.field(p.root());
    int among = 0;
    double epsilon = 0;
    for (int i : p.nodes()) {
      Node n = c.graph.nodes().get(i);
      if (n.op() instanceof Op.Reduce r) {
        for (int a : r.axes()) {
          among |= x.maskOf(a);
        }
      }
      if (n.op() instanceof Op.Pointwise pw
          && pw.fn().form() instanceof org.fanin.math.Fn.Form.Affine a
          && a.slope() == 1) {
        epsilon = a.offset();
      }
    }
    return switch (p.kind()) {
      case LAYER_NORM -> normed(x, among, epsilon, true);
      case RMS_NORM -> normed(x, among, epsilon, false);
      default -> l2(x, among);
    };
  }

  // ---- the rule ----

  private static Normed normed(Field x, int among, double epsilon, boolean centred) {
    Field z = centred ? x.centredOver(among) : x;
    double[][] own = new double[x.size()][];
    double[][] profiles = z.profiles.clone();
    for (int a = 0; a < own.length; a++) {
      if ((among >> a & 1) == 0) {
        // Every group is normalised by its own variance.
        own[a] = profiles[a];
        profiles[a] = null;
      }
    }
    double v = Math.exp(z.ln);
    double lnVar =
        z.ln < -700 && epsilon > 0 ? Math.log(epsilon) : z.ln > 700 ? z.ln : Math.log(v + epsilon);
    Field xhat = z.withProfiles(profiles).scaled(-lnVar);
    double share = Math.exp(Math.min(0, z.ln - lnVar));
    return new Normed(
        xhat.withSpread((1 - share) * (1 - share) * x.base, x.overlap, x.channels),
        among,
        lnVar,
        centred,
        dof(z, among),
        own);
  }

  /// Effective degrees of freedom of the variance estimate: 1 over the mean squared correlation of
  /// the pairs it averages.
  private static double dof(Field z, int among) {
    double[] r2 = new double[z.k.length];
    for (int m = 0; m < r2.length; m++) {
      r2[m] = z.k[m] * z.k[m];
    }
    return 1 / Math.max(1e-12, z.average(r2, among, 0));
  }

  /// (1/σ)·(g − mean g − x̂·mean(g x̂)), second moments.
  private static Field pullBack(Field gradient, Field x, Normed z, Optional<Field> projected) {
    Field[] ab = Fields.aligned(gradient, z.xhat());
    Field g = ab[0];
    Field xh = ab[1];
    int among = z.among();
    if (g.size() != x.size()) {
      Field[] again = Fields.aligned(g, x);
      among = remap(again[1], x, among);
      g = again[0];
      xh = Fields.aligned(z.xhat(), g)[0];
    }
    double[] along = new double[g.k.length];
    for (int m = 0; m < along.length; m++) {
      along[m] = g.k[m] * xh.k[m];
    }
    Field unit = xh;
    projected
        .map(a -> Fields.aligned(a, unit)[0])
        .filter(a -> a.k.length == along.length && !a.isZero())
        .ifPresent(a -> measured(a, gradient.ln, along));
    double share = Math.exp(Math.min(0, z.xhat().ln + (z.lnVar() - x.ln > 50 ? -50 : 0)));
    double[] raw = new double[g.k.length];
    for (int m = 0; m < raw.length; m++) {
      int rest = m & ~among;
      double meanPart = z.centred() ? g.average(among, rest) : 0;
      raw[m] = g.k[m] - meanPart - Math.min(1, share) * xh.k[m] * g.average(along, among, rest);
    }
    raw[0] = raw[0] < 1e-13 ? 0 : raw[0];
    Field r = g.rescaled(raw, 0, g.ln);
    double spread = Math.max(0, x.spread() - xh.spread());
    double fluct = z.dof() > 4 ? z.dof() / (z.dof() - 2) : 2;
    r = divideProfiles(r, z, g.size() == x.size());
    return r.scaled(-z.lnVar() + spread + Math.log(fluct))
        .withSpread(
            g.spread() - Math.min(g.spread(), r.ownSpread()) + spread, g.overlap, g.channels);
  }

  private static void measured(Field along, double unit, double[] into) {
    for (int m = 0; m < into.length; m++) {
      into[m] = Math.exp(along.ln - unit) * along.k[m];
    }
  }

  private static int remap(Field refined, Field x, int among) {
    int r = 0;
    for (int axis = 0; axis < x.rank(); axis++) {
      if (x.runs[axis] > 0 && (among & x.maskOf(axis)) == x.maskOf(axis)) {
        r |= refined.maskOf(axis);
      }
    }
    return r;
  }

  private static Field divideProfiles(Field g, Normed z, boolean sameAtoms) {
    Field r = g;
    for (int a = 0; sameAtoms && a < z.perIndex().length; a++) {
      double[] p = z.perIndex()[a];
      if (p == null) {
        continue;
      }
      double[] q = new double[p.length];
      double mean = 0;
      double top = java.util.Arrays.stream(p).max().orElse(1);
      for (int i = 0; i < p.length; i++) {
        q[i] = (g.profiles[a] == null ? 1 : g.profiles[a][i]) / Math.max(p[i], 1e-9 * top);
        mean += q[i] / p.length;
      }
      if (!(mean > 0)) {
        continue;
      }
      for (int i = 0; i < q.length; i++) {
        q[i] /= mean;
      }
      r = r.withProfile(a, q).scaled(Math.log(mean));
    }
    return r;
  }
}
