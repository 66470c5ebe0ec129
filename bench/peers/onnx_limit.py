#!/usr/bin/env python3
"""How far float32 may move a second moment: Monte Carlo arithmetic (Parker 1997) on the interpreter of onnx_torch.py.

  onnx_limit.py MODELS READINGS [NAME [PAGE]]    as onnx_torch.py

Every operator is computed in float64, but each element of its results, and of the gradients that come to its operands, is multiplied by 1 + r·2⁻²⁴, r uniform in ±ROUNDINGS,
RUNS times. The limit of a moment is its largest relative difference in these runs. Operators that only move elements or choose among them do not round. Numbers in the file are exact.
Exit code 1 when a moment in float32 is farther from float64 than 1e-3 and than its limit.
"""
import os, re, sys, zlib
import numpy as np, torch
import torch.nn.functional as F
import onnx_torch
from onnx_torch import Net, NOISE, UNDER, flips, moments, pooled, row

UNIT = 2.0 ** -24
# one Conv, Gemm or MatMul of float32 is off by 2.5 to 3.7 of these (rms, on this library, these models), r by 8/√3 = 4.6
ROUNDINGS = 8
RUNS = 16
FLOOR, WANTED = 1e-6, 1e-3
EXACT = set('Constant ConstantOfShape Identity Dropout Cast Shape Relu Neg Clip Where Equal MaxPool ReduceMax Flatten Reshape Transpose Expand Squeeze Unsqueeze Concat Split '
            'Slice Gather Pad DepthToSpace'.split())


def real(t): return t is not None and t.is_floating_point()


class Forward(torch.autograd.Function):
    """Moves the value, not the gradient."""
    @staticmethod
    def forward(ctx, x, by): return x * by
    @staticmethod
    def backward(ctx, g): return g, None


class Backward(torch.autograd.Function):
    """Moves the gradient, not the value."""
    @staticmethod
    def forward(ctx, x, by):
        ctx.by = by
        return x.view_as(x)
    @staticmethod
    def backward(ctx, g): return g * ctx.by(g), None


class Noise:
    """Apart from the net: what the graph's backward functions hold must not hold the graph, or none is ever freed."""
    def __init__(self, run, roundings): self.run, self.most = run, roundings * UNIT

    def __call__(self, t, where):
        # addressed by run and place, not drawn in the order of execution
        g = torch.Generator().manual_seed(zlib.crc32(f'{self.run} {where}'.encode()))
        return 1 + (2 * torch.rand(t.shape, generator=g).double() - 1) * self.most

    def gradient(self, where): return lambda g: self(g, where)


class Moved(Net):
    def __init__(self, path, io, noise):
        self.noise = noise
        super().__init__(path, io, torch.float64)

    def operate(self, n, a, x):
        if n.op_type in EXACT: return super().operate(n, a, x)
        to, by = n.output[0], self.noise
        x = [Backward.apply(t, by.gradient(f'{to} from {i}')) if real(t) else t for i, t in enumerate(x)]
        return tuple(Forward.apply(t, by(t, f'{to} {i}')) if real(t) else t for i, t in enumerate(super().operate(n, a, x)))


class Decided(Net):
    """float64, but ReLU, clipping and pooling treat every element as they do in another run."""
    def __init__(self, path, io, other):
        self.other = other
        super().__init__(path, io, torch.float64)

    def operate(self, n, a, x):
        y = self.other.v[n.input[0]].detach().double() if n.op_type in ('Relu', 'LeakyRelu', 'Clip', 'MaxPool') else None
        if n.op_type == 'Relu': return (x[0] * (y > 0),)
        if n.op_type == 'LeakyRelu': return (torch.where(y > 0, x[0], a.get('alpha', .01) * x[0]),)
        if n.op_type == 'Clip':
            z = self.op_Clip(a, y, *x[1:])
            return (torch.where(z == y, x[0], z),)
        if n.op_type == 'MaxPool':
            i = pooled(a, y)
            return (self.padded(a, x[0]).flatten(2).gather(2, i.flatten(2)).view(i.shape),)
        return super().operate(n, a, x)


class Held(Moved, Decided):
    """Moved, but every decision is that of `other`."""
    def __init__(self, path, io, noise, other):
        self.noise, self.other = noise, other
        Net.__init__(self, path, io, torch.float64)


