package org.fanin.torch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.fanin.math.Fn;
import org.fanin.tensor.Shape;

/// Functions of one variable. Derivatives at kinks are torch's, which [org.fanin.math.Fns] states.
final class Elementwise {
  private Elementwise() {}

  static Scalar c(double v) {
    return new Scalar(v);
  }

  static ScalarOptional some(double v) {
    return new ScalarOptional(new Scalar(v));
  }

  static Tensor apply(Fn fn, Tensor x, Shape shape) {
    return switch (fn.form()) {
      case Fn.Form.AbRelu(double below, double above) -> bent(x, below, above);
      case Fn.Form.Affine(double slope, double offset) -> affine(x, slope, offset);
      case Fn.Form.Sine(double a, double rate, double phase) -> sine(x, a, rate, phase);
      case Fn.Form.Exponential(double a, double rate) -> scaled(torch.exp(scaled(x, rate)), a);
      case Fn.Form.General _ -> named(fn.name(), x).orElseGet(() -> sampled(fn, x, shape));
    };
  }

  private static Tensor scaled(Tensor x, double by) {
    return by == 1 ? x : by == -1 ? torch.neg(x) : torch.mul(x, c(by));
  }

  private static Tensor bent(Tensor x, double below, double above) {
    if (below == above) {
      return above == 1 ? x.alias() : scaled(x, above);
    }
    if (below == 0) {
      return scaled(torch.relu(x), above);
    }
    if (below == -above) {
      return scaled(torch.abs(x), above);
    }
    if (above == 0) {
      return scaled(torch.relu(torch.neg(x)), -below);
    }
    return scaled(torch.leaky_relu(x, c(below / above)), above);
  }

  private static Tensor affine(Tensor x, double slope, double offset) {
    if (slope == 0) {
      return torch.add(torch.mul(x, c(0)), c(offset));
    }
    return torch.add(scaled(x, slope), c(offset));
  }

  private static Tensor sine(Tensor x, double a, double rate, double phase) {
    Tensor r = scaled(x, rate);
    if (phase == Math.PI / 2) {
      return scaled(torch.cos(r), a);
    }
    return scaled(torch.sin(phase == 0 ? r : torch.add(r, c(phase))), a);
  }

  /// By the spelling that the name is: `head(a, b)`, `outer∘inner`, `(f·g)`.
  private static Optional<Tensor> named(String name, Tensor x) {
    int at = name.indexOf('∘');
    if (at > 0) {
      return named(name.substring(at + 1), x).flatMap(y -> named(name.substring(0, at), y));
    }
    int open = name.indexOf('(');
    if (open == 0) {
      return Optional.empty();
    }
    List<Double> a = new ArrayList<>();
    if (open > 0) {
      for (String s : name.substring(open + 1, name.length() - 1).split(",")) {
        try {
          a.add(Double.parseDouble(s.strip()));
        } catch (NumberFormatException _) {
          return Optional.empty();
        }
      }
    }
    return Optional.ofNullable(called(open < 0 ? name : name.substring(0, open), a, x));
  }

  private static double or(List<Double> a, int i, double otherwise) {
    return i < a.size() ? a.get(i) : otherwise;
  }

