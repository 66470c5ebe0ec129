#!/usr/bin/env python3
"""held_out.py FOLDER [DRAWS [NAME…]]: exports the networks of held_out_nets.py to FOLDER and measures what is true of them.

For each NAME.onnx (training mode; some NAME.eval.onnx too): NAME.io.npz (input, cotangent) and NAME.truth.json, laid out as score.py of the scoring tools
reads it: per tensor [mean, standard deviation, geometric mean] of m2 and gm2, [mean, standard deviation] of cos over DRAWS (12) initialisations by the
network's own constructor, each with a fresh N(0,1) input and a fresh N(0,1) cotangent at the output. The graph is evaluated in float64 by
bench/peers/onnx_torch.py; its first output is held against PyTorch's module. Made before and unchanged: left as it is. Needs torch, torchvision, onnx
(Debian: python3-torch python3-torchvision python3-onnx)."""
import json, os, sys, warnings, zlib

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, 'peers')]
try:
    import numpy as np, onnx, torch
    from held_out_nets import EVAL, NETS
    from onnx_torch import Net
except ImportError as e:
    sys.exit(f'bench/accuracy-more: {sys.executable} has no {e.name}: install torch, torchvision and onnx (Debian: python3-torch python3-torchvision python3-onnx)')

warnings.filterwarnings('ignore')
torch.set_num_threads(1)
AGREE = 1e-5


class Draw(Net):
    """The graph with other weights; dropout as the file says."""

    def __init__(self, model, weights, io):
        self.m, self.dtype, self.v, self.keep = model, torch.float64, {}, {}
        self.opset, g = model.opset_import[0].version, model.graph
        for t in g.initializer: self.put(t.name, self.const(weights.get(t.name, onnx.numpy_helper.to_array(t))))
        self.put('input', self.const(io['in_input']))
        # What depends on the input, to tell tensors apart as the truth does.
        self.data = {'input'}
        for n in g.node:
            self.run(n)
            if self.data.intersection(n.input): self.data.update(n.output)
        self.out = self.v[g.output[0].name]

    def op_Dropout(self, a, x, ratio=None, training=None):
        p = .5 if ratio is None else float(ratio)
        return torch.dropout(x, p, training is not None and bool(training))

    def readings(self, cotangent):
        self.out.backward(torch.from_numpy(cotangent))
        batch = len(self.out)
        for name, t in self.keep.items():
            x = t.detach()
            r = {'m2': float((x * x).mean())}
            if t.grad is not None: r['gm2'] = float((t.grad ** 2).mean())
            if x.dim() and len(x) == batch and name in self.data: r['cos'] = cosine(x)
            yield name, r


def cosine(x):
    y = x.reshape(len(x), -1)
    n = y.norm(dim=1)
    if not bool((n > 0).all()): return float('nan')
    y = y / n[:, None]
    return float(((y @ y.t()).sum() - len(y)) / (len(y) * (len(y) - 1)))


def export(net, shape, path, training):
    net.train(training)
    torch.onnx.export(net, torch.randn(shape), path, opset_version=15, input_names=['input'], output_names=['output'], do_constant_folding=False,
                      training=torch.onnx.TrainingMode.PRESERVE, keep_initializers_as_inputs=False)


def weights(net): return {k: v.detach().numpy() for k, v in net.state_dict().items()}


def sample(shape, out, seed):
    r = np.random.default_rng(seed)
    return {'in_input': r.standard_normal(shape).astype(np.float32), 'cotangent': r.standard_normal(out).astype(np.float32)}


def three(xs):
    xs = np.array(xs)
    # A unit that is dead in some draws only has no typical value but the mean.
    geometric = float(np.exp(np.log(xs).mean())) if (xs > 0).all() else 0.0 if (xs == 0).all() else None
    return [float(xs.mean()), float(xs.std(ddof=1)), geometric]


def summary(all_draws, draw, kinds):
    tensors = {}
    for name, kind in kinds.items():
        rows = [d[name] for d in all_draws]
        r = {k: three([x[k] for x in rows]) for k in ('m2', 'gm2') if all(k in x for x in rows)}
        if all('cos' in x and x['cos'] == x['cos'] for x in rows): r['cos'] = three([x['cos'] for x in rows])[:2]
        if 'gm2' in r: tensors[name] = {'kind': kind, 'data': name in draw.data, 'reinit': r}
    return tensors


def check(draw, net, io):
    """The graph computes what the module does (dropout is random: not compared)."""
    if any(isinstance(m, torch.nn.Dropout) and m.p > 0 for m in net.modules()) and net.training: return
    with torch.no_grad(): want = net.double()(torch.from_numpy(io['in_input']).double())
    net.float()
    worst = float((draw.out - want).detach().abs().max() / want.abs().max())
    if not worst < AGREE: raise ValueError(f'the exported graph is off by {worst:.1e}')


def truth(name, make, shape, path, training, draws):
    seed = zlib.crc32(name.encode()) % 100000
    torch.manual_seed(seed)
    net = make()
    export(net, shape, path, training)
    model = onnx.load(path)
    with torch.no_grad(): out = tuple(net(torch.randn(shape)).shape)
    io = sample(shape, out, seed)
    np.savez(path.replace('.eval', '').replace('.onnx', '.io.npz'), **io)
    rows = []
    for k in range(1, draws + 1):
        torch.manual_seed(seed + k)
        net = make().train(training)
        io = sample(shape, out, seed + k)
        draw = Draw(model, weights(net), io)
        if k == 1: check(draw, net, io)
        rows.append(dict(draw.readings(io['cotangent'].astype(np.float64))))
    initial = {t.name for t in model.graph.initializer}
    kinds = {t: 'initializer' if t in initial else 'input' if t == 'input' else 'node' for t in rows[0]}
    return {'name': name, 'file': os.path.basename(path), 'variant': 'train' if training else 'eval', 'batch': shape[0], 'seed': seed, 'reinits': draws,
            'tensors': summary(rows, draw, kinds)}


def main(folder, draws='12', *only):
    os.makedirs(folder, exist_ok=True)
    for name, (make, shape) in NETS.items():
        for training in (True, False)[:1 + (name in EVAL)]:
            full = name if training else name + '.eval'
            out = os.path.join(folder, full + '.truth.json')
            if (only and full not in only) or os.path.exists(out) and json.load(open(out))['reinits'] == int(draws): continue
            t = truth(name, make, shape, os.path.join(folder, full + '.onnx'), training, int(draws))
            with open(out, 'w') as f: json.dump(t, f)
            print(full, len(t['tensors']), 'tensors', file=sys.stderr, flush=True)


if __name__ == '__main__':
    if len(sys.argv) < 2: sys.exit(__doc__)
    main(*sys.argv[1:])
