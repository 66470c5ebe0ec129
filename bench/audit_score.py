"""Holds `fanin audit --json` against how the test networks were really drawn.

usage: audit_score.py SCHEMES.tsv MODELS_DIR JSON_DIR [-v]
right: the scheme named is the true one. same: another name of the same law at these fans, with the true one among the
alternatives. unsure: no scheme, or the true one among the alternatives only. wrong: anything else.
"""
import glob, json, math, os, re, sys

table = [l.rstrip("\n").split("\t") for l in open(sys.argv[1], encoding="utf8") if l.strip() and l[0] != "#"]
models, reports, verbose = sys.argv[2], sys.argv[3], "-v" in sys.argv


def truth(net, name):
    for n, t, schemes in table:
        if re.fullmatch(n, net) and re.fullmatch(t, name):
            return schemes.split("|")


def constant(p):
    e = p["exact"]
    if e["var"] == 0:
        return {0.0: "zeros", 1.0: "ones"}.get(e["mean"], "constant")
    return None


def torch_names(base, variant):
    for v in (variant, base):
        f = os.path.join(models, v + ".truth.json")
        if os.path.exists(f):
            d = json.load(open(f))["params"]
            by = {}
            for k, p in d.items():
                by.setdefault(p.get("onnx", k), []).append((k, p))
                by.setdefault(k, [(k, p)])
            m = os.path.join(models, variant + ".map.json")
            if os.path.exists(m):
                names = json.load(open(m))
                for a, b in names.items():
                    for x, y in ((a, b), (b, a)):
                        if x in by and y not in by:
                            by[y] = by[x]
            return by, d
    return {}, {}


def guess(report, params, used):
    """A tensor without a torch name: recurrent and folded ones, by size."""
    n = math.prod(report["shape"])
    sizes = [(k, p) for k, p in params.items() if math.prod(p["shape"]) == n and k not in used]
    if sizes:
        best = min(sizes, key=lambda kp: abs(kp[1]["exact"]["m2"] - report["m2"]))
        if abs(best[1]["exact"]["m2"] - report["m2"]) <= 1e-3 * report["m2"] + 1e-30:
            return best
    return None


total = [0, 0, 0, 0]
print("%-34s %6s %6s %6s %6s" % ("network", "right", "same", "unsure", "wrong"))
for f in sorted(glob.glob(os.path.join(reports, "*.json"))):
    variant = os.path.basename(f)[:-5]
    base = variant.split(".")[0]
    by, params = torch_names(base, variant)
    row = [0, 0, 0, 0]
    lines = []
    for r in json.load(open(f))["parameters"]:
        if r["role"] in ("table", "other"):  # masks and constants, never drawn
            continue
        known = by.get(r["name"]) or by.get(re.sub(r"^.*onnx::", "", r["name"]))
        if not known:
            g = guess(r, params, ())
            known = [g] if g else []
        if known:
            want = []
            for k, p in known:
                want += [constant(p)] if constant(p) else truth(base, k)
        elif r["m2"] == 0:
            want = ["zeros"]
        elif any(x in r["role"] for x in ("lstm", "bias")) and base in ("lstm_clf", "gru_clf"):
            want = ["pytorch-default"]
        elif r["role"] == "running_variance" or r["role"].startswith("norm_sc"):
            want = ["ones"]
        else:
            want = truth(base, r["name"])
        got, alt = r["scheme"], r["alternatives"]
        ok = got in want or (got or "").startswith("constant(") and "constant" in want
        kind = 0 if ok else 1 if got and set(alt) & set(want) else 2 if got is None or set(alt) & set(want) else 3
        # named, and the truth listed as indistinguishable: right when the two are the same law, else a doubt
        if kind == 1 and r.get("confidence", 0) < 0.5:
            kind = 2
        row[kind] += 1
        if kind >= 1:
            lines.append("    %-6s %-50s %-22s %-9s got %s %.3f alt %s want %s" % (
                ("right", "same", "unsure", "WRONG")[kind], r["name"][-50:], r["shape"], r["role"], got, r["confidence"], alt, want))
    print("%-34s %6d %6d %6d %6d" % (variant, *row))
    if verbose:
        print("\n".join(lines)) if lines else None
    total = [a + b for a, b in zip(total, row)]
print("%-34s %6d %6d %6d %6d" % ("all", *total))
sys.exit(1 if total[3] else 0)
