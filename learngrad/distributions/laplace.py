"""The Laplace distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad import devices
from learngrad.distributions import constraints
from learngrad.distributions.distribution import Distribution, parameters
from learngrad.random import rand
from learngrad.tensor import Tensor

__all__ = ["Laplace"]


class Laplace(Distribution):
    r"""A peak at `loc` that falls off on both sides; its log-probability is the absolute error.

    .. math:: p(x) = \frac{1}{2 b}\, e^{-\frac{|x - \mu|}{b}}

    Parameters
    ----------
    loc : float or Tensor
        :math:`\mu`, the mean and the median.
    scale : float or Tensor
        :math:`b`, above 0. The two broadcast.
    validate_args : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> learngrad.distributions.Laplace(0.0, 1.0).variance
    tensor(2.)
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    loc: Tensor
    scale: Tensor

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = parameters(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean: `loc`."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """Where the density is greatest: `loc`."""
        return self.loc

    @property
    def stddev(self) -> Tensor:
        """``√2 scale``."""
        return 2**0.5 * self.scale

    @property
    def variance(self) -> Tensor:
        """``2 scale²``."""
        return 2 * self.scale**2

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        noise = 2 * rand(shape, dtype=self.loc.dtype, device=self.loc.device) - 1
        # -1 may be drawn, and would be infinitely far away.
        noise = noise.clamp(min=-1 + float(devices.limits(noise.dtype).eps))
        return self.loc - self.scale * noise.sign() * (-noise.abs()).log1p()

    def log_prob(self, value: Tensor) -> Tensor:
        """``-|value - loc| / scale - ln(2 scale)``."""
        return -(2 * self.scale).log() - (self._checked(value) - self.loc).abs() / self.scale

    def entropy(self) -> Tensor:
        """``1 + ln(2 scale)``."""
        return 1 + (2 * self.scale).log()

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw of at most `value`."""
        distance = self._checked(value) - self.loc
        return 0.5 - 0.5 * distance.sign() * (-distance.abs() / self.scale).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        """What a draw is at most with probability `value`."""
        half = value - 0.5
        return self.loc - self.scale * half.sign() * (-2 * half.abs()).log1p()
