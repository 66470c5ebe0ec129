"""Joins JMH's JSON files and torch_fill.py's lines into one table: fill_table.py TORCH.tsv JMH.json…"""
import json
import sys

KERNELS = {"scalar": "scalar", "128": "128-bit", "256": "256-bit", "512": "512-bit"}
GIGABYTES = 4 * (1 << 26) / 1e9


def jmh(path):
    for run in json.load(open(path)):
        name = run["benchmark"].rsplit(".", 2)
        label = {"commonsRngZiggurat": "commons-rng ziggurat", "djlRandomNormal": "DJL randomNormal", "nd4jRandn": "ND4J randn", "nd4jUniform": "ND4J rand (uniform)"}.get(name[2], name[2])
        params = run.get("params", {})
        kernel = [a for a in run.get("jvmArgs", []) if a.startswith("-Dfanin.simd=")]
        median = run["primaryMetric"]["scorePercentiles"]["50.0"]
        if name[1] == "FillBenchmark":
            label = "fanin " + params["law"] + (f" ({KERNELS[kernel[-1].split('=')[1]]} kernel)" if kernel else "")
        elif name[1] == "LimitBenchmark":
            label = {"arraysFill": "Arrays.fill", "memset": "memset"}[name[2]]
        yield label, int(params.get("threads", 1)), GIGABYTES / (median / 1e3)


rows = {}
for line in open(sys.argv[1]):
    name, threads, rate = line.rstrip("\n").split("\t")
    rows[name, int(threads)] = float(rate)
for path in sys.argv[2:]:
    for name, threads, rate in jmh(path):
        rows[name, threads] = rate

print(f"{'256 MiB of float32, GB/s, medians':44} {'1 thread':>9} {'2 threads':>9}")
for name in dict.fromkeys(n for n, _ in rows):
    cells = [f"{rows[name, t]:9.2f}" if (name, t) in rows else " " * 9 for t in (1, 2)]
    print(f"{name:44} {' '.join(cells)}")

print()
failed = 0
for what, over, under, least in (
    ("normal / torch normal_", "fanin normal", "torch normal_", 7),
    ("normal / Arrays.fill", "fanin normal", "Arrays.fill", 0.45),
    ("truncated / torch trunc_normal_", "fanin truncated", "torch trunc_normal_", 60),
    ("uniform / torch uniform_", "fanin uniform", "torch uniform_", 5.5),
    ("normal, 256-bit kernel / torch normal_", "fanin normal (256-bit kernel)", "torch normal_", 4),
    ("normal, 128-bit kernel / scalar", "fanin normal (128-bit kernel)", "fanin normal (scalar kernel)", 3),
    ("normal, 512-bit kernel / torch normal_", "fanin normal (512-bit kernel)", "torch normal_", 7),
):
    if (over, 2) not in rows:
        print(f"{what:44} this CPU has no such vectors")
        continue
    ratio = rows[over, 2] / rows[under, 2]
    met = ratio >= least
    failed += not met
    print(f"{what:44} {ratio:8.2f}  wanted {least:5}  {'met' if met else 'NOT MET'}")
sys.exit(1 if failed else 0)