  private static Tensor called(String head, List<Double> a, Tensor x) {
    return switch (head) {
      case "identity" -> x;
      case "relu" -> torch.relu(x);
      case "neg" -> torch.neg(x);
      case "abs" -> torch.abs(x);
      case "mul" -> torch.mul(x, c(a.getFirst()));
      case "add" -> torch.add(x, c(a.getFirst()));
      case "affine" -> affine(x, a.get(0), a.get(1));
      case "leaky-relu", "prelu" -> torch.leaky_relu(x, c(a.getFirst()));
      case "abrelu" -> bent(x, a.get(0), a.get(1));
      case "exp" -> torch.exp(x);
      case "sin" -> torch.sin(x);
      case "cos" -> torch.cos(x);
      case "tanh" -> torch.tanh(x);
      case "sigmoid" -> torch.sigmoid(x);
      case "erf" -> erf(x);
      case "elu" -> elu(x, or(a, 0, 1), 1);
      case "selu" -> a.isEmpty() ? torch.selu(x) : elu(x, a.get(0), a.get(1));
      case "celu" -> torch.celu(x, c(or(a, 0, 1)));
      case "gelu" -> torch.gelu(x);
      case "gelu-tanh" -> torch.gelu(x, "tanh");
      case "quick-gelu" -> torch.mul(x, torch.sigmoid(torch.mul(x, c(1.702))));
      case "silu" -> torch.silu(x);
      case "swish" -> torch.mul(x, torch.sigmoid(torch.mul(x, c(or(a, 0, 1)))));
      case "mish" -> torch.mish(x);
      // Above 20 torch's own would be linear; 745 is where e⁻ˣ vanishes from doubles.
      case "softplus" -> torch.softplus(x, c(1), c(745));
      case "hard-tanh" -> torch.hardtanh(x, c(-1), c(1));
      case "relu6" -> torch.hardtanh(x, c(0), c(6));
      case "clip" -> torch.hardtanh(x, c(a.get(0)), c(a.get(1)));
      default -> rarer(head, a, x);
    };
  }

  private static Tensor rarer(String head, List<Double> a, Tensor x) {
    return switch (head) {
      case "softsign" -> torch.div(x, torch.add(torch.abs(x), c(1)));
      case "hard-sigmoid" ->
          torch.hardtanh(affine(x, or(a, 0, 1.0 / 6), or(a, 1, 0.5)), c(0), c(1));
      case "hard-swish" -> torch.hardswish(x);
      case "thresholded-relu" -> torch.threshold(x, c(a.getFirst()), c(0));
      case "square" -> torch.square(x);
      case "sqrt" -> torch.sqrt(x);
      case "rsqrt" -> torch.rsqrt(x);
      case "reciprocal" -> torch.reciprocal(x);
      case "pow" -> torch.pow(x, c(a.getFirst()));
      case "log" -> torch.log(x);
      case "log1p" -> torch.log1p(x);
      case "tan" -> torch.tan(x);
      case "sinh" -> torch.sinh(x);
      case "cosh" -> torch.cosh(x);
      case "atan" -> torch.atan(x);
      case "asinh" -> torch.asinh(x);
      case "sign" -> torch.sign(x);
      case "round" -> torch.round(x);
      case "floor" -> torch.floor(x);
      case "ceil" -> torch.ceil(x);
      default -> null;
    };
  }

  /// libtorch's float erf is a polynomial with an absolute error of 1.5e-7 (Abramowitz and Stegun
  /// 7.1.26), which is all there is of erf at 1e-7. The value is that of doubles, the slope torch's
  /// own; no double is kept for the backward pass.
  private static Tensor erf(Tensor x) {
    Tensor rough = torch.erf(x);
    if (Bridge.type(x) == ScalarType.Double) {
      return rough;
    }
    Tensor fine = torch.erf(x.detach().to(ScalarType.Double)).to(Bridge.type(x));
    return torch.add(rough, torch.sub(fine, rough.detach()));
  }

  private static Tensor elu(Tensor x, double alpha, double scale) {
    return torch.elu(x, c(alpha), c(scale), c(1));
  }

  /// Value and slope from the function's own definition; the gradient enters through a term that is
  /// 0: φ(x₀) + (x − x₀)·φ′(x₀).
  private static Tensor sampled(Fn fn, Tensor x, Shape shape) {
    Tensor at = x.detach().contiguous();
    org.fanin.tensor.Tensor t = Bridge.view(at, shape);
    Tensor value = Bridge.generate(shape, Bridge.type(at), i -> fn.at(t.at(i)));
    Tensor slope = Bridge.generate(shape, Bridge.type(at), i -> fn.slopeAt(t.at(i)));
    return torch.add(value, torch.mul(torch.sub(x, at), slope));
  }
}
