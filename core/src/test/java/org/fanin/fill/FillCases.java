package org.fanin.fill;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Role;
import org.fanin.plan.Draw;
import org.fanin.plan.TensorPlan;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Every elementwise draw in every type, and the SHA-256 of its bytes. `main` prints them: that is
/// the golden file of fill format 1 (`src/test/resources/org/fanin/fill/fill-format-1.golden`),
/// made by
///
/// ```
/// java -Dfanin.simd=scalar -cp core/target/classes:core/target/test-classes org.fanin.fill.FillCases
/// ```
final class FillCases {
  static final long SEED = 42;
  static final List<DType> TYPES =
      List.of(DType.F32, DType.F64, DType.BF16, DType.F16, DType.F8E4M3, DType.F8E5M2);

  private FillCases() {}

  record Case(String name, Draw draw, Shape shape) {}

  static List<Case> all() {
    Shape s = Shape.of(9, 9, 33);
    Draw normal = new Draw.Normal(0, 1);
    Draw uniform = new Draw.Uniform(-0.25, 0.75);
    Draw truncated = new Draw.Truncated(0.5, 0.02, 2);
    return List.of(
        new Case("constant", new Draw.Constant(0.1), s),
        new Case("uniform", uniform, s),
        new Case("normal", normal, s),
        new Case("normal-wide", new Draw.Normal(-3, 40), s),
        new Case("truncated-2", truncated, s),
        new Case("truncated-0.1", new Draw.Truncated(0, 1, 0.1), s),
        new Case("truncated-4", new Draw.Truncated(0, 1, 4), s),
        new Case("softplus-inverse", new Draw.SoftplusInverse(1e-3, 0.1), s),
        new Case("log-range", new Draw.LogRange(2), s),
        new Case("parts-0", new Draw.Parts(0, List.of(normal, uniform, truncated)), s),
        new Case("parts-2", new Draw.Parts(2, List.of(normal, uniform, truncated)), s),
        new Case("slice", new Draw.Slice(normal, 1, 3, 0), s),
        new Case(
            "slice-of-parts",
            new Draw.Parts(1, List.of(uniform, new Draw.Slice(normal, 0, 7, 7), normal)),
            s));
  }

  static TensorPlan plan(String name, Draw draw, Shape shape, DType dtype, boolean stochastic) {
    var spec =
        new TensorSpec(
            name, shape, dtype, Role.OTHER, Optional.empty(), false, -1, 0, "", "a test");
    return new TensorPlan(spec, draw, stochastic, "", 0, "", "");
  }

  static TensorPlan plan(Case c, DType dtype, boolean stochastic) {
    return plan("case." + c.name, c.draw, c.shape, dtype, stochastic);
  }

  /// Written into an array and, by other code, into memory outside the heap, at an odd address.
  static byte[] bytes(TensorPlan plan) {
    try (TensorFill fill = Fills.open(SEED, plan);
        Arena arena = Arena.ofConfined()) {
      byte[] all = new byte[Math.toIntExact(fill.count() * fill.elementBytes())];
      fill.write(0, MemorySegment.ofArray(all));
      MemorySegment memory = arena.allocate(all.length + 1L).asSlice(1);
      fill.write(0, memory);
      long differs = memory.mismatch(MemorySegment.ofArray(all));
      if (differs >= 0) {
        throw new IllegalStateException(plan + ": memory and array differ at byte " + differs);
      }
      return all;
    }
  }

  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Case, type → hash; and one case long enough for every compiler to have its turn.
  static Map<String, String> hashes() {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Case c : all()) {
      for (DType t : TYPES) {
        hashes.put(c.name + " " + t, hash(bytes(plan(c, t, false))));
        if (t.bytes() < 4) {
          hashes.put(c.name + " " + t + " stochastic", hash(bytes(plan(c, t, true))));
        }
      }
    }
    return hashes;
  }

  static Map<String, String> longHashes() {
    Map<String, String> hashes = new LinkedHashMap<>();
    for (Case c : all().subList(1, 6)) {
      for (DType t : List.of(DType.F32, DType.BF16)) {
        TensorPlan p = plan("long." + c.name, c.draw, Shape.of(400_003), t, false);
        hashes.put("long " + c.name + " " + t, hash(bytes(p)));
      }
    }
    return hashes;
  }

  /// @param args `short` leaves the long ones out
  public static void main(String[] args) {
    hashes().forEach((name, hash) -> System.out.println(name + " " + hash));
    if (args.length == 0) {
      longHashes().forEach((name, hash) -> System.out.println(name + " " + hash));
    }
    System.err.println("kernel " + Kernels.best().name());
  }
}
