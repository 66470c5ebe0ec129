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
  private final BitSet wholes = new BitSet();

  /// Readers that all parameters together may look at beyond their own: keeps the whole linear.
  private long allEdges;

  private ParameterFinder(Links links, List<Graph.Pattern> patterns) {
    this.links = links;
    this.parametric = new Parametric(links);
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

  static List<Parameter> find(Links links, List<Graph.Pattern> patterns) {
    var finder = new ParameterFinder(links, patterns);
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
    }
    return Optional.of(
        new Parameter(
            origin.id(),
            origin.name(),
            role,
            origin.constant().get(),
            fan(origin, role, uses),
            List.copyOf(readers),
            Roles.isLinear(role) && endBranch(uses),
            buffer));
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

  private Optional<Fan> fan(Value origin, Role role, List<Use> uses) {
    if (!Roles.hasFan(role)) {
      return Optional.empty();
    }
    for (Use u : uses) {
      boolean lookup = u.node().op() instanceof Op.Gather;
      Optional<Fan> f =
          lookup && role != Role.EMBEDDING ? Optional.empty() : Fans.of(u.node(), u.slot(), links);
      if (f.isPresent()) {
        int fused = role == Role.FUSED_QKV ? roles.fusedParts(u.node()) : 1;
        return f.map(x -> adjusted(x, origin, role, u))
            .map(x -> x.withAxes(AxisTrace.of(u, origin.id(), fused, links)));
      }
    }
    return Optional.empty();
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
