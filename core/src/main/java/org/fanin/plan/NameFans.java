package org.fanin.plan;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fanin.graph.Axes;
import org.fanin.graph.Fan;
import org.fanin.graph.Role;
import org.fanin.tensor.Shape;

/// Fans and axes from names and shapes.
final class NameFans {
  private final Map<String, Shape> shapes;
  private final long width;
  private final boolean turned;

  /// Whether convolutions are stored `[out, taps…, in]`, as MLX does.
  private final boolean channelsLast;

  /// Convolution before each convolution, in the order of the file.
  private final Map<String, Shape> before = new HashMap<>();

  /// @param width of the model, 0 when unknown
  NameFans(Map<String, Shape> shapes, List<String> names, long width) {
    this.shapes = shapes;
    this.width = width;
    this.turned =
        shapes.entrySet().stream()
            .anyMatch(
                e ->
                    e.getKey().endsWith("c_attn.weight")
                        && e.getValue().rank() == 2
                        && e.getValue().dim(1) > e.getValue().dim(0));
    this.channelsLast = channelsLast(shapes);
    Shape last = null;
    for (String n : names) {
      Shape s = shapes.get(n);
      boolean conv = s.rank() >= 4 || channelsLast && s.rank() == 3;
      if (n.endsWith("weight") && conv && !n.contains("downsample")) {
        if (last != null) {
          before.put(n, last);
        }
        last = s;
      }
    }
  }

  private static final int LARGEST_KERNEL = 15;

  /// A kernel's extents are alike and small: they stand before the channels (MLX) or behind
  /// (PyTorch). What most convolutions of the file say counts, as one alone may say both.
  private static boolean channelsLast(Map<String, Shape> shapes) {
    int votes = 0;
    for (Map.Entry<String, Shape> e : shapes.entrySet()) {
      Shape s = e.getValue();
      if (e.getKey().endsWith("weight") && s.rank() >= 3 && s.rank() <= 5 && s.count() > 0) {
        boolean last = isKernel(s, 1, s.rank() - 1);
        boolean first = isKernel(s, 2, s.rank());
        votes += last && !first ? 1 : first && !last ? -1 : 0;
      }
    }
    return votes > 0;
  }

  private static boolean isKernel(Shape s, int from, int to) {
    long side = s.dim(from);
    boolean even = s.rank() == 3 && side % 2 == 0;
    boolean kernel = side > 1 && side <= LARGEST_KERNEL && !even;
    for (int i = from + 1; i < to; i++) {
      kernel &= s.dim(i) == side;
    }
    return kernel;
  }

  Fan of(String name, Shape s, Role role) {
    if (s.rank() < 2 || s.count() == 0) {
      return null;
    }
    return switch (role) {
      case EMBEDDING ->
          fan(1, rest(s, 0), 1, "embedding: one row is picked", Axes.matrix(1), s.rank() == 2);
      case LSTM_INPUT, LSTM_RECURRENT -> recurrent(name, s, role);
      case FUSED_QKV -> fused(name, s);
      case STACKED -> stacked(name, s);
      case TIED ->
          fan(s.dim(1), s.dim(0), 1, "dense as a head; also an embedding", Axes.matrix(0), true);
      case WEIGHT, HEAD -> name.endsWith("kernel") ? kernel(name, s) : weight(name, s);
      case BIAS,
          NORM_SCALE,
          NORM_SHIFT,
          RUNNING_MEAN,
          RUNNING_VARIANCE,
          POSITION,
          CLASS_TOKEN,
          GATE,
          LAYER_SCALE,
          LSTM_BIAS,
          PRELU_SLOPE,
          LOGIT_SCALE,
          TABLE,
          OTHER ->
          null;
    };
  }

  private static double rest(Shape s, int axis) {
    return (double) s.count() / s.dim(axis);
  }

  private static Fan fan(
      double in, double out, int blocks, String because, Axes axes, boolean known) {
    return new Fan(in, out, blocks, because, known ? Optional.of(axes) : Optional.empty());
  }

  private static Fan dense(Shape s, int row, String what) {
    long in = s.dim(1 - row);
    long out = s.dim(row);
    return fan(in, out, 1, what + in + " → " + out, Axes.matrix(row), true);
  }

  // ---- torch ----

  private Fan weight(String name, Shape s) {
    if (s.rank() == 2) {
      boolean conv1d = turned && name.matches(".*\\b(c_attn|c_proj|c_fc|q_attn)\\.weight");
      return name.contains("lora_")
          ? adapter(name, s)
          : conv1d
              ? dense(s, 1, "dense stored [in, out] (Hugging Face Conv1D) ")
              : dense(s, 0, "dense ");
    }
    if (name.matches(".*(deconv|conv_?transpose|convt|upconv|up_conv).*")) {
      return transposed(s);
    }
    return conv(name, s);
  }