class Single(Net):
    """float64; takes note of what each operator alone does to its operands, rounded, in float32. In units of 2⁻²⁴ of the root mean square of what it makes."""
    def __init__(self, path, io, notes):
        self.notes = notes
        super().__init__(path, io, torch.float64)

    def one(self, n, a, x, dtype):
        was, self.dtype = self.dtype, dtype
        x = [t.detach().float().to(dtype).requires_grad_() if real(t) else t for t in x]
        y = super().operate(n, a, x)[0]
        self.dtype = was
        c = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
        x = [t for t in x if real(t)]
        return y.detach(), [g for g in torch.autograd.grad(y, x, c, allow_unused=True) if g is not None]

    def operate(self, n, a, x):
        y = super().operate(n, a, x)
        if n.op_type not in EXACT and real(y[0]) and any(real(t) for t in x):
            (s, gs), (d, gd) = (self.one(n, a, x, t) for t in (torch.float32, torch.float64))
            off = lambda p, q: float((p.double() - q).norm() / q.norm()) / UNIT if float(q.norm()) else 0.0
            note = self.notes.setdefault(n.op_type, ([], []))
            note[0].append(off(s, d))
            note[1].extend(map(off, gs, gd))
        return y


def operators(notes, page):
    onnx_torch.ROWS.clear()
    row('| operator | nodes | result: median | 90% | gradients: median | 90% |')
    row('|---' * 6 + '|')
    for op, (of, grad) in sorted(notes.items()):
        q = [np.quantile(z, p) for z in (of, grad) for p in (.5, .9)]
        row(f'| {op} | {len(of)} | ' + ' | '.join(f'{z:.1f}' for z in q) + ' |')
    if page: onnx_torch.write(page, 'roundings')


def differences(of, to): return {n: [abs(x / e - 1) if e else 0.0 for x, e in zip(of[n], t)] for n, t in to.items() if n in of}


def limits(path, io, double, roundings, held=False):
    """tensor → largest relative difference of (m2, gm2), and how many runs took an element otherwise."""
    exact = moments(double)
    most, otherwise = {n: [0.0, 0.0] for n in exact}, 0
    for run in range(RUNS):
        net = Held(path, io, Noise(run, roundings), double) if held else Moved(path, io, Noise(run, roundings))
        otherwise += flips(double, net) > 0
        for n, d in differences(moments(net), exact).items(): most[n] = [max(a, b) for a, b in zip(most[n], d)]
    return most, otherwise


def model(name, path, io, ours, full):
    """One row; how many moments are beyond what is wanted and beyond their limit."""
    double, single = Net(path, io, torch.float64), Net(path, io, torch.float32)
    exact = moments(double)
    off, (most, otherwise) = differences(ours, exact), limits(path, io, double, ROUNDINGS)
    held = limits(path, io, double, ROUNDINGS, True)[0] if otherwise else most
    all = [(off[n][k], most[n][k], n, k) for n, t in exact.items() if n in off for k in (0, 1)
           if t[k] and t[k] >= NOISE[32] * full[n][k] and t[k] >= UNDER]
    far, limit, at, k = max(all)
    beyond = [q for q in all if q[0] > FLOOR]
    where = once = decided = ''
    if far > FLOOR: where = f'{at} {("m2", "gm2")[k]}'
    if far > WANTED:
        once = f'{limits(path, io, double, 1)[0][at][k]:.1e}'
        decided = f'{differences(ours, moments(Decided(path, io, single)))[at][k]:.1e}'
    row(f'| {name}.onnx | {len(all)} | {sum(q[1] > WANTED for q in all)} | {otherwise} | {len(beyond)} | {sum(q[0] > held[q[2]][q[3]] for q in beyond)} | {sum(q[0] > q[1] for q in beyond)} '
        f'| {far:.1e} | {where} | {limit:.1e} | {once} | {decided} |')
    if os.environ.get('VERBOSE'):
        for q in sorted(beyond, key=lambda q: -q[0] / max(q[1], 1e-30))[:3]: print('   %.1e limit %.1e %s %d' % q, file=sys.stderr)
    return sum(q[0] > max(WANTED, q[1]) for q in all)


def main(models, readings, only='', page=''):
    row('| model | moments | limit beyond 1e-3 | runs with flips | ours beyond 1e-6 | of them beyond the limit without flips | beyond the limit | largest of ours | at | limit there | by one rounding | decided as float32 |')
    row('|---' * 12 + '|')
    failed, notes = 0, {}
    for f in sorted(os.listdir(readings)):
        name = f[:-4]
        # the same network in another encoding has the same limits
        if only not in name or '.var_' in name: continue
        io = dict(np.load(os.path.join(models, re.sub(r'\.(eval|fused)$', '', name) + '.io.npz')))
        ours, full = onnx_torch.readings(os.path.join(readings, f))
        failed += model(name, os.path.join(models, name + '.onnx'), io, ours[32], full[64])
        Single(os.path.join(models, name + '.onnx'), io, notes)
    row('')
    row(f'{failed} moments beyond 1e-3 and beyond their limit.')
    if page: onnx_torch.write(page, 'limit')
    print()
    operators(notes, page)
    return failed > 0


if __name__ == '__main__':
    if len(sys.argv) < 3: sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
