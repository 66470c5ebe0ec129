package org.fanin.audit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongToDoubleFunction;
import org.fanin.math.Addressed;
import org.fanin.model.Checkpoint;
import org.fanin.model.StoredTensor;
import org.fanin.plan.PlanOptions;
import org.fanin.plan.Recipes;
import org.fanin.plan.Specs;
import org.fanin.plan.TensorSpec;
import org.fanin.tensor.DType;
import org.fanin.tensor.Shape;
import org.fanin.tensor.Tensor;

/// Sets of weights in memory, to plant defects in.
final class Weights {
  /// A tensor whose elements can be changed.
  static final class Planted implements StoredTensor {
    private final String name;
    private final DType dtype;
    private final Shape shape;
    final double[] values;

    Planted(String name, DType dtype, Shape shape, double[] values) {
      this.name = name;
      this.dtype = dtype;
      this.shape = shape;
      this.values = values;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public DType dtype() {
      return dtype;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public String where() {
      return "memory: " + name;
    }

    @Override
    public Tensor read(long first, long count, Arena arena) {
      MemorySegment bytes = arena.allocate(Math.max(1, count * dtype.bytes()), 8);
      for (long i = 0; i < count; i++) {
        put(bytes, i, values[(int) (first + i)]);
      }
      return Tensor.of(dtype, Shape.of(count), bytes.asSlice(0, count * dtype.bytes()));
    }

    private void put(MemorySegment bytes, long i, double x) {
      switch (dtype) {
        case F32 -> bytes.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) x);
        case F64 -> bytes.setAtIndex(ValueLayout.JAVA_DOUBLE, i, x);
        case F16 -> bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16((float) x));
        case BF16 -> bytes.setAtIndex(ValueLayout.JAVA_SHORT, i, bfloat((float) x));
        default -> throw new IllegalArgumentException("no such test type: " + dtype);
      }
    }

    /// To nearest, ties to even.
    private static short bfloat(float x) {
      int bits = Float.floatToRawIntBits(x);
      return Float.isNaN(x) ? (short) 0x7fc0 : (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }

    void scale(double by) {
      for (int i = 0; i < values.length; i++) {
        values[i] *= by;
      }
    }

    void fill(LongToDoubleFunction f) {
      for (int i = 0; i < values.length; i++) {
        values[i] = f.applyAsDouble(i);
      }
    }

    int rowLength() {
      return (int) (values.length / shape.dim(0));
    }

    void copyRow(int from, int to) {
      System.arraycopy(values, from * rowLength(), values, to * rowLength(), rowLength());
    }

    void fillRow(int row, double x) {
      java.util.Arrays.fill(values, row * rowLength(), (row + 1) * rowLength(), x);
    }
  }

  final Map<String, Planted> tensors = new LinkedHashMap<>();
  private final DType dtype;
  private final long seed;

  Weights(DType dtype, long seed) {
    this.dtype = dtype;
    this.seed = seed;
  }

  Planted get(String name) {
    Planted p = tensors.get(name);
    if (p == null) {
      throw new IllegalArgumentException(name + " is none of " + tensors.keySet());
    }
    return p;
  }

  void add(String name, LongToDoubleFunction f, long... dims) {
    Shape shape = Shape.of(dims);
    double[] v = new double[(int) shape.count()];
    var p = new Planted(name, dtype, shape, v);
    p.fill(f);
    tensors.put(name, p);
  }

  LongToDoubleFunction normal(double sigma) {
    long stream = tensors.size();
    return i -> sigma * Addressed.normal(seed, stream, i);
  }

  LongToDoubleFunction uniform(double low, double high) {
    long stream = tensors.size();
    return i -> low + (high - low) * Addressed.uniform(seed, stream, i);
  }

  /// Cut at ±2σ of `sigma`, by rejection; addressed by element and try.
  LongToDoubleFunction truncated(double sigma) {
    long stream = tensors.size();
    return i -> {
      for (long t = 0; ; t++) {
        double z = Addressed.normal(seed, stream + 1_000_000 * (t + 1), i);
        if (Math.abs(z) <= 2) {
          return sigma * z;
        }
      }
    };
  }

  static LongToDoubleFunction constant(double x) {
    return _ -> x;
  }

  Checkpoint checkpoint() {
    List<StoredTensor> all = new ArrayList<>(tensors.values());
    return new Checkpoint("test", "safetensors", all, Map.of(), List.of());
  }

  List<TensorSpec> specs() {
    return Specs.named(
        tensors.values().stream()
            .map(t -> new Specs.Named(t.name(), t.shape(), t.dtype()))
            .toList());
  }

  AuditReport audit() {
    return audit(new Audit.Settings(1, 1 << 20, 1 << 20), Audit.candidates(specs()));
  }

  AuditReport audit(Audit.Settings settings, List<Audit.Recipe> recipes) {
    try {
      return Audit.of(checkpoint(), specs(), Map.of(), recipes, settings, _ -> {});
    } catch (java.io.IOException | org.fanin.model.ModelFormatException e) {
      throw new IllegalStateException(e);
    }
  }

