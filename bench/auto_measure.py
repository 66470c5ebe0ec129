#!/usr/bin/python3
"""bench/auto_measure.py MODEL.onnx PLAN.tsv [DRAWS]: second moments of signal and gradient behind every layer with weights, measured in double
precision by torch: with the file's weights, and with weights drawn from a plan (name TAB draw, as `AutoTable … std=PLAN.tsv` writes it).
Independent of Fanin's predictor. Inputs N(0,1) (token ids uniform), cotangent N(0,1) at every output; geometric means over draws of everything.
For development: needs torch and onnx, no test does."""
import math, re, sys
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
BATCH = 16


def attrs(n):
    return {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}


def pads(x, p, value=0.0):
    k = len(p) // 2
    flat = []
    for i in reversed(range(k)):
        flat += [p[i], p[i + k]]
    return F.pad(x, flat, value=value) if any(p) else x


def ints(t):
    return [int(v) for v in t.reshape(-1)]


def gelu_safe(x):
    return x


def run(n, a, x):
    """One node: x are input tensors (None where left out)."""
    op = n.op_type
    if op in ("Identity", "Dropout"):
        return x[0]
    if op == "Cast":
        return x[0] if a["to"] in (1, 10, 11, 16) and x[0].is_floating_point() else (
            x[0].double() if a["to"] in (1, 10, 11, 16) else x[0].bool() if a["to"] == 9 else x[0].long())
    if op == "Constant":
        t = torch.from_numpy(np.array(numpy_helper.to_array(a["value"])))
        return t.double() if t.is_floating_point() else t
    if op == "Gemm":
        l = x[0].T if a.get("transA") else x[0]
        r = x[1].T if a.get("transB") else x[1]
        y = a.get("alpha", 1.0) * (l @ r)
        return y + a.get("beta", 1.0) * x[2] if len(x) > 2 and x[2] is not None else y
    if op == "MatMul":
        return x[0] @ x[1]
    if op == "Conv":
        s, d = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
        xp = pads(x[0], a.get("pads", [0] * 2 * (x[0].dim() - 2)))
        f = F.conv2d if x[0].dim() == 4 else F.conv1d
        k = x[0].dim() - 2
        return f(xp, x[1], x[2] if len(x) > 2 else None, stride=s[:k], dilation=d[:k], groups=a.get("group", 1))
    if op == "MaxPool":
        return F.max_pool2d(pads(x[0], a.get("pads", [0] * 4), -math.inf), a["kernel_shape"], a.get("strides"))
    if op == "AveragePool":
        return F.avg_pool2d(x[0], a["kernel_shape"], a.get("strides"))
    if op == "GlobalAveragePool":
        return x[0].mean(dim=tuple(range(2, x[0].dim())), keepdim=True)
    if op == "BatchNormalization":
        return F.batch_norm(x[0], None, None, x[1], x[2], True, 0.1, a.get("epsilon", 1e-5))
    if op == "Flatten":
        return x[0].flatten(a.get("axis", 1))
    if op == "Reshape":
        to = ints(x[1])
        return x[0].reshape([x[0].shape[i] if d == 0 else d for i, d in enumerate(to)])
    if op == "Transpose":
        return x[0].permute(a["perm"])
    if op == "Unsqueeze":
        axes = a.get("axes") or ints(x[1])
        y = x[0]
        for ax in sorted(axes):
            y = y.unsqueeze(ax)
        return y
    if op == "Squeeze":
        axes = a.get("axes") or ints(x[1])
        y = x[0]
        for ax in sorted(axes, reverse=True):
            y = y.squeeze(ax)
        return y
    if op == "Shape":
        return torch.tensor(list(x[0].shape))
    if op == "Gather":
        i = x[1].long()
        ax = a.get("axis", 0)
        y = torch.index_select(x[0], ax, (i.reshape(-1)) % x[0].shape[ax])
        return y.reshape(list(x[0].shape[:ax]) + list(i.shape) + list(x[0].shape[ax + 1:]))
    if op == "Slice":
        starts, ends = ints(x[1]), ints(x[2])
        axes = ints(x[3]) if len(x) > 3 and x[3] is not None else list(range(len(starts)))
        steps = ints(x[4]) if len(x) > 4 and x[4] is not None else [1] * len(starts)
        idx = [slice(None)] * x[0].dim()
        for s, e, ax, st in zip(starts, ends, axes, steps):
            idx[ax] = slice(s, None if e > 10**9 else e, st)
        return x[0][tuple(idx)]
    if op == "Split":
        size = ints(x[1]) if len(x) > 1 else a["split"]
        return torch.split(x[0], list(size), a.get("axis", 0))
    if op == "Concat":
        return torch.cat([v.long() if not v.is_floating_point() else v for v in x], a["axis"])
    if op == "ReduceMean":
        axes = a.get("axes") or ints(x[1])
        return x[0].mean(dim=tuple(axes), keepdim=bool(a.get("keepdims", 1)))
    if op == "Softmax":
        return torch.softmax(x[0], a.get("axis", -1))
    if op == "Where":
        return torch.where(x[0].bool(), x[1], x[2])
    if op == "Expand":
        return x[0].expand(torch.broadcast_shapes(x[0].shape, tuple(ints(x[1]))))
    if op == "ConstantOfShape":
        v = torch.from_numpy(np.array(numpy_helper.to_array(a["value"]))) if "value" in a else torch.zeros(1)
        return v.reshape(()).expand(ints(x[0])).clone()
    if op == "Range":
        return torch.arange(int(x[0]), int(x[1]), int(x[2]))
    two = {"Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Pow": torch.pow, "Equal": torch.eq, "Less": torch.lt,
           "Div": lambda p, q: p / q if p.is_floating_point() else torch.div(p, q, rounding_mode="floor")}
    if op in two:
        return two[op](x[0], x[1])
    one = {"Relu": torch.relu, "Tanh": torch.tanh, "Sigmoid": torch.sigmoid, "Erf": torch.erf, "Sqrt": torch.sqrt, "Sin": torch.sin,
           "Exp": torch.exp, "Neg": torch.neg, "Softplus": F.softplus, "Not": torch.logical_not,
           "LeakyRelu": lambda v: F.leaky_relu(v, a.get("alpha", 0.01)), "Elu": lambda v: F.elu(v, a.get("alpha", 1.0)),
           "Selu": F.selu}
    if op in one:
        return one[op](x[0])
    raise SystemExit(f"no rule for {op}")


