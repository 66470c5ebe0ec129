package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.fanin.tensor.Shape;

/// Collects the parameters of a graph, with role and fans by use.
final class ParameterFinder {
  /// Steps followed from a parameter through slices, casts and arithmetic among parameters.
  private static final int REACH = 64;

  /// Readers looked at on that way: names shared by very many parameters must not multiply.
  private static final int EDGES = 4096;

  private final Links links;
  private final Parametric parametric;
  private final Roles roles;
  private final Residuals residuals;
  private final BufferUses buffers;
  private final Arrivals arrivals;
  private final StoredNames names;

  /// Names given so far: two tensors may have one name in different bodies.
  private final Set<String> given = new HashSet<>();

  /// Names of what a function holds that is called more than once.
  private final Set<String> twice = new HashSet<>();

  private final BitSet wholes = new BitSet();

  /// Readers that all parameters together may look at beyond their own: keeps the whole linear.
  private long allEdges;

  private ParameterFinder(Links links, List<Graph.Pattern> patterns, StoredNames names) {
    this.names = names;
    this.links = links;
    this.parametric = new Parametric(links);
    this.arrivals = new Arrivals(links, parametric);
    this.allEdges = 16L * links.nodes.size() + 10_000;
    this.residuals = new Residuals(links);
    this.roles = new Roles(links, parametric, patterns, residuals);
    this.buffers = new BufferUses(links, parametric, roles, residuals);
    for (Graph.Pattern p : patterns) {
      switch (p.kind()) {
        case LAYER_NORM,
            RMS_NORM,
            L2_NORM,
            BATCH_NORM_SCALE,
            GELU_ERF,
            GELU_TANH,
            SILU,
            MISH,
            HARD_SWISH ->
            p.nodes().forEach(wholes::set);
        case ATTENTION, ROPE, GATED_UNIT -> {}
      }
    }
  }

  static List<Parameter> find(Links links, List<Graph.Pattern> patterns, StoredNames names) {
    var finder = new ParameterFinder(links, patterns, names);
    List<List<Integer>> views = new ArrayList<>(Collections.nCopies(links.values.size(), null));
    for (Value v : links.values) {
      if (v.kind() == Value.Kind.PARAMETER) {
        List<Integer> known = views.get(v.origin());
        if (known == null) {
          views.set(v.origin(), List.of(v.id()));
        } else {
          List<Integer> more = known.size() == 1 ? new ArrayList<>(known) : known;
          more.add(v.id());
          views.set(v.origin(), more);
        }
      }
    }
    Set<String> once = new HashSet<>();
    for (int i = 0; i < views.size(); i++) {
      if (views.get(i) != null && !once.add(links.value(i).name())) {
        finder.twice.add(links.value(i).name());
      }
    }
    List<Parameter> found = new ArrayList<>();
    for (int i = 0; i < views.size(); i++) {
      if (views.get(i) != null) {
        finder.parameter(links.value(i), views.get(i)).ifPresent(found::add);
      }
    }
    return found;
  }

  /// A place where a parameter, or what was made from it, meets data.
  ///
  /// @param value the operand
  /// @param sliced only a part of the parameter arrives here
  record Use(Node node, int slot, int value, boolean sliced) {}

  private Optional<Parameter> parameter(Value origin, List<Integer> views) {
    Set<Integer> readers = readers(views);
    if (origin.constant().isEmpty() || readers.isEmpty()) {
      return Optional.empty();
    }
    List<Use> uses = uses(views);
    Role role = roles.of(origin, uses);
    Optional<Buffer> buffer = buffers.of(origin, role, views, uses);
    if (buffer.filter(b -> b.kind().keeps()).isPresent()) {
      role = Role.TABLE;
    } else if (Roles.isLinear(role) && buffers.shapesAWeight(origin.constant().get(), views)) {
      // It has no fan of its own: what is right depends on the weight that it scales.
      role = Role.OTHER;
    }
    Way way = way(origin, role, uses);
    return Optional.of(
        new Parameter(
            origin.id(),
            unique(origin.name()),
            role,
            origin.constant().get(),
            way.fan(),
            List.copyOf(readers),
            Roles.isLinear(role) && endBranch(uses),
            buffer,
            new Arrival(storage(origin), way.gates(), way.factor())));
  }

  private String unique(String name) {
    String n = name;
    for (int i = 2; !given.add(n); i++) {
      n = name + "#" + i;
    }
    return n;
  }

  private Storage storage(Value origin) {
    if (names.isAmbiguous(origin.name()) || twice.contains(origin.name())) {
      return Storage.AMBIGUOUS;
    }
    if (names.isSparse(origin.name())) {
      return Storage.SPARSE;
    }
    Node n = links.maker(origin.id());
    if (n == null) {
      return Storage.INITIALISER;
    }
    return switch (n.onnxOp()) {
      case "Constant" -> Storage.CONSTANT_NODE;
      case "DequantizeLinear" -> Storage.QUANTISED;
      case "ConstantOfShape" -> {
        // A shape that depends on the input's makes no weight of a fixed size.
        Node shape = links.maker(n.input(0));
        boolean fixed = shape == null || shape.onnxOp().equals("Constant");
        yield fixed ? Storage.CONSTANT_OF_SHAPE : Storage.COMPUTED;
      }
      default -> Storage.COMPUTED;
    };
  }

  private boolean endBranch(List<Use> uses) {
    for (Use u : uses) {
      if (endsBranch(u)) {
        return true;
      }
    }
    return false;
  }

  /// Indices of the nodes that read a parameter or a view of it, in order.
  private Set<Integer> readers(List<Integer> views) {
    if (views.size() == 1 && links.readers(views.getFirst()).size() == 1) {
      return Set.of(links.readers(views.getFirst()).getFirst().index());
    }
    Set<Integer> readers = new TreeSet<>();
    for (int v : views) {
      for (Node n : links.readers(v)) {
        readers.add(n.index());
      }
    }
    return readers;
  }