  AuditReport auditAs(String recipe) {
    var plan = Recipes.named(recipe).plan(specs(), 0, PlanOptions.none());
    var named = new Audit.Recipe(recipe, "named", plan, true);
    return audit(new Audit.Settings(1, 1 << 20, 1 << 20), List.of(named));
  }

  Weights with(Consumer<Weights> defect) {
    defect.accept(this);
    return this;
  }

  // ---- three kinds of networks ----

  static final int LAYERS = 4;

  /// GPT-2's names and its initialisation: N(0, .02²), residual projections over √(2L).
  static Weights gpt2(long seed) {
    var w = new Weights(DType.F32, seed);
    int d = 64;
    double end = 0.02 / Math.sqrt(2 * LAYERS);
    w.add("transformer.wte.weight", w.normal(0.02), 256, d);
    w.add("transformer.wpe.weight", w.normal(0.02), 64, d);
    for (int l = 0; l < LAYERS; l++) {
      String h = "transformer.h." + l + ".";
      w.norm(h + "ln_1", d);
      w.add(h + "attn.c_attn.weight", w.normal(0.02), d, 3 * d);
      w.add(h + "attn.c_attn.bias", constant(0), 3 * d);
      w.add(h + "attn.c_proj.weight", w.normal(end), d, d);
      w.add(h + "attn.c_proj.bias", constant(0), d);
      w.norm(h + "ln_2", d);
      w.add(h + "mlp.c_fc.weight", w.normal(0.02), d, 4 * d);
      w.add(h + "mlp.c_fc.bias", constant(0), 4 * d);
      w.add(h + "mlp.c_proj.weight", w.normal(end), 4 * d, d);
      w.add(h + "mlp.c_proj.bias", constant(0), d);
    }
    w.norm("transformer.ln_f", d);
    return w;
  }

  /// Llama's names, bf16, down and output projections over √(2L).
  static Weights llama(long seed) {
    var w = new Weights(DType.BF16, seed);
    int d = 64;
    double end = 0.02 / Math.sqrt(2 * LAYERS);
    w.add("model.embed_tokens.weight", w.normal(0.02), 256, d);
    for (int l = 0; l < LAYERS; l++) {
      String h = "model.layers." + l + ".";
      for (String p : new String[] {"q", "k", "v"}) {
        w.add(h + "self_attn." + p + "_proj.weight", w.normal(0.02), d, d);
      }
      w.add(h + "self_attn.o_proj.weight", w.normal(end), d, d);
      w.add(h + "mlp.gate_proj.weight", w.normal(0.02), 160, d);
      w.add(h + "mlp.up_proj.weight", w.normal(0.02), 160, d);
      w.add(h + "mlp.down_proj.weight", w.normal(end), d, 160);
      w.add(h + "input_layernorm.weight", constant(1), d);
      w.add(h + "post_attention_layernorm.weight", constant(1), d);
    }
    w.add("model.norm.weight", constant(1), d);
    w.add("lm_head.weight", w.normal(0.02), 256, d);
    return w;
  }

  /// Convolutions with He's weights, one of them depthwise, and an LSTM on top.
  static Weights convolutional(long seed) {
    var w = new Weights(DType.F32, seed);
    w.add("stem.conv.weight", w.normal(Math.sqrt(2.0 / 27)), 32, 3, 3, 3);
    for (int l = 0; l < LAYERS; l++) {
      String b = "layer1." + l + ".";
      w.add(b + "conv1.weight", w.normal(Math.sqrt(2.0 / 288)), 64, 32, 3, 3);
      w.norm(b + "bn1", 64);
      w.add(b + "conv2.weight", w.normal(Math.sqrt(2.0 / 576)), 32, 64, 3, 3);
      w.norm(b + "bn2", 32);
    }
    w.add("dw.conv.weight", w.normal(Math.sqrt(2.0 / 9)), 96, 1, 3, 3);
    w.add("dw2.conv.weight", w.normal(Math.sqrt(2.0 / 9)), 96, 1, 3, 3);
    double k = 1 / Math.sqrt(48);
    w.add("rnn.weight_ih_l0", w.uniform(-k, k), 192, 32);
    w.add("rnn.weight_hh_l0", w.uniform(-k, k), 192, 48);
    w.add("rnn.bias_ih_l0", i -> i >= 48 && i < 96 ? 1 : 0, 192);
    w.add("rnn.bias_hh_l0", constant(0), 192);
    double f = 1 / Math.sqrt(48);
    w.add("fc.weight", w.uniform(-f, f), 10, 48);
    w.add("fc.bias", w.uniform(-f, f), 10);
    return w;
  }

  private void norm(String name, int d) {
    add(name + ".weight", constant(1), d);
    add(name + ".bias", constant(0), d);
  }
}
