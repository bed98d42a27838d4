"""What a case is made of, and what its peers share.

A peer's entry in `Case.peers` prepares the work and gives a `Run`. ``run.time(number)`` does it
`number` times and says how many seconds one unit of each part took; ``run.answer()``, called before
anything is timed, gives numbers in which all peers have to agree.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.kept import kept_bytes

LR = 0.01
Gradients = Callable[[list[Any]], tuple[Any, Sequence[Any]]]  # of weights: loss and gradients
LIBRARIES = ("learngrad", "torch")  # these run the very same lines
OTHERS = {"mygrad": "mygrad", "hips": "autograd"}  # peers, by the module that they are


@dataclass
class Run:
    """Prepared work of one peer."""

    time: Callable[[int], dict[str, float]]
    answer: Callable[[], dict[str, Any]]
    kept: Callable[[], int] | None = None  # bytes that a forward pass keeps for backward
    step: Callable[[], Any] | None = None  # once, as a program of its own would call it


@dataclass
class Case:
    """One piece of work: how it is read, what it is measured against, who does it."""

    name: str
    about: str
    parts: tuple[str, ...]
    unit: str  # what a time is the time of
    baseline: str  # the peer that the others are divided by
    threads: tuple[int, ...]
    peers: dict[str, Callable[[bool], Run]]  # called with whether the size is a test's


def draw(shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Weights to start from, the same for every peer: spread by what feeds each output."""
    stream = np.random.default_rng(0)
    return [stream.standard_normal(shape, dtype=np.float32)
            / np.float32(np.prod(shape[1:]) ** 0.5 if len(shape) > 1 else 10) for shape in shapes]


def repeated(step: Callable[[], Any]) -> Callable[[int], dict[str, float]]:
    """Times a step as a whole."""
    def time(number: int) -> dict[str, float]:
        begun = perf_counter()
        for _ in range(number):
            step()
        return {"step": (perf_counter() - begun) / number}

    return time


def in_halves(forward: Callable[[], Any], backward: Callable[[Any], Any],
              operations: int = 1) -> Callable[[int], dict[str, float]]:
    """Times ``backward(forward())`` by its halves, divided by how many operations it has."""
    def time(number: int) -> dict[str, float]:
        one = two = 0.0
        for _ in range(number):
            begun = perf_counter()
            out = forward()
            middle = perf_counter()
            backward(out)
            two += perf_counter() - middle
            one += middle - begun
            del out
        count = operations * number
        return {"forward": one / count, "backward": two / count, "both": (one + two) / count}

    return time


def trained(library: str, build: Callable[..., tuple[Any, Callable[[], Any]]]) -> Run:
    """Steps of SGD, as one writes them in learngrad, and in PyTorch: the same lines.

    ``build(lib, nn)`` gives a model and a function that computes its loss.
    """
    lib, nn, optim = (importlib.import_module(library + part) for part in ("", ".nn", ".optim"))
    model, loss_of = build(lib, nn)
    params = dict(model.named_parameters())
    with lib.no_grad():
        for param, w in zip(params.values(), draw([tuple(p.shape) for p in params.values()]),
                            strict=True):
            param.copy_(lib.tensor(w))
    optimizer = optim.SGD(model.parameters(), lr=LR)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        return loss

    def answer() -> dict[str, Any]:
        losses = [step().item() for _ in range(3)]
        arrays = [param.detach().numpy() for param in params.values()]
        return named(losses, [param.grad.numpy() for param in params.values()], arrays)

    return Run(repeated(step), answer, lambda: kept_bytes(lib, loss_of, params.values()), step)


def by_hand(weights: list[Any], gradients: Gradients, *, transposed: bool = False) -> Run:
    """Steps of SGD for a peer that computes gradients; weights are its own, and change.

    Gradients are scaled in place. Peers compare `transposed` ones in PyTorch's order.
    """
    latest: Sequence[Any] = ()

    def step() -> Any:
        nonlocal latest
        loss, latest = gradients(weights)
        for w, g in zip(weights, latest):
            g *= LR
            w -= g
        return loss

    def answer() -> dict[str, Any]:
        losses = [float(step()) for _ in range(3)]
        arrays = [g / np.float32(LR) for g in latest], weights
        return named(losses, *([a.T if transposed else a for a in some] for some in arrays))

    return Run(repeated(step), answer)


def named(losses: list[float], gradients: Sequence[Any], weights: Sequence[Any]) -> dict[str, Any]:
    """What peers compare after some steps."""
    return {"losses": losses,
            **{f"gradient of weight {k}": np.array(g) for k, g in enumerate(gradients)},
            **{f"weight {k}": np.array(w) for k, w in enumerate(weights)}}
