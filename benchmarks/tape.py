"""Many small operations: what the recording itself costs, and what a watcher adds."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.work import LIBRARIES, Case, Run, in_halves

FACTOR = 1.0001  # of the chain: z = z * FACTOR
PARTS = ("forward", "backward", "both")


# ---- A long chain of one operation ---------------------------------------------------------------


def multiplied(z: Any, length: int) -> Any:
    """The chain."""
    for _ in range(length):
        z = z * FACTOR
    return z


def chain_by_numpy(length: int) -> Run:
    """The chain in NumPy alone; its backward is the same product again."""
    one = np.array(1.0, np.float32)

    def forward() -> Any:
        return multiplied(one, length)

    return Run(in_halves(forward, lambda z: multiplied(one, length), length),
               lambda: {"value": forward(), "gradient": multiplied(one, length)})


def chain_by_a_library(library: str, length: int) -> Run:
    """The chain on a tensor: ``backward`` is a method of the result in all but HIPS autograd."""
    lib = importlib.import_module(library)

    def start() -> Any:
        return lib.tensor(np.float32(1.0) if library == "mygrad" else 1.0,
                          **({} if library == "mygrad" else {"requires_grad": True}))

    def answer() -> dict[str, Any]:
        x = start()
        z = multiplied(x, length)
        z.backward()
        return {"value": z.item(), "gradient": x.grad.item()}

    return Run(in_halves(lambda: multiplied(start(), length), lambda z: z.backward(), length),
               answer)


def chain_by_hips(length: int) -> Run:
    from autograd.core import make_vjp

    one = np.float32(1.0)

    def forward() -> Any:
        return make_vjp(lambda x: multiplied(x, length), one)

    def answer() -> dict[str, Any]:
        vjp, value = forward()
        return {"value": value, "gradient": vjp(one)}

    return Run(in_halves(forward, lambda made: made[0](one), length), answer)


# ---- What it costs that somebody watches ---------------------------------------------------------


def unwatched(before: bool, length: int) -> Run:
    """The chain with nobody watching; perhaps after a recorder was used."""
    run = chain_by_a_library("learngrad", length)
    if before:
        recorded(False, length).answer()
    return run


def recorded(read: bool, length: int) -> Run:
    """The chain under a recorder; perhaps with what each half told read at its end."""
    import learngrad
    from learngrad.trace import Recorder

    def forward() -> Any:
        tape = Recorder().start()
        x = learngrad.tensor(1.0, requires_grad=True)
        z = multiplied(x, length)
        return x, z, tape, tape.changes(0)["to"] if read else 0

    def backward(made: Any) -> None:
        _, z, tape, known = made
        z.backward()
        tape.stop()
        if read:
            tape.changes(known)

    def answer() -> dict[str, Any]:
        made = forward()
        backward(made)
        return {"value": made[1].item(), "gradient": made[0].grad.item()}

    return Run(in_halves(forward, backward, length), answer)


# ---- Several operations on a few numbers ---------------------------------------------------------

SIZE = 8


def mixed(np_like: Any, x: Any, w: Any, b: Any, c: Any, rounds: int) -> Any:
    """Four operations a round."""
    z = x
    for _ in range(rounds):
        z = np_like.tanh(z * w + b) - c
    return z.sum()


def mixed_inputs() -> list[Any]:
    stream = np.random.default_rng(2)
    return [stream.standard_normal(SIZE, dtype=np.float32) for _ in range(4)]


def mixed_by_numpy(rounds: int) -> Run:
    x, w, b, c = mixed_inputs()

    def forward() -> Any:
        z, kept = x, []
        for _ in range(rounds):
            t = np.tanh(z * w + b)
            kept.append((z, t))
            z = t - c
        return z.sum(), kept

    def backward(made: Any) -> list[Any]:
        gz, gw, gb, gc = np.ones_like(x), *(np.zeros_like(x) for _ in range(3))
        for z, t in reversed(made[1]):
            gc -= gz
            gz = gz * (1 - t * t)
            gb += gz
            gw += gz * z
            gz = gz * w
        return [gz, gw, gb, gc]

    def answer() -> dict[str, Any]:
        made = forward()
        return _mixed_answer(made[0], backward(made))

    return Run(in_halves(forward, backward, 4 * rounds), answer)


def mixed_by_a_library(library: str, rounds: int) -> Run:
    lib = importlib.import_module(library)
    needed = {} if library == "mygrad" else {"requires_grad": True}
    tensors = [lib.tensor(a, **needed) for a in mixed_inputs()]

    def forward() -> Any:
        for t in tensors:
            if library == "mygrad":
                t.null_grad()
            else:
                t.grad = None
        return mixed(lib, *tensors, rounds)

    def answer() -> dict[str, Any]:
        out = forward()
        out.backward()
        return _mixed_answer(out.item(), [np.asarray(t.grad) for t in tensors])

    return Run(in_halves(forward, lambda out: out.backward(), 4 * rounds), answer)


def mixed_by_hips(rounds: int) -> Run:
    import autograd.numpy as anp
    from autograd.core import make_vjp

    inputs = mixed_inputs()

    def forward() -> Any:
        return make_vjp(lambda inputs: mixed(anp, *inputs, rounds), inputs)

    def backward(made: Any) -> Any:
        return made[0](np.float32(1.0))

    def answer() -> dict[str, Any]:
        made = forward()
        return _mixed_answer(made[1], backward(made))

    return Run(in_halves(forward, backward, 4 * rounds), answer)


def _mixed_answer(value: Any, gradients: Any) -> dict[str, Any]:
    return {"value": float(value), **{f"gradient {k}": g for k, g in enumerate(gradients)}}


def _lengths(small: int, large: int, run: Callable[..., Run], *first: Any) -> Callable[[bool], Run]:
    return lambda tiny: run(*first, small if tiny else large)


CASES = [
    Case("chain", "10,000 times z = z * 1.0001 on a float32 0-d tensor", PARTS, "operation",
         "torch", (1,), {
             "numpy": _lengths(50, 10_000, chain_by_numpy),
             **{name: _lengths(50, 10_000, chain_by_a_library, name)
                for name in (*LIBRARIES, "mygrad")},
             "hips": _lengths(50, 10_000, chain_by_hips)}),
    Case("tiny", "1,000 operations, z = tanh(z * w + b) - c, on tensors of 8 numbers", PARTS,
         "operation", "torch", (1,), {
             "numpy": _lengths(5, 250, mixed_by_numpy),
             **{name: _lengths(5, 250, mixed_by_a_library, name)
                for name in (*LIBRARIES, "mygrad")},
             "hips": _lengths(5, 250, mixed_by_hips)}),
    Case("recording", "1,000 times z = z * 1.0001, with a recorder and without", PARTS,
         "operation", "never recorded", (1,), {
             "never recorded": _lengths(50, 1000, unwatched, False),
             "recorded before": _lengths(50, 1000, unwatched, True),
             "recording, nobody drawing": _lengths(50, 1000, recorded, False),
             "recorded and read": _lengths(50, 1000, recorded, True)}),
]
