package org.fanin.judge;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.fanin.graph.Gains;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.predict.Forecast;

/// Picks the points of the main path. Where every path runs through the same values (chains,
/// residual streams) these are used: what happens inside a branch is the branch's affair. Where
/// hardly any such values exist (U-Nets, dense blocks) the path with most layers is used.
final class SpineFinder {
  private static final int FEW = 3;

  private enum Kind {
    LINEAR,
    BIAS,
    SCALE,
    NORM,
    JOIN
  }

  /// @param map the node that is named: the linear map, also where its bias or factor is the point
  private record Candidate(int node, int value, Kind kind, boolean reset, int map) {}

  private final Graph graph;
  private final Names names;
  private final MainPath path;
  private final Moments moments;
  private final Gains gains;

  SpineFinder(Graph graph, Names names, MainPath path, Moments moments) {
    this.graph = graph;
    this.names = names;
    this.path = path;
    this.moments = moments;
    this.gains = new Gains(graph);
  }

  Spine find() {
    List<Point> points = points(path.cutNodes);
    if (points.size() < FEW) {
      List<Point> longer = points(path.longest);
      points = longer.size() > points.size() ? longer : points;
    }
    return new Spine(points);
  }

  private List<Point> points(BitSet on) {
    List<Candidate> kept = dropBeforeNorm(mergeBias(candidates(on)));
    List<Point> points = new ArrayList<>();
    boolean reset = false;
    for (Candidate c : kept) {
      reset |= c.reset();
      Point p = point(c, reset);
      if (p != null) {
        points.add(p);
        reset = false;
      }
    }
    return points;
  }

  private List<Candidate> candidates(BitSet on) {
    List<Candidate> found = new ArrayList<>();
    boolean reset = false;
    for (int i = on.nextSetBit(0); i >= 0; i = on.nextSetBit(i + 1)) {
      Node n = graph.nodes().get(i);
      Kind kind = kind(n);
      reset |= resets(n);
      if (kind != null) {
        found.add(new Candidate(i, n.outputs().get(0), kind, reset, i));
        reset = false;
      }
    }
    return found;
  }

  private Kind kind(Node n) {
    if (moments.normResult(n)) {
      return Kind.NORM;
    }
    if (moments.insidePattern(n)) {
      return null;
    }
    return switch (n.op()) {
      case Op.Norm _, Op.BatchNorm _ -> Kind.NORM;
      case Op.Arithmetic a when a.kind() == Op.Arithmetic.Kind.ADD -> joinOrBias(n);
      case Op.Arithmetic _, Op.Pointwise _ -> scales(n) ? Kind.SCALE : null;
      case Op _ -> path.isLayer(n) ? Kind.LINEAR : null;
    };
  }

  private boolean scales(Node n) {
    return n.inputs().stream().filter(path::onPath).anyMatch(v -> gains.at(n, v) > 0);
  }

  private Kind joinOrBias(Node n) {
    return n.inputs().stream().filter(path::onPath).count() >= 2 ? Kind.JOIN : Kind.BIAS;
  }

  private static boolean resets(Node n) {
    return switch (n.op()) {
      case Op.Reduce _,
          Op.Gather _,
          Op.GatherItems _,
          Op.Slice _,
          Op.Split _,
          Op.Softmax _,
          Op.Attention _,
          Op.TopK _,
          Op.Expand _,
          Op.Tile _,
          Op.Lrn _ ->
          true;
      case Op _ -> false;
    };
  }

  /// A sum with a parameter and a constant factor belong to the linear map before them; alone
  /// (position embeddings, scale by design) they are no points.
  private static List<Candidate> mergeBias(List<Candidate> all) {
    List<Candidate> out = new ArrayList<>();
    for (Candidate c : all) {
      if (c.kind() != Kind.BIAS && c.kind() != Kind.SCALE) {
        out.add(c);
      } else if (!out.isEmpty() && out.getLast().kind() == Kind.LINEAR && !c.reset()) {
        Candidate linear = out.removeLast();
        out.add(new Candidate(c.node(), c.value(), Kind.LINEAR, linear.reset(), linear.map()));
      }
    }
    return out;
  }

  /// The scale of what a normalisation reads is no matter: its output is the point.
  private static List<Candidate> dropBeforeNorm(List<Candidate> all) {
    List<Candidate> out = new ArrayList<>();
    boolean reset = false;
    for (int i = 0; i < all.size(); i++) {
      Candidate c = all.get(i);
      reset |= c.reset();
      if (i + 1 < all.size() && all.get(i + 1).kind() == Kind.NORM && c.kind() != Kind.JOIN) {
        continue;
      }
      out.add(new Candidate(c.node(), c.value(), c.kind(), reset, c.map()));
      reset = false;
    }
    return dropJoinsIfEachIsNormalised(out);
  }

  private static List<Candidate> dropJoinsIfEachIsNormalised(List<Candidate> all) {
    for (int i = 0; i < all.size(); i++) {
      boolean followed = i + 1 < all.size() && all.get(i + 1).kind() == Kind.NORM;
      if (all.get(i).kind() == Kind.JOIN && !followed) {
        return all;
      }
    }
    return all.stream().filter(c -> c.kind() != Kind.JOIN).toList();
  }

  private Point point(Candidate c, boolean reset) {
    if (!(moments.forward(c.value()) instanceof Forecast.Forward.Known f)
        || f.lnM2Typical() == Double.NEGATIVE_INFINITY) {
      return null;
    }
    double lnG = Double.NaN;
    double spread = f.lnSpread();
    if (moments.backward(c.value()) instanceof Forecast.Backward.Known b) {
      lnG = b.lnGm2Typical();
      spread = Double.isNaN(b.lnSpread()) ? spread : Math.max(spread, b.lnSpread());
    }
    Point.Entry entry =
        reset ? Point.Entry.RESET : c.kind() == Kind.NORM ? Point.Entry.NORM : Point.Entry.LAYER;
    return new Point(
        c.value(),
        c.node(),
        layerName(c),
        entry,
        c.kind() == Kind.LINEAR,
        f.lnM2Typical(),
        f.cos(),
        lnG,
        Math.log(graph.value(c.value()).shape().map(x -> Math.max(1, x.count())).orElse(1L)),
        spread);
  }

  private String layerName(Candidate c) {
    return names.of(graph.nodes().get(c.map()));
  }
}
