package org.fanin.predict;

import java.util.ArrayList;
import java.util.List;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.tensor.Shape;

/// Convolution and transposed convolution: per output position σ²·(C_in/groups)·Σ over valid taps
/// of q_x(tap), exact with zero padding and stride by a profile along each spatial axis; the
/// gradient runs the transpose of the same map (theory.md §2).
final class WindowRule {
  /// Taps times outputs along one axis: beyond this the exact profile is not worked out.
  private static final long LARGEST_MAP = 20_000_000;

  /// The same for moments by distance, which look at pairs of outputs.
  private static final long LARGEST_NEARBY = 1_000_000;

  private WindowRule() {}

  /// One direction of the layer: from `inChannels` to `outChannels`, weight axis `inAxis` being
  /// summed.
  private record Pass(
      int groups,
      long inChannels,
      long outChannels,
      int inAxis,
      List<AxisMap.Moments> maps,
      double kurtosis) {}

  static void forward(Context c, Node n, Op.Conv op) {
    run(c, n, op.group(), 1, maps(c, n, op), false);
  }

  static void forward(Context c, Node n, Op.ConvTranspose op) {
    run(c, n, op.group(), 0, maps(c, n, op), false);
  }

  static void backward(Context c, Node n, Op.Conv op) {
    run(c, n, op.group(), 0, maps(c, n, op), true);
  }

  static void backward(Context c, Node n, Op.ConvTranspose op) {
    run(c, n, op.group(), 1, maps(c, n, op), true);
  }

  private static List<AxisMap> maps(Context c, Node n, Op.Conv op) {
    return maps(c, n, op.kernel(), op.strides(), op.padBegin(), op.dilations(), false);
  }

  private static List<AxisMap> maps(Context c, Node n, Op.ConvTranspose op) {
    return maps(c, n, op.kernel(), op.strides(), op.padBegin(), op.dilations(), true);
  }

  static List<AxisMap> maps(
      Context c,
      Node n,
      List<Integer> kernel,
      List<Integer> strides,
      List<Integer> pads,
      List<Integer> dilations,
      boolean transposed) {
    Shape in = c.shape(n.input(0));
    Shape out = c.shape(n.outputs().getFirst());
    List<AxisMap> maps = new ArrayList<>();
    for (int i = 0; i < kernel.size(); i++) {
      long ni = in.dim(i + 2);
      long no = out.dim(i + 2);
      if (ni > Integer.MAX_VALUE
          || no * kernel.get(i) > LARGEST_MAP
          || ni * kernel.get(i) > LARGEST_MAP) {
        throw new Context.MissingRule(
            "a window map of " + no + "×" + kernel.get(i) + " is too large");
      }
      maps.add(
          transposed
              ? AxisMap.transposed(
                  (int) ni, (int) no, kernel.get(i), strides.get(i), pads.get(i), dilations.get(i))
              : AxisMap.window(
                  (int) ni,
                  (int) no,
                  kernel.get(i),
                  strides.get(i),
                  pads.get(i),
                  dilations.get(i)));
    }
    return maps;
  }

