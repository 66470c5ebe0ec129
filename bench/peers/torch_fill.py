"""Fills 2**26 float32 by torch and numpy; prints one line per case: name, threads, median GB/s.

Needs Debian's python3-torch and python3-numpy.
"""
import statistics
import time

import numpy
import torch

N = 1 << 26


def rate(fill, least=5, seconds=3.0):
    fill()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        fill()
        times.append(time.perf_counter() - start)
    return 4 * N / statistics.median(times) / 1e9


def report(name, threads, gbs):
    print(f"{name}\t{threads}\t{gbs:.4f}", flush=True)


x = torch.empty(N)
x.zero_()
for threads in (1, 2):
    torch.set_num_threads(threads)
    report("torch normal_", threads, rate(x.normal_))
    report("torch uniform_", threads, rate(x.uniform_))
    report("torch trunc_normal_", threads, rate(lambda: torch.nn.init.trunc_normal_(x, 0, 1, -2, 2), least=2, seconds=1.0))
    report("torch fill_", threads, rate(lambda: x.fill_(1.5)))
out = numpy.zeros(N, dtype=numpy.float32)
generator = numpy.random.default_rng(42)
report("numpy standard_normal f32", 1, rate(lambda: generator.standard_normal(dtype=numpy.float32, out=out)))
