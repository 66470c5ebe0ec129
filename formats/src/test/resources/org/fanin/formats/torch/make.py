"""Makes the PyTorch files of this folder and truth.txt, what torch says is in them.

Run by hand with torch 1.13 (python3 make.py); the tests read only what it leaves here.
"""
import os

import numpy as np
import torch

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(20260101)
truth = []


def draw(*shape):
    """Short numbers keep truth.txt short; all of them are exact in bfloat16."""
    return torch.round(torch.randn(*shape) * 8) / 8


def leaves(value, name=""):
    if isinstance(value, (torch.Tensor, np.ndarray)):
        yield name or "tensor", value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value):
            yield from leaves(inner, f"{name}.{i}" if name else str(i))


def note(file, value):
    for name, t in leaves(value):
        shape = list(t.shape)
        try:
            numbers = np.asarray(t.detach().double() if isinstance(t, torch.Tensor) else t, dtype=float)
            if file == "weird.pt" and name != "readable":
                numbers = None
        except (RuntimeError, NotImplementedError, TypeError):
            numbers = None
        text = "unreadable" if numbers is None else " ".join("%.17g" % x for x in numbers.reshape(-1))
        truth.append(f"{file}\t{name}\t{shape}\t{text}\n")


def save(file, value, **options):
    torch.save(value, os.path.join(here, file), **options)
    note(file, value)


w = draw(4, 6)
views = {
    "base": w,
    "transposed": w.t(),
    "slice": w[1:3, 2:5],
    "steps": w[::2, 1::3],
    "permuted": torch.arange(12.0).view(2, 3, 2).permute(2, 0, 1),
    "row": w[3],
    "middle": w.view(2, 2, 6)[:, 1],
    "scalar": torch.tensor(3.5),
    "empty": torch.zeros(0, 3),
    "half": draw(3).half(),
    "bfloat16": draw(2, 2).bfloat16().t(),
    "double": draw(2).double(),
    "int64": torch.tensor([-1, 2 ** 40]),
    "int32": torch.tensor([-3, 4], dtype=torch.int32),
    "int16": torch.tensor([-3, 4], dtype=torch.int16),
    "int8": torch.tensor([-3, 4], dtype=torch.int8),
    "uint8": torch.tensor([3, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "parameter": torch.nn.Parameter(draw(2)),
}
save("views.pt", views)
save("protocol5.pt", {k: views[k] for k in ("transposed", "middle", "bfloat16", "parameter")}, pickle_protocol=5)
save("views_legacy.pt", views, _use_new_zipfile_serialization=False)

net = torch.nn.Linear(2, 3)
net.weight = torch.nn.Parameter(draw(3, 2))
net.bias = torch.nn.Parameter(draw(3))
tied = net.state_dict()
tied["head.weight"] = tied["weight"]
optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.5)
net(draw(4, 2)).sum().backward()
optimizer.step()
save("training.pt", {"epoch": 3, "best": np.float64(0.5), "state_dict": tied, "optimizer": optimizer.state_dict(),
                     "history": [1.5, 2 ** 100, b"bytes", None, {"seen": {1, 2}}, (torch.ones(1),)]})
parameter = torch.nn.Parameter(draw(2))
parameter.note = "an attribute"
save("tensor.pt", parameter)
save("weird.pt", {"expanded": torch.ones(1).expand(1000), "complex": torch.zeros(2, dtype=torch.complex64),
                  "quantised": torch.quantize_per_tensor(torch.randn(3, 2), 0.1, 0, torch.qint8),
                  "sparse": torch.eye(3).to_sparse(), "rows": torch.eye(3).to_sparse_csr(),
                  "meta": torch.empty(3, device="meta"), "readable": torch.ones(2)})
torch.save(torch.nn.Linear(2, 1), os.path.join(here, "module.pt"))
torch.jit.script(torch.nn.ReLU()).save(os.path.join(here, "script.pt"))

arrays = {"columns": np.asfortranarray(np.arange(12, dtype="<f4").reshape(3, 4)), "big": np.arange(3, dtype=">i2"),
          "both": np.asfortranarray(np.arange(6, dtype=">f8").reshape(2, 3)), "plain": np.float16([1, 2])}
np.savez_compressed(os.path.join(here, "packed.npz"), **arrays)
np.savez(os.path.join(here, "stored.npz"), **arrays)
note("packed.npz", arrays)
note("stored.npz", arrays)

with open(os.path.join(here, "truth.txt"), "w", encoding="utf-8") as out:
    out.writelines(truth)
