package org.fanin.graph;

import org.fanin.graph.Lowered.Out;
import org.fanin.model.ModelFormatException;
import org.fanin.tensor.Shape;

/// Attention and RotaryEmbedding of opset 23.
final class AttentionOps {
  private AttentionOps() {}

  /// @return null for operators of other kinds
  static Rule rule(String op) {
    return switch (op) {
      case "Attention" -> AttentionOps::attention;
      case "RotaryEmbedding" -> AttentionOps::rotary;
      default -> null;
    };
  }

  private static Lowered rotary(Site s) throws ModelFormatException {
    int heads = Math.clamp(s.integer("num_heads", 0), 0, 1 << 20);
    int size = Math.clamp(s.integer("rotary_embedding_dim", 0), 0, 1 << 30);
    return s.to(new Op.RotaryEmbedding(s.flag("interleaved", false), heads, size), s.shape(0));
  }

  /// Heads of one operand: [B, H, T, D], or [B, T, H·D] with H as an attribute.
  private record Heads(long batch, long heads, long tokens, long size) {
    static Heads of(Site s, int input, String attribute) throws ModelFormatException {
      Shape x = s.shape(input);
      long h = s.integer(attribute, 0);
      if (x.rank() == 4) {
        return new Heads(x.dim(0), x.dim(1), x.dim(2), x.dim(3));
      }
      if (x.rank() != 3 || h < 1 || x.dim(2) % h != 0) {
        throw s.fault(
            "operand of shape " + x + ", " + attribute + " " + h, "[B, H, T, D] or [B, T, H·D]");
      }
      return new Heads(x.dim(0), h, x.dim(1), x.dim(2) / h);
    }
  }

  private static Lowered attention(Site s) throws ModelFormatException {
    Heads q = Heads.of(s, 0, "q_num_heads");
    Heads k = Heads.of(s, 1, "kv_num_heads");
    Heads v = Heads.of(s, 2, "kv_num_heads");
    if (q.size != k.size || k.tokens != v.tokens || k.heads < 1 || q.heads % k.heads != 0) {
      throw s.fault(
          "Q " + s.shape(0) + ", K " + s.shape(1) + ", V " + s.shape(2), "shapes that fit");
    }
    if (s.real("softcap", 0) != 0) {
      return s.foreign("no rule for soft-capped attention scores");
    }
    if (s.has(4) || s.has(5)) {
      return s.foreign("no rule for attention with cached keys");
    }
    Shape y =
        s.rank(0) == 4
            ? s.shapeOf(q.batch, q.heads, q.tokens, v.size)
            : s.shapeOf(q.batch, q.tokens, Math.multiplyExact(q.heads, v.size));
    Out[] outs = new Out[s.outputs()];
    for (int i = 0; i < outs.length; i++) {
      outs[i] =
          Out.of(
              s.dtype(0),
              switch (i) {
                case 0 -> y;
                case 1 -> s.shapeOf(k.batch, k.heads, k.tokens, k.size);
                case 2 -> s.shapeOf(v.batch, v.heads, v.tokens, v.size);
                default -> s.shapeOf(q.batch, q.heads, q.tokens, k.tokens);
              });
    }
    double scale = s.real("scale", 1 / Math.sqrt(Math.max(1, q.size)));
    return s.to(
        new Op.Attention(
            Math.toIntExact(q.heads), Math.toIntExact(k.heads), scale, s.flag("is_causal", false)),
        outs);
  }
}
