#!/usr/bin/python3
"""bench/trainable_train.py IMAGES.gz LABELS.gz NET.onnx…: really trains networks as ../shared/trainability does, and prints the best training accuracy.

SGD, momentum 0.9, batch 64, 400 steps, cross-entropy, learning rates .01, .1, .001, 1 until one reaches .60 (label `trains`); accuracy is the mean over
the last 50 steps. A run below .13 after 250 steps is given up. IMAGES, LABELS: Fashion-MNIST's training files (Debian package dataset-fashion-mnist),
averaged to 14×14 and standardised over all pixels. For development: needs torch and onnx; its results are in bench/trainable-labels.tsv."""
import gzip, os, sys

# The operators of auto_measure.py, without its main part.
exec(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "auto_measure.py")).read().split("\nmodel = onnx.load")[0])
torch.set_default_dtype(torch.float32)
CHANCE_AFTER, CHANCE = 250, .13


def idx(path):
    raw = gzip.open(path).read()
    dims = [int.from_bytes(raw[4 + 4 * i:8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def data(images, labels):
    x = idx(images).astype(np.float32).reshape(-1, 14, 2, 14, 2).mean((2, 4))
    return torch.from_numpy((x - x.mean()) / x.std())[:, None], torch.from_numpy(idx(labels).astype(np.int64))


class Fused:
    """LayerNorm and GELU arrive as many nodes; as one each they train several times faster."""

    def __init__(self, kind, inputs, output):
        self.op_type, self.input, self.output = kind, inputs, output


LAYER_NORM = ["ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div", "Mul", "Add"]
GELU = ["Div", "Erf", "Add", "Mul", "Mul"]


def compiled(model):
    tensors = {t.name: torch.from_numpy(np.array(numpy_helper.to_array(t))) for t in model.graph.initializer}
    params = {k: v.float() for k, v in tensors.items() if v.is_floating_point() and "running" not in k and v.dim() > 0}
    fixed = {k: v for k, v in tensors.items() if k not in params}
    steps = []
    for n in model.graph.node:
        if n.op_type == "Constant":
            fixed[n.output[0]] = torch.from_numpy(np.array(numpy_helper.to_array(attrs(n)["value"])))
        else:
            steps.append((n, attrs(n)))
    return params, fixed, fused(steps, params, fixed)


def fused(steps, params, fixed):
    out, i = [], 0
    while i < len(steps):
        kinds = [n.op_type for n, _ in steps[i:i + 9]]
        if kinds == LAYER_NORM:
            eps = next(float(fixed[k]) for k in steps[i + 4][0].input if k in fixed)
            scale, shift = (next(k for k in steps[i + j][0].input if k in params) for j in (7, 8))
            out.append((Fused("LayerNorm", [steps[i][0].input[0], scale, shift], list(steps[i + 8][0].output)), {"eps": eps}))
            i += 9
        elif kinds[:5] == GELU:
            out.append((Fused("Gelu", [steps[i][0].input[0]], list(steps[i + 4][0].output)), {}))
            i += 5
        else:
            out.append(steps[i])
            i += 1
    return out


def node(n, a, x):
    kind = n.op_type
    if kind == "LayerNorm":
        return F.layer_norm(x[0], x[1].shape, x[1], x[2], a["eps"])
    if kind == "Gelu":
        return F.gelu(x[0])
    if kind == "Pad":
        return pads(x[0], ints(x[1]))
    if kind == "Clip":
        return torch.clamp(x[0], float(x[1]), float(x[2]))
    if kind == "InstanceNormalization":
        return F.instance_norm(x[0], None, None, x[1], x[2], True, 0., a.get("epsilon", 1e-5))
    return run(n, a, x)


def train(model, x, y, rate, steps=400, batch=64, seed=5):
    params, fixed, nodes = compiled(model)
    weights = {k: v.clone().requires_grad_(True) for k, v in params.items()}
    optimizer = torch.optim.SGD(list(weights.values()), lr=rate, momentum=.9)
    entry = next(i.name for i in model.graph.input if i.name not in params and i.name not in fixed)
    gen, right = torch.Generator().manual_seed(seed), []
    for step in range(steps):
        i = torch.randint(0, len(x), (batch,), generator=gen)
        env = {"": None, **weights, **fixed, entry: x[i]}
        for n, a in nodes:
            made = node(n, a, [env[k] for k in n.input])
            env.update(zip(n.output, made if isinstance(made, (tuple, list)) else [made]))
        logits = env[model.graph.output[0].name]
        loss = F.cross_entropy(logits, y[i])
        if not torch.isfinite(loss):
            return 0.
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right.append((logits.argmax(1) == y[i]).float().mean().item())
        if step == CHANCE_AFTER - 1 and sum(right[-50:]) / 50 < CHANCE:
            break
    return sum(right[-50:]) / 50


if len(sys.argv) < 4:
    sys.exit(__doc__)
images, answers = data(sys.argv[1], sys.argv[2])
for path in sys.argv[3:]:
    best = {}
    for rate in (.01, .1, .001, 1.):
        best[rate] = train(onnx.load(path), images, answers, rate)
        if best[rate] >= .6:
            break
    print(path, round(max(best.values()), 3), {k: round(v, 3) for k, v in best.items()}, sep="\t", flush=True)
