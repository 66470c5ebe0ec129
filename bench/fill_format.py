#!/usr/bin/env python3
"""Fill format 1 in numpy, written from docs/fill-format.md, whose tables and known answers it reads, and held against the golden hashes too: python3 bench/fill_format.py.

An independent check that the page is complete. Python 3.9, numpy; no Fanin code.
"""
import hashlib
import math
import os
import re
import sys
from fractions import Fraction
import numpy as np

PAGE = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../docs/fill-format.md"), encoding="utf-8").read()
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../core/src/test/resources/org/fanin/fill/fill-format-1.golden")
LONG = [("uniform", "uniform", [-0.25, 0.75]), ("normal", "normal", [0, 1]), ("normal", "normal-wide", [-3, 40]),
        ("truncated", "truncated-2", [0.5, 0.02, 2]), ("truncated", "truncated-0.1", [0, 1, 0.1])]
F32 = np.float32
MASK = 0xFFFFFFFF

TABLE = np.array([[float.fromhex(x) for x in m.group(2).split()] for m in
                  re.finditer(r"^(\d+) +((?:-?0x[0-9a-f.p-]+ *){6})$", PAGE, re.M)], np.float32)
assert TABLE.shape == (16, 6), TABLE.shape
COEFFICIENTS = {m.group(1): [float(x) for x in m.group(2).split()] for m in re.finditer(r"^(A|B|C|D|E|F|Lg) (\S+( \S+){6,7})$", PAGE, re.M)}
assert len(COEFFICIENTS) == 7


def key(seed, name):
    hashed = hashlib.sha256(b"fanin/fill/1\0" + (seed & (2**64 - 1)).to_bytes(8, "little") + name.encode()).digest()
    return [int.from_bytes(hashed[4 * i:4 * i + 4], "little") for i in range(8)]


def block(k, counter, purpose, number):
    """ChaCha8 for an array of counters: 16 arrays of words."""
    counter = np.asarray(counter, np.uint64)
    start = [np.full(counter.shape, w, np.uint32) for w in [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574] + k]
    start += [(counter & np.uint64(MASK)).astype(np.uint32), (counter >> np.uint64(32)).astype(np.uint32)]
    start += [np.full(counter.shape, w, np.uint32) for w in (purpose, number)]
    x = [w.copy() for w in start]

    def turn(d, a, n):
        w = x[d] ^ x[a]
        x[d] = (w << np.uint32(n)) | (w >> np.uint32(32 - n))

    def quarter(a, b, c, d):
        x[a] = x[a] + x[b]; turn(d, a, 16)
        x[c] = x[c] + x[d]; turn(b, c, 12)
        x[a] = x[a] + x[b]; turn(d, a, 8)
        x[c] = x[c] + x[d]; turn(b, c, 7)

    for _ in range(4):
        for q in range(4):
            quarter(q, 4 + q, 8 + q, 12 + q)
        for q in range(4):
            quarter(q, 4 + (q + 1) % 4, 8 + (q + 2) % 4, 12 + (q + 3) % 4)
    return np.array([a + b for a, b in zip(x, start)])


def words(k, i, purpose=0, number=0):
    i = np.asarray(i, np.int64)
    b = block(k, (i >> 8) * 16 + (i & 15), purpose, number)
    return b[(i >> 4) & 15, np.arange(len(i))]


def wide_words(k, i):
    i = np.asarray(i, np.int64)
    b = block(k, (i >> 7) * 16 + (i & 15), 0, 0)
    w = 2 * ((i >> 4) & 7)
    at = np.arange(len(i))
    return b[w, at].astype(np.uint64) | b[w + 1, at].astype(np.uint64) << np.uint64(32)


def fma(a, b, c):
    """f32, exact: the product fits f64; the sum is rounded to odd there, so that the second rounding is right."""
    p, c = F32(a).astype(np.float64) * F32(b).astype(np.float64), F32(c).astype(np.float64)
    p, c = np.broadcast_arrays(p, c)
    s = p + c
    back = s - p
    lost = (p - (s - back)) + (c - back)
    bits = s.view(np.int64)
    odd = np.where((lost != 0) & (bits & 1 == 0), np.where((lost > 0) == (s > 0), 1, -1), 0)
    return (bits + odd).view(np.float64).astype(np.float32)


def wide_fma(a, b, c):
    return float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))


def horner(name, x):
    c = COEFFICIENTS[name]
    p = c[-1]
    for v in reversed(c[:-1]):
        p = wide_fma(p, x, v)
    return p


def log(x):
    bits = np.float64(x).view(np.int64).item()
    e = (bits - 0x3FE6A09E667F3BCD) >> 52
    f = np.int64(bits - (e << 52)).view(np.float64).item() - 1
    s = f / (2 + f)
    z = s * s
    h = 0.5 * f * f
    return e * float.fromhex("0x1.62e42feep-1") - ((h - wide_fma(s, h + horner("Lg", z) * z, e * float.fromhex("0x1.a39ef35793c76p-33"))) - f)


def quantile(v, a):
    if v <= 0.85:
        q = 0.5 * v
        r = wide_fma(-q, q, 0.180625)
        return q * (horner("A", r) / horner("B", r))
    r = math.sqrt(-log(0.5 * a))
    return horner("C", r - 1.6) / horner("D", r - 1.6) if r <= 5 else horner("E", r - 5) / horner("F", r - 5)


