"""Networks of the sizes people train, and one bare pass through them: ResNet-50 (He et al. 2015) and ViT-B/16 (Dosovitskiy et al. 2020), written out, as torchvision is no part of the bench.

size_nets.py export NAME BATCH FILE   writes NAME (resnet50, vit_b_16) as ONNX, in training mode, nothing folded
size_nets.py pass NAME BATCH          one forward and one backward pass on N(0,1), a cotangent N(0,1), one thread, float32: prints seconds of wall and
                                      processor time of the pass alone
size_nets.py compare NAME BATCH FILE FANIN ROUNDS   that process beside FANIN check of FILE, alternately
"""
import os
import subprocess
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when they load

import torch
from torch import nn

torch.set_num_threads(1)


class Bottleneck(nn.Module):
    def __init__(self, a, width, stride):
        super().__init__()
        b = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(a, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, b, 1, bias=False), nn.BatchNorm2d(b)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride > 1 or a != b:
            self.downsample = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet50(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.relu, self.maxpool = nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        a = 64
        for i, blocks in enumerate((3, 4, 6, 3)):
            layer = []
            for k in range(blocks):
                layer.append(Bottleneck(a, 64 << i, 2 if k == 0 and i > 0 else 1))
                a = 256 << i
            setattr(self, f"layer{i + 1}", nn.Sequential(*layer))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(2048, 1000)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Encoder(nn.Module):
    def __init__(self, d, heads, hidden):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(d, 1e-6), nn.LayerNorm(d, 1e-6)
        self.in_proj, self.out_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.linear_1, self.linear_2 = nn.Linear(d, hidden), nn.Linear(hidden, d)
        self.gelu = nn.GELU()
        for m in (self.in_proj, self.out_proj, self.linear_1, self.linear_2):
            nn.init.xavier_uniform_(m.weight)
            nn.init.zeros_(m.bias)

    def attention(self, x):
        b, t, d = x.shape
        q, k, v = self.in_proj(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        s = torch.softmax(q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5, -1)
        return self.out_proj((s @ v).transpose(1, 2).reshape(b, t, d))

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.linear_2(self.gelu(self.linear_1(self.ln_2(x))))


class ViTB16(nn.Module):
    def __init__(self, layers=12, d=768, heads=12, hidden=3072, classes=1000):
        super().__init__()
        self.conv_proj = nn.Conv2d(3, d, 16, 16)
        nn.init.trunc_normal_(self.conv_proj.weight, std=(1 / (3 * 16 * 16)) ** 0.5)
        self.class_token = nn.Parameter(torch.zeros(1, 1, d))
        self.pos_embedding = nn.Parameter(torch.empty(1, 197, d).normal_(std=0.02))
        self.layers = nn.Sequential(*(Encoder(d, heads, hidden) for _ in range(layers)))
        self.ln, self.head = nn.LayerNorm(d, 1e-6), nn.Linear(d, classes)

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.class_token.expand(x.shape[0], -1, -1), x), 1) + self.pos_embedding
        return self.head(self.ln(self.layers(x))[:, 0])


NETS = {"resnet50": ResNet50, "vit_b_16": ViTB16}


def build(name):
    torch.manual_seed(1)
    return NETS[name]().train()


def export(name, batch, file):
    torch.onnx.export(
        build(name),
        torch.randn(batch, 3, 224, 224),
        file,
        training=torch.onnx.TrainingMode.TRAINING,
        do_constant_folding=False,
        opset_version=13,
        input_names=["input"],
        output_names=["output"],
    )


def one_pass(name, batch):
    net = build(name)
    x, c = torch.randn(batch, 3, 224, 224, requires_grad=True), torch.randn(batch, 1000)
    start, cpu = time.perf_counter(), time.process_time()
    net(x).backward(c)
    print(f"{time.perf_counter() - start:.2f} {time.process_time() - cpu:.2f}")


def process(*command):
    """(wall s, processor s, largest resident MB) of a process, and what it prints."""
    start = time.perf_counter()
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    text = p.stdout.read()
    _, status, used = os.wait4(p.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 3):
        sys.exit(f"{' '.join(command)}: exit code {os.waitstatus_to_exitcode(status)}")
    return (time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), text


def compare(name, batch, file, fanin, rounds):
    check = (fanin, "check", "--batch", str(batch), file)
    commands = {
        "PyTorch, the process": (sys.executable, __file__, "pass", name, str(batch)),
        "fanin check": check,
        "predicted only": (*check, "--no-measure"),
    }
    best = {}
    for _ in range(int(rounds)):
        for what, command in commands.items():
            took, text = process(*command)
            rows = [(what, took)]
            if what.startswith("PyTorch"):
                rows.append(("PyTorch, the pass", (*map(float, text.split()), took[2])))
            for w, t in rows:
                best[w] = tuple(map(min, best.get(w, t), t))
    bare = best["PyTorch, the pass"]
    print(f"{name}, batch {batch}: least of {rounds}")
    for w, (wall, cpu, mb) in best.items():
        ratios = f"{cpu / bare[1]:6.2f} {mb / bare[2]:6.2f}  times the pass, its memory"
        print(f"  {w:22} wall {wall:7.2f} s  processor {cpu:7.2f} s  resident {mb:6.0f} MB  {ratios}")
    mine, none = best["fanin check"], best["predicted only"]
    print(f"  measuring alone takes {(mine[1] - none[1]) / bare[1]:.2f} times the processor time of the pass")


if __name__ == "__main__":
    what, name, batch, *rest = sys.argv[1:]
    {"export": export, "pass": one_pass, "compare": compare}[what](name, int(batch), *rest)