  private static void run(
      Context c, Node n, int groups, int inAxis, List<AxisMap> axes, boolean back) {
    int x = n.input(0);
    int y = n.outputs().getFirst();
    Field w = flatAxes(c.field(n.input(1)));
    int from = back ? y : x;
    int to = back ? x : y;
    Field source = flatAxes(back ? c.gradientOf(n, 0) : c.field(x));
    List<AxisMap.Moments> moments = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      double[] p = source.runs[i + 2] == 0 ? null : source.profiles[source.first(i + 2)];
      moments.add(back ? axes.get(i).backward(p) : axes.get(i).forward(p));
    }
    Pass pass =
        new Pass(
            groups,
            c.shape(from).dim(1),
            c.shape(to).dim(1),
            inAxis,
            moments,
            c.laws.kurtosis(c.graph.value(n.input(1))));
    Field r = linear(source, w, pass, c.shape(to));
    if (!back && source.near != null && told(axes)) {
      r = nearby(r, source, w, axes);
    }
    if (back) {
      c.pass(x, r.scaled(-UnitScatter.ln(c, y)));
      c.pass(n.input(1), weightGradient(flatAxes(c.field(x)), source, axes, c.shape(n.input(1))));
      if (n.input(2) >= 0) {
        c.pass(n.input(2), Broadcast.perChannel(source));
      }
      return;
    }
    c.set(y, n.input(2) < 0 ? r : Fields.sum(r, channelWise(c.field(n.input(2)), c.shape(y)), 1));
  }

  private static boolean told(List<AxisMap> axes) {
    boolean small = true;
    for (AxisMap m : axes) {
      small &= (long) m.taps() * m.outputs() <= LARGEST_NEARBY;
    }
    return small;
  }

  /// Independent weights leave the moment of two positions to those that the same tap reads: what
  /// distance makes of it stays, on top of the average.
  private static Field nearby(Field y, Field x, Field w, List<AxisMap> axes) {
    for (int m = 1; m < w.k.length; m++) {
      if (w.k[m] != 0) {
        return y;
      }
    }
    Nearby n = Nearby.filled((e, g) -> x.near.k()[e][g] - x.k[Nearby.mask(x, e, g)]);
    for (int i = 0; i < axes.size(); i++) {
      n = n.along(i + 2, Nearby.tapwise(axes.get(i)));
    }
    Nearby more = n;
    return Nearby.put(y, Nearby.filled((e, g) -> y.k[Nearby.mask(y, e, g)] + more.k()[e][g]));
  }

  /// At most one atom per axis (batch excepted), so that windows see positions.
  static Field flatAxes(Field f) {
    Field r = f;
    for (int i = 1; i < f.rank(); i++) {
      r = r.mergedAxis(i);
    }
    return r;
  }

  /// A per-channel parameter seen at [N, C, …].
  static Field channelWise(Field perChannel, Shape like) {
    long[] d = new long[like.rank()];
    java.util.Arrays.fill(d, 1);
    d[1] = like.dim(1);
    return perChannel.reshape(Shape.of(d)).expand(like);
  }

  // ---- the linear map ----

  private static Field linear(Field x, Field w, Pass p, Shape outShape) {
    Field shell = Field.iid(outShape, 0);
    int rank = outShape.rank();
    Field aligned = x;
    if (x.runs[0] > 1) {
      shell = shell.reshape(outShape);
      Field[] ab = Fields.alignAxis(shell, 0, aligned, 0);
      shell = ab[0];
      aligned = ab[1];
    }
    double in = (double) p.inChannels() / p.groups();
    double[] raw = new double[shell.k.length];
    for (int m = 0; m < raw.length; m++) {
      raw[m] = pairMoment(aligned, w, p, shell, m, in);
    }
    double[][] profiles = new double[shell.size()][];
    for (int a = 0; a < shell.runs[0]; a++) {
      profiles[a] = aligned.profiles[a];
    }
    if (p.groups() == p.inChannels() && p.inChannels() == p.outChannels() && shell.runs[1] == 1) {
      profiles[shell.first(1)] = aligned.profiles[aligned.first(1)];
    }
    for (int i = 2; i < rank; i++) {
      if (shell.runs[i] == 1) {
        profiles[shell.first(i)] = p.maps().get(i - 2).profile();
      }
    }
    double meanTaps = in;
    for (AxisMap.Moments m : p.maps()) {
      meanTaps *= m.same();
    }
    Field r = shell.withProfiles(profiles).rescaled(raw, x.mean * w.mean * meanTaps, x.ln + w.ln);
    Overlap overlap = x.overlap.grown(in, p.kurtosis()).over(Math.max(1, meanTaps / in));
    return r.withSpread(x.spread(), overlap, shell.runs[1] == 0 ? 0 : shell.maskOf(1));
  }

  private static double pairMoment(Field x, Field w, Pass p, Field out, int m, double in) {
    int outAxis = 1 - p.inAxis();
    boolean channelDiffers = (m & out.maskOf(1)) != 0;
    int wOut = channelDiffers ? w.maskOf(outAxis) : 0;
    int xBatch = m & out.maskOf(0);
    double sameGroup = 1;
    if (channelDiffers) {
      double perGroup = (double) p.outChannels() / p.groups();
      sameGroup = p.outChannels() > 1 ? (perGroup - 1) / (p.outChannels() - 1) : 1;
    }
    double total = 0;
    int spatial = p.maps().size();
    for (int combo = 0; combo < 1 << (spatial + 1); combo++) {
      boolean inDiffers = (combo & 1) != 0;
      int wm = wOut | (inDiffers ? w.maskOf(p.inAxis()) : 0);
      int xs = xBatch;
      int xd = xBatch | x.maskOf(1);
      double f = 1;
      for (int i = 0; i < spatial; i++) {
        boolean tapDiffers = (combo >> (i + 1) & 1) != 0;
        boolean outDiffers = (m & out.maskOf(i + 2)) != 0;
        AxisMap.Moments am = p.maps().get(i);
        f *= factor(am, tapDiffers, outDiffers);
        wm |= tapDiffers ? w.maskOf(i + 2) : 0;
        if (tapDiffers || outDiffers) {
          xs |= x.maskOf(i + 2);
          xd |= x.maskOf(i + 2);
        }
      }
      double kw = w.k[wm];
      if (kw == 0 || f == 0) {
        continue;
      }
      double pairs = inDiffers ? in * (in - 1) : in;
      double kSame = inDiffers ? x.k[xd] : x.k[xs];
      total += f * kw * pairs * (sameGroup * kSame + (1 - sameGroup) * x.k[xd]);
    }
    return total;
  }

  private static double factor(AxisMap.Moments m, boolean tapDiffers, boolean outDiffers) {
    if (!tapDiffers) {
      return outDiffers ? m.differ() : m.same();
    }
    return outDiffers ? Math.max(0, m.same() * m.same() - m.differ()) : m.any();
  }

  /// g_W = Σ over samples and positions of x·g: q_x·g per term, plus the covariances between terms.
  private static Field weightGradient(Field x, Field g, List<AxisMap> axes, Shape w) {
    double terms = g.dim(0);
    for (int i = 2; i < g.rank(); i++) {
      terms *= g.dim(i);
    }
    Field[] ab = x.dim(0) == g.dim(0) ? Fields.alignAxis(x, 0, g, 0) : new Field[] {x, g};
    int among = 0;
    double[] pair = new double[ab[1].k.length];
    double[] ofX = new double[pair.length];
    for (int i = 0; i < g.rank(); i++) {
      among |= i == 1 ? 0 : ab[1].maskOf(i);
    }
    double valid = 1;
    for (AxisMap a : axes) {
      valid *= a.forward(null).same() / a.taps();
    }
    for (int m = 0; m < pair.length; m++) {
      int mx = m & ab[0].maskOf(0);
      for (int i = 2; i < g.rank(); i++) {
        mx |= (m & ab[1].maskOf(i)) != 0 ? ab[0].maskOf(i) : 0;
      }
      ofX[m] = ab[0].k[mx];
      pair[m] = ab[1].k[m] * ofX[m];
    }
    double m2 = Math.max(0, ab[1].average(pair, among, 0)) * valid;
    Field inputs = ab[1].with(ofX, 0, 0).withSpread(0, x.overlap, 0);
    double added = Interference.added(ab[1], inputs, among);
    return Field.iid(w, x.ln + g.ln + 2 * Math.log(terms) + Math.log(m2 < 1e-14 ? 0 : m2))
        .withBase(x.spread() + g.spread() + added);
  }
}
