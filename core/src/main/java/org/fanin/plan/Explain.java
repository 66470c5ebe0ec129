package org.fanin.plan;

import static org.fanin.plan.Spelling.rounded;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.fanin.math.Fn;
import org.fanin.math.Fns;
import org.fanin.math.Gaussian;
import org.fanin.math.Moments;
import org.fanin.math.TruncatedNormal;

/// The derivation behind `fanin explain`: from one neuron with a few features to the gain of any
/// activation, Glorot's compromise and what depth makes of each choice.
public final class Explain {
  private static final String HE = "He et al. 2015, §2.2";
  private static final String GLOROT = "Glorot & Bengio 2010, §4.2.1";

  private final Derivation.Input in;
  private final Moments phi;
  private final NeuronSimulator simulator;
  private final List<Derivation.Step> steps = new ArrayList<>();

  private Explain(Derivation.Input in) {
    this.in = in;
    this.phi = Gaussian.moments(in.activation(), 0, 1);
    this.simulator = new NeuronSimulator(in.seed());
  }

  /// The schemes of the table when the user names none.
  public static List<Scheme> usualSchemes(Fn activation) {
    List<Scheme> s = new ArrayList<>();
    s.add(Schemes.normal(0.01));
    s.add(Schemes.pytorchDefault());
    s.add(Schemes.lecunNormal());
    s.add(Schemes.glorotUniform());
    s.add(Schemes.heNormal());
    if (!(activation.form() instanceof Fn.Form.AbRelu)) {
      s.add(Schemes.forward(activation));
      s.add(Schemes.backward(activation));
    }
    return s;
  }

  public static Derivation of(Derivation.Input in) {
    Explain e = new Explain(in);
    e.oneNeuron();
    e.reciprocal();
    e.secondMoment();
    e.gain();
    e.backward();
    e.backwardGain();
    e.compromise();
    e.depth();
    e.bounds();
    return new Derivation(in, e.steps, e.networks(), e.slips());
  }

  private void step(
      String title,
      String formula,
      String numbers,
      double value,
      Derivation.Simulated seen,
      String because,
      String source) {
    steps.add(
        new Derivation.Step(
            title, formula, numbers, value, Optional.ofNullable(seen), because, source));
  }

  private void oneNeuron() {
    int n = in.fanIn();
    step(
        "One neuron adds up n features",
        "z = Σ wᵢxᵢ  ⇒  Var(z) = n·Var(w)·E[x²]",
        n + " · 1 · 1",
        n,
        simulator.sum(n, 1, Fns.identity(), 10),
        "Every term has mean 0 and variance Var(w)·E[x²] since w is independent of x and centred;"
            + " products of different weights average out, so the n variances add.",
        HE);
  }

  private void reciprocal() {
    int n = in.fanIn();
    step(
        "Why 1/n?",
        "Var(z) = E[x²]  ⇔  n·Var(w) = 1  ⇔  Var(w) = 1/n",
        n + " · 1/" + n + " · 1",
        1,
        simulator.sum(n, 1.0 / n, Fns.identity(), 20),
        "The sum of n features has n times the variance of one term. Dividing by n, that is σ ="
            + " 1/√n = "
            + rounded(1 / Math.sqrt(n))
            + ", undoes it.",
        Schemes.lecunNormal().source());
  }

  private void secondMoment() {
    String name = in.activation().name();
    step(
        "Why E[x²] and not Var(x)?",
        "x = φ(u), u ~ N(0, 1):  E[x²] = E φ(u)²",
        name
            + ": E[x²] = "
            + rounded(phi.ef2())
            + ", Var(x) = "
            + rounded(phi.variance())
            + ", E[x] = "
            + rounded(phi.mean()),
        phi.ef2(),
        simulator.activation(in.activation(), 30),
        "The weights are centred, the features need not be: wᵢ multiplies the whole xᵢ, its mean"
            + " included. Counting Var(x) instead would miss E[x]² = "
            + rounded(phi.mean() * phi.mean())
            + ".",
        HE + ", after eq. 8");
    step(
        "What the next neuron sees with Var(w) = 1/n",
        "Var(z) = n · 1/n · E φ²",
        in.fanIn() + " · 1/" + in.fanIn() + " · " + rounded(phi.ef2()),
        phi.ef2(),
        simulator.sum(in.fanIn(), 1.0 / in.fanIn(), in.activation(), 40),
        "So " + name + " multiplies the second moment by " + rounded(phi.ef2()) + " per layer.",
        HE);
  }

  private void gain() {
    double gain2 = 1 / phi.ef2();
    double variance = gain2 / in.fanIn();
    step(
        in.activation().equals(Fns.relu())
            ? "Why 2/n after ReLU?"
            : "The gain of " + in.activation().name(),
        "n·Var(w)·E φ² = 1  ⇔  Var(w) = gain²/n, gain² = 1/E φ²",
        "gain² = 1/"
            + rounded(phi.ef2())
            + " = "
            + rounded(gain2)
            + "; Var(w) = "
            + rounded(variance)
            + ", σ = "
            + rounded(Math.sqrt(variance)),
        1,
        simulator.sum(in.fanIn(), variance, in.activation(), 50),
        in.activation().equals(Fns.relu())
            ? "Half of a centred signal is cut to 0, so half of its second moment remains: the"
                + " weights must bring a factor 2."
            : "The second moment that the activation leaves is what the weights must bring back.",
        HE + ", eq. 10");
  }

