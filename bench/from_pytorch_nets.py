"""Ten small networks as people write them in PyTorch, each with an input: what bench/from_pytorch exports by the plain call and by the advised one."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Residual(nn.Module):
    def __init__(self, body, shortcut=None, after=None):
        super().__init__()
        self.body, self.shortcut, self.after = body, shortcut or nn.Identity(), after or nn.Identity()

    def forward(self, x):
        return self.after(self.shortcut(x) + self.body(x))


def conv_bn(i, o, k=3, stride=1, groups=1, act=None):
    layers = [nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
    return layers + ([act] if act else [])


def basic_block(i, o, stride):
    body = nn.Sequential(*conv_bn(i, o, stride=stride, act=nn.ReLU()), *conv_bn(o, o))
    shortcut = nn.Sequential(*conv_bn(i, o, k=1, stride=stride)) if stride > 1 or i != o else None
    return Residual(body, shortcut, nn.ReLU())


def resnet(width=16):
    blocks = [basic_block(i, o, s) for i, o, s in
              [(width, width, 1)] * 2 + [(width, 2 * width, 2), (2 * width, 2 * width, 1), (2 * width, 4 * width, 2), (4 * width, 4 * width, 1)]]
    return nn.Sequential(*conv_bn(3, width, act=nn.ReLU()), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, 10))


def vgg(width=16):
    layers, i = [], 3
    for o, pool in [(1, 1), (2, 1), (4, 0), (4, 1), (8, 0), (8, 1)]:
        layers += conv_bn(i, o * width, act=nn.ReLU())
        layers += [nn.MaxPool2d(2)] if pool else []
        i = o * width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(i * 4, 128), nn.ReLU(), nn.Dropout(.5), nn.Linear(128, 10))


def inverted(i, o, stride, expand=4):
    body = nn.Sequential(*conv_bn(i, i * expand, k=1, act=nn.ReLU6()), *conv_bn(i * expand, i * expand, stride=stride, groups=i * expand, act=nn.ReLU6()),
                         *conv_bn(i * expand, o, k=1))
    return Residual(body) if stride == 1 and i == o else body


def mobilenet():
    blocks = [inverted(16, 16, 1), inverted(16, 24, 2), inverted(24, 24, 1), inverted(24, 32, 2), inverted(32, 32, 1)]
    return nn.Sequential(*conv_bn(3, 16, act=nn.ReLU6()), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(.2), nn.Linear(32, 10))


class Block(nn.Module):
    """One pre-norm transformer block."""

    def __init__(self, d, heads):
        super().__init__()
        self.n1, self.n2, self.heads = nn.LayerNorm(d), nn.LayerNorm(d), heads
        self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down, self.drop = nn.Linear(d, 4 * d), nn.Linear(4 * d, d), nn.Dropout(.1)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        a = (q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)).softmax(-1)
        x = x + self.drop(self.proj((self.drop(a) @ v).transpose(1, 2).reshape(b, t, d)))
        return x + self.drop(self.down(F.gelu(self.up(self.n2(x)))))


class Gpt(nn.Module):
    def __init__(self, vocabulary=128, d=64, layers=6, tokens=32):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocabulary, d), nn.Parameter(torch.randn(tokens, d) * .02)
        self.blocks, self.norm = nn.ModuleList([Block(d, 4) for _ in range(layers)]), nn.LayerNorm(d)
        self.head = nn.Linear(d, vocabulary, bias=False)

    def forward(self, ids):
        x = self.tok(ids) + self.pos
        for b in self.blocks:
            x = b(x)
        return self.head(self.norm(x))


class Encoder(nn.Module):
    """nn.TransformerEncoder as the manual has it: six copies of one layer."""

    def __init__(self, d=64):
        super().__init__()
        self.embed = nn.Embedding(128, d)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 4, 4 * d, dropout=.1, batch_first=True), 6, enable_nested_tensor=False)
        self.head = nn.Linear(d, 10)

    def forward(self, ids):
        return self.head(self.encoder(self.embed(ids)).mean(1))


class Recurrent(nn.Module):
    def __init__(self, kind, features=16, hidden=64):
        super().__init__()
        self.rnn = kind(features, hidden, num_layers=2, batch_first=True, dropout=.2)
        self.head = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


def perceptron(depth, width=64, norm=False):
    layers, i = [], 100
    for _ in range(depth):
        layers += [nn.Linear(i, width)] + ([nn.BatchNorm1d(width)] if norm else []) + [nn.ReLU()] + ([nn.Dropout(.1)] if norm else [])
        i = width
    return nn.Sequential(*layers, nn.Linear(i, 10))


def autoencoder():
    return nn.Sequential(
        *conv_bn(3, 16, stride=2, act=nn.ReLU()), *conv_bn(16, 32, stride=2, act=nn.ReLU()), *conv_bn(32, 64, stride=2, act=nn.ReLU()),
        nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh())


IMAGES = lambda: torch.randn(16, 3, 32, 32)
TOKENS = lambda: torch.randint(0, 128, (16, 32))
SEQUENCES = lambda: torch.randn(16, 24, 16)
VECTORS = lambda: torch.randn(16, 100)

NETS = {
    "mlp40_relu": (lambda: perceptron(40), VECTORS),
    "mlp12_bn_dropout": (lambda: perceptron(12, norm=True), VECTORS),
    "vgg_bn": (vgg, IMAGES),
    "resnet_basic": (resnet, IMAGES),
    "mobilenet_v2": (mobilenet, IMAGES),
    "autoencoder_bn": (autoencoder, IMAGES),
    "transformer_encoder": (Encoder, TOKENS),
    "gpt_pre_ln": (Gpt, TOKENS),
    "lstm_2": (lambda: Recurrent(nn.LSTM), SEQUENCES),
    "gru_2": (lambda: Recurrent(nn.GRU), SEQUENCES),
}


def build(name, seed=0):
    torch.manual_seed(seed)
    make, data = NETS[name]
    model = make()
    torch.manual_seed(1)
    return model, data()


def export(model, x, path, advised):
    """The plain call as most write it, or the one that keeps the network as it trains."""
    if advised:
        model.train()
        for m in model.modules():
            if isinstance(m, nn.RNNBase):
                m.dropout = 0  # PyTorch 1.13 exports no recurrent layer with dropout in training mode
        torch.onnx.export(model, x, path, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False, keep_initializers_as_inputs=False)
    else:
        model.eval()
        torch.onnx.export(model, x, path)
