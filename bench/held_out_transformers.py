"""Transformers and their like for held_out_sequence.py."""
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from held_out_list import B, T, add, floats, ids


def normal_(module, std, residual=()):
    """Every matrix N(0, std²), biases 0; those whose name ends as told by another std."""
    for n, p in module.named_parameters():
        if p.dim() > 1: nn.init.normal_(p, 0, next((s for end, s in residual if n.endswith(end)), std))
        elif n.endswith('bias'): nn.init.zeros_(p)
    return module


class RMSNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d))

    def forward(self, x): return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


def rotary(x):
    t, d = x.shape[-2], x.shape[-1]
    angle = torch.outer(torch.arange(t).float(), 1e4 ** (-torch.arange(0, d, 2).float() / d)).repeat(1, 2)
    a, b = x[..., :d // 2], x[..., d // 2:]
    return x * angle.cos() + torch.cat((-b, a), -1) * angle.sin()


class Attention(nn.Module):
    """Self or cross attention. kind: any of causal, rope, bias (T5's relative one), alibi, noscale, qknorm, linear."""

    def __init__(self, d, heads, kv=None, kind='', bias=True, t=T):
        super().__init__()
        self.h, self.kv, self.kind, self.dh = heads, kv or heads, kind, d // heads
        self.q = nn.Linear(d, d, bias)
        self.k = nn.Linear(d, self.kv * self.dh, bias)
        self.v = nn.Linear(d, self.kv * self.dh, bias)
        self.o = nn.Linear(d, d, bias)
        if 'causal' in kind: self.register_buffer('mask', torch.tril(torch.ones(t, t)).bool(), False)
        if 'alibi' in kind:
            distance = torch.arange(t)[None] - torch.arange(t)[:, None]
            self.register_buffer('slope', distance.float()[None] * 2. ** -torch.arange(1, heads + 1)[:, None, None], False)
        if 'bias' in kind:
            self.table = nn.Embedding(2 * t, heads)
            self.register_buffer('at', torch.arange(t)[None] - torch.arange(t)[:, None] + t, False)

    def heads(self, x, n):
        x = x.reshape(x.shape[0], x.shape[1], n, self.dh).transpose(1, 2)
        return x if n == self.h else x[:, :, None].expand(-1, -1, self.h // n, -1, -1).reshape(x.shape[0], self.h, x.shape[2], self.dh)

    def forward(self, x, memory=None):
        y = x if memory is None else memory
        q, k, v = self.heads(self.q(x), self.h), self.heads(self.k(y), self.kv), self.heads(self.v(y), self.kv)
        if 'qknorm' in self.kind: q, k = F.normalize(q, dim=-1) * self.dh ** .5, F.normalize(k, dim=-1) * self.dh ** .5
        if 'rope' in self.kind: q, k = rotary(q), rotary(k)
        if 'linear' in self.kind:
            q, k = F.elu(q) + 1, F.elu(k) + 1
            z = (q @ (k.transpose(2, 3) @ v)) / (q * k.sum(2, keepdim=True)).sum(-1, keepdim=True)
        else:
            s = q @ k.transpose(2, 3)
            if 'noscale' not in self.kind: s = s / self.dh ** .5
            if 'bias' in self.kind: s = s + self.table(self.at).permute(2, 0, 1)
            if 'alibi' in self.kind: s = s + self.slope
            if 'causal' in self.kind: s = s.masked_fill(~self.mask, -1e9)
            z = F.softmax(s, -1) @ v
        return self.o(z.transpose(1, 2).reshape(x.shape))


class SwiGlu(nn.Module):
    def __init__(self, d, f, act=F.silu):
        super().__init__()
        self.gate, self.up, self.down, self.act = nn.Linear(d, f, False), nn.Linear(d, f, False), nn.Linear(f, d, False), act

    def forward(self, x): return self.down(self.act(self.gate(x)) * self.up(x))


class Dense(nn.Module):
    def __init__(self, d, f, act=F.gelu, bias=True):
        super().__init__()
        self.up, self.down, self.act = nn.Linear(d, f, bias), nn.Linear(f, d, bias), act

    def forward(self, x): return self.down(self.act(self.up(x)))


class Block(nn.Module):
    def __init__(self, d, mix, ff, norm=nn.LayerNorm, order='pre'):
        super().__init__()
        self.n1, self.n2, self.mix, self.ff, self.order = norm(d), norm(d), mix, ff, order

    def forward(self, x):
        if self.order == 'pre':
            x = x + self.mix(self.n1(x))
            return x + self.ff(self.n2(x))
        if self.order == 'parallel': return x + self.mix(self.n1(x)) + self.ff(self.n2(x))
        if self.order == 'sandwich':
            x = x + self.n1(self.mix(x))
            return x + self.n2(self.ff(x))
        x = self.n1(x + self.mix(x))
        return self.n2(x + self.ff(x))


class Stack(nn.Module):
    """Embedding (or a projection), blocks, last norm, head on every token or on their mean."""

    def __init__(self, d, blocks, vocabulary=101, out=None, norm=nn.LayerNorm, position=True, pool=False, t=T, last=True):
        super().__init__()
        self.emb = nn.Embedding(vocabulary, d) if vocabulary else nn.Linear(16, d)
        self.pos = nn.Parameter(torch.randn(t, d) * .02) if position else None
        self.blocks, self.norm, self.pool = nn.Sequential(*blocks), norm(d) if last else nn.Identity(), pool
        self.head = nn.Linear(d, out or vocabulary, False)

    def forward(self, x):
        x = self.emb(x)
        if self.pos is not None: x = x + self.pos
        x = self.norm(self.blocks(x))
        return self.head(x.mean(1) if self.pool else x)


# ---- transformers ----

def gpt(d, heads, depth, std=.02, f=4, kind='causal', scaled=True, act=F.gelu, order='pre'):
    net = Stack(d, [Block(d, Attention(d, heads, kind=kind), Dense(d, f * d, act), order=order) for _ in range(depth)])
    s = std / math.sqrt(2 * depth) if scaled else std
    return normal_(net, std, [('.o.weight', s), ('.down.weight', s)])


def xavier(net):
    for p in net.parameters():
        if p.dim() > 1: nn.init.xavier_uniform_(p)
    return net


def small_init(d, depth):
    net = Stack(d, [Block(d, Attention(d, 4, kind='causal', bias=False), Dense(d, 4 * d, bias=False)) for _ in range(depth)])
    return normal_(net, math.sqrt(2 / (5 * d)), [('.o.weight', 2 / depth / math.sqrt(d)), ('.down.weight', 2 / depth / math.sqrt(d))])


def llama(d, heads, kv, depth, f, init=.02, kind='causal rope', act=F.silu):
    net = Stack(d, [Block(d, Attention(d, heads, kv, kind, False), SwiGlu(d, f, act), RMSNorm) for _ in range(depth)], norm=RMSNorm, position=False)
    return normal_(net, init) if init else net


def t5(d, heads, depth, f):
    net = Stack(d, [Block(d, Attention(d, heads, kind='bias noscale', bias=False), Dense(d, f, F.relu, False), RMSNorm) for _ in range(depth)], norm=RMSNorm,
                position=False, pool=True, out=5)
    dh = d // heads
    return normal_(net, 1, [('.q.weight', (d * dh) ** -.5), ('.k.weight', d ** -.5), ('.v.weight', d ** -.5), ('.o.weight', d ** -.5),
                            ('.up.weight', d ** -.5), ('.down.weight', f ** -.5), ('table.weight', d ** -.5), ('head.weight', d ** -.5)])


class Torch(nn.Module):
    """PyTorch's own layers, each drawn anew."""

    def __init__(self, layers, d=48, pool=True):
        super().__init__()
        self.inp, self.layers, self.head, self.pool = nn.Linear(16, d), nn.ModuleList(layers), nn.Linear(d, 7), pool

    def forward(self, x):
        x = self.inp(x)
        for layer in self.layers: x = layer(x)
        return self.head(x.mean(1) if self.pool else x)


class EncoderDecoder(nn.Module):
    def __init__(self, d, depth, norm_first):
        super().__init__()
        kw = dict(d_model=d, nhead=4, dim_feedforward=3 * d, dropout=0., batch_first=True, norm_first=norm_first)
        self.emb, self.src = nn.Embedding(67, d), nn.Linear(16, d)
        self.enc = nn.ModuleList(nn.TransformerEncoderLayer(**kw) for _ in range(depth))
        self.dec = nn.ModuleList(nn.TransformerDecoderLayer(**kw) for _ in range(depth))
        self.head = nn.Linear(d, 67)
        self.register_buffer('mask', torch.triu(torch.full((T, T), -math.inf), 1), False)

    def forward(self, ids, x):
        y, z = self.emb(ids), self.src(x)
        for layer in self.enc: z = layer(z)
        for layer in self.dec: y = layer(y, z, tgt_mask=self.mask)
        return self.head(y)


class Bert(nn.Module):
    def __init__(self, d, depth, std):
        super().__init__()
        self.emb, self.pos, self.norm = nn.Embedding(101, d), nn.Parameter(torch.zeros(T, d)), nn.LayerNorm(d)
        self.blocks = nn.Sequential(*[Block(d, Attention(d, 4), Dense(d, 3 * d), order='post') for _ in range(depth)])
        self.pooler, self.head = nn.Linear(d, d), nn.Linear(d, 3)
        normal_(self, std)

    def forward(self, ids):
        x = self.blocks(self.norm(self.emb(ids) + self.pos))
        return self.head(torch.tanh(self.pooler(x[:, 0])))


class Vit(nn.Module):
    def __init__(self, d, depth):
        super().__init__()
        self.patch, self.cls, self.pos = nn.Conv2d(3, d, 4, 4), nn.Parameter(torch.randn(1, 1, d) * .02), nn.Parameter(torch.randn(1, 17, d) * .02)
        self.blocks = nn.Sequential(*[Block(d, Attention(d, 4), Dense(d, 4 * d)) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), 1) + self.pos
        return self.head(self.norm(self.blocks(x))[:, 0])


class Swin(nn.Module):
    """Attention in windows of 4 of 16 tokens, every second block shifted by 2; then half as many tokens, twice as wide."""

    def __init__(self, d):
        super().__init__()
        make = lambda w: nn.ModuleList(Block(w, Attention(w, 4, kind='bias', t=4), Dense(w, 4 * w)) for _ in range(2))
        self.inp, self.a, self.merge, self.b = nn.Linear(16, d), make(d), nn.Linear(2 * d, 2 * d, False), make(2 * d)
        self.norm, self.head = nn.LayerNorm(2 * d), nn.Linear(2 * d, 9)
        for m in self.modules():
            if isinstance(m, nn.Linear): nn.init.trunc_normal_(m.weight, std=.02)

    @staticmethod
    def stage(x, blocks):
        n, t, d = x.shape
        for i, block in enumerate(blocks):
            x = torch.cat((x[:, 2:], x[:, :2]), 1) if i else x
            x = block(x.reshape(n * t // 4, 4, d)).reshape(n, t, d)
            x = torch.cat((x[:, -2:], x[:, :-2]), 1) if i else x
        return x

    def forward(self, x):
        x = self.stage(self.inp(x), self.a)
        x = self.merge(x.reshape(x.shape[0], x.shape[1] // 2, -1))
        return self.head(self.norm(self.stage(x, self.b)).mean(1))


class Across(nn.Module):
    """A dense branch over the tokens instead of the channels."""

    def __init__(self, t, f):
        super().__init__()
        self.ff = Dense(t, f)

    def forward(self, x): return self.ff(x.transpose(1, 2)).transpose(1, 2)


class SpatialGate(nn.Module):
    def __init__(self, d, f, t, eps):
        super().__init__()
        self.up, self.norm, self.mix, self.down = nn.Linear(d, 2 * f), nn.LayerNorm(f), nn.Linear(t, t), nn.Linear(f, d)
        nn.init.normal_(self.mix.weight, std=eps)
        nn.init.ones_(self.mix.bias)

    def forward(self, x):
        u, v = F.gelu(self.up(x)).chunk(2, -1)
        return self.down(u * self.mix(self.norm(v).transpose(1, 2)).transpose(1, 2))


class Gmlp(nn.Module):
    def __init__(self, d, depth, eps):
        super().__init__()
        self.emb, self.head = nn.Embedding(101, d), nn.Linear(d, 5)
        self.norms, self.gates = nn.ModuleList(nn.LayerNorm(d) for _ in range(depth)), nn.ModuleList(SpatialGate(d, 2 * d, T, eps) for _ in range(depth))

    def forward(self, ids):
        x = self.emb(ids)
        for n, g in zip(self.norms, self.gates): x = x + g(n(x))
        return self.head(x.mean(1))


class Perceiver(nn.Module):
    def __init__(self, d, latents, depth):
        super().__init__()
        self.inp, self.latent = nn.Linear(16, d), nn.Parameter(torch.randn(latents, d) * .02)
        self.n1, self.n2, self.cross = nn.LayerNorm(d), nn.LayerNorm(d), Attention(d, 4)
        self.blocks = nn.Sequential(*[Block(d, Attention(d, 4), Dense(d, 2 * d)) for _ in range(depth)])
        self.head = nn.Linear(d, 6)

    def forward(self, x):
        z = self.latent.expand(x.shape[0], -1, -1)
        z = z + self.cross(self.n1(z), self.n2(self.inp(x)))
        return self.head(self.blocks(z).mean(1))


def squared_relu(x): return F.relu(x).pow(2)


def encoder(depth, act, first): return Torch([nn.TransformerEncoderLayer(48, 4, 96, 0., act, batch_first=True, norm_first=first) for _ in range(depth)])


add('enc_pre_gelu', 'nn.TransformerEncoderLayer, 5, norm first, GELU, default init', lambda: encoder(5, 'gelu', True), floats(T, 16))
add('enc_post_relu', 'nn.TransformerEncoderLayer, 4, norm after, ReLU, default init', lambda: encoder(4, 'relu', False), floats(T, 16))
add('encdec_post', 'encoder and decoder with cross attention, 3 + 3, norm after, default init', lambda: EncoderDecoder(40, 3, False),
    {**ids(vocabulary=67), 'x': [B, 9, 16]}, 8)
add('encdec_pre', 'the same, 2 + 2, norm first', lambda: EncoderDecoder(56, 2, True), {**ids(vocabulary=67), 'x': [B, 9, 16]}, 8)
add('gpt_deep', 'GPT, 12 layers, d=32, N(0,.02²), residual /√2L', lambda: gpt(32, 2, 12), ids(), 8)
add('gpt_std05', 'GPT, 3 layers, d=96, 6 heads, N(0,.05²), no residual scale', lambda: gpt(96, 6, 3, .05, scaled=False), ids(), 8)
add('gpt_std2', 'GPT, 4 layers, d=48, N(0,.2²): peaked attention', lambda: gpt(48, 4, 4, .2, scaled=False), ids())
add('gpt_xavier', 'GPT, 4 layers, d=48, Xavier uniform', lambda: xavier(gpt(48, 4, 4)), ids())
add('gpt_small_init', 'GPT, 6 layers, d=40, √(2/5d) and 2/L√d', lambda: small_init(40, 6), ids(), opset=17)
add('gpt_alibi_relu2', 'ALiBi, squared ReLU, N(0,.05²)', lambda: gpt(48, 4, 4, .05, kind='causal alibi', act=squared_relu), ids())
add('neox_parallel', 'parallel attention and feed-forward, RoPE, d=64, 5 layers', lambda: gpt(64, 4, 5, kind='causal rope', order='parallel'), ids(), 8)
add('sandwich', 'norm at the end of each branch, default init', lambda: Stack(48, [Block(48, Attention(48, 4), Dense(48, 96), order='sandwich') for _ in range(4)]),
    ids())
add('llama_gqa', 'Llama, 6 heads on 2 key heads, d=96, 4 layers, N(0,.02²)', lambda: llama(96, 6, 2, 4, 160), ids(), 8)
add('llama_default', 'Llama, 4 layers, d=48, PyTorch default init', lambda: llama(48, 4, 4, 4, 128, None), ids(), opset=17)
add('llama_geglu_qknorm', 'GEGLU, normalised queries and keys, N(0,.05²)', lambda: llama(64, 4, 2, 3, 96, .05, 'causal rope qknorm', F.gelu), ids(), 8)
add('t5', 'T5 encoder, relative bias, no scale, d=48, its own init', lambda: t5(48, 4, 4, 128), ids())
add('bert_small', 'BERT, 4 layers, d=48, N(0,.02²), pooler', lambda: Bert(48, 4, .02), ids())
add('bert_std1', 'BERT, 3 layers, d=64, N(0,.1²)', lambda: Bert(64, 3, .1), ids())
add('vit_cls', 'ViT, class token, 4 layers, d=48, default init and head', lambda: Vit(48, 4), floats(3, 16, 16))
add('swin', 'windows, shifts, merging, trunc_normal(.02)', lambda: Swin(32), floats(16, 16))
add('linear_attention', 'attention by elu+1 kernels', lambda: Stack(48, [Block(48, Attention(48, 4, kind='linear'), Dense(48, 96)) for _ in range(3)]), ids())
add('mixer_small', 'MLP-Mixer, 4 blocks, d=40', lambda: Stack(40, [Block(40, Across(T, 24), Dense(40, 120)) for _ in range(4)], None, 8, position=False, pool=True),
    floats(T, 16))
add('gmlp', 'gMLP, 4 blocks, spatial weights N(0,.1²), bias 1', lambda: Gmlp(32, 4, .1), ids())
add('perceiver', 'latents of .02 attend to an input', lambda: Perceiver(48, 6, 3), floats(20, 16))
