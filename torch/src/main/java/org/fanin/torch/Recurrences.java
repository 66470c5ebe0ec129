package org.fanin.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.fanin.graph.Op;
import org.fanin.graph.Op.Recurrent.Kind;
import org.fanin.tensor.Shape;

/// LSTM, GRU, RNN. ONNX and torch order the gates differently.
final class Recurrences {
  /// Where torch's gates i, f, g, o are in ONNX's i, o, f, c.
  private static final int[] LSTM = {0, 2, 3, 1};

  /// Where torch's r, z, n are in ONNX's z, r, h.
  private static final int[] GRU = {1, 0, 2};

  private static final int[] RNN = {0};

  private Recurrences() {}

  static List<Tensor> run(Call call, Op.Recurrent op) {
    if (call.has(4) || call.has(7)) {
      throw new Call.NotRunnable(call.has(4) ? "sequences of unequal length" : "peepholes");
    }
    Tensor x = op.batchFirst() ? call.x().transpose(0, 1) : call.x();
    x = op.reverse() ? flipped(x) : x;
    Shape in = call.shapeIn(0);
    long batch = in.dim(op.batchFirst() ? 0 : 1);
    long time = in.dim(op.batchFirst() ? 1 : 0);
    Tensor h = state(call, op, 5, batch);
    List<Tensor> outs = new ArrayList<>();
    if (op.kind() == Kind.GRU && !op.linearBeforeReset()) {
      outs.addAll(gru(call, op, x, h, time));
    } else {
      outs.addAll(torchs(call, op, x, h, batch));
    }
    long d = op.directions();
    Tensor y = outs.getFirst();
    y = op.reverse() ? flipped(y) : y;
    y = y.reshape(time, batch, d, op.hidden());
    outs.set(0, op.batchFirst() ? y.transpose(0, 1) : y.transpose(1, 2));
    for (int i = 1; i < outs.size() && op.batchFirst(); i++) {
      outs.set(i, outs.get(i).transpose(0, 1));
    }
    return outs;
  }

  private static Tensor flipped(Tensor x) {
    return x.flip(0);
  }

  private static Tensor state(Call call, Op.Recurrent op, int input, long batch) {
    if (!call.has(input)) {
      return Place.put(torch.zeros(op.directions(), batch, op.hidden())).to(call.real());
    }
    return op.batchFirst() ? call.in()[input].transpose(0, 1) : call.in()[input];
  }

  /// Outputs [time, batch, directions·hidden], last h, last c.
  private static List<Tensor> torchs(Call call, Op.Recurrent op, Tensor x, Tensor h, long batch) {
    TensorVector weights = new TensorVector();
    for (int d = 0; d < op.directions(); d++) {
      for (Tensor t : weights(call, op, d)) {
        weights.push_back(t);
      }
    }
    boolean both = op.directions() == 2;
    return switch (op.kind()) {
      case LSTM -> {
        TensorVector states = new TensorVector(h, state(call, op, 6, batch));
        T_TensorTensorTensor_T r = torch.lstm(x, states, weights, true, 1, 0, false, both, false);
        yield List.of(new Tensor(r.get0()), new Tensor(r.get1()), new Tensor(r.get2()));
      }
      case GRU -> two(torch.gru(x, h, weights, true, 1, 0, false, both, false));
      case RNN -> two(torch.rnn_tanh(x, h, weights, true, 1, 0, false, both, false));
      case RELU_RNN -> two(torch.rnn_relu(x, h, weights, true, 1, 0, false, both, false));
    };
  }

  /// A tuple's elements die with it, so they are handed on as handles of their own.
  private static List<Tensor> two(T_TensorTensor_T r) {
    return List.of(new Tensor(r.get0()), new Tensor(r.get1()));
  }

  /// W, R and both biases of one direction, gates in torch's order.
  private static List<Tensor> weights(Call call, Op.Recurrent op, int direction) {
    int[] order =
        switch (op.kind()) {
          case LSTM -> LSTM;
          case GRU -> GRU;
          case RNN, RELU_RNN -> RNN;
        };
    long rows = (long) order.length * op.hidden();
    Tensor b =
        call.has(3)
            ? call.in()[3].select(0, direction)
            : Place.put(torch.zeros(2 * rows)).to(call.real());
    return List.of(
        ordered(call.in()[1].select(0, direction), op.hidden(), order),
        ordered(call.in()[2].select(0, direction), op.hidden(), order),
        ordered(b.narrow(0, 0, rows), op.hidden(), order),
        ordered(b.narrow(0, rows, rows), op.hidden(), order));
  }

  private static Tensor ordered(Tensor t, long hidden, int[] order) {
    TensorVector parts = new TensorVector();
    for (int gate : order) {
      parts.push_back(t.narrow(0, gate * hidden, hidden));
    }
    return torch.cat(parts, 0);
  }

  /// Reset before the product (Cho et al. 2014), which torch does not have.
  private static List<Tensor> gru(Call call, Op.Recurrent op, Tensor x, Tensor h0, long time) {
    TensorVector all = new TensorVector();
    TensorVector last = new TensorVector();
    for (int d = 0; d < op.directions(); d++) {
      List<Tensor> w = weights(call, op, d);
      long n = op.hidden();
      Tensor bias = w.get(2).add(w.get(3));
      Tensor from = torch.matmul(x, w.get(0).t()).add(bias);
      Tensor gates = w.get(1).narrow(0, 0, 2 * n).t();
      Tensor candidate = w.get(1).narrow(0, 2 * n, n).t();
      Tensor h = h0.select(0, d);
      Tensor[] steps = new Tensor[(int) time];
      for (int s = 0; s < time; s++) {
        int t = d == 1 ? (int) time - 1 - s : s;
        Tensor now = from.select(0, t);
        Tensor rz = torch.sigmoid(now.narrow(1, 0, 2 * n).add(torch.matmul(h, gates)));
        Tensor r = rz.narrow(1, 0, n);
        Tensor z = rz.narrow(1, n, n);
        Tensor c =
            torch.tanh(now.narrow(1, 2 * n, n).add(torch.matmul(torch.mul(r, h), candidate)));
        h = torch.add(c, torch.mul(z, torch.sub(h, c)));
        steps[t] = h;
      }
      all.push_back(torch.stack(new TensorVector(steps), 0));
      last.push_back(h);
    }
    return List.of(torch.cat(all, 2), torch.stack(last, 0));
  }
}
