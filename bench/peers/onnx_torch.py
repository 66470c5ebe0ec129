#!/usr/bin/env python3
"""Second moments of every tensor of an ONNX file and of its gradient, by a second implementation: this interpreter on Debian's PyTorch 1.13.

  onnx_torch.py MODELS READINGS [NAME [PAGE]]    MODELS/NAME.onnx, its MODELS/…io.npz, beside READINGS/NAME.tsv of `bench/measure digits`

READINGS/NAME.tsv: lines of tab-separated precision (64, 32), tensor, m2, gm2, uncancelled m2, uncancelled gm2 (0: not a sum). Dropout is off in both.
Prints one row per model: the largest relative difference of ours to these in float64, how far float32 is from float64 here and there,
and flips: elements that ReLU, clipping or max pooling treats otherwise in float32.
"""
import os, re, sys
import numpy as np, onnx, torch
from onnx import numpy_helper
import torch.nn.functional as F

torch.set_num_threads(1)
NOISE = {64: 1e-24, 32: 1e-9}
UNDER = 1e-70


def arr(t):
    if t.data_type == onnx.TensorProto.BFLOAT16:
        raw = np.frombuffer(t.raw_data, '<u2') if t.raw_data else np.array(t.int32_data, np.uint16)
        return (raw.astype(np.uint32) << 16).view(np.float32).reshape(tuple(t.dims))
    return numpy_helper.to_array(t)


