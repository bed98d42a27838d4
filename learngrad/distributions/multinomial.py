"""The multinomial distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Self

import numpy as np

from learngrad import devices
from learngrad.distributions import constraints
from learngrad.distributions.categorical import Categorical
from learngrad.distributions.constraints import Constraint
from learngrad.distributions.distribution import Distribution
from learngrad.errors import ArgumentError
from learngrad.tensor import Tensor

__all__ = ["Multinomial"]


class Multinomial(Distribution):
    r"""How often each class comes in `total_count` draws.

    .. math:: P(n) = \frac{N!}{\prod_k n_k!} \prod_k p_k^{n_k}

    Parameters
    ----------
    total_count : int, default 1
        :math:`N`.
    probs, logits : Tensor
        One of the two, as for `Categorical`.
    validate_args : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> d = learngrad.distributions.Multinomial(100, learngrad.ones(6))
    >>> d.sample((3,)).sum(-1)
    tensor([100., 100., 100.])
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(self, total_count: int = 1, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        if not isinstance(total_count, int) or total_count < 0:
            raise ArgumentError(f"Multinomial: total_count is a whole number, not "
                                f"{total_count!r:.40}", fix="total_count=10")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:],
                         validate_args)

    @property
    def probs(self) -> Tensor:
        """The probabilities of the classes; they add up to 1."""
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        """Logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def support(self) -> Constraint:
        """Counts that add up to `total_count`."""
        return constraints.counts(self.total_count)

    @property
    def mean(self) -> Tensor:
        """``total_count · p``."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        """``total_count · p (1 - p)``."""
        return self.total_count * self.probs * (1 - self.probs)

    def expand(self, batch_shape: Any) -> Self:
        """The same distribution for a larger batch."""
        new = super().expand(batch_shape)
        new._categorical = self._categorical.expand(batch_shape)
        return new

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        sample_shape = shape[:len(shape) - 1 - len(self.batch_shape)]
        draws = self._categorical.sample((self.total_count, *sample_shape))._data
        classes = devices.array_module(draws).arange(shape[-1])
        counts = (draws[..., None] == classes).sum(0)
        return Tensor._from_array(devices.as_array(counts).astype(self.probs.dtype), None)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of these counts."""
        value = self._checked(value)
        # ln n! of whole numbers: a running sum of logarithms.
        numbers = np.arange(1, self.total_count + 1, dtype=float)
        table = Tensor(np.concatenate([[0.0], np.log(numbers).cumsum()]), dtype=self.probs.dtype,
                       device=self.probs.device)
        impossible = (value == 0) & (self.logits == -math.inf)
        powers = (self.logits.masked_fill(impossible, 0) * value).sum(-1)
        return table[value.sum(-1).long()] - table[value.long()].sum(-1) + powers

    def __repr__(self) -> str:
        return f"Multinomial(total_count: {self.total_count}, probs: {self.probs.shape})"
