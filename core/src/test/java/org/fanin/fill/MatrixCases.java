package org.fanin.fill;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fanin.plan.Draw;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Every matrix draw in every type, and the SHA-256 of its bytes. `main` prints them: that is the
/// golden file of fill format 1's matrices (`src/test/resources/org/fanin/fill/matrices-1.golden`),
/// made by
///
/// ```
/// java -Dfanin.simd=scalar -cp core/target/classes:core/target/test-classes org.fanin.fill.MatrixCases
/// ```
final class MatrixCases {
  static final Draw.Matrix PLAIN = new Draw.Matrix(List.of(0), List.of(1), List.of());
  private static final Draw.Matrix CONV = new Draw.Matrix(List.of(0), List.of(1, 2, 3), List.of());
  private static final Draw.Matrix EXPERTS = new Draw.Matrix(List.of(1), List.of(2), List.of(0));

  /// Query, the key that follows it, value.
  private static final Draw ATTENTION =
      new Draw.Parts(
          0,
          List.of(
              new Draw.Orthogonal(1.25, PLAIN),
              new Draw.Aligned(.7, "m.attention", 0, false, .08, PLAIN),
              new Draw.Orthogonal(.8, PLAIN)));

  private MatrixCases() {}

  static List<FillCases.Case> all() {
    Draw orthogonal = new Draw.Orthogonal(1, PLAIN);
    Draw gates =
        new Draw.Parts(
            0,
            List.of(orthogonal, new Draw.Normal(0, 1), orthogonal, new Draw.Orthogonal(2, PLAIN)));
    return List.of(
        new FillCases.Case("orthogonal", orthogonal, Shape.of(70, 40)),
        new FillCases.Case("orthogonal-wide", orthogonal, Shape.of(40, 300)),
        new FillCases.Case(
            "orthogonal-conv", new Draw.Orthogonal(1.5, CONV), Shape.of(12, 5, 3, 3)),
        new FillCases.Case(
            "orthogonal-experts", new Draw.Orthogonal(1, EXPERTS), Shape.of(3, 9, 8)),
        new FillCases.Case("gates", gates, Shape.of(96, 24)),
        new FillCases.Case(
            "delta", new Draw.DeltaOrthogonal(1, PLAIN, List.of(2, 3)), Shape.of(6, 5, 3, 3)),
        new FillCases.Case(
            "identity", new Draw.Identity(.7, PLAIN, List.of(2), 2), Shape.of(6, 5, 3)),
        new FillCases.Case("sparse", new Draw.Sparse(15, .3, PLAIN), Shape.of(40, 60)),
        new FillCases.Case("hadamard", new Draw.Hadamard(PLAIN, List.of(2)), Shape.of(50, 9, 3)),
        new FillCases.Case("attention", ATTENTION, Shape.of(210, 70)),
        new FillCases.Case(
            "aligned",
            new Draw.Aligned(-.5, "m.orthogonal", 0, true, .1, PLAIN),
            Shape.of(40, 70)));
  }

  static Map<String, String> hashes() {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (FillCases.Case c : all()) {
      for (DType t : FillCases.TYPES) {
        hashes.put(c.name() + " " + t, FillCases.hash(bytes(c, t, false)));
        if (t.bytes() < 4) {
          hashes.put(c.name() + " " + t + " stochastic", FillCases.hash(bytes(c, t, true)));
        }
      }
    }
    return hashes;
  }

  static byte[] bytes(FillCases.Case c, DType type, boolean stochastic) {
    return FillCases.bytes(FillCases.plan("m." + c.name(), c.draw(), c.shape(), type, stochastic));
  }

  public static void main(String[] args) {
    hashes().forEach((name, hash) -> System.out.println(name + " " + hash));
  }
}
