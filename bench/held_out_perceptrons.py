"""Recurrent networks and perceptrons for held_out_sequence.py."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from held_out_list import B, T, add, floats, ids
from held_out_transformers import Dense, RMSNorm


# ---- recurrent ----

class Recurrent(nn.Module):
    def __init__(self, cell, bi=False, orthogonal=False, last=True, vocabulary=None, **kw):
        super().__init__()
        self.emb = nn.Embedding(vocabulary, 16) if vocabulary else nn.Identity()
        self.rnn, self.last = cell(16, 40, batch_first=True, bidirectional=bi, **kw), last
        self.head = nn.Linear(80 if bi else 40, 5)
        if orthogonal:
            for n, p in self.rnn.named_parameters():
                if 'weight_hh' in n:
                    for block in p.data.chunk(p.shape[0] // 40): nn.init.orthogonal_(block)
                elif 'weight' in n: nn.init.xavier_uniform_(p)
                else: nn.init.zeros_(p)
                if isinstance(self.rnn, nn.LSTM) and 'bias_ih' in n: p.data[40:80] = 1

    def forward(self, x):
        y, _ = self.rnn(self.emb(x))
        return self.head(y[:, -1] if self.last else y)


add('lstm_2', 'LSTM, 2 layers, default init', lambda: Recurrent(nn.LSTM, num_layers=2), floats(T, 16), 16)
add('lstm_bi', 'LSTM, bidirectional, every step read', lambda: Recurrent(nn.LSTM, True, last=False, vocabulary=53), ids(vocabulary=53), 16)
add('lstm_orthogonal', 'LSTM, orthogonal, forget bias 1', lambda: Recurrent(nn.LSTM, orthogonal=True), floats(T, 16), 16)
add('gru_2_bi', 'GRU, 2 layers, bidirectional', lambda: Recurrent(nn.GRU, True, num_layers=2), floats(T, 16), 16)
add('gru_orthogonal', 'GRU, orthogonal, every step read', lambda: Recurrent(nn.GRU, orthogonal=True, last=False), floats(T, 16), 16)
add('rnn_tanh', 'Elman tanh, 2 layers, default init', lambda: Recurrent(nn.RNN, num_layers=2), floats(T, 16), 16)
add('rnn_orthogonal', 'Elman tanh, orthogonal', lambda: Recurrent(nn.RNN, orthogonal=True), floats(20, 16), 16)
add('rnn_relu_bi', 'Elman ReLU, bidirectional, orthogonal', lambda: Recurrent(nn.RNN, True, True, nonlinearity='relu', last=False), floats(T, 16), 16)


# ---- perceptrons ----

class Maxout(nn.Module):
    def forward(self, x): return torch.max(*x.chunk(2, 1))


def he(net, mode='fan_in', gain=2.):
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, 0, math.sqrt(gain / (m.in_features if mode == 'fan_in' else m.out_features)))
            nn.init.zeros_(m.bias)
    return net


def orthogonal(net, gain=1.):
    for m in net.modules():
        if isinstance(m, nn.Linear):
            nn.init.orthogonal_(m.weight, gain)
            nn.init.zeros_(m.bias)
    return net


def mlp(act, width=64, depth=12, norm=None, pieces=1, inp=24, out=6):
    layers, d = [], inp
    for _ in range(depth):
        layers += [nn.Linear(d, width * pieces)] + ([norm(width * pieces)] if norm else []) + [act()]
        d = width
    return nn.Sequential(*layers, nn.Linear(d, out))


class Residual(nn.Module):
    def __init__(self, d, depth, act, scale, pre=None):
        super().__init__()
        self.inp, self.head, self.act = nn.Linear(24, d), nn.Linear(d, 6), act
        self.a, self.b = nn.ModuleList(nn.Linear(d, d) for _ in range(depth)), nn.ModuleList(nn.Linear(d, d) for _ in range(depth))
        self.scale = nn.Parameter(torch.full((depth,), float(scale))) if scale else None
        self.pre = nn.ModuleList(pre(d) for _ in range(depth)) if pre else [nn.Identity()] * depth

    def forward(self, x):
        x = self.inp(x)
        for i, (a, b, n) in enumerate(zip(self.a, self.b, self.pre)):
            y = b(self.act(a(n(x))))
            x = x + (y if self.scale is None else self.scale[i] * y)
        return self.head(x)


class Highway(nn.Module):
    def __init__(self, d, depth, bias):
        super().__init__()
        self.inp, self.head = nn.Linear(24, d), nn.Linear(d, 6)
        self.h, self.t = nn.ModuleList(nn.Linear(d, d) for _ in range(depth)), nn.ModuleList(nn.Linear(d, d) for _ in range(depth))
        for t in self.t: nn.init.constant_(t.bias, bias)

    def forward(self, x):
        x = self.inp(x)
        for h, t in zip(self.h, self.t):
            g = torch.sigmoid(t(x))
            x = g * F.relu(h(x)) + (1 - g) * x
        return self.head(x)


class Experts(nn.Module):
    def __init__(self, d, n, depth):
        super().__init__()
        self.inp, self.head, self.n = nn.Linear(24, d), nn.Linear(d, 6), n
        self.gates = nn.ModuleList(nn.Linear(d, n) for _ in range(depth))
        self.experts = nn.ModuleList(nn.ModuleList(Dense(d, 2 * d, F.relu) for _ in range(n)) for _ in range(depth))

    def forward(self, x):
        x = self.inp(x)
        for gate, experts in zip(self.gates, self.experts):
            w = F.softmax(gate(x), -1)
            x = x + (torch.stack([e(x) for e in experts], 1) * w[:, :, None]).sum(1)
        return self.head(x)


class Hyper(nn.Module):
    """A small network makes the weights of the next layer from a code."""

    def __init__(self, d):
        super().__init__()
        self.inp, self.code, self.make, self.head, self.d = nn.Linear(24, d), nn.Linear(10, 20), nn.Linear(20, d * d), nn.Linear(d, 6), d

    def forward(self, x, code):
        h = torch.tanh(self.inp(x))
        w = self.make(torch.relu(self.code(code))).reshape(-1, self.d, self.d)
        return self.head(torch.relu(torch.bmm(w, h[:, :, None])[:, :, 0]))


class Cross(nn.Module):
    """Deep and cross network, version 2: x ← x₀·(Wx + b) + x."""

    def __init__(self, depth):
        super().__init__()
        self.cross, self.deep, self.head = nn.ModuleList(nn.Linear(24, 24) for _ in range(depth)), mlp(nn.ReLU, 48, 3, out=24), nn.Linear(48, 1)

    def forward(self, x):
        y = x
        for layer in self.cross: y = x * layer(y) + y
        return self.head(torch.cat((y, self.deep(x)), 1))


FLAT = floats(24)
add('mlp_ln_gelu', '12 layers of 64, LayerNorm, GELU', lambda: mlp(nn.GELU, norm=nn.LayerNorm), FLAT, 16)
add('mlp_rms_silu', '10 layers of 48, RMSNorm, SiLU', lambda: mlp(nn.SiLU, 48, 10, RMSNorm), FLAT, 16, 17)
add('mlp_ln_tanh_post', '8 layers of 32, LayerNorm at opset 17, tanh', lambda: mlp(nn.Tanh, 32, 8, nn.LayerNorm), FLAT, 16, 17)
add('mlp_elu_he', '20 layers of 96, ELU, variance 1.55/n', lambda: he(mlp(nn.ELU, 96, 20), gain=1.55), FLAT, 16)
add('mlp_silu_default', '10 layers of 64, SiLU, default init', lambda: mlp(nn.SiLU, depth=10), FLAT, 16)
add('mlp_silu_he', '20 layers of 48, SiLU, He: unstable length map', lambda: he(mlp(nn.SiLU, 48, 20)), FLAT, 16)
add('mlp_gelu_he', '16 layers of 128, GELU, He: unstable length map', lambda: he(mlp(nn.GELU, 128, 16)), FLAT, 16)
add('mlp_gelu_lecun', '12 layers of 64, GELU, LeCun', lambda: he(mlp(nn.GELU), gain=1.), FLAT, 16)
add('mlp_softplus', '8 layers of 64, softplus, default init', lambda: mlp(nn.Softplus, depth=8), FLAT, 16)
add('mlp_leaky_he', '24 layers of 80, leaky ReLU .2, He', lambda: he(mlp(lambda: nn.LeakyReLU(.2), 80, 24), gain=2 / 1.04), FLAT, 16)
add('mlp_prelu', '12 layers of 64, PReLU, He fan-out', lambda: he(mlp(nn.PReLU), 'fan_out'), FLAT, 16)
add('mlp_maxout', '10 layers of 48, maxout of 2, variance 1/n', lambda: he(mlp(Maxout, 48, 10, pieces=2), gain=1.), FLAT, 16)
add('mlp_glu', '8 layers of 64, GLU, variance 4/n', lambda: he(mlp(nn.GLU, 64, 8, pieces=2), gain=4.), FLAT, 16)
add('mlp_mish_orthogonal', '15 layers of 64, Mish, orthogonal, gain 1.6', lambda: orthogonal(mlp(nn.Mish, depth=15), 1.6), FLAT, 16)
add('mlp_tanh_orthogonal', '20 layers of 40, tanh, orthogonal, gain 1.2', lambda: orthogonal(mlp(nn.Tanh, 40, 20), 1.2), FLAT, 16)
add('mlp_hardswish', '10 layers of 64, hardswish, He', lambda: he(mlp(nn.Hardswish, depth=10)), FLAT, 16)
add('res_half', '16 residual blocks, ReLU, branches times .25, He', lambda: he(Residual(64, 16, F.relu, .25)), FLAT, 16)
add('res_pre_ln', '10 residual blocks behind LayerNorm, SiLU, default init', lambda: Residual(48, 10, F.silu, None, nn.LayerNorm), FLAT, 16)
add('res_gelu_plain', '8 residual blocks, GELU, default init', lambda: Residual(64, 8, F.gelu, None), FLAT, 16)
add('highway', '10 highway layers of 48, gate bias -1', lambda: Highway(48, 10, -1.), FLAT, 16)
add('experts', '3 layers of 4 experts, dense gates', lambda: Experts(32, 4, 3), FLAT, 16)
add('hypernetwork', 'weights made by a network from a code', lambda: Hyper(20), {**FLAT, 'code': [B, 10]}, 16)
add('deep_cross', 'deep and cross network, 3 cross layers', lambda: Cross(3), FLAT, 16)
