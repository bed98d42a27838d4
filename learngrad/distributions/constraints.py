"""What parameters and values have to be, in words and as a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from learngrad.errors import ArgumentError
from learngrad.tensor import Tensor

__all__ = [
    "Constraint", "boolean", "counts", "integer_interval", "interval", "less_than", "nonnegative",
    "positive", "real", "real_vector", "simplex", "unit_interval",
]


@dataclass(frozen=True)
class Constraint:
    """A test that each element passes (or, of what has an ``event_dim``, each vector)."""

    words: str
    holds: Callable[[Any], Any]
    fix: str
    event_dim: int = 0

    def check(self, value: Tensor) -> Tensor:
        """Where it holds: a tensor of bools."""
        return Tensor(self.holds(value._data))

    def demand(self, value: Tensor, name: str, of: str) -> None:
        """Refuse a value that does not hold; what lies on a GPU is not looked at."""
        array = value._data
        if not isinstance(array, np.ndarray):
            return
        held = np.asarray(self.holds(array))
        if not held.all():
            vector = array.shape[array.ndim - self.event_dim:]
            # The bounds that it was compared with may have more dimensions.
            wrong = np.broadcast_to(array, held.shape + vector)[
                np.unravel_index(held.argmin(), held.shape)]
            raise ArgumentError(f"{of}: {name} is {self.words}, and {wrong} is not",
                                tensors={name: value}, fix=self.fix)

    def __repr__(self) -> str:
        return f"Constraint({self.words!r})"


real = Constraint("a number, not nan", lambda x: x == x,
                  "look for where the nan comes from: learngrad.autograd.detect_anomaly()")
real_vector = Constraint("a vector of numbers, not nan", lambda x: (x == x).all(-1), real.fix, 1)
positive = Constraint("above 0", lambda x: x > 0,
                      "x.exp(), or learngrad.nn.functional.softplus(x), of any numbers")
nonnegative = Constraint("0 or more", lambda x: x >= 0, "x.abs(), or x.clamp(min=0)")
unit_interval = Constraint("between 0 and 1", lambda x: (x >= 0) & (x <= 1),
                           "learngrad.sigmoid(x), or give x as logits")
boolean = Constraint("0 or 1", lambda x: (x == 0) | (x == 1), "(x > 0.5).float()")
simplex = Constraint("a vector of probabilities (none negative) that add up to 1",
                     lambda x: (x >= 0).all(-1) & (abs(x.sum(-1) - 1) < 1e-6),
                     "learngrad.softmax(x, -1), or give x as logits", 1)


def interval(low: Tensor, high: Tensor) -> Constraint:
    """From `low` to `high`, both included."""
    a, b = low._data, high._data
    return Constraint(f"from {_shown(a)} to {_shown(b)}", lambda x: (x >= a) & (x <= b),
                      "x.clamp(low, high)")


def less_than(high: Tensor) -> Constraint:
    """Below `high`."""
    b = high._data
    return Constraint(f"below {_shown(b)}", lambda x: x < b, "give the smaller number first")


def integer_interval(low: int, high: int) -> Constraint:
    """A whole number from `low` to `high`, both included."""
    return Constraint(f"a whole number from {low} to {high}",
                      lambda x: (x >= low) & (x <= high) & (x % 1 == 0),
                      "class numbers are counted from 0")


def counts(total: int) -> Constraint:
    """A vector of whole numbers, none negative, that add up to `total`."""
    return Constraint(f"a vector of counts that add up to {total}",
                      lambda x: ((x >= 0) & (x % 1 == 0)).all(-1) & (x.sum(-1) == total),
                      "as many of each as were drawn", 1)


def _shown(bound: Any) -> str:
    return str(bound.item()) if bound.size == 1 else "its bound"
