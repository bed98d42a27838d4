"""The categorical distribution."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, ClassVar

from learngrad import devices
from learngrad.creation import arange, full
from learngrad.distributions import constraints
from learngrad.distributions.constraints import Constraint
from learngrad.distributions.distribution import Distribution, exactly_one, parameters
from learngrad.errors import ArgumentError
from learngrad.ops.broadcast import broadcast_tensors
from learngrad.ops.draws import multinomial
from learngrad.ops.losses import softmax
from learngrad.tensor import Size, Tensor

__all__ = ["Categorical"]


class Categorical(Distribution):
    r"""One of several classes, by its number.

    .. math:: P(k) = p_k = \frac{e^{l_k}}{\sum_j e^{l_j}}

    Parameters
    ----------
    probs : Tensor, optional
        Shape ``[..., classes]``: probabilities, or anything in proportion to them.
    logits : Tensor, optional
        :math:`l`, any numbers: what a network gives before its softmax. One of the two is given.
    validate_args : bool, default True

    Examples
    --------
    A policy gradient: a better action becomes more probable.

    >>> import learngrad
    >>> from learngrad.distributions import Categorical
    >>> logits = learngrad.zeros(3, requires_grad=True)
    >>> policy = Categorical(logits=logits)
    >>> action = policy.sample()
    >>> reward = 1.0
    >>> (-policy.log_prob(action) * reward).backward()
    >>> logits.grad[action] < 0
    tensor(True)
    """

    arg_constraints: ClassVar = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None,
                 validate_args: bool | None = None) -> None:
        name, value = exactly_one("Categorical", probs, logits)
        (value,) = parameters(value)
        if not value.ndim or not value.shape[-1]:
            raise ArgumentError(f"Categorical: {name} has one number for each class along its last "
                                "dimension", tensors={name: value}, fix=f"{name}=x.reshape(-1)")
        if name == "probs":
            # A row that does not add up to anything stays as it is, to be refused.
            total = value.sum(-1, keepdim=True)
            vars(self)[name] = value / total
        else:
            vars(self)[name] = value - value.logsumexp(-1, keepdim=True)
        super().__init__(value.shape[:-1], validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        """The class numbers from 0."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def _num_events(self) -> int:
        return self.param_shape[-1]

    @property
    def param_shape(self) -> Size:
        """The shape of `probs` and `logits`."""
        return (self.probs if "probs" in vars(self) else self.logits).shape

    @cached_property
    def probs(self) -> Tensor:
        """The probabilities; they add up to 1."""
        return softmax(self.logits, -1)

    @cached_property
    def logits(self) -> Tensor:
        """Logarithms of the probabilities, which are kept a rounding error away from 0 and 1."""
        least = float(devices.limits(self.probs.dtype).eps)
        return self.probs.clamp(least, 1 - least).log()

    @property
    def mean(self) -> Tensor:
        """Classes have no mean: nan."""
        return full(self.batch_shape, math.nan, dtype=self.probs.dtype, device=self.probs.device)

    @property
    def mode(self) -> Tensor:
        """The most probable class."""
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        """Classes have no variance: nan."""
        return self.mean

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        rows = self.probs.reshape(-1, self._num_events)
        many = math.prod(shape) // max(len(rows), 1)
        if not math.prod(shape):
            return full(shape, 0, dtype="int64", device=rows.device)
        return multinomial(rows, many, True).T.reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the probability of each class in `value`."""
        at, logits = self._checked(value).long().unsqueeze(-1), self.logits
        if at.shape[:-1] != logits.shape[:-1]:
            at, logits = broadcast_tensors(at, logits)
        return logits.gather(-1, at[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """``-Σ p ln(p)``; what is impossible counts nothing."""
        logs = self.logits.clamp(min=float(devices.limits(self.logits.dtype).min))
        return -(logs * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The class numbers along a new first dimension; without `expand` its other sizes are 1."""
        n, batch = self._num_events, self.batch_shape
        values = arange(n, device=self.probs.device).reshape(n, *[1] * len(batch))
        return values.expand(n, *batch) if expand else values
