package org.fanin.torch;

import java.util.Arrays;
import org.fanin.graph.Graph;
import org.fanin.graph.Node;
import org.fanin.graph.Op;
import org.fanin.graph.Value;

/// Counts the bytes of the tensors that are held. Handles of one value count once; values that only
/// show another one's memory count nothing.
final class Account {
  private final long[] bytes;
  private final int[] holders;
  private long now;
  private long peak;

  Account(Graph graph, int width) {
    bytes = new long[graph.values().size()];
    holders = new int[bytes.length];
    for (Value v : graph.values()) {
      long n = v.shape().isPresent() ? v.shape().get().count() : 0;
      bytes[v.id()] = n * (v.dtype().floating() ? width : 8);
    }
    for (Node n : graph.nodes()) {
      if (shows(n.op())) {
        for (int out : n.outputs()) {
          if (out >= 0) {
            bytes[out] = 0;
          }
        }
      }
    }
  }

  private static boolean shows(Op op) {
    return op instanceof Op.Reshape
        || op instanceof Op.Transpose
        || op instanceof Op.Expand
        || op instanceof Op.Slice
        || op instanceof Op.Split
        || op instanceof Op.Folded;
  }

  long bytes(int value) {
    return bytes[value];
  }

  /// Bytes that a node makes.
  long made(Node n) {
    long made = 0;
    for (int out : n.outputs()) {
      made += out >= 0 ? bytes[out] : 0;
    }
    return made;
  }

  void hold(int value) {
    if (holders[value]++ == 0) {
      add(bytes[value]);
    }
  }

  void drop(int value) {
    if (--holders[value] == 0) {
      add(-bytes[value]);
    }
  }

  void add(long n) {
    now += n;
    peak = Math.max(peak, now);
  }

  long peak() {
    return peak;
  }

  long now() {
    return now;
  }

  boolean empty() {
    return Arrays.stream(holders).allMatch(h -> h == 0);
  }
}
