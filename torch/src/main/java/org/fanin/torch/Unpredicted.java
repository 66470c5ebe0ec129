package org.fanin.torch;

import static org.fanin.torch.Operators.one;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringViewOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.math.Addressed;
import org.fanin.tensor.Shape;

/// Operators that run although no rule predicts them.
final class Unpredicted {
  private Unpredicted() {}

  static List<Tensor> run(Call c, Op.Unpredicted any) {
    return switch (any) {
      case Op.Foreign op -> one(foreign(c, op));
      case Op.Einsum op ->
          one(torch.einsum(Linear.equation(op.operands(), op.out()), new TensorVector(c.in())));
      case Op.Hardmax op -> one(hardmax(c, op));
      case Op.ReverseSequence op -> one(reversed(c, op));
      case Op.GlobalLpPool op -> one(Pools.lp(c, op));
      case Op.LpPool op -> one(Pools.lp(c, op));
      case Op.Col2Im op -> one(Windows.image(c, op));
      case Op.Dft op -> one(fourier(c, op));
      case Op.MaxUnpool _ -> one(unpooled(c));
      case Op.TensorScatter op -> one(cache(c, op));
      case Op.ScatterReduce op -> one(Moves.scatter(c, op));
      case Op.Remainder op ->
          one(op.truncates() ? torch.fmod(c.x(), c.in()[1]) : torch.remainder(c.x(), c.in()[1]));
      case Op.Dequantize op -> one(Quantised.real(c, op));
      case Op.DynamicQuantize _ -> Quantised.spanned(c);
    };
  }

  /// They need no attribute.
  private static Tensor foreign(Call c, Op.Foreign op) {
    boolean real = c.graph().value(c.node().outputs().getFirst()).dtype().floating();
    return switch (op.name()) {
      case "Det" -> torch.det(c.x());
      case "Inverse" -> torch.inverse(c.x());
      case String name when real && (name.equals("Cast") || name.equals("CastLike")) ->
          c.x().to(c.real());
      case String name when real && name.equals("Bernoulli") -> bernoulli(c);
      default -> throw new Call.NotRunnable(op.because());
    };
  }

  private static Tensor bernoulli(Call c) {
    Tensor u =
        Bridge.generate(c.shapeIn(0), c.real(), i -> Addressed.uniform(c.seed(), c.stream(), i));
    return torch.lt(u, c.x().detach()).to(c.real());
  }

  private static Tensor hardmax(Call c, Op.Hardmax op) {
    Tensor x = c.x().detach();
    Tensor at = torch.argmax(x, new LongOptional(op.axis()), true);
    return torch.scatter(torch.zeros_like(x), op.axis(), at, new Scalar(1.0));
  }

  private static Tensor reversed(Call c, Op.ReverseSequence op) {
    Shape in = c.shapeIn(0);
    long steps = in.dim(op.timeAxis());
    Tensor t = counting(steps).reshape(steps, 1);
    Tensor n = torch.clamp_max(c.in()[1].detach(), new Scalar(steps)).reshape(1, -1);
    Tensor back = torch.sub(torch.sub(n, t), new Scalar(1));
    Tensor from = torch.where(torch.lt(t, n), back, t);
    return torch.gather(
        c.x(), op.timeAxis(), along(op.timeAxis() == 0 ? from : from.t(), in, 1), false);
  }

  private static Tensor counting(long n) {
    return Bridge.longs(LongStream.range(0, n).toArray());
  }

  /// Indices [axis 0, `axis`] for all elements of a shape.
  private static Tensor along(Tensor indices, Shape shape, int axis) {
    long[] d = new long[shape.rank()];
    Arrays.fill(d, 1);
    d[0] = shape.dim(0);
    d[axis] = shape.dim(axis);
    return indices.reshape(d).expand(shape.toArray());
  }

  private static Tensor fourier(Call c, Op.Dft op) {
    int last = c.shapeIn(0).rank() - 1;
    Tensor x =
        c.shapeIn(0).dim(last) == 1
            ? c.x().select(last, 0)
            : torch.view_as_complex(c.x().contiguous());
    LongOptional n = new LongOptional(op.length());
    StringViewOptional norm = new StringViewOptional();
    Tensor y =
        op.oneSided()
            ? torch.fft_rfft(x, n, op.axis(), norm)
            : op.inverse()
                ? torch.fft_ifft(x, n, op.axis(), norm)
                : torch.fft_fft(x, n, op.axis(), norm);
    return torch.view_as_real(y);
  }

  /// Overlapping windows name an element twice: the last of them writes it, and has its gradient.
  private static Tensor unpooled(Call c) {
    Shape out = c.shapeOut(0);
    Tensor at = c.in()[1].detach().reshape(-1);
    within(at, out.count());
    Tensor x = c.x().reshape(-1);
    Tensor from = counting(x.numel());
    Tensor none = Place.put(torch.zeros(out.count()));
    Tensor last = torch.scatter_reduce(none.to(torch.ScalarType.Long), 0, at, from, "amax", true);
    Tensor written = torch.mul(x, torch.eq(torch.gather(last, 0, at, false), from));
    return torch.scatter_add(none.to(c.real()), 0, at, written).reshape(out.toArray());
  }

  /// libtorch would speak of its own indices.
  private static void within(Tensor at, long n) {
    if (at.numel() > 0 && (at.min().item_long() < 0 || at.max().item_long() >= n)) {
      throw new Call.NotRunnable("its indices reach beyond what they index");
    }
  }

  private static Tensor cache(Call c, Op.TensorScatter op) {
    Shape update = c.shapeIn(1);
    long room = c.shapeIn(0).dim(op.axis());
    long n = update.dim(op.axis());
    Tensor at = counting(n).reshape(1, n).expand(update.dim(0), n);
    if (c.has(2)) {
      at = torch.add(at, c.in()[2].detach().reshape(-1, 1));
    }
    at = op.circular() ? torch.remainder(at, new Scalar(room)) : at;
    within(at, room);
    return torch.scatter(c.x(), op.axis(), along(at, update, op.axis()), c.in()[1]);
  }
}
