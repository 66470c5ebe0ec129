#!/usr/bin/env python3
"""Recomputes the table of fill format 1's normal law (org.fanin.fill.NormalTable): python3 bench/fit_normal.py. Needs numpy.

z/v as a polynomial of degree 5 in t - c on each half octave [2^-e, 1.5*2^-e), [1.5*2^-e, 2^(1-e)) of t = a*(C - a), e = 1 .. 8,
where a = 1 - v = 2*(1 - Phi(z)), C = 2 - 2^-23 and c is the middle of the half octave. Minimax in the relative error by Lawson's
reweighting; coefficients are then rounded to f32 from the highest down, the lower ones fitted again after each.
Row r belongs to (bits(t) >> 22) & 15 == r.
"""
import math
import numpy as np

C = 2 - 2.0**-23
DEGREE = 5
ROOT = math.sqrt(math.pi / 2)


def z_of(a, v):
    """z with erfc(z/sqrt 2) = a = 1 - v, by Newton's method on whichever of a, v is smaller."""
    z = v * ROOT if v < 0.5 else math.sqrt(max(0.0, -2 * math.log(a)))
    for _ in range(60):
        x = z / math.sqrt(2)
        gap = math.erf(x) - v if v < 0.5 else a - math.erfc(x)
        step = gap * ROOT * math.exp(x * x)
        z -= step
        if abs(step) <= 1e-16 * abs(z):
            break
    return z


def ratio(t):
    root = math.sqrt(max(C * C / 4 - t, 0.0))
    a = t / (C / 2 + root)
    v = 1 - a
    return z_of(a, v) / v if v > 1e-6 else ROOT * (1 + math.pi * v * v / 12)


def fit(y, f, fixed):
    """Coefficients of minimal largest relative error; `fixed` are the highest ones, already chosen."""
    free = DEGREE + 1 - len(fixed)
    known = sum((c * y ** (free + k) for k, c in enumerate(fixed)), np.zeros_like(y))
    basis = np.vander(y, free, increasing=True) / f[:, None]
    target = (f - known) / f
    weight = np.ones_like(y)
    for _ in range(80):
        root = np.sqrt(weight)
        c = np.linalg.lstsq(basis * root[:, None], target * root, rcond=None)[0]
        error = np.abs(basis @ c - target)
        weight *= error / error.max() + 1e-3
        weight /= weight.sum()
    return c, error.max()


def row(r):
    low = ((r + 2) % 16 + 252 - 14) << 22
    low = np.array([low], np.uint32).view(np.float32)[0].item()
    high = np.array([(((r + 2) % 16 + 252 - 14) << 22) + (1 << 22)], np.uint32).view(np.float32)[0].item()
    c, h = (low + high) / 2, (high - low) / 2
    y = np.cos(np.pi * (np.arange(800) + 0.5) / 800)
    f = np.array([ratio(c + h * x) for x in y])
    fixed = []
    while len(fixed) <= DEGREE:
        best, worst = fit(y, f, fixed)
        k = DEGREE - len(fixed)
        fixed.insert(0, float(np.float32(best[k] / h**k)) * h**k)
    return low, [np.float32(v / h**k).item() for k, v in enumerate(fixed)], worst


def hexf(x):
    s = float(x).hex()
    mantissa, exponent = s.split("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}p{int(exponent)}f"


if __name__ == "__main__":
    rows = [row(r) for r in range(16)]
    for k in range(DEGREE + 1):
        print(f"  // (t - c)^{k}")
        print("  {" + ", ".join(hexf(c[k]) for _, c, _ in rows) + "},")
    print("// largest relative error of a row before rounding the last coefficient's sum: %.2e" % max(w for *_, w in rows))
    print("// rows start at t =", [lo for lo, *_ in rows])
