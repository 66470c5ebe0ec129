#!/usr/bin/env python3
"""Networks that no rule of the predictor was looked at with: transformers, recurrent networks, MLPs and their like, with measured truth.

  held_out_sequence.py OUT [NAME...]    writes NAME.onnx, NAME.io.npz and NAME.truth.json for every network (or those named) into OUT

The networks are in held_out_transformers.py and held_out_perceptrons.py; built and exported in train mode by Debian's PyTorch 1.13. Truth: K re-initialisations by the network's own
initialiser, each with a fresh input and a fresh N(0,1) cotangent, in float64 through bench/peers/onnx_torch.py: [mean, sample sd, geometric mean] of m2
and of gm2, [mean, sample sd] of the cosine between samples. Score them with `bench/accuracy OUT`.
"""
import io, json, math, os, sys
import numpy as np, onnx, torch
import torch.nn.functional as F

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, 'peers')]
from onnx_torch import Net  # noqa: E402
import held_out_transformers, held_out_perceptrons  # noqa: E402, F401
from held_out_list import NETWORKS  # noqa: E402

torch.set_num_threads(1)


class Graph(Net):
    """The interpreter with the operators that the shared models do not have."""

    def op_Elu(self, a, x): return F.elu(x, a.get('alpha', 1.0))
    def op_Softplus(self, a, x): return F.softplus(x)
    def op_HardSigmoid(self, a, x): return torch.clamp(a.get('alpha', .2) * x + a.get('beta', .5), 0, 1)
    def op_HardSwish(self, a, x): return F.hardswish(x)
    def op_PRelu(self, a, x, s): return torch.where(x > 0, x, x * s)
    def op_Clip(self, a, x, lo=None, hi=None): return torch.clamp(x, lo, hi)
    def op_Abs(self, a, x): return x.abs()
    def op_Log(self, a, x): return torch.log(x)
    def op_Max(self, a, *x):
        y = x[0]
        for t in x[1:]: y = torch.maximum(y, t)
        return y
    def op_Sum(self, a, *x): return sum(x[1:], x[0])
    def op_Pow(self, a, x, y): return torch.pow(x, float(y)) if y.numel() == 1 and x.numel() > 1 else torch.pow(x, y)
    def op_Not(self, a, x): return ~x
    def op_Einsum(self, a, *x): return torch.einsum(a['equation'].decode(), *x)
    def op_Split(self, a, x, s=None):
        k = a.get('axis', 0)
        return torch.split(x, [int(i) for i in s] if s is not None else a.get('split', x.shape[k] // 2), k)
    def op_CumSum(self, a, x, k): return torch.cumsum(x, int(k))
    def op_ReduceL2(self, a, x, ax=None): return x.norm(2, self.axes(a, ax), keepdim=bool(a.get('keepdims', 1)))
    def op_Range(self, a, s, e, d): return torch.arange(s.item(), e.item(), d.item())
    def op_Tile(self, a, x, r): return x.repeat([int(k) for k in r])

    @staticmethod
    def directions(cell, a, x, w, r, b, *states):
        """A cell of one direction, run for each; its outputs side by side."""
        runs = []
        for d in range(w.shape[0]):
            back = d == 1 or a.get('direction') == b'reverse'
            y, *last = cell(a, x.flip(0) if back else x, *[t[d:d + 1] for t in (w, r, b)], None, *[t[d:d + 1] for t in states if t is not None])
            runs.append((y.flip(0) if back else y, *last))
        return (torch.cat([t[0] for t in runs], 1), *[torch.cat(t, 0) for t in list(zip(*runs))[1:]])
    def op_LSTM(self, a, x, w, r, b, lens=None, h0=None, c0=None): return self.directions(super().op_LSTM, a, x, w, r, b, h0, c0)
    def op_GRU(self, a, x, w, r, b, lens=None, h0=None): return self.directions(super().op_GRU, a, x, w, r, b, h0)
    def op_RNN(self, a, x, w, r, b, lens=None, h0=None):
        act = {b'Tanh': torch.tanh, b'Relu': torch.relu}[a.get('activations', [b'Tanh'])[0]]
        def cell(a, x, w, r, b, lens, h0):
            h, H, ys = h0[0], a['hidden_size'], []
            for t in x:
                h = act(t @ w[0].t() + h @ r[0].t() + b[0][:H] + b[0][H:])
                ys.append(h)
            return torch.stack(ys).unsqueeze(1), h.unsqueeze(0)
        return self.directions(cell, a, x, w, r, b, h0)


def draw(spec, seed):
    """Inputs by name: N(0,1), or uniform ids below a vocabulary."""
    rng = np.random.default_rng(seed)
    return {n: rng.integers(0, s[1], s[0]) if isinstance(s, tuple) else rng.standard_normal(s).astype(np.float32) for n, s in spec.items()}


def export(net, seed, path):
    torch.manual_seed(seed)
    module = net.build().train()
    inputs = draw(net.inputs, seed)
    torch.onnx.export(
        module, tuple(torch.from_numpy(v) for v in inputs.values()), path, input_names=list(inputs), output_names=['output'], opset_version=net.opset,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    with torch.no_grad(): out = module(*[torch.from_numpy(v) for v in inputs.values()])
    cotangent = np.random.default_rng(seed + 1).standard_normal(tuple(out.shape)).astype(np.float32)
    return dict({'in_' + k: v for k, v in inputs.items()}, cotangent=cotangent), out.numpy()


def of_input(graph):
    """Names of the tensors that depend on the input."""
    initial = {t.name for t in graph.initializer}
    seen = {i.name for i in graph.input if i.name not in initial}
    for n in graph.node:
        if n.op_type not in ('Shape', 'ConstantOfShape') and any(i in seen for i in n.input): seen.update(n.output)
    return seen


def cosine(x, batch):
    """Mean cosine of two different samples."""
    if x.dim() < 2 or x.shape[0] != batch or batch < 2: return None
    f = x.reshape(batch, -1)
    length = f.norm(dim=1)
    if not (length > 0).all(): return None
    f = f / length[:, None]
    return float(((f @ f.t()).sum() - batch) / batch / (batch - 1))


def measure(file, data, batch):
    net = Graph(file, data, torch.float64)
    readings = {}
    for name, t in net.keep.items():
        if t.grad is None: continue
        x = t.detach()
        r = {'m2': float((x * x).mean()), 'gm2': float((t.grad ** 2).mean()), 'cos': cosine(x, batch)}
        readings[name] = {k: v for k, v in r.items() if v is not None and math.isfinite(v)}
    return net, readings


def summary(values, logarithmic):
    v = np.array(values)
    r = [float(v.mean()), float(v.std(ddof=1))]
    if logarithmic: r.append(float(np.exp(np.log(v).mean())) if (v > 0).all() else 0.0 if (v == 0).all() else None)
    return r


def truth(name, net, out):
    path = os.path.join(out, name + '.onnx')
    data, expected = export(net, net.seed, path)
    np.savez(os.path.join(out, name + '.io.npz'), **data)
    batch = list(data.values())[0].shape[0]
    first, _ = measure(path, data, batch)
    worst = float((first.v['output'].detach() - torch.from_numpy(expected)).abs().max() / np.abs(expected).max())
    assert worst < 1e-3, f'{name}: the interpreter is {worst} from torch'
    draws = []
    for k in range(1, net.draws + 1):
        buffer = io.BytesIO()
        again, _ = export(net, net.seed + 100 * k, buffer)
        buffer.seek(0)
        draws.append(measure(buffer, again, batch)[1])
    initial, inputs, depends = {t.name for t in first.m.graph.initializer}, set(net.inputs), of_input(first.m.graph)
    tensors = {}
    for t in draws[0]:
        if not all(t in d for d in draws): continue
        entry = {'kind': 'initializer' if t in initial else 'input' if t in inputs else 'node'}
        if entry['kind'] == 'node' and t not in depends: entry['data'] = False
        entry['reinit'] = {k: summary([d[t][k] for d in draws], k != 'cos') for k in ('m2', 'gm2', 'cos') if all(k in d[t] for d in draws)}
        tensors[t] = entry
    json.dump({'name': name, 'description': net.about, 'batch': batch, 'seed': net.seed, 'opset': net.opset, 'reinits': net.draws, 'tensors': tensors},
              open(os.path.join(out, name + '.truth.json'), 'w'))
    print(f'{name:24s} {len(tensors):5d} tensors, {net.draws} draws, {worst:.0e} from torch', flush=True)


def main(out, *names):
    os.makedirs(out, exist_ok=True)
    for name, net in NETWORKS.items():
        if not names or name in names: truth(name, net, out)


if __name__ == '__main__':
    if len(sys.argv) < 2: sys.exit(__doc__)
    main(*sys.argv[1:])
