"""Losses that want a margin between right classes and wrong ones, or one loss for each label."""

from __future__ import annotations

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import in_single
from learngrad.errors import ArgumentError, DtypeError, OutOfRangeError
from learngrad.ops.activations import logsigmoid
from learngrad.ops.distances import pairwise_distance, triplets
from learngrad.ops.elementwise import relu
from learngrad.ops.likelihood import class_rows, class_weights
from learngrad.ops.losses import combined, reduced, same_shape
from learngrad.ops.public import one_of
from learngrad.ops.reduce import sum
from learngrad.ops.shape import reshape
from learngrad.ops.spelling import spelled

__all__ = ["multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss",
           "triplet_margin_with_distance_loss"]

NONE_IGNORED = -2**63  # no class has this number


@spelled()
@in_single
def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None,
                      reduction="mean"):
    """How far wrong classes come within `margin` of the right one, over the number of classes.

    The mean over all classes j but the right one t of ``max(0, margin - x[t] + x[j]) ** p``: the
    hinge loss of support vector machines for several classes.

    Parameters
    ----------
    input : Tensor, shape [n, classes] or [classes]
        Scores, floating.
    target : Tensor, shape [n] or []
        The right classes, integers.
    p : {1, 2}, default 1
    margin : float, default 1.0
    weight : Tensor, shape [classes], optional
        How much each class counts.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If there is not one integer target for each row, or one is no class.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> learngrad.nn.functional.multi_margin_loss(x, learngrad.tensor([3]))
    tensor(0.3250)
    """
    reduction = reduced(reduction, size_average, reduce)
    one_of("p", p, (1, 2))
    if getattr(weight, "ndim", 1) != 1:
        raise ArgumentError("multi_margin_loss: weight has one number for each class",
                            fix="weight.flatten()")
    if input.ndim > 2:
        raise ArgumentError("multi_margin_loss takes scores [n, classes]", fix="x.flatten(1)")
    alone = input.ndim < 2 and target.numel() == 1
    rows, right, _ = class_rows(reshape(input, (1, -1)) if alone else input,
                                reshape(target, (1,)) if alone else target,
                                "multi_margin_loss", NONE_IGNORED)
    count, at = rows.shape[1], right._data
    weights = class_weights(weight, count, rows)
    xp = devices.array_module(at)
    score = reshape(rows[(xp.arange(len(at)), at)], (-1, 1))
    over = relu(margin - score + rows)
    others = (xp.arange(count) != at.reshape((-1, 1))).astype(rows.dtype)
    losses = sum((over if p == 1 else over * over) * others, 1) / count
    if weights is not None:
        losses = losses * weights[at]
    return combined(reshape(losses, tuple(target.shape)), reduction)


@in_single
def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """How far other classes come within 1 of each right one, over the number of classes.

    Parameters
    ----------
    input : Tensor, shape [n, classes] or [classes]
        Scores, floating.
    target : Tensor of int, of the same shape
        The right classes of each row; the first -1 ends them.
    reduction : {"mean", "sum", "none"}, default "mean"

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[0.1, 0.2, 0.4, 0.8]]), learngrad.tensor([[3, 0, -1, 1]])
    >>> learngrad.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.8500)
    """
    reduction = reduced(reduction, size_average, reduce)
    same_shape("multilabel_margin_loss", input, target)
    if target.dtype.kind not in "iu" or input.ndim > 2:
        raise DtypeError("multilabel_margin_loss takes scores [n, classes] and the right classes "
                         f"as integers, not {target.dtype}", fix="target.long()")
    classes = input.shape[-1] if input.ndim else 1
    rows, labels = reshape(input, (-1, classes)), target._data.reshape(-1, classes)
    if isinstance(labels, np.ndarray) and labels.size and (
            labels.min() < -1 or labels.max() >= classes):
        raise OutOfRangeError(f"a target is no class from 0 to {classes - 1}, and not -1, which "
                              "ends them", fix="count classes from 0")
    xp = devices.array_module(labels)
    given = (labels < 0).cumsum(axis=1) == 0  # those before the first -1
    labels, each = labels * given, xp.arange(len(labels)).reshape((-1, 1))
    wrong = ((labels[:, :, None] != xp.arange(classes)) | ~given[:, :, None]).all(axis=1)
    over = relu(1 - reshape(rows[(each, labels)], (-1, classes, 1)) + rows[:, None])
    counts = (given[:, :, None] & wrong[:, None]).astype(rows.dtype)
    losses = sum(over * counts, (1, 2)) / classes
    return combined(reshape(losses, tuple(input.shape[:-1])), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None,
                                reduction="mean"):
    """`binary_cross_entropy_with_logits` for several labels at once: its mean over the classes.

    Parameters
    ----------
    input : Tensor, shape [*, classes]
        Scores before a sigmoid.
    target : Tensor, of the same shape
        1 for the labels that are right, 0 for the others.
    weight : Tensor, shape [classes], optional
        How much each class counts.
    reduction : {"mean", "sum", "none"}, default "mean"

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.zeros(2, 3), learngrad.ones(2, 3)
    >>> learngrad.nn.functional.multilabel_soft_margin_loss(x, y)
    tensor(0.6931)
    """
    reduction = reduced(reduction, size_average, reduce)
    same_shape("multilabel_soft_margin_loss", input, target)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return combined((losses if weight is None else losses * weight).mean(-1), reduction)


def triplet_margin_with_distance_loss(anchor, positive, negative, *, distance_function=None,
                                      margin=1.0, swap=False, reduction="mean"):
    """`triplet_margin_loss` with a distance of one's own; by itself `pairwise_distance`.

    Examples
    --------
    >>> import learngrad
    >>> a, n = learngrad.zeros(1, 2), learngrad.ones(1, 2)
    >>> learngrad.nn.functional.triplet_margin_with_distance_loss(
    ...     a, a, n, distance_function=lambda x, y: (x - y).abs().sum(-1), margin=3.0)
    tensor(1.)
    """
    losses = triplets("triplet_margin_with_distance_loss", distance_function or pairwise_distance,
                      anchor, positive, negative, margin, swap)
    return combined(losses, reduced(reduction))
