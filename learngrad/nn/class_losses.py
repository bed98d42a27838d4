"""Losses for classes: how improbable a prediction holds the right one.

Some take scores and some probabilities, and the wrong ones give no error, only a model that learns
badly. Where the graph shows such a mistake, the loss says so once.
"""

from __future__ import annotations

from typing import Any

from learngrad import source
from learngrad.nn.losses import Loss, made_with_tensors
from learngrad.nn.notices import tell
from learngrad.ops import likelihood
from learngrad.ops.elementwise import Cast, Clone
from learngrad.ops.exponential import Sigmoid
from learngrad.ops.index import GetItem
from learngrad.ops.likelihood import cross_entropy
from learngrad.ops.losses import Softmax
from learngrad.ops.shape import Permute, Reshape, View

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "NLLLoss"]

# Operations that move numbers and do not change them: a softmax before them is still one.
MOVES = frozenset({Reshape, View, Permute, GetItem, Clone, Cast})
# What is looked into when it stands right before a loss.
AFTER_SOFTMAX, AFTER_SIGMOID = MOVES | {Softmax}, MOVES | {Sigmoid}


class Looking(Loss):
    """Base of the losses that look where their input comes from."""

    _told = False

    def _look(self, node: Any, culprit: Any, said: str) -> None:
        """Say once that the input comes out of an operation that should not be there."""
        while type(node) in MOVES and node.edges[0] is not None:
            node = node.edges[0][0]
        if type(node) is culprit and not self._told:
            self._told = True
            place = source.resolve(node.made)
            tell(f"{said}{f' It ran at {place}' if place else ''}")


class OfClasses(Looking):
    """Base of the two whose targets are classes: weights of the classes, and what is ignored."""

    def __init__(self, weight: Any = None, size_average: Any = None, ignore_index: int = -100,
                 reduce: Any = None, reduction: str = "mean") -> None:
        if getattr(weight, "ndim", 1) != 1:
            raise made_with_tensors(type(self).__name__)
        super().__init__(size_average, reduce, reduction)
        self._fix(ignore_index=ignore_index, weight=weight)


class CrossEntropyLoss(OfClasses):
    r"""Minus the log of the probability of the right class: :math:`-\ln \mathrm{softmax}(x)_t`.

    It takes scores before softmax (logits). Where they come out of a softmax already, it says so
    once, as a warning.

    Parameters
    ----------
    weight : Tensor, shape [classes], optional
        How much each class counts. A buffer.
    ignore_index : int, default -100
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}, default "mean"
    label_smoothing : float, default 0
        This part of the probability is spread over all classes.

    Shape
    -----
    input [n, classes, ...] or [classes], floating; target [n, ...] or [], integers from 0 to
    classes - 1, or probabilities in the shape of the input; the output is one number, or the
    target's shape for "none".

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If there is not one integer target for each row, or one is no class.

    Examples
    --------
    >>> import learngrad
    >>> loss = learngrad.nn.CrossEntropyLoss()
    >>> loss(learngrad.tensor([[2.0, 0.0], [0.0, 2.0]]), learngrad.tensor([0, 1]))
    tensor(0.1269)
    """

    weight: Any
    ignore_index: int
    label_smoothing: float

    def __init__(self, weight: Any = None, size_average: Any = None, ignore_index: int = -100,
                 reduce: Any = None, reduction: str = "mean",
                 label_smoothing: float = 0.0) -> None:
        super().__init__(weight, size_average, ignore_index, reduce, reduction)
        self._fix(label_smoothing=label_smoothing)

    def forward(self, input: Any, target: Any) -> Any:
        """``cross_entropy(input, target, …)``."""
        edge = getattr(input, "_edge", None)
        if edge is not None and type(edge[0]) in AFTER_SOFTMAX:
            self._look(edge[0], Softmax,
                       "CrossEntropyLoss takes scores from before softmax, and its input comes out "
                       "of one: that makes two, and learning is slow. Leave the softmax out; it is "
                       "for showing probabilities.")
        return cross_entropy(input, target, self.weight, ignore_index=self.ignore_index,
                             reduction=self.reduction, label_smoothing=self.label_smoothing)