def drawn(spec, shape, gen):
    kind, body = re.match(r"(\w+)\[(.*)\]$", spec).groups()
    v = {k: float(w) for k, w in re.findall(r"(\w+)=(-?[\d.E+-]+)", body)} if kind in ("Uniform", "Normal", "Constant") else None
    if kind == "Uniform":
        return v["low"] + (v["high"] - v["low"]) * torch.rand(shape, generator=gen)
    if kind == "Normal":
        return v["mean"] + v["std"] * torch.randn(shape, generator=gen)
    if kind == "Constant":
        return torch.full(tuple(shape), v["value"])
    raise SystemExit(f"no rule for draw {kind}")


def measure(model, weights, gen):
    """ln m2 and ln gm2 of the output of every node that reads a weight matrix."""
    g = model.graph
    env = {"": None}
    params = set()
    for name, t in weights.items():
        env[name] = t
        if t.dim() >= 2 and t.is_floating_point():
            params.add(name)
    views = set(params)
    for i in g.input:
        if i.name in env:
            continue
        shape = [d.dim_value or BATCH for d in i.type.tensor_type.shape.dim]
        if i.type.tensor_type.elem_type in (6, 7):
            env[i.name] = torch.randint(0, VOCAB, shape, generator=gen)
        else:
            env[i.name] = torch.randn(shape, generator=gen).requires_grad_(True)
    layers = []
    for n in g.node:
        out = run(n, attrs(n), [env[i] if i else None for i in n.input])
        outs = out if isinstance(out, (tuple, list)) else [out]
        for o, t in zip(n.output, outs):
            env[o] = t
        if n.op_type in ("Transpose", "Identity", "Reshape") and n.input[0] in views:
            views.add(n.output[0])
        elif n.op_type in ("Gemm", "MatMul", "Conv") and any(i in views for i in n.input[:2]):
            if not outs[0].requires_grad:
                outs[0].requires_grad_(True)
            outs[0].retain_grad()
            layers.append(n.output[0])
    out = env[g.output[0].name]
    (out * torch.randn(out.shape, generator=gen)).sum().backward()
    m2 = [math.log(max(1e-300, float((env[l] ** 2).mean()))) for l in layers]
    g2 = [math.log(max(1e-300, float((env[l].grad ** 2).mean()))) if env[l].grad is not None else math.nan for l in layers]
    return layers, m2, g2


def decades(v):
    v = [w for w in v if w > -600 and not math.isnan(w)]
    return (max(v) - min(v)) / math.log(10)


model = onnx.load(sys.argv[1])
plan = dict(l.rstrip("\n").split("\t", 1) for l in open(sys.argv[2]))
draws = int(sys.argv[3]) if len(sys.argv) > 3 else 8
init = {t.name: torch.from_numpy(np.array(numpy_helper.to_array(t))) for t in model.graph.initializer}
init = {k: (v.double() if v.is_floating_point() else v) for k, v in init.items()}
VOCAB = min([v.shape[0] for k, v in init.items() if v.dim() == 2 and ("tok" in k or "emb" in k)] or [16])
results = {}
for word in ("before", "after"):
    sums = None
    for seed in range(draws):
        gen = torch.Generator().manual_seed(1000 + seed)
        w = {k: (drawn(plan[k], v.shape, gen) if word == "after" and k in plan else v).clone().requires_grad_(False) for k, v in init.items()}
        layers, m2, g2 = measure(model, w, gen)
        row = np.array([m2, g2])
        sums = row if sums is None else sums + row
    results[word] = sums / draws
b, a = results["before"], results["after"]
if "--layers" in sys.argv:
    for i, l in enumerate(layers):
        print(f"  {l[:40]:40s} std {math.exp(b[0][i] / 2):9.3g} → {math.exp(a[0][i] / 2):9.3g}   gradient std {math.exp(b[1][i] / 2):9.3g} → {math.exp(a[1][i] / 2):9.3g}")
name = sys.argv[1].split("/")[-1].replace(".onnx", "")
print(f"| {name} | {len(layers)} | {decades(b[0]):.2f} → {decades(a[0]):.2f} | {decades(b[1]):.2f} → {decades(a[1]):.2f} |")