  private boolean endsBranch(Use u) {
    boolean linear =
        u.node().op() instanceof Op.Contract && u.slot() < 2
            || u.node().op() instanceof Op.Conv && u.slot() == 1
            || u.node().op() instanceof Op.ConvTranspose && u.slot() == 1;
    return linear && residuals.endsBranch(u.node().outputs().getFirst(), wholes);
  }

  /// Follows a parameter, its views and what is computed from parameters alone, to the nodes where
  /// data comes in.
  private List<Use> uses(List<Integer> views) {
    List<Use> uses = new ArrayList<>(2);
    ArrayDeque<Use> open = new ArrayDeque<>(2);
    Set<Integer> seen = views.size() == 1 ? null : new HashSet<>(views);
    for (int v : views) {
      for (Node n : links.readers(v)) {
        seen = follow(n, v, false, seen, uses, open);
      }
    }
    int edges = 0;
    for (int step = 0; step < REACH && !open.isEmpty(); step++) {
      Use at = open.poll();
      for (Node n : links.readers(at.value())) {
        if (++edges > EDGES || --allEdges < 0) {
          return uses;
        }
        seen = follow(n, at.value(), at.sliced(), seen, uses, open);
      }
    }
    return uses;
  }

  /// One reader of a value: a use, or the way to more.
  ///
  /// @param seen null as long as nothing was
  private Set<Integer> follow(
      Node n, int value, boolean part, Set<Integer> seen, List<Use> uses, ArrayDeque<Use> open) {
    if (meetsData(n)) {
      // Only sums and concatenations have more inputs, and there the place says nothing.
      for (int slot = 0; slot < Math.min(8, n.inputs().size()); slot++) {
        if (n.input(slot) == value || slot == 7 && n.inputs().size() > 8) {
          uses.add(new Use(n, slot, value, part));
        }
      }
      return seen;
    }
    Set<Integer> all = seen == null ? new HashSet<>(List.of(value)) : seen;
    boolean sliced = part || isPart(n.op());
    for (int out : n.outputs()) {
      if (out >= 0 && all.add(out)) {
        open.add(new Use(n, 0, out, sliced));
      }
    }
    return all;
  }

  private boolean meetsData(Node n) {
    for (int o : n.outputs()) {
      if (o >= 0 && (!parametric.is(o) || links.isOutput(o))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPart(Op op) {
    return op instanceof Op.Slice || op instanceof Op.Split || op instanceof Op.Gather;
  }

  /// @param gates and `factor` see [Arrival]
  private record Way(Optional<Fan> fan, String gates, double factor) {
    static final Way NONE = new Way(Optional.empty(), "", 1);
  }

  /// Decided by the first use that has fans or gates.
  private Way way(Value origin, Role role, List<Use> uses) {
    if (!Roles.hasFan(role) && role != Role.LSTM_BIAS) {
      return Way.NONE;
    }
    for (Use u : uses) {
      boolean lookup = u.node().op() instanceof Op.Gather;
      Optional<Fan> f =
          lookup && role != Role.EMBEDDING ? Optional.empty() : Fans.of(u.node(), u.slot(), links);
      boolean gates = u.node().op() instanceof Op.Recurrent;
      if (f.isPresent() || gates) {
        Optional<Marked> m = arrivals.of(u, origin.id());
        return new Way(
            f.map(x -> placed(x, origin, role, u, m)),
            gates ? gates(u, m) : "",
            m.map(Marked::factor).filter(x -> x > 0 && x < Double.POSITIVE_INFINITY).orElse(1.0));
      }
    }
    return Way.NONE;
  }

  private static String gates(Use u, Optional<Marked> m) {
    return m.filter(Marked::isLabelled)
        .map(x -> Gates.of((Op.Recurrent) u.node().op(), x.labels()))
        .orElse("");
  }

  private Fan placed(Fan f, Value origin, Role role, Use u, Optional<Marked> found) {
    Fan adjusted = adjusted(f, origin, role, u);
    if (found.isEmpty()) {
      return adjusted;
    }
    Marked m = found.get();
    Shape stored = origin.shape().orElseThrow();
    int parts = gates(u, found).length();
    int uses = u.node().op() instanceof Op.Contract ? roles.fusedParts(u.node()) : 1;
    int fused = role == Role.FUSED_QKV ? uses : 1;
    Marked cut = parts > 1 ? m.cut(m.labelAxis(), parts) : m;
    boolean gated = u.node().op() instanceof Op.Recurrent;
    double blocks = m.blocks() * (gated ? m.rows() : 1);
    // Rows joined to one layer are that layer's; joined queries, keys and values are three.
    double rows = m.rows() < 1 && fused == 1 ? 1.0 / uses : 1;
    Fan shared = Fans.shared(adjusted, rows, blocks);
    return shared.withAxes(Optional.of(AxisTrace.of(cut, u.node(), fused, stored)));
  }

  private Fan adjusted(Fan f, Value origin, Role role, Use u) {
    if (role == Role.FUSED_QKV) {
      int parts = roles.fusedParts(u.node());
      return parts > 1 ? Fans.fused(f, parts) : f;
    }
    if (role == Role.TIED) {
      return Fans.tied(f);
    }
    long whole = origin.shape().orElseThrow().count();
    long part = links.value(u.value()).shape().map(s -> s.count()).orElse(whole);
    return u.sliced() && part > 0 && whole > part && whole % part == 0
        ? Fans.repeated(f, (int) Math.min(whole / part, 1 << 30))
        : f;
  }
}
