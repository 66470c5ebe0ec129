"""The networks of held_out_sequence.py: what builds each, by its own initialiser, and what it reads."""
from typing import Callable, NamedTuple

B, T = 8, 12
NETWORKS = {}


class Network(NamedTuple):
    build: Callable
    inputs: dict  # name: shape of an N(0,1) input, or (shape, vocabulary) of ids
    about: str
    seed: int
    draws: int = 12
    opset: int = 15


def add(name, about, build, inputs, draws=12, opset=15):
    NETWORKS[name] = Network(build, inputs, about, 7000 + len(NETWORKS), draws, opset)


def ids(t=T, vocabulary=101): return {'ids': ((B, t), vocabulary)}
def floats(*shape): return {'x': [B, *shape]}