class Net:
    def __init__(self, path, io, dtype):
        self.m = onnx.load(path)
        self.dtype, self.v, self.keep = dtype, {}, {}
        g = self.m.graph
        self.opset = [o.version for o in self.m.opset_import if o.domain in ('', 'ai.onnx')][0]
        for t in g.initializer: self.put(t.name, self.const(arr(t)))
        for i in g.input:
            if i.name not in self.v: self.put(i.name, self.const(io.get('in_' + i.name, io.get('in_' + re.sub(r'\W', '_', i.name)))))
        for n in g.node: self.run(n)
        out = self.v[g.output[0].name]
        out.backward(torch.from_numpy(io['cotangent']).to(dtype))

    def const(self, a):
        t = torch.from_numpy(np.array(a))
        return t.to(self.dtype) if t.is_floating_point() else t

    def put(self, name, t):
        self.v[name] = t
        if t.is_floating_point():
            if not t.requires_grad: t.requires_grad_(True)
            else: t.retain_grad()
            self.keep[name] = t

    def stats(self):
        for n, t in self.keep.items():
            x = t.detach().double()
            g = t.grad
            yield n, float((x * x).mean()), 0.0 if g is None else float((g.double() ** 2).mean())

    def run(self, n):
        a = {x.name: onnx.helper.get_attribute_value(x) for x in n.attribute}
        x = [self.v[i] if i else None for i in n.input]
        y = self.operate(n, a, x)
        for name, t in zip(n.output, y):
            if name and t is not None:
                # a tensor of its own for every name, or their gradients would be one
                self.put(name, t.view_as(t) if any(t is k for k in x) else t)

    def operate(self, n, a, x):
        y = getattr(self, 'op_' + n.op_type)(a, *x)
        return y if isinstance(y, tuple) else (y,)

    @staticmethod
    def axes(a, extra=None):
        return a.get('axes') if extra is None else [int(k) for k in extra]

    def op_Constant(self, a): return self.const(arr(a['value']))
    def op_Identity(self, a, x): return x
    def op_Dropout(self, a, x, *_): return x
    def op_Relu(self, a, x): return F.relu(x)
    def op_LeakyRelu(self, a, x): return F.leaky_relu(x, a.get('alpha', .01))
    def op_Selu(self, a, x): return a.get('gamma', 1.0507009873554805) * torch.where(x > 0, x, a.get('alpha', 1.6732632423543772) * (torch.exp(torch.clamp(x, max=0)) - 1)) if 'gamma' in a else F.selu(x)
    def op_Elu(self, a, x): return F.elu(x, a.get('alpha', 1.0))
    def op_HardSigmoid(self, a, x): return torch.clamp(a.get('alpha', .2) * x + a.get('beta', .5), 0, 1)
    def op_HardSwish(self, a, x): return F.hardswish(x)
    def op_Tanh(self, a, x): return torch.tanh(x)
    def op_Sigmoid(self, a, x): return torch.sigmoid(x)
    def op_Sin(self, a, x): return torch.sin(x)
    def op_Cos(self, a, x): return torch.cos(x)
    def op_Exp(self, a, x): return torch.exp(x)
    def op_Neg(self, a, x): return -x
    def op_Erf(self, a, x): return torch.erf(x)
    def op_Sqrt(self, a, x): return torch.sqrt(x)
    def op_Reciprocal(self, a, x): return 1 / x
    def op_Clip(self, a, x, lo=None, hi=None):
        lo = a.get('min') if lo is None else float(lo); hi = a.get('max') if hi is None else float(hi)
        return F.hardtanh(x, lo, hi)
    def op_Add(self, a, x, y): return x + y
    def op_Sub(self, a, x, y): return x - y
    def op_Mul(self, a, x, y): return x * y
    def op_Div(self, a, x, y): return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode='trunc')
    def op_Pow(self, a, x, y): return torch.pow(x, float(y))
    def op_Equal(self, a, x, y): return x == y
    def op_Where(self, a, c, x, y): return torch.where(c, x, y)
    def op_MatMul(self, a, x, y): return x @ y
    def op_Gemm(self, a, x, w, b=None):
        x = x.t() if a.get('transA') else x; w = w.t() if a.get('transB') else w
        y = a.get('alpha', 1.0) * (x @ w)
        return y if b is None else y + a.get('beta', 1.0) * b
    def op_Softmax(self, a, x): return torch.softmax(x, a.get('axis', -1 if self.opset >= 13 else 1))
    def op_LogSoftmax(self, a, x): return torch.log_softmax(x, a.get('axis', -1 if self.opset >= 13 else 1))
    def op_ReduceMean(self, a, x, ax=None): return x.mean(self.axes(a, ax), keepdim=bool(a.get('keepdims', 1)))
    def op_ReduceSum(self, a, x, ax=None): return x.sum(self.axes(a, ax), keepdim=bool(a.get('keepdims', 1)))
    def op_ReduceMax(self, a, x, ax=None): return x.max(self.axes(a, ax)[0], keepdim=bool(a.get('keepdims', 1)))[0]
    def op_GlobalAveragePool(self, a, x): return x.mean(list(range(2, x.dim())), keepdim=True)
    def op_Flatten(self, a, x):
        k = a.get('axis', 1)
        return x.reshape(int(np.prod(x.shape[:k])), -1)
    def op_Reshape(self, a, x, s):
        s = [int(k) for k in s]
        return x.reshape([x.shape[i] if k == 0 else k for i, k in enumerate(s)])
    def op_Transpose(self, a, x): return x.permute(a['perm'])
    def op_Expand(self, a, x, s): return x * torch.ones([int(k) for k in s], dtype=x.dtype)
    def op_Shape(self, a, x): return torch.tensor(x.shape)
    def op_ConstantOfShape(self, a, s):
        v = arr(a['value']) if 'value' in a else np.zeros(1, np.float32)
        return self.const(np.full([int(k) for k in s], v[0], v.dtype))
    def op_Cast(self, a, x):
        to = a['to']
        return x.to(self.dtype) if to in (1, 10, 11, 16) else x.to({6: torch.int32, 7: torch.int64, 9: torch.bool}[to])
    def op_Unsqueeze(self, a, x, ax=None):
        ax = sorted(k % (x.dim() + len(self.axes(a, ax))) for k in self.axes(a, ax))
        for k in ax: x = x.unsqueeze(k)
        return x
    def op_Squeeze(self, a, x, ax=None):
        for k in sorted((k % x.dim() for k in self.axes(a, ax)), reverse=True): x = x.squeeze(k)
        return x
    def op_Concat(self, a, *x): return torch.cat(x, a['axis'])
    def op_Split(self, a, x, s=None):
        s = a.get('split') if s is None else [int(k) for k in s]
        return torch.split(x, s, a.get('axis', 0))
    def op_DepthToSpace(self, a, x):
        assert a.get('mode') == b'CRD'
        return F.pixel_shuffle(x, a['blocksize'])
    def op_Resize(self, a, x, roi=None, scales=None, sizes=None):
        size = [int(k) for k in sizes[2:]] if sizes is not None else [int(k * float(s)) for k, s in zip(x.shape[2:], scales[2:])]
        if a.get('mode', b'nearest') == b'nearest': return F.interpolate(x, size)
        assert a['mode'] == b'linear' and a['coordinate_transformation_mode'] in (b'pytorch_half_pixel', b'half_pixel')
        return F.interpolate(x, size, mode='bilinear', align_corners=False)
    def op_Gather(self, a, x, i):
        k = a.get('axis', 0) % x.dim()
        y = x.index_select(k, i.reshape(-1) % x.shape[k])
        return y.reshape(x.shape[:k] + i.shape + x.shape[k + 1:])
    def op_Slice(self, a, x, st=None, en=None, ax=None, sp=None):
        st = a['starts'] if st is None else [int(k) for k in st]; en = a['ends'] if en is None else [int(k) for k in en]
        ax = (a.get('axes') or range(len(st))) if ax is None else [int(k) for k in ax]; sp = [1] * len(st) if sp is None else [int(k) for k in sp]
        for s, e, k, p in zip(st, en, ax, sp):
            d = x.shape[k]
            i = torch.arange(d)[slice(max(s, -d), min(e, d) if e >= 0 else max(e, -d - 1), p)] if p > 0 else torch.tensor(list(range(d))[s:(e if e >= -d else None):p])
            x = x.index_select(k, i)
        return x
    def op_Pad(self, a, x, p=None, v=None):
        p = a['pads'] if p is None else [int(k) for k in p]
        r = x.dim(); flat = []
        for k in reversed(range(r)): flat += [p[k], p[k + r]]
        assert a.get('mode', b'constant') == b'constant'
        return F.pad(x, flat, value=0.0 if v is None else float(v))
    @staticmethod
    def padded(a, x, value=0.0):
        r = x.dim() - 2; p = a.get('pads', [0] * 2 * r); flat = []
        for k in reversed(range(r)): flat += [p[k], p[k + r]]
        return F.pad(x, flat, value=value) if any(p) else x
    def op_Conv(self, a, x, w, b=None):
        f = {1: F.conv1d, 2: F.conv2d}[x.dim() - 2]
        return f(self.padded(a, x), w, b, a.get('strides', 1), 0, a.get('dilations', 1), a.get('group', 1))
    def op_ConvTranspose(self, a, x, w, b=None):
        p = a.get('pads', [0] * 4)
        return F.conv_transpose2d(x, w, b, a.get('strides', 1), p[:2], a.get('output_padding', 0), a.get('group', 1), a.get('dilations', 1))
    def op_MaxPool(self, a, x):
        return F.max_pool2d(self.padded(a, x, -float('inf')), a['kernel_shape'], a.get('strides', 1), ceil_mode=bool(a.get('ceil_mode')))
    def op_AveragePool(self, a, x):
        p = a.get('pads', [0] * 4)
        assert not any(p) or a.get('count_include_pad')
        return F.avg_pool2d(self.padded(a, x), a['kernel_shape'], a.get('strides', 1))
    def op_BatchNormalization(self, a, x, s, b, mean, var):
        # by the definition, not by torch's function
        d = [0] + list(range(2, x.dim())); shape = [1, -1] + [1] * (x.dim() - 2)
        if a.get('training_mode', 0):
            mean = x.mean(d); var = x.var(d, unbiased=False)
        else:
            # running statistics are no parameters; an exporter may have merged them with some
            mean, var = mean.detach(), var.detach()
        y = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + a.get('epsilon', 1e-5))
        return (y * s.reshape(shape) + b.reshape(shape),)
    def op_InstanceNormalization(self, a, x, s, b):
        d = list(range(2, x.dim())); shape = [1, -1] + [1] * (x.dim() - 2)
        y = (x - x.mean(d, keepdim=True)) / torch.sqrt(x.var(d, unbiased=False, keepdim=True) + a.get('epsilon', 1e-5))
        return y * s.reshape(shape) + b.reshape(shape)
    def op_LayerNormalization(self, a, x, s, b=None):
        k = list(range(a.get('axis', -1) % x.dim(), x.dim()))
        d = x - x.mean(k, keepdim=True)
        y = d / torch.sqrt((d * d).mean(k, keepdim=True) + a.get('epsilon', 1e-5)) * s
        return (y if b is None else y + b,)
    def op_LSTM(self, a, x, w, r, b=None, lens=None, h0=None, c0=None):
        T, B, _ = x.shape; H = a['hidden_size']
        h = torch.zeros(B, H, dtype=x.dtype) if h0 is None else h0[0]; c = torch.zeros(B, H, dtype=x.dtype) if c0 is None else c0[0]; ys = []
        for t in range(T):
            i, o, f, g = (x[t] @ w[0].t() + h @ r[0].t() + b[0][:4 * H] + b[0][4 * H:]).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c); ys.append(h)
        return torch.stack(ys).unsqueeze(1), h.unsqueeze(0), c.unsqueeze(0)
    def op_GRU(self, a, x, w, r, b=None, lens=None, h0=None):
        T, B, _ = x.shape; H = a['hidden_size']
        assert a.get('linear_before_reset')
        h = torch.zeros(B, H, dtype=x.dtype) if h0 is None else h0[0]; ys = []
        for t in range(T):
            gx = (x[t] @ w[0].t() + b[0][:3 * H]).chunk(3, 1); gh = (h @ r[0].t() + b[0][3 * H:]).chunk(3, 1)
            z = torch.sigmoid(gx[0] + gh[0]); q = torch.sigmoid(gx[1] + gh[1]); n = torch.tanh(gx[2] + q * gh[2])
            h = (1 - z) * n + z * h; ys.append(h)
        return torch.stack(ys).unsqueeze(1), h.unsqueeze(0)