  /// PEFT and loralib store A as `[rank, in]` and B as `[out, rank]`, MLX the other way round; the
  /// rank is the smaller. Of an embedding's A one column is picked.
  private static Fan adapter(String name, Shape s) {
    if (name.contains("lora_embedding_a")) {
      return fan(1, s.dim(0), 1, "LoRA of an embedding: a column is picked", Axes.matrix(0), true);
    }
    boolean a = name.matches("(.*\\.)?lora_a(\\..*)?");
    boolean turned = a ? s.dim(0) > s.dim(1) : s.dim(0) < s.dim(1);
    return turned
        ? dense(s, 1, "LoRA stored [in, out] (MLX) ")
        : dense(s, 0, "LoRA stored [out, in] ");
  }

  private Fan conv(String name, Shape s) {
    int channels = channelsLast ? s.rank() - 1 : 1;
    double taps = (double) s.count() / s.dim(0) / s.dim(channels);
    long groups = groups(name, s, s.dim(channels));
    double in = taps * s.dim(channels);
    double out = taps * s.dim(0) / groups;
    String what =
        groups > 1 && s.dim(channels) == 1
            ? ", depthwise"
            : groups > 1 ? ", " + groups + " groups" : "";
    return fan(
        in,
        out,
        1,
        "conv"
            + what
            + (channelsLast ? " stored [out, taps, in] (MLX)" : "")
            + ": in "
            + (long) taps
            + "·"
            + s.dim(channels)
            + ", out at stride 1",
        channelsLast ? channelsLast(s.rank(), (int) groups) : Axes.conv(s.rank(), (int) groups),
        true);
  }

  private static Axes channelsLast(int rank, int groups) {
    List<Integer> taps = java.util.stream.IntStream.range(1, rank - 1).boxed().toList();
    return new Axes(List.of(0), List.of(rank - 1), taps, List.of(), -1, 1, groups);
  }

  /// One input channel per output channel means depthwise, unless it is the first layer and the
  /// image has one channel; fewer than the layer before gives means groups.
  private long groups(String name, Shape s, long own) {
    Shape prior = before.get(name);
    boolean named = name.matches(".*(depthwise|dwconv|conv_dw|\\bdw\\b).*");
    if (own == 1 && s.dim(0) > 1 && (named || prior != null || s.rank() == 3)) {
      return Math.min(s.dim(0), 1 << 30);
    }
    boolean inside =
        prior != null && name.matches(".*\\bconv2\\.weight|.*\\bconv_?[23]\\.conv\\.weight");
    long channels = inside ? prior.dim(0) : 0;
    boolean fits = channels > own && channels % own == 0;
    long g = fits ? channels / own : 1;
    return s.dim(0) % g == 0 ? g : 1;
  }

  private static Fan transposed(Shape s) {
    double taps = (double) s.count() / s.dim(0) / s.dim(1);
    Axes axes =
        new Axes(List.of(1), List.of(0), Axes.conv(s.rank(), 1).taps(), List.of(), -1, 1, 1);
    return fan(
        taps * s.dim(0),
        taps * s.dim(1),
        1,
        "transposed convolution by its name, stored [in, out, taps]; stride unknown, taken as 1",
        axes,
        true);
  }

  // ---- Keras and Flax ----

  private static Fan kernel(String name, Shape s) {
    if (s.rank() == 2) {
      return dense(s, 1, "dense stored [in, out] (Keras, Flax) ");
    }
    boolean out = name.matches(".*\\b(out|attention_output)\\.kernel");
    if (s.rank() == 3 && (out || name.matches(".*\\b(query|key|value)\\.kernel"))) {
      Axes a =
          out
              ? new Axes(List.of(2), List.of(0, 1), List.of(), List.of(), -1, 1, 1)
              : new Axes(List.of(1, 2), List.of(0), List.of(), List.of(), -1, 1, 1);
      double in = out ? (double) s.dim(0) * s.dim(1) : s.dim(0);
      return fan(in, s.count() / in, 1, "heads kept as an axis (Flax)", a, true);
    }
    boolean depthwise = name.endsWith("depthwise_kernel") || isDepthwise(name, s);
    int r = s.rank();
    double taps = (double) s.count() / s.dim(-1) / s.dim(-2);
    List<Integer> window = r == 3 ? List.of(0) : r == 4 ? List.of(0, 1) : List.of(0, 1, 2);
    if (depthwise && name.endsWith("depthwise_kernel") && r <= 5) {
      return depthwise(s, taps, window);
    }
    if (depthwise) {
      return new Fan(taps, taps, 1, "depthwise convolution stored [taps, 1, out] (Flax)");
    }
    if (name.matches(".*conv\\w*_?transpose.*") && r <= 5) {
      return fan(
          taps * s.dim(-1),
          taps * s.dim(-2),
          1,
          "transposed convolution stored [taps, out, in] (Keras); stride unknown, taken as 1",
          new Axes(List.of(r - 2), List.of(r - 1), window, List.of(), -1, 1, 1),
          true);
    }
    return fan(
        taps * s.dim(-2),
        taps * s.dim(-1),
        1,
        "convolution stored [taps, in, out] (Keras, Flax)",
        new Axes(List.of(r - 1), List.of(r - 2), window, List.of(), -1, 1, 1),
        r <= 5);
  }

