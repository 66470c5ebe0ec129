package org.fanin.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fanin.model.ModelFormatException;
import org.fanin.model.RawModel.Attr;
import org.fanin.model.RawModel.RawGraph;
import org.fanin.model.RawModel.RawNode;

/// Orders nodes so that every one comes after those it reads. Keeps the file's order where it
/// already is one. Time and memory are linear in nodes and edges.
final class TopoOrder {
  private final String source;
  private final List<RawNode> nodes;
  private final Map<String, Integer> makers = new HashMap<>();

  private TopoOrder(String source, List<RawNode> nodes) {
    this.source = source;
    this.nodes = nodes;
  }

  /// @param around names that exist already: initialisers, inputs, names of the graph around
  static List<RawNode> of(String source, List<RawNode> nodes, Scope around)
      throws ModelFormatException {
    var order = new TopoOrder(source, nodes);
    order.collectMakers(around);
    List<List<String>> reads = new ArrayList<>(nodes.size());
    for (RawNode n : nodes) {
      reads.add(readsOf(n));
    }
    return order.sorted(reads, around) ? nodes : order.sort(reads);
  }

  private void collectMakers(Scope around) throws ModelFormatException {
    for (int i = 0; i < nodes.size(); i++) {
      for (String out : nodes.get(i).outputs()) {
        if (!out.isEmpty() && (makers.putIfAbsent(out, i) != null || around.declares(out))) {
          throw new ModelFormatException(
              source + ", node " + label(i), "tensor " + out + " made twice", "one maker");
        }
      }
    }
  }

  private String label(int i) {
    RawNode n = nodes.get(i);
    return (n.name().isEmpty() ? "#" + i : n.name()) + " (" + n.op() + ")";
  }

  /// Inputs, and whatever the bodies of a control-flow node capture.
  static List<String> readsOf(RawNode n) {
    if (!hasBody(n)) {
      return n.inputs();
    }
    List<String> all = new ArrayList<>(n.inputs());
    ArrayDeque<RawNode> open = new ArrayDeque<>(List.of(n));
    while (!open.isEmpty()) {
      for (Attr a : open.pop().attributes().values()) {
        if (a instanceof Attr.Body(RawGraph body)) {
          body.nodes().forEach(b -> all.addAll(b.inputs()));
          body.outputs().forEach(o -> all.add(o.name()));
          open.addAll(body.nodes());
        }
      }
    }
    return all;
  }

  private static boolean hasBody(RawNode n) {
    if (n.attributes().isEmpty()) {
      return false;
    }
    for (Attr a : n.attributes().values()) {
      if (a instanceof Attr.Body) {
        return true;
      }
    }
    return false;
  }

  private boolean sorted(List<List<String>> reads, Scope around) throws ModelFormatException {
    boolean ok = true;
    for (int i = 0; i < nodes.size(); i++) {
      int own = nodes.get(i).inputs().size();
      List<String> r = reads.get(i);
      for (int k = 0; k < r.size(); k++) {
        String name = r.get(k);
        Integer maker = makers.get(name);
        if (maker != null) {
          ok &= maker < i;
        } else if (k < own && !name.isEmpty() && around.find(name) < 0) {
          throw new ModelFormatException(
              source + ", node " + label(i),
              "input " + name + " that nothing makes",
              "an output, an input or an initialiser of that name");
        }
      }
    }
    return ok;
  }

  private List<RawNode> sort(List<List<String>> reads) throws ModelFormatException {
    int n = nodes.size();
    int[] waits = new int[n];
    List<List<Integer>> readers = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      readers.add(new ArrayList<>(2));
    }
    for (int i = 0; i < n; i++) {
      for (String name : reads.get(i)) {
        Integer maker = makers.get(name);
        if (maker != null) {
          readers.get(maker).add(i);
          waits[i]++;
        }
      }
    }
    ArrayDeque<Integer> ready = new ArrayDeque<>();
    for (int i = 0; i < n; i++) {
      if (waits[i] == 0) {
        ready.add(i);
      }
    }
    List<RawNode> order = new ArrayList<>(n);
    while (!ready.isEmpty()) {
      int i = ready.poll();
      order.add(nodes.get(i));
      for (int r : readers.get(i)) {
        if (--waits[r] == 0) {
          ready.add(r);
        }
      }
    }
    if (order.size() < n) {
      int stuck = 0;
      while (waits[stuck] == 0) {
        stuck++;
      }
      throw new ModelFormatException(
          source + ", node " + label(stuck), "a cycle that it is on or behind", "no cycles");
    }
    return order;
  }
}