def pooled(a, x):
    """Which element of a padded plane every window takes."""
    return F.max_pool2d(Net.padded(a, x.detach(), -float('inf')), a['kernel_shape'], a.get('strides', 1), ceil_mode=bool(a.get('ceil_mode')), return_indices=True)[1]


def flips(d, s):
    """Elements that ReLU, clipping or max pooling treats otherwise in float32 than in float64."""
    n = 0
    for node in d.m.graph.node:
        if node.op_type not in ('Relu', 'LeakyRelu', 'Clip', 'MaxPool', 'ReduceMax'): continue
        a = {x.name: onnx.helper.get_attribute_value(x) for x in node.attribute}
        x, y = d.v[node.input[0]].detach(), s.v[node.input[0]].detach()
        if node.op_type == 'MaxPool': n += int((pooled(a, x) != pooled(a, y)).sum())
        elif node.op_type == 'ReduceMax': n += int((x.argmax(a['axes'][0]) != y.argmax(a['axes'][0])).sum())
        elif node.op_type == 'Clip': n += int(((d.op_Clip(a, x, *bounds(d, node)) == x) != (s.op_Clip(a, y, *bounds(s, node)) == y)).sum())
        else: n += int(((x > 0) != (y > 0)).sum())
    return n


def bounds(net, node): return [net.v[i].detach() if i else None for i in node.input[1:]]


