"""Mimetic attention: the paper's largest singular values against a random projection.

For each width and number of heads: mean diagonal and noise of W_Q W_K^T of a head, and the share of
attention within two places for 196 sinusoidal positions. Needs numpy. About 30 s.
"""

import numpy as np

RNG = np.random.default_rng(1)
ALPHA = BETA = 0.7


def tokens(n, d):
    t = np.arange(n)[:, None]
    i = np.arange(d)[None, :]
    angle = t / 10000 ** ((i // 2) * 2 / d)
    return np.sqrt(2) * np.where(i % 2 == 0, np.sin(angle), np.cos(angle))


def near(m, x, k):
    logits = x @ m @ x.T / np.sqrt(k)
    a = np.exp(logits - logits.max(1, keepdims=True))
    a /= a.sum(1, keepdims=True)
    n = np.arange(len(x))
    return (a * (abs(n[:, None] - n[None]) <= 2)).sum(1).mean()


def product(alpha, beta, d, k, top):
    m = alpha * RNG.standard_normal((d, d)) / np.sqrt(d) + beta * np.eye(d)
    if top:
        u, s, v = np.linalg.svd(m)
        return (u[:, :k] * s[:k]) @ v[:k]
    q, _ = np.linalg.qr(RNG.standard_normal((d, k)))
    return q @ (q.T @ m)


def row(name, products, x, k):
    d = len(products[0])
    diagonal = np.mean([np.diag(p).mean() for p in products])
    beside = np.mean([(p**2).sum() - (np.diag(p) ** 2).sum() for p in products]) / (d - 1)
    share = np.mean([near(p, x, k) for p in products])
    print(f"  {name:24} diagonal {diagonal:.3f}  noise {np.sqrt(beside):.3f}/sqrt(d)  near {share:.3f}")
    return diagonal, beside


for d, heads in ((192, 3), (384, 6), (768, 12)):
    k, f, x = d // heads, 1 / heads, tokens(196, d)
    count = 8 if d < 700 else 4
    print(f"d {d}, {heads} heads")
    row("alike", [np.zeros((d, d))], x, k)
    diagonal, beside = row("paper", [product(ALPHA, BETA, d, k, True) for _ in range(count)], x, k)
    row("mimetic", [product(ALPHA, BETA, d, k, False) for _ in range(count)], x, k)
    beta = diagonal / f
    alpha = np.sqrt(beside / f - beta**2 * (1 - f))
    name = f"alpha1 {alpha:.2f} beta1 {beta:.2f}"
    row(name, [product(alpha, beta, d, k, False) for _ in range(count)], x, k)
