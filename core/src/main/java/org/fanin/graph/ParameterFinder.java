package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
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
  private final BitSet wholes = new BitSet();

  /// Readers that all parameters together may look at beyond their own: keeps the whole linear.
  private long allEdges;

  private ParameterFinder(Links links, List<Graph.Pattern> patterns) {
    this.links = links;
    this.parametric = new Parametric(links);
    this.allEdges = 16L * links.nodes.size() + 10_000;
    this.residuals = new Residuals(links);
    this.roles = new Roles(links, parametric, patterns, residuals);
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
    List<List<Integer>> views = new ArrayList<>();
    for (int i = 0; i < links.values.size(); i++) {
      views.add(null);
    }
    for (Value v : links.values) {
      if (v.kind() == Value.Kind.PARAMETER) {
        if (views.get(v.origin()) == null) {
          views.set(v.origin(), new ArrayList<>(2));
        }
        views.get(v.origin()).add(v.id());
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
    return Optional.of(
        new Parameter(
            origin.id(),
            origin.name(),
            role,
            origin.constant().get(),
            fan(origin, role, uses),
            List.copyOf(readers),
            Roles.isLinear(role) && endBranch(uses)));
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
    List<Use> uses = new ArrayList<>();
    ArrayDeque<Use> open = new ArrayDeque<>();
    Set<Integer> seen = new HashSet<>(views);
    views.forEach(v -> open.add(new Use(null, 0, v, false)));
    int edges = 0;
    for (int step = 0; step < REACH + views.size() && !open.isEmpty(); step++) {
      Use at = open.poll();
      for (Node n : links.readers(at.value())) {
        if (at.node() != null && (++edges > EDGES || --allEdges < 0)) {
          return uses;
        }
        if (meetsData(n)) {
          // Only sums and concatenations have more inputs, and there the place says nothing.
          for (int slot = 0; slot < Math.min(8, n.inputs().size()); slot++) {
            if (n.input(slot) == at.value() || slot == 7 && n.inputs().size() > 8) {
              uses.add(new Use(n, slot, at.value(), at.sliced()));
            }
          }
        } else {
          boolean sliced = at.sliced() || isPart(n.op());
          for (int out : n.outputs()) {
            if (out >= 0 && seen.add(out)) {
              open.add(new Use(n, 0, out, sliced));
            }
          }
        }
      }
    }
    return uses;
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