def moments(net):
    return {n: (m, g) for n, m, g in net.stats()}


def worst(of, to, full, precision):
    """Largest relative differences of m2 and of gm2, the tensor of the latter, how many were compared."""
    w, at, n = [0.0, 0.0], '', 0
    for name, t in to.items():
        if name not in of or name not in full: continue
        n += 1
        for k in (0, 1):
            if t[k] == of[name][k] or 0 < t[k] < NOISE[precision] * full[name][k] or precision == 32 and t[k] < UNDER: continue
            # an exact 0 has rounding noise on either side
            if t[k] == 0 and of[name][k] < 1e-26 * full[name][k]: continue
            d = abs(of[name][k] / t[k] - 1) if t[k] else float('inf')
            if not d <= w[k]: w[k] = d; at = name if k else at
    return w, at, n


ROWS = []


def row(text):
    ROWS.append(text)
    print(text, flush=True)


def write(page, section):
    text = open(page).read()
    begin, end = f'<!-- begin {section} -->\n', f'<!-- end {section} -->'
    a, b = text.index(begin) + len(begin), text.index(end)
    open(page, 'w').write(text[:a] + '\n'.join(ROWS) + '\n' + text[b:])


def readings(file):
    """By precision, tensor → (m2, gm2) as `bench/measure digits` wrote them, and the same had they not cancelled."""
    ours, full = {64: {}, 32: {}}, {64: {}, 32: {}}
    for line in open(file):
        p, t, *x = line.rstrip('\n').split('\t'); x = [float(k) for k in x]
        ours[int(p)][t] = x[:2]; full[int(p)][t] = x[2:]
    return ours, full


def main(models, folder, only='', page=''):
    row('| model | tensors | m2 f64 | gm2 f64 | m2 f32: ours | theirs | gm2 f32: ours | theirs | flips | worst of ours beyond 1e-4 |')
    row('|---' * 10 + '|')
    for f in sorted(os.listdir(folder)):
        name = f[:-4]
        if only not in name: continue
        io = dict(np.load(os.path.join(models, re.sub(r'\.(eval|fused|var_.*)$', '', name) + '.io.npz')))
        path = os.path.join(models, name + '.onnx')
        ours, full = readings(os.path.join(folder, f))
        double, single = Net(path, io, torch.float64), Net(path, io, torch.float32)
        d, s = moments(double), moments(single)
        a, where, n = worst(ours[64], d, full[64], 64)
        o, at, _ = worst(ours[32], d, full[64], 32)
        t, peer, _ = worst(s, d, full[64], 32)
        row(f'| {name}.onnx | {n} | {a[0]:.1e} | {a[1]:.1e} | {o[0]:.1e} | {t[0]:.1e} | {o[1]:.1e} | {t[1]:.1e} | {flips(double, single)} | {at if o[1] > 1e-4 else ""} |')
        if os.environ.get('VERBOSE'): print('   ', where, at, peer, file=sys.stderr)
    if page: write(page, 'digits')


if __name__ == '__main__':
    if len(sys.argv) < 3: sys.exit(__doc__)
    main(*sys.argv[1:])
