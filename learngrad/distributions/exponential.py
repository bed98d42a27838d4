"""The exponential distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.distributions import constraints
from learngrad.distributions.distribution import Distribution, parameters
from learngrad.random import rand
from learngrad.tensor import Tensor

__all__ = ["Exponential"]


class Exponential(Distribution):
    r"""The wait for what happens `rate` times a second, at any moment alike.

    .. math:: p(x) = \lambda e^{-\lambda x} \quad \text{for } x \ge 0

    Parameters
    ----------
    rate : float or Tensor
        :math:`\lambda`, above 0.
    validate_args : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> learngrad.distributions.Exponential(4.0).mean
    tensor(0.2500)
    """

    arg_constraints: ClassVar = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True

    rate: Tensor

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """``1 / rate``."""
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        """Where the density is greatest: 0."""
        return self.rate.detach() * 0

    @property
    def stddev(self) -> Tensor:
        """``1 / rate``."""
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        """``1 / rate²``."""
        return self.rate**-2

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        return -(-rand(shape, dtype=self.rate.dtype, device=self.rate.device)).log1p() / self.rate

    def log_prob(self, value: Tensor) -> Tensor:
        """``ln(rate) - rate · value``."""
        return self.rate.log() - self.rate * self._checked(value)

    def entropy(self) -> Tensor:
        """``1 - ln(rate)``."""
        return 1 - self.rate.log()

    def cdf(self, value: Tensor) -> Tensor:
        """``1 - e^(-rate · value)``."""
        return 1 - (-self.rate * self._checked(value)).exp()

    def icdf(self, value: Tensor) -> Tensor:
        """``-ln(1 - value) / rate``."""
        return -(-value).log1p() / self.rate
