"""How far one distribution is from another: the Kullback-Leibler divergence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from learngrad.creation import full_like
from learngrad.distributions.bernoulli import Bernoulli
from learngrad.distributions.categorical import Categorical
from learngrad.distributions.distribution import Distribution, NotOffered
from learngrad.distributions.exponential import Exponential
from learngrad.distributions.independent import Independent
from learngrad.distributions.laplace import Laplace
from learngrad.distributions.normal import Normal
from learngrad.distributions.uniform import Uniform
from learngrad.ops.activations import softplus
from learngrad.ops.elementwise import where
from learngrad.tensor import Tensor

__all__ = ["kl_divergence", "register_kl"]

Formula = Callable[[Any, Any], Tensor]
_formulas: dict[tuple[type, type], Formula] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """Use the decorated function for the divergence of `type_p` from `type_q`.

    Examples
    --------
    >>> import math
    >>> from learngrad.distributions import Laplace, Normal, kl_divergence, register_kl
    >>> @register_kl(Laplace, Normal)
    ... def laplace_from_normal(p, q):
    ...     spread = (p.variance + (p.loc - q.loc)**2) / (2 * q.variance)
    ...     return spread + q.scale.log() + 0.5 * math.log(2 * math.pi) - p.entropy()
    >>> kl_divergence(Laplace(0.0, 1.0), Normal(0.0, 1.0))
    tensor(0.2258)
    """
    def keep(formula: Formula) -> Formula:
        _formulas[type_p, type_q] = formula
        return formula

    return keep


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    r"""The mean of :math:`\ln p(x) - \ln q(x)` for draws `x` of `p`: 0 where the two are the same.

    Parameters
    ----------
    p, q : Distribution
        Of one kind, or of two that `register_kl` knows. Their batches broadcast.

    Returns
    -------
    Tensor
        One number for each element of the batch; infinite where `p` gives what `q` never does.

    Raises
    ------
    NotOffered
        If there is no formula for the two.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(0.0, 1.0), Normal(0.0, 2.0))
    tensor(0.3181)
    """
    kinds = type(p).__mro__, type(q).__mro__
    known = [pair for pair in _formulas if pair[0] in kinds[0] and pair[1] in kinds[1]]
    if not known:
        raise NotOffered(
            f"there is no formula for the divergence of {type(p).__name__} from "
            f"{type(q).__name__}",
            fix="x = p.sample((1000,)); (p.log_prob(x) - q.log_prob(x)).mean(0) estimates it")
    # The nearest: a subclass may have a formula of its own.
    best = min(known, key=lambda pair: kinds[0].index(pair[0]) + kinds[1].index(pair[1]))
    return _formulas[best](p, q)


@register_kl(Normal, Normal)
def _normals(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale)**2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale)**2 - 1 - ratio.log())


@register_kl(Laplace, Laplace)
def _laplaces(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Exponential, Exponential)
def _exponentials(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Uniform, Uniform)
def _uniforms(p: Uniform, q: Uniform) -> Tensor:
    narrower = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), math.inf, narrower)


@register_kl(Normal, Uniform)
def _normal_from_uniform(p: Normal, q: Uniform) -> Tensor:
    return full_like(p.loc + q.low, math.inf)  # a normal draw may lie anywhere


@register_kl(Uniform, Normal)
def _uniform_from_normal(p: Uniform, q: Normal) -> Tensor:
    spread = (p.variance + (p.mean - q.loc)**2) / (2 * q.variance)
    return spread + q.scale.log() + 0.5 * math.log(2 * math.pi) - p.entropy()


@register_kl(Bernoulli, Bernoulli)
def _bernoullis(p: Bernoulli, q: Bernoulli) -> Tensor:
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    one = where(p.probs == 0, 0, where(q.probs == 0, math.inf, one))
    return one + where(p.probs == 1, 0, where(q.probs == 1, math.inf, zero))


@register_kl(Categorical, Categorical)
def _categoricals(p: Categorical, q: Categorical) -> Tensor:
    each = p.probs * (p.logits - q.logits)
    return where(p.probs == 0, 0, where(q.probs == 0, math.inf, each)).sum(-1)


@register_kl(Independent, Independent)
def _independents(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotOffered("these two take different numbers of dimensions as their event",
                         fix="the same reinterpreted_batch_ndims in both")
    return p._summed(kl_divergence(p.base_dist, q.base_dist))
