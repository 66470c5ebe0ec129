package org.fanin.plan;

import java.util.List;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;

/// Tensors to try schemes on.
final class SpecsForTests {
  private SpecsForTests() {}

  static TensorSpec of(
      String name, Shape shape, Role role, Fan fan, int layer, int layers, String gates) {
    return new TensorSpec(
        name,
        shape,
        DType.F32,
        role,
        Optional.ofNullable(fan),
        false,
        layer,
        layers,
        "",
        "test",
        gates);
  }

  /// `[out, in]`, block 2 of 12.
  static TensorSpec dense(long out, long in) {
    Fan fan = new Fan(in, out, 1, "dense", Optional.of(Axes.matrix(0)));
    return of("w", Shape.of(out, in), Role.WEIGHT, fan, 2, 12, "");
  }

  /// `[out, in/groups, k, k]`.
  static TensorSpec conv(long out, long in, long k, int groups) {
    Fan fan =
        new Fan(
            k * k * in / (double) groups,
            k * k * out / (double) groups,
            1,
            "conv",
            Optional.of(Axes.conv(4, groups)));
    return of("c", Shape.of(out, in / groups, k, k), Role.WEIGHT, fan, 2, 12, "");
  }

  /// `[3·d, d]`, three parts.
  static TensorSpec fused(long d) {
    Fan fan = new Fan(d, d, 3, "fused", Optional.of(Axes.matrix(0).cut(0, 3)));
    return of("qkv", Shape.of(3 * d, d), Role.FUSED_QKV, fan, 2, 12, "");
  }

  /// `[experts, in, out]`.
  static TensorSpec experts(long n, long in, long out) {
    Axes a = new Axes(List.of(2), List.of(1), List.of(), List.of(0), -1, 1, 1);
    Fan fan = new Fan(in, out, (int) n, "experts", Optional.of(a));
    return of("experts", Shape.of(n, in, out), Role.STACKED, fan, 2, 12, "");
  }

  static TensorSpec bias(long n, String gates) {
    Role role = gates.isEmpty() ? Role.BIAS : Role.LSTM_BIAS;
    return of("b", Shape.of(n), role, null, 2, 12, gates);
  }
}
