"""The Bernoulli distribution."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar

from learngrad import devices
from learngrad.distributions import constraints
from learngrad.distributions.distribution import Distribution, exactly_one, parameters
from learngrad.ops.broadcast import broadcast_tensors
from learngrad.ops.draws import bernoulli
from learngrad.ops.likelihood import binary_cross_entropy_with_logits
from learngrad.tensor import Tensor, tensor

__all__ = ["Bernoulli"]


class Bernoulli(Distribution):
    r"""1 with a probability, else 0: a coin.

    .. math:: P(1) = p, \quad P(0) = 1 - p, \quad p = \frac{1}{1 + e^{-l}}

    Parameters
    ----------
    probs : float or Tensor, optional
        :math:`p`, from 0 to 1.
    logits : float or Tensor, optional
        :math:`l`, any numbers: what a network gives before its sigmoid. One of the two is given.
    validate_args : bool, default True

    Examples
    --------
    >>> import learngrad
    >>> d = learngrad.distributions.Bernoulli(learngrad.tensor([0.25]))
    >>> d.log_prob(learngrad.tensor([1.0])).exp()
    tensor([0.2500])
    """

    arg_constraints: ClassVar = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        name, value = exactly_one("Bernoulli", probs, logits)
        (vars(self)[name],) = parameters(value)
        super().__init__(vars(self)[name].shape, validate_args=validate_args)

    @cached_property
    def probs(self) -> Tensor:
        """The probability of 1."""
        return self.logits.sigmoid()

    @cached_property
    def logits(self) -> Tensor:
        """``ln(p / (1 - p))``, with `p` kept a rounding error away from 0 and 1."""
        least = float(devices.limits(self.probs.dtype).eps)
        probs = self.probs.clamp(least, 1 - least)
        return probs.log() - (-probs).log1p()

    @property
    def mean(self) -> Tensor:
        """The probability of 1."""
        return self.probs

    @property
    def mode(self) -> Tensor:
        """What comes more often; nan where both come alike."""
        likely = (self.probs >= 0.5).to(self.probs.dtype)
        return likely.masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        """``p (1 - p)``."""
        return self.probs * (1 - self.probs)

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        return bernoulli(self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """``ln(p)`` of a 1 and ``ln(1 - p)`` of a 0."""
        logits, value = broadcast_tensors(self.logits, self._checked(value))
        return -binary_cross_entropy_with_logits(logits, value.to(logits.dtype), reduction="none")

    def entropy(self) -> Tensor:
        """``-p ln(p) - (1 - p) ln(1 - p)``."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1 along a new first dimension; without `expand` its other sizes are 1."""
        dtype, device = self.probs.dtype, self.probs.device
        values = tensor([0, 1], dtype=dtype, device=device).reshape(2, *[1] * len(self.batch_shape))
        return values.expand(2, *self.batch_shape) if expand else values
