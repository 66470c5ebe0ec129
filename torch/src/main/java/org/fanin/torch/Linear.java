package org.fanin.torch;

import static org.fanin.torch.Elementwise.c;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;

/// Contractions.
final class Linear {
  private Linear() {}

  static Tensor contract(Call call, Op.Contract op) {
    Tensor a = call.in()[0];
    Tensor b = call.in()[1];
    boolean biased = call.has(2) && op.beta() != 0;
    int rows = arrangement(op.a(), op.out(), true);
    int cols = arrangement(op.b(), op.out(), false);
    if (rows == 0 || cols == 0 || !sameSum(op)) {
      return finished(call, op, torch.einsum(equation(op), new TensorVector(a, b)), biased);
    }
    Tensor left = rows > 0 ? a : a.transpose(-2, -1);
    Tensor right = cols > 0 ? b : b.transpose(-2, -1);
    if (biased && op.out().size() == 2) {
      return torch.addmm(call.in()[2], left, right, c(op.beta()), c(op.alpha()));
    }
    return finished(call, op, torch.matmul(left, right), biased);
  }

  private static Tensor finished(Call call, Op.Contract op, Tensor y, boolean biased) {
    Tensor scaled = op.alpha() == 1 ? y : torch.mul(y, c(op.alpha()));
    return biased ? torch.add(scaled, call.in()[2], c(op.beta())) : scaled;
  }

  private static boolean sameSum(Op.Contract op) {
    List<Integer> a = op.a().stream().filter(l -> !op.out().contains(l)).toList();
    return a.size() == 1 && a.equals(op.b().stream().filter(l -> !op.out().contains(l)).toList());
  }

  /// 1 when an operand is (batches…, row, sum) for the left side or (batches…, sum, column) for the
  /// right, −1 when its last two axes are swapped, 0 when it is neither. Batches must be the
  /// output's leading axes, aligned at the right as numpy does.
  private static int arrangement(List<Integer> l, List<Integer> out, boolean left) {
    int n = l.size();
    int m = out.size();
    if (n < 2 || m < 2 || n > m) {
      return 0;
    }
    if (!l.subList(0, n - 2).equals(out.subList(m - n, m - 2))) {
      return 0;
    }
    int kept = left ? out.get(m - 2) : out.get(m - 1);
    int a = l.get(n - 2);
    int b = l.get(n - 1);
    if (left ? a == kept && !out.contains(b) : b == kept && !out.contains(a)) {
      return 1;
    }
    return (left ? b == kept && !out.contains(a) : a == kept && !out.contains(b)) ? -1 : 0;
  }

  private static String equation(Op.Contract op) {
    return equation(List.of(op.a(), op.b()), op.out());
  }

  /// Labels become letters in order of appearance.
  static String equation(List<List<Integer>> operands, List<Integer> out) {
    Map<Integer, Character> letters = new LinkedHashMap<>();
    String sums = String.join(",", operands.stream().map(l -> term(l, letters)).toList());
    String equation = sums + "->" + term(out, letters);
    if (letters.size() > 52) {
      throw new Call.NotRunnable("sums over more than 52 labels");
    }
    return equation;
  }

  private static String term(List<Integer> labels, Map<Integer, Character> letters) {
    StringBuilder s = new StringBuilder();
    for (int l : labels) {
      s.append(letters.computeIfAbsent(l, _ -> letter(letters.size())));
    }
    return s.toString();
  }

  private static char letter(int i) {
    return (char) (i < 26 ? 'a' + i : 'A' + i - 26);
  }
}
