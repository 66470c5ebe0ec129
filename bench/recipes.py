"""Holds recipes against the frameworks themselves: builds networks with PyTorch and torchvision, asks Fanin for its plan
from names and shapes, and compares the second moment of every tensor with the plan's.

usage: recipes.py [-v] [NETWORK...]     run in the repository's root; wants torch >= 1.13 and torchvision >= 0.14
`keras` is skipped, and says so, where node does not find @tensorflow/tfjs (npm install it anywhere, NODE_PATH names the folder).
A development bench: ./verify does not run it. A tensor agrees when the mean of its squares is within 5 standard errors of
what the plan says (standard error from the tensor's own fourth moment), and, where the plan is uniform, when no element is
outside of its bounds. Large tensors: a false alarm once in 1.7 million each; small ones oftener, as their standard error
comes from few elements (the seed is fixed). RegNet and DenseNet are not here: no recipe is theirs.
"""
import json, math, os, re, subprocess, sys, tempfile

import torch
import torchvision
from torch import nn


def modules():
    net = nn.ModuleDict()
    net["fc1"] = nn.Linear(300, 200)
    net["conv"] = nn.Conv2d(32, 64, 3)
    net["grouped"] = nn.Conv2d(64, 64, 3, groups=8)
    net["depthwise"] = nn.Conv2d(64, 64, 5, groups=64)
    net["conv1d"] = nn.Conv1d(30, 50, 4)
    net["conv_transpose"] = nn.ConvTranspose2d(48, 24, 4)
    net["embedding"] = nn.Embedding(500, 40)
    net["lstm"] = nn.LSTM(24, 64, 2, bidirectional=True)
    net["gru"] = nn.GRU(24, 64)
    net["rnn"] = nn.RNN(24, 64)
    net["bn"] = nn.BatchNorm2d(64)
    net["ln"] = nn.LayerNorm(64)
    net["prelu"] = nn.PReLU(64)
    net["attention"] = nn.MultiheadAttention(64, 4)
    net["cross"] = nn.MultiheadAttention(64, 4, kdim=48, vdim=32)
    net["encoder"] = nn.TransformerEncoder(nn.TransformerEncoderLayer(64, 4, 256), 2)
    net["decoder"] = nn.TransformerDecoder(nn.TransformerDecoderLayer(64, 4, 256), 2)
    return net


class Skipped(Exception):
    pass


class Weights(dict):
    """Tensors by name that no torch module holds."""

    def state_dict(self):
        return self


