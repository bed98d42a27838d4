"""A row for each layer, and what is held of every row: values, gradients, state, repr, modes.

PyTorch's layer of the same name is the reference where it can be imported. Everywhere the gradient
is compared with the slope of the loss along a random direction, in float64.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import learngrad
from tests.optable.reference import to_numpy, torch

__all__ = ["Row", "between", "buffers", "check", "classes", "made", "named", "normal",
           "same", "signs"]

CLOSE = {"rtol": 2e-4, "atol": 2e-5}


class Row(NamedTuple):
    """A layer: the class's name, what it is made with, and what it is called with."""

    name: str
    args: tuple = ()
    options: Mapping[str, Any] = {}
    inputs: tuple = ()
    differentiable: int = 9  # of so many inputs gradients are compared: targets have none
    slope: bool = True  # whether the loss has a slope here: not with rows shortened in passing


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def between(low, high, *shape, seed=1):
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def classes(count, *shape, seed=2):
    return np.random.default_rng(seed).integers(0, count, shape)


def signs(*shape, seed=3):
    return np.where(np.random.default_rng(seed).random(shape) < 0.5, -1, 1).astype(np.float32)


def named(row):
    """How a test calls a row."""
    options = ", ".join(f"{k}={'…' if hasattr(v, 'shape') or callable(v) else v}"
                        for k, v in row.options.items())
    return f"{row.name}({', '.join([*map(str, row.args), *filter(None, [options])])})"


def made(library, row):
    """The layer of learngrad or PyTorch."""
    def tensor(value):
        return library.tensor(value) if isinstance(value, np.ndarray) else value

    return getattr(library.nn, row.name)(
        *map(tensor, row.args), **{k: tensor(v) for k, v in row.options.items()})


def filled(state):
    """Values for a state: no parameter stays at 0 or 1, where mistakes would not show."""
    rng = np.random.default_rng(7)
    return {key: (rng.uniform(0.5, 1.5, value.shape).astype(value.dtype)
                  if value.dtype.kind == "f" else value.copy())
            for key, value in state.items()}


def leaves(library, row, dtype=np.float32):
    """The inputs as tensors."""
    return [library.tensor(x.astype(dtype), requires_grad=k < row.differentiable)
            if x.dtype.kind == "f" else library.tensor(x) for k, x in enumerate(row.inputs)]


def ran(library, layer, row):
    """Outputs and gradients of one call, by name."""
    inputs = leaves(library, row)
    for p in layer.parameters():
        p.grad = None
    outs = layer(*inputs)
    outs = outs if isinstance(outs, tuple) else (outs,)
    if outs[0].requires_grad:
        weights = np.random.default_rng(8).standard_normal(tuple(outs[0].shape))
        (outs[0] * library.tensor(weights.astype(np.float32))).sum().backward()
    found = {f"out {k}": to_numpy(out) for k, out in enumerate(outs)}
    sources = {**{f"input {k}": x for k, x in enumerate(inputs)}, **dict(layer.named_parameters())}
    found.update({f"gradient of {key}": to_numpy(x.grad) for key, x in sources.items()
                  if x.grad is not None})
    return found | buffers(layer)


def buffers(layer):
    """Copies of a layer's buffers: a call changes them in place."""
    return {key: to_numpy(b).copy() for key, b in layer.named_buffers()}


def same(ours, theirs):
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert value.shape == theirs[key].shape, key
        assert value.dtype == theirs[key].dtype, key
        np.testing.assert_allclose(value, theirs[key], **CLOSE, err_msg=key)


def check(row):
    """Everything that is held of a row."""
    layer = made(learngrad, row)
    state = {key: to_numpy(value) for key, value in layer.state_dict().items()}
    values = filled(state)
    layer.load_state_dict(values)
    results = {}
    for mode in (True, False):
        layer.train(mode)
        results[mode] = ran(learngrad, layer, row)
    again = made(learngrad, row).eval()
    again.load_state_dict(layer.state_dict())
    same(ran(learngrad, again, row), results[False])
    if torch is not None:
        theirs = made(torch, row)
        assert repr(layer) == repr(theirs)
        their_state = theirs.state_dict()
        assert {k: (tuple(v.shape), v.numpy().dtype) for k, v in their_state.items()} == {
            k: (v.shape, v.dtype) for k, v in state.items()}
        assert list(their_state) == list(state)
        theirs.load_state_dict({key: torch.tensor(v) for key, v in values.items()})
        for mode in (True, False):
            theirs.train(mode)
            same(results[mode], ran(torch, theirs, row))
        layer.load_state_dict({key: v.numpy() for key, v in theirs.state_dict().items()})
        same({k: to_numpy(v) for k, v in layer.state_dict().items()},
             {k: v.numpy() for k, v in theirs.state_dict().items()})
    if row.slope:
        slope(row, values)


def slope(row, values):
    """The loss rises along a random direction as the gradient says."""
    layer = made(learngrad, row).double()
    layer.load_state_dict(values)
    inputs = leaves(learngrad, row, np.float64)
    places = [t for t in [*inputs, *layer.parameters()] if t.requires_grad]
    rng = np.random.default_rng(9)
    ways = [rng.standard_normal(t.shape) for t in places]
    start = [to_numpy(t).copy() for t in places]

    def loss(step):
        with learngrad.no_grad():
            for t, x, way in zip(places, start, ways, strict=True):
                t.copy_(learngrad.tensor(x + step * way))
        out = layer(*inputs)
        out = out[0] if isinstance(out, tuple) else out
        weights = np.random.default_rng(10).standard_normal(out.shape)  # the same at every step
        return (out * learngrad.tensor(weights)).sum()

    h = 1e-6
    measured = (loss(h).item() - loss(-h).item()) / (2 * h)
    for t in places:
        t.grad = None
    loss(0.0).backward()
    said = sum(float((to_numpy(t.grad) * way).sum()) for t, way in zip(places, ways, strict=True)
               if t.grad is not None)
    assert abs(measured - said) <= 1e-5 * max(1.0, abs(measured)), (measured, said)
