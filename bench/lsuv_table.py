"""Tables of bench/lsuv from the JSON of `fanin init --verify`."""
import glob
import json
import os
import sys


def short(x):
    return "-" if x is None else f"{x:.2g}" if x < 0.1 or x >= 100 else f"{x:.2f}"


def span(xs):
    xs = [x for x in xs if x is not None]
    return f"{short(min(xs))} – {short(max(xs))}"


def ratios(doc):
    return [l["std"] / l["target"] for l in doc["lsuv"]["layers"] if l["state"] == "scaled"]


def table(folder):
    names = sorted({os.path.basename(f).split(".")[0] for f in glob.glob(folder + "/*.json")})
    docs = {n: {r: json.load(open(f"{folder}/{n}.{r}.json")) for r in ("lsuv", "auto")} for n in names}
    print("| network | layers | passes | at target | std/target, fitted batch | std: file | std: lsuv | std: auto"
          " | m2: file → lsuv, auto | gm2: file → lsuv, auto | trains: lsuv, auto |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for n, d in docs.items():
        fit = d["lsuv"]["lsuv"]
        v = {r: d[r]["verification"] for r in d}
        at = sum(l["state"] == "scaled" for l in fit["layers"])
        std = {r: [l["after"]["std"] for l in v[r]["layers"]] for r in d}
        q = ratios(d["lsuv"])
        cells = [n, len(fit["layers"]), fit["passes"], f"{at} of {len(fit['layers'])}",
                 f"{min(q):.3f} – {max(q):.3f}", span([l["before"]["std"] for l in v["lsuv"]["layers"]]),
                 span(std["lsuv"]), span(std["auto"])]
        for what in ("m2", "gm2"):
            s = {r: v[r][f"log10_{what}_spread_layers"] for r in v}
            cells.append(f"{s['lsuv']['before']:.2f} → {s['lsuv']['after']:.2f}, {s['auto']['after']:.2f}")
        cells.append(", ".join(d[r]["after"]["trainable"] for r in ("lsuv", "auto")))
        print("| " + " | ".join(map(str, cells)) + " |")
    print()
    for n, d in docs.items():
        layers = {r: d[r]["verification"]["layers"] for r in d}
        print(f"**{n}**\n\n```")
        print("file ", " ".join(short(l["before"]["std"]) for l in layers["lsuv"]))
        print("lsuv ", " ".join(short(l["after"]["std"]) for l in layers["lsuv"]))
        print("auto ", " ".join(short(l["after"]["std"]) for l in layers["auto"]))
        print("```\n")


def depth(file, seconds):
    doc = json.load(open(file))
    q = ratios(doc)
    cpu = sum(map(float, seconds.split()[-2:]))
    print(f"| {len(doc['lsuv']['layers'])} | {doc['lsuv']['passes']} | {cpu:.2f} | {min(q):.3f} – {max(q):.3f} |")


if sys.argv[1] == "depth":
    depth(sys.argv[2], sys.argv[3])
else:
    table(sys.argv[2])
