"""Losses of distances: absolute and Huber errors, cosines, margins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import in_single
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ArgumentRangeError, ShapeError
from learngrad.ops.activations import logsigmoid, relu
from learngrad.ops.bounds import clamp_min
from learngrad.ops.elementwise import absolute, where
from learngrad.ops.exponential import sqrt
from learngrad.ops.losses import combined, reduced, same_shape
from learngrad.ops.public import tensor
from learngrad.ops.reduce import sum
from learngrad.ops.shape import expand, transpose, unsqueeze
from learngrad.ops.spelling import spelled
from learngrad.ops.statistics import norm

__all__ = [
    "cdist", "cosine_embedding_loss", "cosine_similarity", "hinge_embedding_loss", "huber_loss",
    "l1_loss", "margin_ranking_loss", "normalize", "pairwise_distance", "smooth_l1_loss",
    "soft_margin_loss", "triplet_margin_loss",
]


class Huber(Function):
    """Half the square of small differences, a straight line beyond (Huber 1964)."""

    promotion = staticmethod(devices.division)
    saves = ("x", "y")
    formula, sign = r"\tfrac12 d^2 \text{ where } |d| < \delta \text{, else } \delta(|d| - " \
        r"\tfrac12 \delta)", "Huber"
    local = {"x": "d, held between −δ and δ", "y": "−d, held between −δ and δ"}

    def forward(self, x, y, delta):
        self.delta = delta
        d = np.abs(x - y)
        return np.where(d < delta, 0.5 * d * d, delta * (d - 0.5 * delta))

    def backward(self, g, x, y):
        d = x - y
        held = np.where(absolute(d) < self.delta, d, np.sign(d) * self.delta)
        return g * held, None if self.edges[1] is None else -g * held


@in_single
def l1_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """The mean absolute error.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 4.0])
    >>> learngrad.nn.functional.l1_loss(x, y)
    tensor(1.)
    """
    same_shape("l1_loss", input, target)
    return combined(absolute(input - target), reduced(reduction, size_average, reduce))


def huber_loss(input, target, reduction="mean", delta=1.0):
    """Half the squared error below `delta`, ``delta * (|d| - delta / 2)`` above.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 5.0])
    >>> learngrad.nn.functional.huber_loss(x, y)
    tensor(1.2500)
    """
    same_shape("huber_loss", input, target)
    if not delta > 0:
        raise ArgumentRangeError(f"delta is a distance above 0, not {delta}", fix="delta=1.0")
    return combined(Huber.apply(input, target, delta), reduced(reduction))


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """Half the squared error over `beta` below it, ``|d| - beta / 2`` above (Girshick 2015).

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([1.0, 2.0]), learngrad.tensor([1.0, 5.0])
    >>> learngrad.nn.functional.smooth_l1_loss(x, y)
    tensor(1.2500)
    """
    same_shape("smooth_l1_loss", input, target)
    if beta < 0:
        raise ArgumentError(f"beta is a distance, so it cannot be {beta}", fix="beta=1.0")
    if beta == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    return combined(Huber.apply(input, target, beta) / beta,
                   reduced(reduction, size_average, reduce))


@in_single
@spelled()
def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """The cosine of the angle between vectors along `dim`; lengths are held at `eps`.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[1.0, 0.0]]), learngrad.tensor([[1.0, 1.0]])
    >>> learngrad.nn.functional.cosine_similarity(x, y)
    tensor([0.7071])
    """
    # Vectors along `dim` of what is broadcast: that may be longer than one of them was.
    product = tensor(x1, "cosine_similarity") * tensor(x2, "cosine_similarity")
    x1, x2 = (x if x.shape == product.shape else expand(x, product.shape) for x in (x1, x2))
    a, b = (where(n > eps, n, eps) for n in (norm(x1, 2, dim), norm(x2, 2, dim)))
    return sum(product, dim) / (a * b)


@spelled()
def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The p-norm of the difference, over the last dimension; `eps` is added to the difference.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[3.0, 0.0]]), learngrad.tensor([[0.0, 4.0]])
    >>> learngrad.nn.functional.pairwise_distance(x, y)
    tensor([5.])
    """
    difference = tensor(x1, "pairwise_distance") - tensor(x2, "pairwise_distance")
    return norm(difference + eps, p, -1, keepdim)


