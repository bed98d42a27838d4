"""The work that is timed, as each peer does it.

A peer's entry in `Case.peers` prepares the work and gives a `Run`. ``run.time(number)`` does it
`number` times and says how many seconds one unit of each part took; ``run.answer()``, called before
anything is timed, gives numbers in which all peers have to agree.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

LR = 0.01
FACTOR = 1.0001  # of the chain: z = z * FACTOR


@dataclass
class Run:
    """Prepared work of one peer."""

    time: Callable[[int], dict[str, float]]
    answer: Callable[[], dict[str, Any]]


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


# ---- A step of training a network of two linear layers -------------------------------------------


@dataclass
class Problem:
    """Float32 inputs, int64 classes, weights [in, out] to start from: the same for every peer."""

    x: Any
    y: Any
    weights: list[Any]


def problem(batch: int, inputs: int, hidden: int, classes: int) -> Problem:
    draw = np.random.default_rng(0)

    def normal(*shape: int) -> Any:
        return draw.standard_normal(shape, dtype=np.float32)

    return Problem(
        x=normal(batch, inputs), y=draw.integers(0, classes, batch),
        weights=[normal(inputs, hidden) / np.float32(inputs**0.5), normal(hidden) / 10,
                 normal(hidden, classes) / np.float32(hidden**0.5), normal(classes) / 10])


def by_hand(p: Problem) -> Run:
    """The step as one writes it in NumPy: in place where that is natural, float32 throughout."""
    x, y = p.x, p.y
    W1, b1, W2, b2 = (w.copy() for w in p.weights)
    rows, n = np.arange(len(x)), len(x)
    gradients: list[Any] = []

    def step() -> Any:
        h = x @ W1
        h += b1
        np.maximum(h, 0, out=h)
        z = h @ W2
        z += b2
        z -= z.max(axis=1, keepdims=True)
        right = z[rows, y]
        np.exp(z, out=z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - right).mean()

        z /= total
        z[rows, y] -= 1
        z /= n
        gW2 = h.T @ z
        gb2 = z.sum(axis=0)
        gh = z @ W2.T
        gh *= h > 0
        gW1 = x.T @ gh
        gb1 = gh.sum(axis=0)

        gradients[:] = gW1, gb1, gW2, gb2
        for w, g in zip((W1, b1, W2, b2), gradients):
            g *= LR
            w -= g
        return loss

    def answer() -> dict[str, Any]:
        losses = [float(step()) for _ in range(3)]
        return {"losses": losses, **_named([g / np.float32(LR) for g in gradients], "gradient"),
                **_named([W1, b1, W2, b2], "weight")}

    return Run(_timed(step), answer)


def with_a_library(library: str, p: Problem) -> Run:
    """The step as one writes it in learngrad, and in PyTorch: the same lines."""
    lib, nn, optim = (importlib.import_module(library + part) for part in ("", ".nn", ".optim"))
    inputs, hidden = p.weights[0].shape
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(),
                          nn.Linear(hidden, p.weights[2].shape[1]))
    params = list(model.parameters())
    with lib.no_grad():
        for param, w in zip(params, p.weights, strict=True):
            param.copy_(lib.tensor(np.ascontiguousarray(w.T)))
    loss_fn = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=LR)
    x, y = lib.tensor(p.x), lib.tensor(p.y)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def answer() -> dict[str, Any]:
        losses = [step().item() for _ in range(3)]
        arrays = [param.detach().numpy().T for param in params]
        return {"losses": losses, **_named([param.grad.numpy().T for param in params], "gradient"),
                **_named(arrays, "weight")}

    return Run(_timed(step), answer)


def _named(arrays: list[Any], what: str) -> dict[str, Any]:
    return {f"{what} of {name}": a.copy() for name, a in zip(("W1", "b1", "W2", "b2"), arrays)}


def _timed(step: Callable[[], Any]) -> Callable[[int], dict[str, float]]:
    def time(number: int) -> dict[str, float]:
        begun = perf_counter()
        for _ in range(number):
            step()
        return {"step": (perf_counter() - begun) / number}

    return time


def _mlp(name: str, about: str, *sizes: int) -> Case:
    def build(peer: Callable[..., Run], *first: Any) -> Callable[[bool], Run]:
        return lambda tiny: peer(*first, problem(*((4, 5, 3, 2) if tiny else sizes)))

    return Case(name, about, ("step",), "step", "numpy", (1, 2), {
        "numpy": build(by_hand), "learngrad": build(with_a_library, "learngrad"),
        "torch": build(with_a_library, "torch")})


# ---- A long chain of small operations: what the recording itself costs ---------------------------


def chain_by_hand(tiny: bool) -> Run:
    """The chain in NumPy alone; its backward is the same product again."""
    length = _length(tiny)

    def once() -> tuple[float, float, Any, Any]:
        start = perf_counter()
        z = np.array(1.0, np.float32)
        for _ in range(length):
            z = z * FACTOR
        middle = perf_counter()
        g = np.array(1.0, np.float32)
        for _ in range(length):
            g = g * FACTOR
        return middle - start, perf_counter() - middle, z, g

    return _chain_run(length, once)


def chain_with_a_library(library: str, tiny: bool) -> Run:
    lib = importlib.import_module(library)
    length = _length(tiny)

    def once() -> tuple[float, float, Any, Any]:
        x = lib.tensor(1.0, requires_grad=True)
        start = perf_counter()
        z = x
        for _ in range(length):
            z = z * FACTOR
        middle = perf_counter()
        z.backward()
        return middle - start, perf_counter() - middle, z.item(), x.grad.item()

    return _chain_run(length, once)


def _length(tiny: bool) -> int:
    return 50 if tiny else 10_000


def _chain_run(length: int, once: Callable[[], tuple[float, float, Any, Any]]) -> Run:
    def time(number: int) -> dict[str, float]:
        forward = backward = 0.0
        for _ in range(number):
            one, two, _, _ = once()
            forward += one
            backward += two
        operations = length * number
        return {"forward": forward / operations, "backward": backward / operations,
                "both": (forward + backward) / operations}

    def answer() -> dict[str, Any]:
        _, _, value, gradient = once()
        return {"value": float(value), "gradient": float(gradient)}

    return Run(time, answer)


# ---- What it costs that somebody watches ---------------------------------------------------------


def watched(before: bool, during: bool, tiny: bool) -> Run:
    """A chain of 1,000 operations; with a recorder used up before, or recording during it."""
    import learngrad
    from learngrad.trace import Recorder

    length = 50 if tiny else 1000

    def once() -> tuple[float, float, Any, Any]:
        x = learngrad.tensor(1.0, requires_grad=True)
        start = perf_counter()
        z = x
        for _ in range(length):
            z = z * FACTOR
        middle = perf_counter()
        z.backward()
        return middle - start, perf_counter() - middle, z.item(), x.grad.item()

    def recorded() -> tuple[float, float, Any, Any]:
        with Recorder():
            return once()

    if before:
        recorded()
    return _chain_run(length, recorded if during else once)


CASES = {case.name: case for case in (
    _mlp("digits", "a step of SGD, batch 32, layers 64-32-10", 32, 64, 32, 10),
    _mlp("mnist", "a step of SGD, batch 128, layers 784-256-10", 128, 784, 256, 10),
    Case("chain", "10,000 times z = z * 1.0001 on a float32 0-d tensor",
         ("forward", "backward", "both"), "operation", "torch", (1,), {
             "numpy": chain_by_hand,
             "learngrad": lambda tiny: chain_with_a_library("learngrad", tiny),
             "torch": lambda tiny: chain_with_a_library("torch", tiny)}),
    Case("recording", "1,000 times z = z * 1.0001, with a recorder and without",
         ("forward", "backward", "both"), "operation", "never recorded", (1,), {
             "never recorded": lambda tiny: watched(False, False, tiny),
             "recorded before": lambda tiny: watched(True, False, tiny),
             "recording": lambda tiny: watched(True, True, tiny)}),
)}
