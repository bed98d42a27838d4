"""The normal distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from learngrad.distributions import constraints
from learngrad.distributions.distribution import Distribution, parameters
from learngrad.ops.erfinv import erfinv
from learngrad.ops.special import erf
from learngrad.random import randn
from learngrad.tensor import Tensor

__all__ = ["Normal"]


class Normal(Distribution):
    r"""The bell curve round `loc`, with standard deviation `scale`.

    .. math:: p(x) = \frac{1}{\sigma \sqrt{2 \pi}}\, e^{-\frac{(x - \mu)^2}{2 \sigma^2}}

    Parameters
    ----------
    loc : float or Tensor
        The mean, :math:`\mu`.
    scale : float or Tensor
        The standard deviation, :math:`\sigma`, above 0. The two broadcast.
    validate_args : bool, default True

    Examples
    --------
    A draw with a gradient, as a variational autoencoder needs it:

    >>> import learngrad
    >>> from learngrad.distributions import Normal, kl_divergence
    >>> mu = learngrad.zeros(2, requires_grad=True)
    >>> z = Normal(mu, 1.0).rsample()
    >>> z.sum().backward()
    >>> mu.grad
    tensor([1., 1.])
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
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
        """The standard deviation: `scale`."""
        return self.scale

    @property
    def variance(self) -> Tensor:
        """The square of `scale`."""
        return self.scale**2

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        noise = randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """``-(value - loc)² / (2 scale²) - ln(scale √(2π))``."""
        distance = self._checked(value) - self.loc
        return (-(distance**2) / (2 * self.scale**2) - self.scale.log()
                - math.log(math.sqrt(2 * math.pi)))

    def entropy(self) -> Tensor:
        """``½ ln(2π e scale²)``."""
        return self.scale.log() + (0.5 + 0.5 * math.log(2 * math.pi))

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw of at most `value`."""
        distance = (self._checked(value) - self.loc) / self.scale
        return 0.5 * (1 + erf(distance / math.sqrt(2)))

    def icdf(self, value: Tensor) -> Tensor:
        """What a draw is at most with probability `value`."""
        return self.loc + self.scale * erfinv(2 * value - 1) * math.sqrt(2)