class NLLLoss(OfClasses):
    r"""Minus the log probability of the right class: :math:`-x_t`.

    It takes log probabilities, as `LogSoftmax` gives them; `CrossEntropyLoss` does both. Where
    probabilities come straight out of a softmax, it says so once, as a warning.

    Parameters
    ----------
    weight : Tensor, shape [classes], optional
        How much each class counts; "mean" divides by the sum of the weights that were used.
    ignore_index : int, default -100
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [n, classes, ...] or [classes], floating; target [n, ...] or [], integers from 0 to
    classes - 1; the output is one number, or the target's shape for "none".

    Raises
    ------
    ShapeError, DtypeError, OutOfRangeError
        If there is not one integer target for each row, or one is no class.

    Examples
    --------
    >>> import learngrad
    >>> logp = learngrad.nn.LogSoftmax(dim=1)(learngrad.tensor([[2.0, 0.0], [0.0, 2.0]]))
    >>> learngrad.nn.NLLLoss()(logp, learngrad.tensor([0, 1]))
    tensor(0.1269)
    """

    function = staticmethod(likelihood.nll_loss)

    def forward(self, input: Any, target: Any) -> Any:
        """``nll_loss(input, target, …)``."""
        edge = getattr(input, "_edge", None)
        if edge is not None and type(edge[0]) in AFTER_SOFTMAX:
            self._look(edge[0], Softmax,
                       "NLLLoss takes logarithms of probabilities, and its input comes out of a "
                       "softmax. Use log_softmax there.")
        return super().forward(input, target)


class BCELoss(Loss):
    r"""The cross entropy of probabilities: :math:`-y \ln x - (1 - y) \ln(1 - x)`.

    Logarithms are held at -100. `BCEWithLogitsLoss` takes scores from before a sigmoid, and is
    exact also far out.

    Parameters
    ----------
    weight : Tensor, optional
        Multiplied to each element's loss. A buffer.
    reduction : {"mean", "sum", "none"}, default "mean"

    Shape
    -----
    input [*] between 0 and 1, target [*], the same; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError, ArgumentError
        If the shapes differ, or an input is no probability.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.BCELoss()(learngrad.tensor([0.9, 0.2]), learngrad.tensor([1.0, 0.0]))
    tensor(0.1643)
    """

    function = staticmethod(likelihood.binary_cross_entropy)

    def __init__(self, weight: Any = None, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(weight=weight)


class BCEWithLogitsLoss(Looking):
    r"""The cross entropy of a sigmoid: :math:`-y \ln \sigma(x) - (1 - y) \ln(1 - \sigma(x))`.

    It takes scores before the sigmoid (logits). Where they come out of a sigmoid already, it says
    so once, as a warning.

    Parameters
    ----------
    weight : Tensor, optional
        Multiplied to each element's loss. A buffer, as `pos_weight`.
    reduction : {"mean", "sum", "none"}, default "mean"
    pos_weight : Tensor, optional
        How much more a positive answer counts.

    Shape
    -----
    input [*], target [*], the same; the output is one number, or [*] for "none".

    Raises
    ------
    ShapeError
        If the shapes differ: they would be broadcast.

    Examples
    --------
    >>> import learngrad
    >>> loss = learngrad.nn.BCEWithLogitsLoss()
    >>> loss(learngrad.tensor([2.0, -1.0]), learngrad.tensor([1.0, 0.0]))
    tensor(0.2201)
    """

    function = staticmethod(likelihood.binary_cross_entropy_with_logits)

    def __init__(self, weight: Any = None, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(size_average, reduce, reduction)
        self._fix(weight=weight, pos_weight=pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """``binary_cross_entropy_with_logits(input, target, …)``."""
        edge = getattr(input, "_edge", None)
        if edge is not None and type(edge[0]) in AFTER_SIGMOID:
            self._look(edge[0], Sigmoid,
                       "BCEWithLogitsLoss takes scores from before a sigmoid, and its input comes "
                       "out of one: that makes two, and no answer can be sure. Leave the sigmoid "
                       "out, or take BCELoss.")
        return super().forward(input, target)
