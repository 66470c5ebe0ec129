package org.fanin.audit;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// The columns of a matrix, seen row by row: a linear hash and the sums of each.
final class Columns {
  private final int taps;
  private final long[] hash;
  private final double[] sum;
  private final double[] sum2;
  private final double[] sum4;
  private final double[] largest;

  Columns(int columns, int taps) {
    this.taps = taps;
    hash = new long[columns];
    sum = new double[columns];
    sum2 = new double[columns];
    sum4 = new double[columns];
    largest = new double[columns];
  }

  void add(Codec codec, MemorySegment bytes, long firstRow, int rows) {
    int n = hash.length;
    for (int r = 0; r < rows; r++) {
      long key = Hash.mix(firstRow + r + 1) | 1;
      long at = (long) r * n;
      for (int c = 0; c < n; c++) {
        double x = codec.at(bytes, at + c);
        double x2 = x * x;
        hash[c] += Double.doubleToRawLongBits(x) * key;
        sum[c] += x;
        sum2[c] += x2;
        sum4[c] += x2 * x2;
        largest[c] = Math.max(largest[c], Math.abs(x));
      }
    }
  }

  void add(Columns o) {
    for (int c = 0; c < hash.length; c++) {
      hash[c] += o.hash[c];
      sum[c] += o.sum[c];
      sum2[c] += o.sum2[c];
      sum4[c] += o.sum4[c];
      largest[c] = Math.max(largest[c], o.largest[c]);
    }
  }

  /// By unit; 0 marks a dead one.
  long[] hashes() {
    long[] units = new long[hash.length / taps];
    for (int u = 0; u < units.length; u++) {
      boolean alive = false;
      for (int t = 0; t < taps; t++) {
        units[u] += Hash.placed(hash[u * taps + t], t);
        alive |= largest[u * taps + t] != 0;
      }
      units[u] = alive ? units[u] == 0 ? 1 : units[u] : 0;
    }
    return units;
  }

  Rows rows() {
    return Rows.of("column", hashes(), new BitSet());
  }

  List<Moments> parts(int parts, long rows) {
    List<Moments> all = new ArrayList<>();
    int each = hash.length / parts;
    for (int p = 0; p < parts; p++) {
      double s1 = 0;
      double s2 = 0;
      double s4 = 0;
      double top = 0;
      for (int c = p * each; c < (p + 1) * each; c++) {
        s1 += sum[c];
        s2 += sum2[c];
        s4 += sum4[c];
        top = Math.max(top, largest[c]);
      }
      long n = each * rows;
      all.add(new Moments(n, s1 / n, s2 / n, s4 / n, -top, top, 0, 0, 0));
    }
    return all;
  }
}
