package org.fanin.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// MatMul, Gemm, Einsum: all become sums over labels.
final class LinearOps {
  /// Nobody writes more operands into one equation.
  private static final int MOST_OPERANDS = 16;

  private LinearOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "MatMul" -> LinearOps::product;
      case "Gemm" -> LinearOps::gemm;
      case "Einsum" -> LinearOps::einsum;
      default -> null;
    };
  }

  private static Lowered product(Site s) throws ModelFormatException {
    Lowered l = matMul(s, false, false, 1);
    return Lookups.product(s).orElse(l);
  }

  /// Numpy's matmul: leading axes broadcast, a vector has no row (left) or no column (right).
  static Lowered matMul(Site s, boolean transA, boolean transB, double alpha)
      throws ModelFormatException {
    return matMul(s, s.shape(0), s.shape(1), transA, transB, alpha);
  }

  /// Operands need not be the node's first two inputs.
  static Lowered matMul(Site s, Shape a, Shape b, boolean transA, boolean transB, double alpha)
      throws ModelFormatException {
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
    List<Operand> operands = List.of(new Operand(-1, la, a), new Operand(-1, lb, b));
    return s.to(new Op.Contract(la, lb, out, alpha, 0), joined(s, operands, out, sum));
  }

  private static List<Integer> labels(int own, int rank, int first, int second, boolean swap) {
    List<Integer> l = new ArrayList<>(Shapes.range(Math.max(0, rank - own), rank - 2));
    l.add(swap ? second : first);
    l.add(swap ? first : second);
    return l;
  }

  /// A value that a sum over labels reads.
  private record Operand(int id, List<Integer> labels, Shape shape) {}

  private static Lowered contract(Site s, Op.Contract c, int strict) throws ModelFormatException {
    var a = new Operand(s.id(0), c.a(), s.shape(0));
    var b = new Operand(s.id(1), c.b(), s.shape(1));
    return s.to(c, joined(s, List.of(a, b), c.out(), strict));
  }

  /// The shape of `out`.
  private static Shape joined(Site s, List<Operand> operands, List<Integer> out, int strict)
      throws ModelFormatException {
    Map<Integer, Long> extent = extents(s, operands, strict);
    return s.shapeOf(out.stream().mapToLong(extent::get).toArray());
  }

  /// Checks extents label by label. Only the label `strict` must agree exactly; others may be 1.
  private static Map<Integer, Long> extents(Site s, List<Operand> operands, int strict)
      throws ModelFormatException {
    Map<Integer, Long> extent = new LinkedHashMap<>();
    for (Operand o : operands) {
      for (int i = 0; i < o.labels().size(); i++) {
        int l = o.labels().get(i);
        long d = o.shape().dim(i);
        Long seen = extent.putIfAbsent(l, d);
        boolean bad = seen != null && seen != d && (l == strict || seen != 1 && d != 1);
        if (bad) {
          String shapes =
              String.join(" and ", operands.stream().map(x -> x.shape().toString()).toList());
          throw s.fault("shapes " + shapes, "the same extent in place of " + seen + " and " + d);
        }
        if (seen != null && seen == 1) {
          extent.put(l, d);
        }
      }
    }
    return extent;
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
    if (terms.length > MOST_OPERANDS) {
      return s.foreign("no rule for an Einsum of " + terms.length + " operands");
    }
    List<List<Integer>> labels = new ArrayList<>();
    int dots = 0;
    for (int i = 0; i < terms.length; i++) {
      labels.add(parse(s, terms[i], s.rank(i)));
      dots = Math.max(dots, s.rank(i) - terms[i].replace("...", "").length());
    }
    List<Integer> out = sides.length == 2 ? result(s, sides[1], dots) : implicit(labels, dots);
    for (int l : out) {
      if (labels.stream().noneMatch(t -> t.contains(l))) {
        throw s.fault("equation " + equation, "output labels that an operand has");
      }
    }
    if (new TreeSet<>(out).size() != out.size()) {
      throw s.fault("equation " + equation, "different labels in the output");
    }
    List<Operand> operands = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      operands.add(new Operand(s.id(i), labels.get(i), s.shape(i)));
    }
    String odd = odd(s, labels);
    if (odd != null) {
      for (Operand o : operands) {
        square(s, o);
      }
      return s.to(new Op.Einsum(odd, labels, out), joined(s, operands, out, -1));
    }
    return terms.length == 1 ? single(s, labels.get(0), out) : pairs(s, operands, out);
  }

  /// Why it is no chain of contractions of independent operands; null when it is.
  private static String odd(Site s, List<List<Integer>> labels) {
    if (labels.stream().anyMatch(l -> new TreeSet<>(l).size() != l.size())) {
      return "an Einsum that takes a diagonal";
    }
    boolean twice = new TreeSet<>(s.inputs).size() != s.inputs.size();
    return labels.size() > 2 && twice ? "an Einsum that multiplies a tensor with itself" : null;
  }

  /// No extent of a diagonal broadcasts.
  private static void square(Site s, Operand o) throws ModelFormatException {
    Map<Integer, Long> extent = new HashMap<>();
    for (int i = 0; i < o.labels().size(); i++) {
      Long seen = extent.putIfAbsent(o.labels().get(i), o.shape().dim(i));
      if (seen != null && seen != o.shape().dim(i)) {
        throw s.fault("a diagonal of shape " + o.shape(), "equal extents");
      }
    }
  }

  /// Two operands at a time, first the pair whose product is the smallest: the sum is the same.
  private static Lowered pairs(Site s, List<Operand> operands, List<Integer> out)
      throws ModelFormatException {
    Map<Integer, Long> extents = extents(s, operands, -1);
    List<Operand> rest = new ArrayList<>(operands);
    while (rest.size() > 2) {
      int[] best = smallest(rest, out, extents);
      List<Integer> kept = kept(rest, best[0], best[1], out);
      Operand b = rest.remove(best[1]);
      Operand a = rest.remove(best[0]);
      Shape shape = joined(s, List.of(a, b), kept, -1);
      var op = new Op.Contract(a.labels(), b.labels(), kept, 1, 0);
      int id = s.before("pair" + rest.size(), op, List.of(a.id(), b.id()), s.dtype(0), shape);
      rest.add(new Operand(id, kept, shape));
    }
    Operand a = rest.get(0);
    Operand b = rest.get(1);
    return s.to(new Op.Contract(a.labels(), b.labels(), out, 1, 0), joined(s, rest, out, -1))
        .withInputs(List.of(a.id(), b.id()));
  }

  private static int[] smallest(List<Operand> all, List<Integer> out, Map<Integer, Long> extents) {
    int[] best = null;
    double least = 0;
    for (int i = 0; i < all.size(); i++) {
      for (int j = i + 1; j < all.size(); j++) {
        double size = 1;
        for (int l : kept(all, i, j, out)) {
          size *= extents.get(l);
        }
        if (best == null || size < least) {
          best = new int[] {i, j};
          least = size;
        }
      }
    }
    return best;
  }

  /// Labels of the pair i, j that the output or another operand has.
  private static List<Integer> kept(List<Operand> all, int i, int j, List<Integer> out) {
    var wanted = new HashSet<>(out);
    for (int k = 0; k < all.size(); k++) {
      if (k != i && k != j) {
        wanted.addAll(all.get(k).labels());
      }
    }
    var own = new LinkedHashSet<>(all.get(i).labels());
    own.addAll(all.get(j).labels());
    own.retainAll(wanted);
    return List.copyOf(own);
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
    var seen = new TreeMap<Integer, Integer>();
    labels.forEach(l -> l.stream().filter(x -> x > 0).forEach(x -> seen.merge(x, 1, Integer::sum)));
    seen.forEach(
        (letter, times) -> {
          if (times == 1) {
            out.add(letter);
          }
        });
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
