"""Which BLAS Debian's PyTorch runs on: figures beside it are worth something on OpenBLAS only.

blas.py prints its name and fails where it is another one. On the reference BLAS that python3-torch brings, GPT-2 takes six times as long.
"""
import os
import sys


def library():
    """Path of the BLAS that this process has loaded, links followed; "" where none can be told."""
    import torch

    torch.ones(2, 2) @ torch.ones(2, 2)
    paths = set()
    if not os.path.exists("/proc/self/maps"):
        return ""
    with open("/proc/self/maps") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[-1].strip()
            if any(name in os.path.basename(path) for name in ("blas", "mkl", "blis")):
                paths.add(os.path.realpath(path))
    return min(paths, key=lambda p: ("openblas" not in os.path.basename(p), p), default="")


def require():
    """The name to print beside figures; ends the process where it is not OpenBLAS."""
    path = library()
    name = os.path.basename(path)
    if "openblas" in path:
        return f"OpenBLAS ({name})"
    if "mkl" in path or "blis" in name:
        return name
    if os.environ.get("ANY_BLAS"):
        return f"{path or 'an unknown BLAS'}, not OpenBLAS: its products are slow"
    sys.exit(
        f"PyTorch runs on {path or 'an unknown BLAS'}, whose products take many times as long as OpenBLAS's: apt-get install libopenblas0-pthread"
        " (or put its folder into LD_LIBRARY_PATH); ANY_BLAS=1 measures all the same"
    )


if __name__ == "__main__":
    print(f"BLAS of PyTorch: {require()}")