  private void backward() {
    double variance = 1 / phi.ef2() / in.fanIn();
    double value = in.fanOut() * variance * phi.slopeM2();
    step(
        "Why does the gradient want fan-out?",
        "g_x = φ′(u)·Σ wⱼgⱼ over n_out neurons  ⇒  E g_x² = n_out·Var(w)·E φ′²·E g²",
        in.fanOut() + " · " + rounded(variance) + " · " + rounded(phi.slopeM2()),
        value,
        simulator.back(in.fanOut(), variance, in.activation(), 60),
        "Forward, a neuron sums over its n_in inputs; backward, an input sums over the n_out"
            + " neurons it feeds. With the forward choice the gradient changes by this factor per"
            + " layer.",
        HE + ", eq. 13");
  }

  private void backwardGain() {
    if (!(phi.slopeM2() > 0)) {
      return;
    }
    double variance = 1 / phi.slopeM2() / in.fanOut();
    step(
        "The choice that keeps the gradient",
        "Var(w) = 1/(n_out·E φ′²)",
        "1/(" + in.fanOut() + " · " + rounded(phi.slopeM2()) + ") = " + rounded(variance),
        1,
        simulator.back(in.fanOut(), variance, in.activation(), 70),
        in.fanIn() == in.fanOut() && Math.abs(phi.slopeM2() - phi.ef2()) < 1e-12
            ? "The same as the forward choice, as n_in = n_out and E φ′² = E φ² here."
            : "Not the forward choice: over all layers the ratios n_out/n_in telescope to (last"
                + " width)/(first), so either choice will do for a scale-free activation.",
        HE + ", eq. 14");
  }

  private void compromise() {
    double variance = 2.0 / (in.fanIn() + in.fanOut());
    step(
        "Glorot's compromise, forward",
        "Var(w) = 2/(n_in + n_out)  ⇒  Var(z) = 2n_in/(n_in + n_out)·E φ²",
        "2·" + in.fanIn() + "/" + (in.fanIn() + in.fanOut()) + " · " + rounded(phi.ef2()),
        in.fanIn() * variance * phi.ef2(),
        simulator.sum(in.fanIn(), variance, in.activation(), 80),
        "Halfway between 1/n_in and 1/n_out, derived for activations that are linear near 0; no"
            + " gain for φ.",
        GLOROT + ", eq. 12");
    step(
        "Glorot's compromise, backward",
        "E g_x² = 2n_out/(n_in + n_out)·E φ′²·E g²",
        "2·" + in.fanOut() + "/" + (in.fanIn() + in.fanOut()) + " · " + rounded(phi.slopeM2()),
        in.fanOut() * variance * phi.slopeM2(),
        simulator.back(in.fanOut(), variance, in.activation(), 90),
        "The same for the gradient.",
        GLOROT + ", eq. 12");
  }

  private void depth() {
    double factor = phi.ef2();
    int l = in.depth() - 1;
    step(
        "What depth makes of a factor",
        "q_L/q_1 = Π n_l·Var(w_l)·E φ²",
        rounded(factor) + "^" + l,
        StrictMath.pow(factor, l),
        null,
        "A constant factor for the whole network is harmless, one per layer is not: with Var(w) ="
            + " 1/n and "
            + in.activation().name()
            + " at its first layer's factor, "
            + in.depth()
            + " layers multiply like this. (Activations that are not scale-free change their factor"
            + " on the way; the table below follows it.)",
        HE + ", after eq. 9");
  }

  private void bounds() {
    double variance = 1 / phi.ef2() / in.fanIn();
    step(
        "The same variance as a uniform",
        "U(−b, b) has variance b²/3  ⇒  b = √(3·Var(w))",
        "√(3 · " + rounded(variance) + ")",
        Math.sqrt(3 * variance),
        null,
        "Only the variance decides about the scale; the law's shape does not matter once n is more"
            + " than a few.",
        GLOROT + ", eq. 16");
  }

  private List<Derivation.Network> networks() {
    DepthSimulator deep = new DepthSimulator(in);
    List<Derivation.Network> all = new ArrayList<>();
    for (int i = 0; i < in.schemes().size(); i++) {
      all.add(deep.run(in.schemes().get(i), i));
    }
    return all;
  }

  private List<Derivation.Slip> slips() {
    double kept = TruncatedNormal.variance(2);
    int l = in.depth() - 1;
    return List.of(
        new Derivation.Slip(
            "“He: σ = √(1/n)”",
            "That is LeCun's. ½·n·Var(w) = 1 gives σ = √(2/n); with √(1/n) a ReLU network halves"
                + " its signal every layer, "
                + rounded(StrictMath.pow(0.5, l))
                + " after "
                + in.depth()
                + " layers.",
            HE + ", eq. 10"),
        new Derivation.Slip(
            "“He and Glorot draw truncated normals”",
            "He draws an untruncated normal, Glorot a uniform ±√(6/(n_in + n_out)). A normal cut at"
                + " ±2σ without dividing σ by "
                + rounded(TruncatedNormal.std(2))
                + " loses "
                + rounded(100 * (1 - kept))
                + "% of its variance per layer, a factor "
                + rounded(StrictMath.pow(kept, l))
                + " over "
                + in.depth()
                + " layers.",
            "He et al. 2015, §2.2; Glorot & Bengio 2010, eq. 16"),
        new Derivation.Slip(
            "“kaiming_uniform is PyTorch's default, so ReLU layers are right”",
            "With a = √5 it is U(±1/√n): variance 1/(3n), a ReLU network shrinks 6-fold per layer, "
                + rounded(StrictMath.pow(1 / 6.0, l))
                + " after "
                + in.depth()
                + " layers.",
            "PyTorch nn.Linear.reset_parameters"));
  }
}
