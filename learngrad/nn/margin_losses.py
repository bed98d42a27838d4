"""Losses as modules that push apart: by a margin, by an angle, one class from all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from learngrad.nn.distance import PairwiseDistance
from learngrad.nn.losses import Loss
from learngrad.ops import distances as D
from learngrad.ops import margins

__all__ = ["CosineEmbeddingLoss", "HingeEmbeddingLoss", "MarginRankingLoss", "MultiLabelMarginLoss",
           "MultiLabelSoftMarginLoss", "MultiMarginLoss", "SoftMarginLoss", "TripletMarginLoss",
           "TripletMarginWithDistanceLoss"]


class CosineEmbeddingLoss(Loss):
    r"""Pairs that belong together get one direction, others get apart.

    :math:`1 - \cos(x_1, x_2)` where the target is 1, :math:`\max(0, \cos(x_1, x_2) - m)` where it
    is -1.

    Parameters
    ----------
    margin : float, default 0.0
        The cosine m that is small enough.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input1 and input2 [n, d] or [d], target [n] or []; the output is one number, or the target's
    shape for "none".

    Raises
    ------
    ShapeError
        If the shapes do not fit each other.
    ArgumentError
        If a target is neither 1 nor -1.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[1.0, 0.0]]), learngrad.tensor([[0.0, 1.0]])
    >>> learngrad.nn.CosineEmbeddingLoss()(x, y, learngrad.tensor([1.0]))
    tensor(1.)
    """

    function = staticmethod(D.cosine_embedding_loss)

    def __init__(self, margin: float = 0.0, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(margin=margin)


class MarginRankingLoss(Loss):
    r"""One input is to be larger than the other: :math:`\max(0, -y (x_1 - x_2) + m)`.

    Parameters
    ----------
    margin : float, default 0.0
        By how much, m.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input1, input2 and target [*], the same, targets 1 (the first is to be larger) or -1; the output
    is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.

    Examples
    --------
    >>> import learngrad
    >>> one = learngrad.tensor([1.0])
    >>> learngrad.nn.MarginRankingLoss()(one, 3 * one, one)
    tensor(2.)
    """

    function = staticmethod(D.margin_ranking_loss)

    def __init__(self, margin: float = 0.0, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(margin=margin)


class HingeEmbeddingLoss(Loss):
    r"""Distances of pairs: :math:`x` where the target is 1, :math:`\max(0, m - x)` where it is -1.

    Parameters
    ----------
    margin : float, default 1.0
        The distance m that is far enough.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*], target [*], the same; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.
    ArgumentError
        If a target is neither 1 nor -1.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([0.5, 0.5]), learngrad.tensor([1.0, -1.0])
    >>> learngrad.nn.HingeEmbeddingLoss(margin=2.0)(x, y)
    tensor(1.)
    """

    function = staticmethod(D.hinge_embedding_loss)

    def __init__(self, margin: float = 1.0, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(margin=margin)


class TripletMarginLoss(Loss):
    r"""An anchor is to be nearer to one than to another: :math:`\max(0, d(a, p) - d(a, n) + m)`.

    Distances are p-norms (Balntas et al. 2016; Schroff et al. 2015, arXiv:1503.03832).

    Parameters
    ----------
    margin : float, default 1.0
        By how much nearer, m; above 0.
    p : float, default 2.0
        Which norm.
    eps : float, default 1e-6
        Added to the differences.
    swap : bool, default False
        Whether :math:`d(p, n)` counts where it is less than :math:`d(a, n)`.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    anchor, positive and negative [n, d] or [d], the same; the output is one number, or [n] or []
    for "none".

    Raises
    ------
    ShapeError, ArgumentError
        If the shapes differ, or the margin is not above 0.

    Examples
    --------
    >>> import learngrad
    >>> a, n = learngrad.zeros(1, 2), learngrad.ones(1, 2)
    >>> learngrad.nn.TripletMarginLoss(margin=2.0)(a, a, n)
    tensor(0.5858)
    """

    function = staticmethod(D.triplet_margin_loss)

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
                 size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(margin=margin, p=p, eps=eps, swap=swap)


class TripletMarginWithDistanceLoss(Loss):
    r"""`TripletMarginLoss` with a distance of one's own, of two tensors or a module.

    :math:`\max(0, d(a, p) - d(a, n) + m)`.

    Parameters
    ----------
    distance_function : callable, optional
        By itself `PairwiseDistance`.
    margin : float, default 1.0
    swap : bool, default False
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    anchor, positive and negative [n, *], the same; the output is one number, or what the distance
    gives for "none".

    Examples
    --------
    >>> from learngrad import nn, ones, zeros
    >>> loss = nn.TripletMarginWithDistanceLoss(
    ...     distance_function=lambda x, y: (x - y).abs().sum(-1), margin=3.0)
    >>> loss(zeros(1, 2), zeros(1, 2), ones(1, 2))
    tensor(1.)
    """

    function = staticmethod(margins.triplet_margin_with_distance_loss)

    def __init__(self, *, distance_function: Callable[[Any, Any], Any] | None = None,
                 margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self._fix(margin=margin, swap=swap)
        self.distance_function = distance_function or PairwiseDistance()
        self._arguments = (*self._arguments, "distance_function")


class SoftMarginLoss(Loss):
    r"""Two classes, 1 and -1: :math:`\ln(1 + e^{-y x})`.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*], target [*], the same; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.
    ArgumentError
        If a target is neither 1 nor -1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.SoftMarginLoss()(learngrad.tensor([0.0]), learngrad.tensor([1.0]))
    tensor(0.6931)
    """

    function = staticmethod(D.soft_margin_loss)


class MultiLabelSoftMarginLoss(Loss):
    r"""`BCEWithLogitsLoss` for several labels at once, its mean over the classes.

    :math:`-\frac{1}{C} \sum_c y_c \ln \sigma(x_c) + (1 - y_c) \ln \sigma(-x_c)`.

    Parameters
    ----------
    weight : Tensor, shape [classes], optional
        How much each class counts. A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*, classes], target [*, classes] of 0 and 1; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.MultiLabelSoftMarginLoss()(learngrad.zeros(2, 3), learngrad.ones(2, 3))
    tensor(0.6931)
    """

    function = staticmethod(margins.multilabel_soft_margin_loss)

    def __init__(self, weight: Any = None, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(weight=weight)


class MultiMarginLoss(Loss):
    r"""The hinge loss for several classes.

    :math:`\frac{1}{C} \sum_{j \ne t} \max(0, m - x_t + x_j)^p` for the right class t of C.

    Parameters
    ----------
    p : {1, 2}, default 1
    margin : float, default 1.0
        How far above the others the right class is to be, m.
    weight : Tensor, shape [classes], optional
        How much each class counts. A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [n, classes] or [classes], floating; target [n] or [], integers from 0 to classes - 1; the
    output is one number, or the target's shape for "none".

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If there is not one integer target for each row, or one is no class.

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[0.1, 0.2, 0.4, 0.8]])
    >>> learngrad.nn.MultiMarginLoss()(x, learngrad.tensor([3]))
    tensor(0.3250)
    """

    function = staticmethod(margins.multi_margin_loss)

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Any = None,
                 size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(p=p, margin=margin, weight=weight)


class MultiLabelMarginLoss(Loss):
    r"""Every right class is to be 1 above every other one.

    :math:`\frac{1}{C} \sum_t \sum_j \max(0, 1 - x_t + x_j)` over right classes t and others j.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [n, classes] or [classes], floating; target of that shape, integers: the right classes of
    each row, ended by a -1; the output is one number, or [n] or [] for "none".

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If the shapes differ, or a target is no integer or no class.

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[0.1, 0.2, 0.4, 0.8]]), learngrad.tensor([[3, 0, -1, 1]])
    >>> learngrad.nn.MultiLabelMarginLoss()(x, y)
    tensor(0.8500)
    """

    function = staticmethod(margins.multilabel_margin_loss)
