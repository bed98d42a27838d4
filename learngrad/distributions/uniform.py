"""The uniform distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from learngrad.distributions import constraints
from learngrad.distributions.constraints import Constraint
from learngrad.distributions.distribution import Distribution, parameters
from learngrad.ops.elementwise import where
from learngrad.random import rand
from learngrad.tensor import Tensor

__all__ = ["Uniform"]


class Uniform(Distribution):
    r"""Every number from `low` up to, not including, `high` alike.

    .. math:: p(x) = \frac{1}{b - a} \quad \text{for } a \le x < b

    Parameters
    ----------
    low, high : float or Tensor
        :math:`a` and :math:`b`; they broadcast.
    validate_args : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> d = learngrad.distributions.Uniform(0.0, 4.0)
    >>> d.mean, d.log_prob(learngrad.tensor(1.0)).exp()
    (tensor(2.), tensor(0.2500))
    """

    arg_constraints: ClassVar = {"low": constraints.real, "high": constraints.real}
    has_rsample = True

    low: Tensor
    high: Tensor

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = parameters(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args:
            constraints.less_than(self.high).demand(self.low, "low", "Uniform")

    @property
    def support(self) -> Constraint:
        """From `low` to `high`."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Tensor:
        """Half way."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Tensor:
        """No value is more probable than the others: nan."""
        return self.high.detach() * math.nan

    @property
    def stddev(self) -> Tensor:
        """``(high - low) / √12``."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Tensor:
        """``(high - low)² / 12``."""
        return (self.high - self.low)**2 / 12

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        noise = rand(shape, dtype=self.low.dtype, device=self.low.device)
        return self.low + noise * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """``-ln(high - low)`` inside; minus infinity at `high` and outside."""
        inside = (self._checked(value) >= self.low) & (value < self.high)
        return where(inside, 0.0, -math.inf).to(self.low.dtype) - (self.high - self.low).log()

    def entropy(self) -> Tensor:
        """``ln(high - low)``."""
        return (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """How far `value` is on the way from `low` to `high`."""
        return ((self._checked(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Tensor:
        """What lies at `value` of the way from `low` to `high`."""
        return value * (self.high - self.low) + self.low
