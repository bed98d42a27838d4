"""A batch of distributions as one distribution of vectors."""

from __future__ import annotations

from typing import Any, Self

from learngrad.distributions.constraints import Constraint
from learngrad.distributions.distribution import Distribution
from learngrad.errors import ArgumentError
from learngrad.tensor import Tensor

__all__ = ["Independent"]


class Independent(Distribution):
    r"""The last dimensions of a batch taken as one event: log-probabilities are summed over them.

    .. math:: \ln p(x) = \sum_i \ln p_i(x_i)

    Parameters
    ----------
    base_distribution : Distribution
    reinterpreted_batch_ndims : int
        How many of its last batch dimensions become part of the event.
    validate_args : bool, optional

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.distributions import Independent, Normal
    >>> d = Independent(Normal(learngrad.zeros(4, 2), 1.0), 1)
    >>> d.batch_shape, d.event_shape, d.log_prob(learngrad.zeros(4, 2)).shape
    (learngrad.Size([4]), learngrad.Size([2]), learngrad.Size([4]))
    """

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
                 validate_args: bool | None = None) -> None:
        shape, n = base_distribution.batch_shape, reinterpreted_batch_ndims
        if not 0 <= n <= len(shape):
            raise ArgumentError(f"a batch {list(shape)} has no {n} dimensions that could become "
                                "the event", fix=f"reinterpreted_batch_ndims={len(shape)}")
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n
        super().__init__(shape[:len(shape) - n],
                         (*shape[len(shape) - n:], *base_distribution.event_shape), validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws have a gradient."""
        return self.base_dist.has_rsample

    @property
    def support(self) -> Constraint:
        """What a draw can be, element by element."""
        return self.base_dist.support

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.base_dist.mean

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self.base_dist.mode

    @property
    def variance(self) -> Tensor:
        """The variance of each element."""
        return self.base_dist.variance

    def _drawn(self, shape: tuple[int, ...]) -> Tensor:
        return self.base_dist._drawn(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum of the log-probabilities of the event's elements."""
        return self._summed(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        """The sum of the entropies of the event's elements."""
        return self._summed(self.base_dist.entropy())

    def expand(self, batch_shape: Any) -> Self:
        """The same distribution for a larger batch."""
        n = self.reinterpreted_batch_ndims
        base = self.base_dist.expand((*batch_shape, *self.event_shape[:n]))
        return type(self)(base, n, self._validate_args)

    def _summed(self, numbers: Tensor) -> Tensor:
        n = self.reinterpreted_batch_ndims
        return numbers.sum(tuple(range(-n, 0))) if n else numbers

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
