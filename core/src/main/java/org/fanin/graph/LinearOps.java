package org.fanin.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// MatMul, Gemm, Einsum: all become sums over labels.
final class LinearOps {
  private LinearOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "MatMul" -> s -> matMul(s, false, false, 1);
      case "Gemm" -> LinearOps::gemm;
      case "Einsum" -> LinearOps::einsum;
      default -> null;
    };
  }

  /// Numpy's matmul: leading axes broadcast, a vector has no row (left) or no column (right).
  static Lowered matMul(Site s, boolean transA, boolean transB, double alpha)
      throws ModelFormatException {
    Shape a = s.shape(0);
    Shape b = s.shape(1);
    if (a.rank() == 0 || b.rank() == 0) {
      throw s.fault("shapes " + a + " and " + b, "no scalars");
    }
    int rank = Math.max(Math.max(a.rank(), b.rank()), 2);
    int row = rank - 2;
    int col = rank - 1;
    int sum = rank;
    List<Integer> la = labels(a.rank(), rank, row, sum, transA);
    List<Integer> lb = labels(b.rank(), rank, sum, col, transB);
    if (a.rank() == 1) {
      la = List.of(sum);
    }
    if (b.rank() == 1) {
      lb = List.of(sum);
    }
    List<Integer> out = new ArrayList<>(Shapes.range(0, row));
    if (a.rank() > 1) {
      out.add(row);
    }
    if (b.rank() > 1) {
      out.add(col);
    }
    return contract(s, new Op.Contract(la, lb, out, alpha, 0), sum);
  }

  private static List<Integer> labels(int own, int rank, int first, int second, boolean swap) {
    List<Integer> l = new ArrayList<>(Shapes.range(Math.max(0, rank - own), rank - 2));
    l.add(swap ? second : first);
    l.add(swap ? first : second);
    return l;
  }

  /// Checks extents label by label. Only the label `strict` must agree exactly; others may be 1.
  private static Lowered contract(Site s, Op.Contract c, int strict) throws ModelFormatException {
    Map<Integer, Long> extent = new LinkedHashMap<>();
    List<List<Integer>> labels = List.of(c.a(), c.b());
    for (int side = 0; side < 2; side++) {
      Shape shape = s.shape(side);
      List<Integer> l = labels.get(side);
      for (int i = 0; i < l.size(); i++) {
        long d = shape.dim(i);
        Long seen = extent.putIfAbsent(l.get(i), d);
        boolean bad = seen != null && seen != d && (l.get(i) == strict || seen != 1 && d != 1);
        if (bad) {
          throw s.fault(
              "shapes " + s.shape(0) + " and " + s.shape(1),
              "the same extent in place of " + seen + " and " + d);
        }
        if (seen != null && seen == 1) {
          extent.put(l.get(i), d);
        }
      }
    }
    long[] out = new long[c.out().size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = extent.get(c.out().get(i));
    }
    return s.to(c, s.shapeOf(out));
  }

  private static Lowered gemm(Site s) throws ModelFormatException {
    boolean ta = s.flag("transA", false);
    boolean tb = s.flag("transB", false);
    if (s.rank(0) != 2 || s.rank(1) != 2) {
      throw s.fault("shapes " + s.shape(0) + " and " + s.shape(1), "two matrices");
    }
    var op =
        new Op.Contract(
            ta ? List.of(2, 0) : List.of(0, 2),
            tb ? List.of(1, 2) : List.of(2, 1),
            List.of(0, 1),
            s.real("alpha", 1),
            s.real("beta", 1));
    Lowered l = contract(s, op, 2);
    Shape out = l.outs().getFirst().shape().orElseThrow();
    if (s.has(2) && !out.equals(Shapes.broadcast(out, s.shape(2)))) {
      throw s.fault("bias of shape " + s.shape(2), "one that broadcasts to " + out);
    }
    return l;
  }

  // ---- Einsum ----

  private static Lowered einsum(Site s) throws ModelFormatException {
    String equation = s.text("equation", "").replace(" ", "");
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    if (terms.length != s.inputs.size() || sides.length > 2 || equation.length() > 1000) {
      throw s.fault("equation " + equation, "one term for each of " + s.inputs.size() + " inputs");
    }
    if (terms.length > 2) {
      return s.foreign("no rule for an Einsum of " + terms.length + " operands");
    }
    List<List<Integer>> labels = new ArrayList<>();
    int dots = 0;
    for (int i = 0; i < terms.length; i++) {
      labels.add(parse(s, terms[i], s.rank(i)));
      dots = Math.max(dots, s.rank(i) - terms[i].replace("...", "").length());
    }
    for (List<Integer> l : labels) {
      if (new TreeSet<>(l).size() != l.size()) {
        return s.foreign("no rule for an Einsum that takes a diagonal");
      }
    }
    List<Integer> out = sides.length == 2 ? result(s, sides[1], dots) : implicit(labels, dots);
    for (int l : out) {
      if (labels.stream().noneMatch(t -> t.contains(l))) {
        throw s.fault("equation " + equation, "output labels that an operand has");
      }
    }
    return terms.length == 2
        ? contract(s, new Op.Contract(labels.get(0), labels.get(1), out, 1, 0), -1)
        : single(s, labels.get(0), out);
  }

  /// Letters are labels by code point; the axes under an ellipsis count back from −1.
  private static List<Integer> parse(Site s, String term, int rank) throws ModelFormatException {
    int at = term.indexOf("...");
    String letters = term.replace("...", "");
    int hidden = rank - letters.length();
    if (!letters.chars().allMatch(Character::isLetter) || (at < 0 ? hidden != 0 : hidden < 0)) {
      throw s.fault("term " + term, "one letter for each of " + rank + " axes");
    }
    List<Integer> l = new ArrayList<>();
    for (int i = 0; i <= letters.length(); i++) {
      if (i == at) {
        for (int h = 0; h < hidden; h++) {
          l.add(h - hidden);
        }
      }
      if (i < letters.length()) {
        l.add((int) letters.charAt(i));
      }
    }
    return l;
  }

  private static List<Integer> result(Site s, String term, int dots) throws ModelFormatException {
    int hidden = term.contains("...") ? dots : 0;
    return parse(s, term, term.replace("...", "").length() + hidden);
  }

  /// Without an arrow: ellipsis first, then every letter that occurs once, in alphabetical order.
  private static List<Integer> implicit(List<List<Integer>> labels, int dots) {
    List<Integer> out = new ArrayList<>();
    for (int h = 0; h < dots; h++) {
      out.add(h - dots);
    }
    var letters = new TreeSet<Integer>();
    labels.forEach(l -> l.stream().filter(x -> x > 0).forEach(letters::add));
    letters.stream()
        .filter(x -> labels.stream().filter(l -> l.contains(x)).count() == 1)
        .forEach(out::add);
    return out;
  }

  /// One operand: a sum, then a transposition.
  private static Lowered single(Site s, List<Integer> in, List<Integer> out)
      throws ModelFormatException {
    List<Integer> summed = new ArrayList<>();
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < in.size(); i++) {
      if (out.contains(in.get(i))) {
        kept.add(in.get(i));
      } else {
        summed.add(i);
      }
    }
    Shape mid = Shapes.reduced(s.shape(0), summed, false);
    var reduce = new Op.Reduce(Op.Reduce.Kind.SUM, summed, false);
    if (kept.equals(out)) {
      return summed.isEmpty() ? s.to(new Op.Reshape(), mid) : s.to(reduce, mid);
    }
    int data = summed.isEmpty() ? s.id(0) : s.before("sum", reduce, s.inputs, s.dtype(0), mid);
    List<Integer> perm = out.stream().map(kept::indexOf).toList();
    return s.to(new Op.Transpose(perm), Shape.of(Shapes.permuted(mid, perm)))
        .withInputs(List.of(data));
  }
}
