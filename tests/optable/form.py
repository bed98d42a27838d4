"""What a row of the operation table is made of, and the grids of inputs that rows share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# ---- Where values come from: functions of a random stream and a shape


def normal(rng, shape):
    return rng.standard_normal(shape)


def positive(rng, shape):
    return rng.uniform(0.5, 2.0, shape)


def away(rng, shape):
    """Of either sign, and not near 0, where relu and abs have a kink."""
    return rng.uniform(0.2, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def distinct(rng, shape):
    """No two alike, nor near: a maximum stays where it is when one of them moves a bit."""
    return rng.permutation(int(np.prod(shape))).reshape(shape) * 0.3 - 1.0


def equal(rng, shape):
    return np.full(shape, 1.5)


def zeros(rng, shape):
    return np.zeros(shape)


def whole(low, high):
    def integers(rng, shape):
        return rng.integers(low, high, shape)

    integers.__name__ = f"from {low} below {high}"
    return integers


def uniform(low, high):
    def draw(rng, shape):
        return rng.uniform(low, high, shape)

    draw.__name__ = f"from {low} to {high}"
    return draw


def values(*numbers):
    """These numbers, as often as they are needed."""
    def given(rng, shape):
        return np.resize(np.array(numbers, float), shape)

    given.__name__ = f"{numbers}"
    return given


def truth(rng, shape):
    return rng.integers(0, 2, shape).astype(bool)


# ---- How it lies in memory: the shape of the base that it is taken from, and the taking

LAYOUTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "plain": (lambda shape: shape, lambda a, shape: a),
    "transposed": (lambda shape: shape[::-1], lambda a, shape: a.T),
    "every other": (lambda shape: (*shape[:-1], 2 * shape[-1]), lambda a, shape: a[..., ::2]),
    "backwards": (lambda shape: shape, lambda a, shape: a[::-1]),
}


@dataclass(frozen=True)
class T:
    """A tensor argument. It gets a gradient if it is floating and `needs` says so."""

    shape: tuple[int, ...]
    values: Callable[..., Any] = normal
    layout: str = "plain"
    needs: bool = True

    def base(self, rng):
        return np.asarray(self.values(rng, LAYOUTS[self.layout][0](self.shape)))

    def take(self, base):
        return LAYOUTS[self.layout][1](base, self.shape)

    def __repr__(self):
        words = [str(list(self.shape))] + [self.layout] * (self.layout != "plain")
        return " ".join(words + ["constant"] * (not self.needs))


@dataclass(frozen=True)
class Sample:
    """One set of arguments: tensors as `T`, everything else as it is."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    smooth: bool = True  # has a derivative there, so that finite differences can be asked

    def __repr__(self):
        words = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return re.sub(r"\s+", " ", ", ".join(words)).replace("slice(None, None, None)", ":")


def sample(*args, smooth=True, **kwargs):
    return Sample(args, kwargs, smooth)


@dataclass(frozen=True)
class Wrong:
    """A call that must fail: the error's class and the words that its message must hold.

    ``call(lg, t)`` makes its tensors with ``t(*shape, dtype=…)``. `gpu` is False where a GPU does
    not look at the values, since looking would wait for it.
    """

    call: Callable[[Any, Any], Any]
    error: str
    words: Sequence[str]
    gpu: bool = True


@dataclass(frozen=True)
class Operation:
    """A row: an operation, how it is spelled, what it is tried on and what it is compared with.

    ``call(lib, *args)`` works with learngrad and with PyTorch as `lib`, unless `torch` says how
    PyTorch spells it; ``numpy(*arrays)`` is the same in NumPy. The first sample is also tried in
    every pair of `dtypes`. A derivative `flat` is 0 everywhere, or is not there at all.
    """

    name: str
    call: Callable[..., Any]
    numpy: Callable[..., Any]
    samples: Sequence[Sample]
    also: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    torch: Callable[..., Any] | None = None
    dtypes: str = "?Bbhilefd"
    flat: bool = False
    wrong: Sequence[Wrong] = ()
    view: bool = False  # the result shares memory with the first argument
    twice: bool = True  # whether it has second derivatives; an error says so where it has none
    lands: str = ""  # the device of the result, where it is not that of the arguments

    def __repr__(self):
        return self.name


# ---- Grids of shapes

SHAPES = [(3,), (), (2, 3), (2, 1, 3), (0,), (2, 0, 3)]
LAID_OUT = [((2, 3), "transposed"), ((2, 3), "every other"), ((3, 2), "backwards")]
PAIRS = [((3,), (3,)), ((), ()), ((2, 3), ()), ((), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)),
         ((2, 1, 3), (4, 1)), ((0,), (0,)), ((2, 0), (1, 1)), ((0, 3), (3,))]


def one(values=normal, *more, **options):
    """Samples of one tensor over the grid of shapes and layouts."""
    return [sample(T(s, values), *more, **options) for s in SHAPES] + [
        sample(T(s, values, layout), *more, **options) for s, layout in LAID_OUT]


def two(left=normal, right=None, numbers=True):
    """Samples of two tensors that broadcast; with a constant; with a number on either side."""
    right = right or left
    samples = [sample(T(a, left), T(b, right)) for a, b in PAIRS]
    samples += [sample(T((2, 3), left, layout), T((2, 3), right, other))
                for layout, other in (("transposed", "plain"), ("every other", "backwards"))]
    samples += [sample(T((2, 3), left), T((3,), right, needs=False)),
                sample(T((2, 3), left, needs=False), T((3,), right))]
    if numbers:
        samples += [sample(T((2, 3), left), 2), sample(2.5, T((3,), right)),
                    sample(T((), left), 3.5)]
    return samples
