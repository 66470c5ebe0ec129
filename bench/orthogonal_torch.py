# The peer of bench/orthogonal: reads "rows columns", answers "seconds processor-seconds largest|QQ'-I|".
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
for line in sys.stdin:
    rows, columns = map(int, line.split())
    w = torch.empty(rows, columns)
    start, work = time.perf_counter(), time.process_time()
    torch.nn.init.orthogonal_(w)
    seconds, work = time.perf_counter() - start, time.process_time() - work
    d = w.double()
    g = d.T @ d if rows > columns else d @ d.T
    print(f"{seconds:.4f} {work:.4f} {(g - torch.eye(len(g), dtype=g.dtype)).abs().max():.3e}", flush=True)