def keras():
    """Keras' layers as TensorFlow.js makes them: an implementation of Keras' initialisers of its own."""
    with tempfile.TemporaryDirectory() as d:
        try:
            r = subprocess.run(["node", os.path.join("bench", "recipes_keras.js"), d], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            raise Skipped("no node")
        if r.returncode:
            missing = "Cannot find module '@tensorflow/tfjs'" in r.stderr
            raise Skipped("@tensorflow/tfjs is not there" if missing else "node failed: " + r.stderr.strip()[-200:])
        made = json.load(open(os.path.join(d, "weights.json")))
        print("TensorFlow.js %s" % made["version"])
        return Weights((name, torch.frombuffer(bytearray(open(os.path.join(d, made["files"][name]), "rb").read()), dtype=torch.float32).reshape(shape))
                       for name, shape in made["shapes"].items())


V = torchvision.models
NETWORKS = {
    "modules": (modules, "pytorch-default"),
    "keras": (keras, "keras-default"),
    "resnet18": (V.resnet18, "resnet"),
    "resnext50": (V.resnext50_32x4d, "resnet"),
    "resnet50-zero": (lambda: V.resnet50(zero_init_residual=True), "resnet-zero-gamma"),
    "vgg16_bn": (V.vgg16_bn, "mobilenet"),
    "mobilenet_v2": (V.mobilenet_v2, "mobilenet"),
    "mobilenet_v3": (V.mobilenet_v3_small, "mobilenet"),
    "efficientnet_b0": (V.efficientnet_b0, "efficientnet-torchvision"),
    "convnext_tiny": (V.convnext_tiny, "convnext"),
    "vit_b_16": (V.vit_b_16, "vit-torchvision"),
    "swin_t": (V.swin_t, "deit"),
    "shufflenet_v2": (V.shufflenet_v2_x0_5, "pytorch-default"),
}


def plan(shapes, recipe):
    with tempfile.TemporaryDirectory() as d:
        f = os.path.join(d, "shapes.json")
        json.dump(shapes, open(f, "w"))
        r = subprocess.run(["./fanin", "init", f, "--recipe", recipe, "--plan-only", "--json", "-"], stdout=subprocess.PIPE, text=True)
        if r.returncode:
            sys.exit("fanin failed for " + recipe)
        text = os.path.join(d, "plan.yaml")
        subprocess.run(["./fanin", "init", f, "--recipe", recipe, "--plan-only", "--plan", text], stdout=subprocess.DEVNULL, check=True)
        return json.loads(r.stdout), draws(text)


def draws(text):
    """Name to the exact law as the plan spells it, one line each: {constant: 1.0}, {normal: [mean, sigma]}, ..."""
    by, name = {}, None
    for line in open(text, encoding="utf8"):
        key, _, value = line.strip().partition(": ")
        if key == "- name":
            name = json.loads(value)
        elif key == "draw":
            by[name] = value
    return by


def mean(draw):
    m = re.match(r"\{constant: ([^}]+)\}|\{normal: \[([^,]+),", draw)
    return float(m.group(1) or m.group(2)) if m else 0.0


def verdict(w, t, draw):
    """None where tensor and plan agree, else what is there."""
    w = w.double().flatten()
    n = w.numel()
    want = t["variance"] + mean(draw) ** 2
    m2 = float((w ** 2).mean())
    spread = float((w ** 2).var(unbiased=True)) if n > 1 else 0.0
    error = math.sqrt(spread / n)
    # A constant tensor has no spread: what is left is rounding to float32.
    if abs(m2 - want) <= 5 * error + 1e-6 * want + 1e-30:
        if t["scheme"].startswith(("uniform", "glorot-uniform", "pytorch-default")):
            bound = math.sqrt(3 * t["variance"])
            if float(w.abs().max()) > bound * (1 + 1e-5):
                return "largest %.6g, beyond uniform(±%.6g)" % (float(w.abs().max()), bound)
        return None
    return "rms %.6g, planned %.6g (%+.1f standard errors)" % (math.sqrt(m2), math.sqrt(want), (m2 - want) / error if error else math.inf)


def main(names, verbose):
    print("torch %s, torchvision %s" % (torch.__version__, torchvision.__version__))
    print("%-18s %-26s %8s %8s %8s %8s" % ("network", "recipe", "tensors", "agree", "differ", "kept"))
    wrong = 0
    for name in names or NETWORKS:
        make, recipe = NETWORKS[name]
        torch.manual_seed(0)
        try:
            net = make().state_dict()
        except Skipped as e:
            print("%-18s %-26s skipped: %s" % (name, recipe, e))
            continue
        floating = {k: v for k, v in net.items() if v.is_floating_point()}
        document, laws = plan({k: list(v.shape) for k, v in floating.items()}, recipe)
        by = {t["name"]: t for t in document["tensors"]}
        differ = []
        for k, v in floating.items():
            if k in by:
                d = verdict(v, by[k], laws.get(k, ""))
                if d:
                    differ.append("  %s %s: %s; %s" % (k, list(v.shape), d, by[k]["scheme"]))
        wrong += len(differ)
        print("%-18s %-26s %8d %8d %8d %8d" % (name, recipe, len(floating), len(by) - len(differ), len(differ), len(document["kept"])))
        for line in differ if verbose else differ[:8]:
            print(line)
        for k in document["kept"]:
            print("  kept: %s, %s" % (k["name"], k["because"]))
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [a for a in sys.argv[1:] if a != "-v"]
    sys.exit(main(given, "-v" in sys.argv))
