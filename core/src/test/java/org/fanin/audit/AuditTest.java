package org.fanin.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.fanin.math.Addressed;
import org.fanin.math.TruncatedNormal;
import org.fanin.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Facts and schemes of single tensors.
class AuditTest {
  private static TensorAudit only(Weights w) {
    return w.audit().tensors().getFirst();
  }

  private static String scheme(Weights w) {
    return only(w).drawnBy().scheme().orElse("none: " + only(w).drawnBy().law().text());
  }

  /// A linear layer [out, in] of this type and law.
  private static Weights linear(
      DType type,
      java.util.function.Function<Weights, java.util.function.LongToDoubleFunction> law) {
    var w = new Weights(type, 21);
    w.add("fc1.weight", law.apply(w), 192, 128);
    return w;
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "F64", "F16", "BF16"})
  void schemesAreNamedInEveryType(DType type) {
    double n = 128;
    double b = 1 / Math.sqrt(n);
    assertEquals("pytorch-default", scheme(linear(type, w -> w.uniform(-b, b))));
    assertEquals("he-normal", scheme(linear(type, w -> w.normal(Math.sqrt(2 / n)))));
    assertEquals("lecun-normal", scheme(linear(type, w -> w.normal(Math.sqrt(1 / n)))));
    double g = Math.sqrt(6 / (n + 192));
    assertEquals("glorot-uniform", scheme(linear(type, w -> w.uniform(-g, g))));
    assertEquals("normal(0.02)", scheme(linear(type, w -> w.normal(0.02))));
    assertEquals("truncated-normal(0.02, ±2)", scheme(linear(type, w -> w.truncated(0.02))));
    double he = Math.sqrt(2 / n);
    assertEquals(
        "he-truncated", scheme(linear(type, w -> w.truncated(he / TruncatedNormal.std(2)))));
    assertEquals("he-truncated(uncorrected)", scheme(linear(type, w -> w.truncated(he))));
    assertEquals("zeros", scheme(linear(type, _ -> Weights.constant(0))));
    assertEquals("ones", scheme(linear(type, _ -> Weights.constant(1))));
  }

  @Test
  void formsAreToldWithoutAScheme() {
    var laws =
        new ShapeLaw[] {
          only(linear(DType.F32, w -> w.normal(0.0371))).drawnBy().law(),
          only(linear(DType.F32, w -> w.uniform(-0.0371, 0.0371))).drawnBy().law(),
          only(linear(DType.F32, w -> w.truncated(0.0371))).drawnBy().law(),
          only(linear(DType.F32, w -> i -> Math.pow(Addressed.normal(1, 2, i), 3))).drawnBy().law()
        };
    assertEquals(ShapeLaw.Kind.NORMAL, laws[0].kind());
    assertEquals(ShapeLaw.Kind.UNIFORM, laws[1].kind());
    assertEquals(0.0371, laws[1].scale(), 1e-4);
    assertEquals(ShapeLaw.Kind.TRUNCATED, laws[2].kind());
    assertEquals(2, laws[2].cut(), 0.05);
    assertEquals(0.0371, laws[2].scale(), 6e-4);
    assertEquals(ShapeLaw.Kind.OTHER, laws[3].kind());
  }

  @Test
  void equalLawsAreAlternatives() {
    var w = new Weights(DType.F32, 4);
    w.add("fc1.weight", w.normal(Math.sqrt(2.0 / 128)), 128, 128);
    Recognition r = only(w).drawnBy();
    assertEquals("he-normal", r.scheme().orElseThrow());
    assertTrue(r.alternatives().contains("he-normal-fan-out"), r.alternatives()::toString);
    assertTrue(r.confidence() > 0.9);
  }

  @Test
  void anotherTensorSettlesWhatOneLeavesOpen() {
    var w = new Weights(DType.F32, 4);
    w.add("fc1.weight", w.normal(Math.sqrt(2.0 / 128)), 128, 128);
    w.add("fc2.weight", w.normal(Math.sqrt(2.0 / 256)), 256, 128);
    assertEquals("he-normal-fan-out", scheme(w));
  }

  @Test
  void fansAsPyTorchCountsThem() {
    var w = new Weights(DType.F32, 5);
    // ConvTranspose2d(64, 32, 3): kaiming_uniform(√5) reckons with dim 1 × taps = 288.
    double b = 1 / Math.sqrt(288);
    w.add("conv_transpose.weight", w.uniform(-b, b), 64, 32, 3, 3);
    assertEquals("pytorch-default", scheme(w));
  }

  @Test
  void orthogonalAndIdentityAreVerified() {
    int n = 24;
    var w = new Weights(DType.F32, 6);
    // A Householder reflection: orthogonal, and nothing else.
    double[] v = new double[n];
    double length = 0;
    for (int i = 0; i < n; i++) {
      v[i] = Addressed.normal(3, 3, i);
      length += v[i] * v[i];
    }
    double norm = length;
    w.add(
        "fc1.weight",
        k -> (k / n == k % n ? 1 : 0) - 2 * v[(int) (k / n)] * v[(int) (k % n)] / norm,
        n,
        n);
    w.add("fc2.weight", k -> k / n == k % n ? 1 : 0, n, n);
    List<TensorAudit> t = w.audit().tensors();
    assertEquals("orthogonal", t.get(0).drawnBy().scheme().orElseThrow());
    assertEquals("identity", t.get(1).drawnBy().scheme().orElseThrow());
    assertEquals(1, t.get(0).spectrum().orElseThrow().norm(), 1e-6);
  }

  @Test
  void momentsAreExactAndZerosCounted() {
    var w = new Weights(DType.F32, 6);
    w.add("fc1.weight", i -> i % 4 == 0 ? 0 : i % 4 - 2, 8, 8);
    Moments m = only(w).moments();
    // Values 0, −1, 0, 1 in turn.
    assertEquals(64, m.count());
    assertEquals(0, m.mean());
    assertEquals(0.5, m.m2());
    assertEquals(0.5, m.m4());
    assertEquals(32, m.zeros());
    assertEquals(-1, m.min());
    assertEquals(1, m.max());
  }

  @Test
  void numbersDoNotDependOnThreadsOrSpans() {
    var w = new Weights(DType.F32, 8);
    // Longer than a span, and no multiple of one.
    w.add("a.weight", i -> Addressed.uniform(1, 1, i) - 0.5, 1100, 4001);
    w.add("b.weight", i -> Addressed.uniform(1, 2, i) - 0.5, 300, 100);
    AuditReport one = w.audit(new Audit.Settings(1, 1 << 16, 1 << 16), List.of());
    AuditReport three = w.audit(new Audit.Settings(3, 1 << 16, 1 << 16), List.of());
    assertEquals(one, three);
    Moments m = one.tensors().getFirst().moments();
    assertEquals(1.0 / 12, m.m2(), 5 * Math.sqrt(1.0 / 180 / 4.4e6));
    // Rows sampled at equal distances end at the same edge (Marchenko–Pastur).
    Spectrum s = one.tensors().getFirst().spectrum().orElseThrow();
    assertEquals(16, s.rows());
    assertEquals(1, s.ratio(), 0.05);
  }

  @Test
  void spectralNormOfAKnownMatrix() {
    int n = 20;
    var w = new Weights(DType.F64, 8);
    w.add("fc1.weight", i -> i / n == i % n ? (i / n == 3 ? 7 : 1) : 0, n, n);
    assertEquals(7, only(w).spectrum().orElseThrow().norm(), 1e-9);
  }

  @Test
  void effectOfTheDefaultUnderReluIsASixth() {
    var w = new Weights(DType.F32, 8);
    double b = 1 / Math.sqrt(128);
    w.add("fc1.weight", w.uniform(-b, b), 192, 128);
    Examined e =
        Examiner.examine(
            new Site(w.get("fc1.weight"), relu(w.specs().getFirst()), w.specs().getFirst().fan()),
            facts(w));
    Effect effect = new Effects(List.of(e)).all().getFirst().orElseThrow();
    assertEquals(1.0 / 6, effect.perLayer(), 0.01);
    assertTrue(effect.says().contains("×1/6 per layer"), effect.says());
  }

  private static TensorFacts facts(Weights w) {
    var t = w.get("fc1.weight");
    var scan = new TensorScan(t, new Layout(192, 128, 1, false, 1, 1), 1 << 20, 1 << 20);
    try {
      for (int i = 0; i < scan.spans().size(); i++) {
        scan.scan(i);
      }
    } catch (java.io.IOException | org.fanin.model.ModelFormatException e) {
      throw new IllegalStateException(e);
    }
    return scan.finish();
  }

  private static org.fanin.plan.TensorSpec relu(org.fanin.plan.TensorSpec s) {
    return new org.fanin.plan.TensorSpec(
        s.name(), s.shape(), s.dtype(), s.role(), s.fan(), false, 0, 0, "relu", "");
  }

  @Test
  void trainedWeightsAreNotHeldAgainstSchemes() {
    var w = new Weights(DType.F32, 12);
    for (int l = 0; l < 6; l++) {
      long stream = l;
      double scale = 0.01 * (l + 1);
      // Laplace: peaked and heavy-tailed, as trained weights are.
      w.add(
          "layers." + l + ".fc1.weight",
          i -> {
            double u = Addressed.uniform(12, stream, i) - 0.5;
            return -scale * Math.signum(u) * Math.log(1 - 2 * Math.abs(u));
          },
          96,
          64);
    }
    AuditReport r = w.audit();
    assertTrue(r.healthy());
    assertEquals("trained", r.verdicts().getFirst().finding().kind());
    assertTrue(r.tensors().stream().allMatch(t -> t.drawnBy().scheme().isEmpty()));
  }

  @Test
  void tiedHeadIsNoCopy() {
    Weights w = Weights.llama(3);
    System.arraycopy(
        w.get("model.embed_tokens.weight").values, 0, w.get("lm_head.weight").values, 0, 256 * 64);
    assertTrue(w.audit().healthy());
  }

  @Test
  void emptyScalarAndIntegerTensorsAreBorne() {
    var w = new Weights(DType.F32, 3);
    w.add("a.weight", w.normal(1), 0, 4);
    w.add("scale", w.normal(1));
    w.add("b.weight", w.normal(1), 1, 1);
    w.add("c.weight", w.normal(1), 4, 1, 1, 1);
    AuditReport r = w.audit();
    assertEquals(List.of("a.weight"), r.skipped());
    assertEquals(3, r.tensors().size());
    assertTrue(r.healthy(), () -> r.tensors().toString());
  }

  @Test
  void whatIsComputedIsNoDefectiveWeight() {
    var w = new Weights(DType.F32, 5);
    w.add("encoder.sum.weight", i -> i % 64 <= i / 64 ? 1 : 0, 64, 64);
    w.add(
        "stft.conv.weight",
        i -> {
          double angle = 2 * Math.PI * (i / 32 % 17) * (i % 32) / 32;
          double hann = .5 - .5 * Math.cos(2 * Math.PI * (i % 32) / 32);
          return hann * (i / 32 < 17 ? Math.cos(angle) : -Math.sin(angle));
        },
        34,
        1,
        32);
    w.add("blur.conv.weight", i -> (1 + i % 3 % 2) * (1 + i / 3 % 3 % 2) / 16.0, 8, 1, 3, 3);
    w.add("fc1.weight", w.normal(.1), 64, 64);
    AuditReport r = w.audit();
    for (TensorAudit t : r.tensors().subList(0, 3)) {
      assertTrue(
          t.findings().stream().allMatch(f -> f.level() == Finding.Level.NOTE),
          t.spec().name() + " " + t.findings());
      assertTrue(t.findings().stream().anyMatch(f -> f.kind().equals("buffer")), t.spec().name());
    }
    assertTrue(r.tensors().get(3).findings().isEmpty());
  }
}