MANY = 25  # rows, from which on PyTorch multiplies matrices
MODES = {"use_mm_for_euclid_dist_if_necessary": None, "use_mm_for_euclid_dist": True,
         "donot_use_mm_for_euclid_dist": False}


def cdist(x1, x2, p=2.0, compute_mode="use_mm_for_euclid_dist_if_necessary"):
    """The p-norms of all differences between rows of `x1` and rows of `x2`.

    Of more than 25 rows the Euclidean distance comes from a product of matrices, as |x − y|² =
    |x|² + |y|² − 2 x·y: far faster, and less exact for rows that are nearly equal.

    Parameters
    ----------
    x1 : Tensor, shape [..., n, k], floating
    x2 : Tensor, shape [..., m, k]
    p : float, default 2
    compute_mode : str, optional
        ``"use_mm_for_euclid_dist"`` multiplies for few rows too, ``"donot_use_mm_for_euclid_dist"``
        computes every difference, of many too.

    Returns
    -------
    Tensor, shape [..., n, m]

    Raises
    ------
    ShapeError
        If the rows are not of one length.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.cdist(learngrad.tensor([[0.0, 0.0], [3.0, 0.0]]), learngrad.tensor([[0.0, 4.0]]))
    tensor([[4.],
            [5.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist compares rows of one length, and these are {list(x1.shape)} and "
                         f"{list(x2.shape)}", fix="x[None] is one row")
    if p < 0:
        raise ArgumentRangeError(f"p is no negative number, and this is {p!r:.60}", fix="p=2.0")
    if compute_mode not in MODES:
        raise ArgumentError(f"compute_mode is one of {', '.join(MODES)}, and not "
                            f"{compute_mode!r:.60}", fix="leave it out")
    multiplied = MODES[compute_mode]
    if multiplied is None:
        multiplied = max(x1.shape[-2], x2.shape[-2]) > MANY
    if p != 2 or not multiplied:
        return norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)
    squares = (sum(x1 * x1, -1, keepdim=True) + unsqueeze(sum(x2 * x2, -1), -2)
               - 2 * (x1 @ transpose(x2, -1, -2)))
    return sqrt(relu(squares))  # rounding may leave less than 0


@spelled()
def normalize(input, p=2.0, dim=1, eps=1e-12):
    """Divided by its p-norm along `dim`, which is held at `eps`.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.normalize(learngrad.tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])
    """
    length = norm(input, p, dim, keepdim=True)
    return input / where(length > eps, length, eps)


@in_single
def cosine_embedding_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None,
                          reduction="mean"):
    """``1 - cos`` where the target is 1, ``max(0, cos - margin)`` where it is -1.

    PyTorch: `torch.nn.functional.cosine_embedding_loss` takes any target; here one that is neither
    1 nor -1 is an error (on a GPU it is not looked at).

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[1.0, 0.0]]), learngrad.tensor([[0.0, 1.0]])
    >>> learngrad.nn.functional.cosine_embedding_loss(x, y, learngrad.tensor([1.0]))
    tensor(1.)
    """
    same_shape("cosine_embedding_loss", input1, input2)
    if tuple(input1.shape[:-1]) != tuple(target.shape):
        raise ShapeError(f"cosine_embedding_loss has {list(input1.shape[:-1])} pairs and "
                         f"{list(target.shape)} targets", fix="one target for a pair")
    _signs("cosine_embedding_loss", target)
    # As PyTorch computes it here: a small number beside each squared length.
    lengths = (sum(input1 * input1, -1) + 1e-12) * (sum(input2 * input2, -1) + 1e-12)
    cosine = sum(input1 * input2, -1) / sqrt(lengths)
    losses = where(target == 1, 1 - cosine, clamp_min(cosine - margin, 0))
    return combined(losses, reduced(reduction, size_average, reduce))


def _signs(name: str, target: Any) -> None:
    """Refuse answers 0 and 1 where 1 and -1 belong: a 0 teaches nothing, or the wrong thing."""
    data = target._data
    if isinstance(data, np.ndarray) and not (np.abs(data) == 1).all():
        raise ArgumentRangeError(f"{name} takes targets of 1 and -1, and one is neither",
                                 fix="2 * target - 1 makes them of 0 and 1")


@in_single
def margin_ranking_loss(input1, input2, target, margin=0.0, size_average=None, reduce=None,
                        reduction="mean"):
    """``max(0, -target * (input1 - input2) + margin)``: target 1 wants the first to be larger.

    Examples
    --------
    >>> import learngrad
    >>> one = learngrad.tensor([1.0])
    >>> learngrad.nn.functional.margin_ranking_loss(one, 3 * one, one)
    tensor(2.)
    """
    same_shape("margin_ranking_loss", input1, input2)
    same_shape("margin_ranking_loss", input1, target)
    losses = clamp_min(margin - target * (input1 - input2), 0)
    return combined(losses, reduced(reduction, size_average, reduce))


@in_single
def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None,
                         reduction="mean"):
    """The input where the target is 1, ``max(0, margin - input)`` where it is -1.

    PyTorch: `torch.nn.functional.hinge_embedding_loss` takes any target; here one that is neither
    1 nor -1 is an error (on a GPU it is not looked at).

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([0.5, 0.5]), learngrad.tensor([1.0, -1.0])
    >>> learngrad.nn.functional.hinge_embedding_loss(x, y, reduction="none")
    tensor([0.5000, 0.5000])
    """
    same_shape("hinge_embedding_loss", input, target)
    _signs("hinge_embedding_loss", target)
    losses = where(target == -1, 0, input) + where(target == 1, 0, clamp_min(margin - input, 0))
    return combined(losses, reduced(reduction, size_average, reduce))


@in_single
def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """``ln(1 + e^(-target * input))``, targets 1 and -1.

    PyTorch: `torch.nn.functional.soft_margin_loss` takes any target; here one that is neither
    1 nor -1 is an error (on a GPU it is not looked at).

    Examples
    --------
    >>> import learngrad
    >>> zero, one = learngrad.tensor([0.0]), learngrad.tensor([1.0])
    >>> learngrad.nn.functional.soft_margin_loss(zero, one)
    tensor(0.6931)
    """
    same_shape("soft_margin_loss", input, target)
    _signs("soft_margin_loss", target)
    return combined(-logsigmoid(target * input), reduced(reduction, size_average, reduce))


@in_single
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False,
                        size_average=None, reduce=None, reduction="mean"):
    """``max(0, d(anchor, positive) - d(anchor, negative) + margin)`` (Balntas et al. 2016).

    Examples
    --------
    >>> import learngrad
    >>> a, n = learngrad.zeros(1, 2), learngrad.ones(1, 2)
    >>> learngrad.nn.functional.triplet_margin_loss(a, a, n, margin=2.0)
    tensor(0.5858)
    """
    losses = triplets("triplet_margin_loss", lambda a, b: pairwise_distance(a, b, p, eps),
                      anchor, positive, negative, margin, swap)
    return combined(losses, reduced(reduction, size_average, reduce))


def triplets(name: str, distance: Callable[[Any, Any], Any], anchor: Any, positive: Any,
             negative: Any, margin: float, swap: bool) -> Any:
    """How much nearer than the negative the positive should be; `swap`: than to either."""
    for other in (positive, negative):
        same_shape(name, anchor, other)
    if not margin > 0:
        raise ArgumentError(f"margin is a distance above 0, not {margin}", fix="margin=1.0")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        other = distance(positive, negative)
        far = where(other < far, other, far)
    return clamp_min(near - far + margin, 0)
