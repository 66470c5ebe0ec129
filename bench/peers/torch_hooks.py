#!/usr/bin/env python3
"""What a PyTorch user writes to see signal and gradient: a forward and a full backward hook on every module.

torch_hooks.py FOLDER MODEL ROUNDS SECONDS   (MODEL: gpt2_pre_ln, resnet18_w12, mlp30_relu_he, mlp100_tanh_xavier)

Builds the network that FOLDER/MODEL.onnx was exported from, with the file's weights, on the file's own input and
cotangent, checks its output, and times bare passes and hooked passes alternately (medians; one thread, float32).
Hooks take mean, m2, zeros and the cosine between samples of every module's output, m2 of its gradient, and m2 of
every parameter's gradient: fewer tensors and fewer statistics than fanin's.
"""
import os, resource, statistics, sys, time

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # read when they load
import numpy, onnx, torch
from onnx import numpy_helper
from torch import nn

torch.set_num_threads(1)


class Attention(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
        self.softmax = nn.Softmax(-1)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        s = q @ k.transpose(-1, -2) / (d // self.heads) ** 0.5
        s = s.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf"))
        return self.o((self.softmax(s) @ v).transpose(1, 2).reshape(b, t, d))


class Mlp(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(d, h), nn.GELU(), nn.Linear(h, d)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class GptBlock(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attn, self.ffn = Attention(d, heads), Mlp(d, 4 * d)

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.ffn(self.ln2(x))


class Gpt(nn.Module):
    def __init__(self, layers=6, d=64, heads=4, words=256, length=32):
        super().__init__()
        self.tok, self.pos = nn.Embedding(words, d), nn.Embedding(length, d)
        self.blocks = nn.ModuleList(GptBlock(d, heads) for _ in range(layers))
        self.lnf = nn.LayerNorm(d)

    def forward(self, x):
        x = self.tok(x) + self.pos(torch.arange(x.shape[1]))
        for b in self.blocks:
            x = b(x)
        return self.lnf(x) @ self.tok.weight.T


class ResBlock(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, w=12, classes=10):
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, w, 7, 2, 3, bias=False), nn.BatchNorm2d(w), nn.ReLU()
        self.maxpool, self.avgpool = nn.MaxPool2d(3, 2, 1), nn.AdaptiveAvgPool2d(1)
        for i in range(4):
            a, b = w * 2 ** max(0, i - 1), w * 2 ** i
            setattr(self, f"layer{i + 1}", nn.Sequential(ResBlock(a, b, 1 if i == 0 else 2), ResBlock(b, b, 1)))
        self.fc = nn.Linear(8 * w, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(self.avgpool(x).flatten(1))


def plain(weights, act):
    layers = []
    for i in range(0, 2 * len(weights), 2):
        if f"{i}.weight" in weights:
            o, n = weights[f"{i}.weight"].shape
            layers += ([act()] if layers else []) + [nn.Linear(n, o)]
    return nn.Sequential(*layers)


def build(name, weights):
    net = {
        "gpt2_pre_ln": Gpt,
        "resnet18_w12": lambda: ResNet(classes=len(weights["fc.bias"])),
        "mlp30_relu_he": lambda: plain(weights, nn.ReLU),
        "mlp100_tanh_xavier": lambda: plain(weights, nn.Tanh),
    }[name]()
    have = net.state_dict()
    missing = [k for k in have if k not in weights and "num_batches" not in k]
    net.load_state_dict({k: torch.tensor(weights[k]) for k in have if k in weights}, strict=False)
    return net, missing


def moments(t):
    x = t.detach()
    n = x.shape[0]
    flat = x.reshape(n, -1)
    unit = flat / flat.norm(dim=1, keepdim=True)
    cos = ((unit @ unit.T).sum() - n) / (n * (n - 1))
    return x.mean().item(), x.square().mean().item(), (x == 0).float().mean().item(), cos.item()


def hooked(net, seen):
    handles = []
    for name, m in net.named_modules():
        def fwd(_m, _i, out, name=name):
            seen[name] = moments(out)

        def bwd(_m, _gi, go, name=name):
            seen[name + ".grad"] = go[0].square().mean().item()

        handles += [m.register_forward_hook(fwd), m.register_full_backward_hook(bwd)]
    return handles


def run(net, x, c, seen=None):
    handles = hooked(net, seen) if seen is not None else []
    net.zero_grad(set_to_none=True)
    y = net(x)
    y.backward(c)
    if seen is not None:
        for name, p in net.named_parameters():
            seen[name] = p.square().mean().item(), p.grad.square().mean().item()
    for h in handles:
        h.remove()
    return y


def main():
    folder, name, rounds, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    weights = {i.name: numpy_helper.to_array(i) for i in onnx.load(f"{folder}/{name}.onnx").graph.initializer}
    net, missing = build(name, weights)
    io = numpy.load(f"{folder}/{name}.io.npz")
    x = torch.tensor(next(io[k] for k in io.files if k.startswith("in_")))
    c = torch.tensor(io["cotangent"])
    y = run(net, x, c).detach().numpy()
    want = io["out_train"] if "out_train" in io.files else io["out_eval"]
    off = abs(y - want).max() / abs(want).max()
    if missing or off > 1e-4:
        sys.exit(f"{name}: not the same network: {missing}, output off by {off:.1e}")
    seen = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        run(net, x, c)
        run(net, x, c, seen)
    took = {"bare": ([], []), "hooks": ([], [])}
    for _ in range(rounds):
        for what, (wall, cpu) in took.items():
            t, p = time.perf_counter(), time.process_time()
            run(net, x, c, seen if what == "hooks" else None)
            wall.append(1e3 * (time.perf_counter() - t))
            cpu.append(1e3 * (time.process_time() - p))
    (bw, bc), (hw, hc) = ([statistics.median(v) for v in took[k]] for k in ("bare", "hooks"))
    print(
        f"{name + ' torch ' + torch.__version__[:6]:28} {x.shape[0]:5} {len(seen):6} | {bw:9.2f} {hw:9.2f} {hw / bw:6.2f}"
        f" | {bc:9.2f} {hc:9.2f} {hc / bc:6.2f} | {'':8} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:8}"
    )


main()