  private static boolean isDepthwise(String name, Shape s) {
    return s.rank() == 4 && s.dim(-2) == 1 && !name.matches("(.*\\.)?conv2d(_1)?\\.kernel");
  }

  /// Each channel has `multiplier` filters of its own, which see nothing else.
  private static Fan depthwise(Shape s, double taps, List<Integer> window) {
    int r = s.rank();
    Axes axes =
        new Axes(
            List.of(r - 2, r - 1),
            List.of(),
            window,
            List.of(),
            -1,
            1,
            (int) Math.min(s.dim(-2), 1 << 30));
    return fan(
        taps,
        taps * s.dim(-1),
        1,
        "depthwise convolution stored [taps, in, multiplier] (Keras)",
        axes,
        true);
  }

  // ---- fused, stacked ----

  private Fan fused(String name, Shape s) {
    if (s.rank() != 2) {
      return s.rank() == 4 ? conv(name, s) : null;
    }
    boolean inFirst = name.endsWith("kernel") || turned && name.contains("c_attn");
    int row = inFirst ? 1 : 0;
    long out = s.dim(row);
    long in = s.dim(1 - row);
    if (out == 3 * in) {
      return fan(
          in, in, 3, "3 fused blocks of " + in + " → " + in, Axes.matrix(row).cut(row, 3), true);
    }
    return fan(
        in,
        out,
        1,
        "fused blocks of unequal or unknown size, taken as one matrix " + in + " → " + out,
        Axes.matrix(row),
        true);
  }

  /// `[experts, in, out]` or `[experts, out, in]`: the model's width tells which.
  private Fan stacked(String name, Shape s) {
    boolean down = name.matches(".*(down_proj|\\bw2|wo|fc2).*");
    boolean first = s.dim(1) == width;
    boolean second = s.dim(2) == width;
    boolean inFirst = first == second || (down ? second : first);
    long in = inFirst ? s.dim(1) : s.dim(2);
    long out = inFirst ? s.dim(2) : s.dim(1);
    int parts = name.contains("gate_up_proj") && out % 2 == 0 ? 2 : 1;
    Axes a =
        new Axes(
            List.of(inFirst ? 2 : 1), List.of(inFirst ? 1 : 2), List.of(), List.of(0), -1, 1, 1);
    return fan(
        in,
        (double) out / parts,
        (int) Math.min(s.dim(0) * parts, 1 << 30),
        s.dim(0)
            + " experts of "
            + in
            + " → "
            + out
            + (first == second ? ", taken as [experts, in, out]" : ""),
        parts > 1 ? a.cut(inFirst ? 2 : 1, parts) : a,
        true);
  }

  // ---- recurrent ----

  private Fan recurrent(String name, Shape s, Role role) {
    boolean keras = name.endsWith("kernel");
    int row = keras ? 1 : 0;
    int gates = gateCount(name, s.dim(row));
    if (gates < 1) {
      return null;
    }
    long hidden = s.dim(row) / gates;
    String what = role == Role.LSTM_INPUT ? "input" : "recurrent";
    return fan(
        s.dim(1 - row),
        hidden,
        gates,
        what + " weights of " + gates + " gates, each " + s.dim(1 - row) + " → " + hidden,
        Axes.matrix(row).cut(row, gates),
        true);
  }

  /// How many gates are stacked in `rows` rows, from the square recurrent matrix beside; 0 when it
  /// is missing.
  private int gateCount(String name, long rows) {
    Shape own = shapes.get(sibling(name));
    if (own == null || own.rank() != 2) {
      return 0;
    }
    long hidden =
        name.matches(".*(kernel|bias)") && !name.contains("bias_") ? own.dim(0) : own.dim(1);
    long stacked = Math.max(own.dim(0), own.dim(1)) / Math.max(1, hidden);
    boolean fits = hidden > 0 && rows == stacked * hidden && stacked <= 4 && stacked != 2;
    return fits ? (int) stacked : 0;
  }

  private static String sibling(String name) {
    return name.replace("weight_ih", "weight_hh")
        .replace("bias_ih", "weight_hh")
        .replace("bias_hh", "weight_hh")
        .replaceAll("(?<!recurrent_)kernel$", "recurrent_kernel")
        .replaceAll("(^|\\.)bias$", "$1recurrent_kernel");
  }

  /// PyTorch and Keras stack an LSTM's gates as input, forget, cell, output; a GRU's PyTorch as
  /// reset, update, new, Keras as update, reset, new.
  String gates(String name, Role role) {
    if (role != Role.LSTM_INPUT && role != Role.LSTM_RECURRENT && role != Role.LSTM_BIAS) {
      return "";
    }
    Shape s = shapes.get(name);
    boolean keras = name.endsWith("kernel") || !name.contains("bias_") && name.endsWith("bias");
    int axis = keras || s.rank() == 1 ? s.rank() - 1 : 0;
    return switch (gateCount(name, s.dim(axis))) {
      case 4 -> "ifgo";
      case 3 -> keras ? "zrn" : "rzn";
      default -> "";
    };
  }
}