def law(cut):
    if cut is None:
        return 1.0, 0.0, F32(np.inf), math.inf
    limit = F32(cut)
    return math.erf(cut / math.sqrt(2)), math.erfc(cut / math.sqrt(2)), limit if float(limit) <= cut else np.nextafter(limit, F32(0)), cut


def normal(u, mean, std, cut=None):
    scale, rest, limit, _ = law(cut)
    u = u.astype(np.uint32).view(np.int32)
    m = u ^ (u >> 31)
    k = m ^ 0x7FFFFFFF
    step, half_step, floor = F32(scale) * F32(2.0**-31), F32(scale) * F32(2.0**-32), F32(rest + scale * 2.0**-32)
    v = fma(m.astype(np.float32), step, half_step)
    a = fma(k.astype(np.float32), step, floor)
    t = a * (F32(float.fromhex("0x1.fffffep0")) - a)
    bits = t.view(np.uint32)
    y = t - ((bits & np.uint32(0xFFC00000)) | np.uint32(0x00200000)).view(np.float32)
    p = TABLE[(bits >> 22) & 15].T
    z = p[5]
    for c in p[4::-1]:
        z = fma(z, y, c)
    z = v * z
    for j in np.nonzero(t < F32(2.0**-8))[0]:
        mj, kj = int(m[j]), int(k[j])
        z[j] = F32(quantile(scale * ((mj + 0.5) * 2.0**-31), wide_fma(scale, (kj + 0.5) * 2.0**-31, rest)))
    z = np.minimum(z, limit)
    z = np.where(u < 0, -z, z)
    return fma(z, F32(std), F32(mean))


def normal64(bits, mean, std, cut=None):
    scale, rest, _, limit = law(cut)
    out = []
    for b in bits.tolist():
        m = b ^ (2**64 - 1) if b >> 63 else b
        k = m ^ (2**63 - 1)
        v = wide_fma(float(m), scale * 2.0**-63, scale * 2.0**-64)
        a = wide_fma(float(k), scale * 2.0**-63, rest + scale * 2.0**-64)
        z = min(quantile(v, a), limit)
        out.append(wide_fma(-z if b >> 63 else z, std, mean))
    return np.array(out)


def uniform(u, low, high):
    bottom, top = F32(low), F32(high)
    bottom = bottom if float(bottom) >= low else np.nextafter(bottom, F32(np.inf))
    top = top if float(top) <= high else np.nextafter(top, F32(-np.inf))
    mid = F32(0.5 * float(bottom) + 0.5 * float(top))
    room = min(float(top) - float(mid), float(mid) - float(bottom))
    half = F32(room)
    half = half if float(half) <= room else np.nextafter(half, F32(0))
    if bottom > top:
        mid, half = F32(0.5 * low + 0.5 * high), F32(0)
    return fma(((u.astype(np.uint32).view(np.int32) >> 7) | 1).astype(np.float32), half * F32(2.0**-24), mid)


def uniform64(bits, low, high):
    mid = 0.5 * low + 0.5 * high
    half = min(high - mid, mid - low)
    return np.array([wide_fma(float((b >> 10) | 1), half * 2.0**-53, mid) for b in bits.view(np.int64).tolist()])


def bf16(x, r=None):
    b = x.view(np.uint32)
    return ((b + np.uint32(0x7FFF) + ((b >> np.uint32(16)) & np.uint32(1)) if r is None else b + (r >> np.uint32(16))) >> np.uint32(16)).astype(np.uint16)


def compute(kind, draw, arguments, k, i):
    if kind == "f64":
        bits = wide_words(k, i)
        return {"normal": normal64, "truncated": normal64, "uniform": uniform64}[draw](bits, *arguments).view(np.uint64)
    x = {"normal": normal, "truncated": normal, "uniform": uniform}[draw](words(k, i), *arguments)
    if kind == "f32":
        return x.view(np.uint32)
    return bf16(x, words(k, i, purpose=2) if kind == "bf16-stochastic" else None)


def main():
    k = key(42, "layer1.weight")
    i = [0, 1, 15, 16, 255, 256, 886936, 1000000007, 2**40]
    checked = failed = 0
    for line in PAGE.splitlines():
        if re.match(r"key \S+( [0-9a-f]{8}){8}$", line):
            _, name, *wanted = line.split()
            found = ["%08x" % w for w in key(42, name)]
        elif re.match(r"(f32|f64|bf16|bf16-stochastic) \w+\(\S+\)( [0-9a-f]+){9}$", line):
            kind, what, *wanted = line.split()
            draw, arguments = what.rstrip(")").split("(")
            width = {"f32": 8, "f64": 16}.get(kind, 4)
            found = ["%0*x" % (width, w) for w in compute(kind, draw, [float(a) for a in arguments.split(",")], k, i).tolist()]
        else:
            continue
        checked += 1
        if found != wanted:
            failed += 1
            print("DIFFERENT:", line, "\n    found:", *found)
    print("%d lines of known answers checked, %d differ" % (checked, failed))
    golden = dict(line.rstrip("\n").rsplit(" ", 1) for line in open(GOLDEN))
    for draw, name, arguments in LONG:
        for kind in ("f32", "bf16"):
            data = compute(kind, draw, arguments, key(42, "long." + name), np.arange(400003)).tobytes()
            same = golden["long %s %s" % (name, kind.upper())] == hashlib.sha256(data).hexdigest()
            failed += not same
            print("400003 elements of %s, %s: %s" % (name, kind, "same SHA-256 as the golden file" if same else "DIFFERENT"))
    sys.exit(1 if failed or checked < 11 else 0)


main()
