"""Losses of probabilities: negative log likelihood, cross entropy in all its forms, divergence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import in_single
from learngrad.autograd.function import Function, together
from learngrad.errors import (
    ArgumentError,
    ArgumentRangeError,
    DtypeError,
    OutOfRangeError,
    ShapeError,
    SizeError,
)
from learngrad.ops.elementwise import where
from learngrad.ops.exponential import exp, log, sigmoid
from learngrad.ops.losses import combined, log_softmax, predicted, reduced, same_shape, softmax
from learngrad.ops.quick import down, numbers
from learngrad.ops.reduce import sum
from learngrad.ops.rows import averages, cross_entropies, cross_entropies_back
from learngrad.ops.shape import permute, reshape

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy",
    "gaussian_nll_loss", "kl_div", "nll_loss", "poisson_nll_loss",
]

SHORT = 128  # classes
_ndarray = np.ndarray
_whole, _unsigned = np.dtype(np.int64), np.dtype(np.uint64)


class CrossEntropy(Function):
    """Minus the log of the probability that softmax gives to the right class."""

    saves = ("target",)
    formula, sign = r"-\ln \frac{e^{x_t}}{\sum_j e^{x_j}}", "cross entropy"
    local = {"x": "g · (softmax(x) − onehot(target)) / n"}
    scale: Any

    def forward(self, x, target, reduction, keep):
        self.reduction = reduction
        if type(x) is not _ndarray:
            return self.by_kernels(x, target, reduction, keep)
        (n, classes), self.keep, self.scale = x.shape, keep, 1.0
        if keep is not None:
            x = np.where(keep[:, None], x, 0)  # 0 times an infinity would be nan
        # NumPy finds maxima and sums faster down columns than along short rows: then e[class, row].
        self.across = across = classes > SHORT
        if across:
            e = np.ascontiguousarray(x) - x.max(axis=1, keepdims=True)
        else:
            e = x.T.copy()
            e -= np.maximum.reduce(e)
        shifted = e.reshape(-1)[self.places(target, classes)]
        np.exp(e, out=e)
        # e and its sums are kept; dividing them is left to backward's one multiplication.
        self.e, self.total = e, down(e.T if across else e)
        losses = np.log(self.total)
        losses -= shifted
        if keep is not None:
            losses *= keep
            n = keep.sum().astype(x.dtype)
        if reduction == "none":
            return losses
        if reduction == "mean":
            self.scale = 1.0 / n if keep is not None or n else math.nan
        return down(losses) * self.scale

    def by_kernels(self, x, target, reduction, keep):
        """Forward on a GPU: a kernel for the rows, and one for their mean."""
        self.across, self.keep, self.scale = True, keep, None
        losses, self.e, self.total = cross_entropies(x, target, keep)
        if reduction == "mean":
            mean, self.scale = averages(losses[None], None if keep is None else keep[None])
            return mean.reshape(())
        return losses if reduction == "none" else losses.sum()

    def places(self, target, classes):
        """Where each row's class stands, counted through all of e: NumPy is quickest with that."""
        right = (target if self.keep is None else target * self.keep).astype(_whole, copy=False)
        count = len(right)
        rows = numbers[count, _whole] if type(right) is _ndarray else devices.array_module(
            right).arange(count)
        return rows * classes + right if self.across else right * count + rows

    def backward(self, g, target):
        on_cpu = type(g) is _ndarray
        if not on_cpu and devices.is_array(g):
            return cross_entropies_back(self.e, self.total, target, self.keep, g.reshape(-1),
                                        self.scale)
        # One weight for all, or one for each row. NumPy takes a number sooner than an array.
        each = g.item() if on_cpu and not g.ndim else g
        if self.scale is not None:
            each = each * self.scale
        if self.keep is not None:
            each = each * self.keep.astype(self.total.dtype)  # a number alone would be float64
        if on_cpu:
            share = each / self.total
            grad = self.e * (share[:, None] if self.across else share)
            grad.reshape(-1)[self.places(target, grad.shape[1])] -= each
            return grad if self.across else grad.T
        # For second derivatives: softmax as an operation. It does not change when its input is
        # shifted, so the logarithm of the kept values stands for the input.
        with np.errstate(divide="ignore"):  # the logarithm of a probability of 0
            logits = np.log(self.e if self.across else self.e.T) - np.log(self.total)[:, None]
        p = softmax(self._join(0, logits), -1)
        hot = devices.array_module(self.e).zeros_like(self.e)
        hot.reshape(-1)[self.places(getattr(target, "_data", target), hot.shape[1])] = 1
        return (p - (hot if self.across else hot.T)) * each.reshape((-1, 1))


class BCEWithLogits(Function):
    """Minus the log of the probability that a sigmoid gives to the right one of two answers."""

    promotion = staticmethod(devices.division)
    saves = ("x", "y")
    formula, sign = r"\ln(1 + e^{-|x|}) + \max(x, 0) - x y", "BCE"
    local = {"x": "σ(x) − y", "y": "−x"}

    def forward(self, x, y):
        return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) - x * y

    def backward(self, g, x, y):
        return g * (sigmoid(x) - y), None if self.edges[1] is None else g * -x


class BinaryCrossEntropy(Function):
    """Minus the log of the probability of the right one of two answers, but at most 100."""

    promotion = staticmethod(devices.division)
    saves = ("x", "y")
    formula, sign = r"-y \ln x - (1 - y) \ln(1 - x)", "BCE"
    local = {"x": "(x − y) / (x · (1 − x))", "y": "ln(1 − x) − ln x"}

    def forward(self, x, y):
        return (y - 1) * np.maximum(np.log1p(-x), -100) - y * np.maximum(np.log(x), -100)

    def backward(self, g, x, y):
        return g * (x - y) / np.maximum(x * (1 - x), 1e-12), None if self.edges[1] is None else (
            g * (np.log1p(-x) - np.log(x)))


def _fitting_target(scores: tuple[int, ...], target: tuple[int, ...]) -> str:
    if target == scores:
        return "target.float() if these are probabilities, or the classes: target.argmax(1)"
    if len(scores) > 2 and target == scores[:-1]:
        return "the classes are dimension 1: logits.flatten(0, -2) and target.flatten()"
    if len(target) == 2 and target[1] == 1:
        return "target.squeeze(1) drops a dimension of size 1"
    return "take as many targets as rows; the classes are dimension 1"


def class_rows(input: Any, target: Any, name: str, ignore_index: int) -> tuple[Any, Any, Any]:
    """Scores as rows [n, classes], the right classes [n], and a mask of the rows that count.

    `input` is [classes], [n, classes] or [n, classes, ...], `target` the same without the classes.
    The mask is an array, or None where every row counts.
    """
    predicted(name, input)
    if not hasattr(target, "dtype"):
        raise devices.not_a_number(target)
    if not devices.is_floating(input.dtype):
        raise DtypeError(f"{name} takes floating scores (logits), not {input.dtype}",
                         fix=f"the scores come first: {name}(logits, target)"
                         if devices.is_floating(target.dtype) else "logits.float()")
    if target.dtype.kind not in "iu":
        raise DtypeError(f"{name} takes the right classes as integers, not {target.dtype}",
                         fix="target.long(), or the index of the class: one_hot.argmax(1)")
    at = 0 if input.ndim == 1 else 1
    if not input.ndim or tuple(target.shape) != (*input.shape[:at], *input.shape[at + 1:]):
        batches = input.ndim > 1 and target.shape[:1] != input.shape[:1]
        raise (SizeError if batches else ShapeError)(
            f"{name} takes scores [n, classes] and one target for each row, shape [n]; these are "
            f"{list(input.shape)} and {list(target.shape)}",
            fix=_fitting_target(tuple(input.shape), tuple(target.shape)))
    indices = getattr(target, "_data", target)
    if type(indices) is not type(getattr(input, "_data", input)):
        together(name, input=input, target=target)
    classes = input.shape[at]
    keep = indices.reshape(-1) != ignore_index
    if isinstance(indices, np.ndarray):  # on a GPU, looking would wait for it
        counted = indices.reshape(-1)
        if keep.all():
            keep = None
        else:
            counted = counted[keep]
        low, high = (int(counted.min()), int(counted.max())) if counted.size else (0, 0)
        if low < 0 or (high >= classes and counted.size):
            raise OutOfRangeError(f"a target is {low if low < 0 else high}, and the classes are 0 "
                                  f"to {classes - 1}",
                                  fix="count classes from 0, or give the last layer more outputs")
    if input.ndim != 2:
        if input.ndim > 2:
            input = permute(input, (0, *range(2, input.ndim), 1))
        input, target = reshape(input, (-1, classes)), reshape(target, (-1,))
    return input, target, keep


def class_weights(weight: Any, classes: int, like: Any) -> Any:
    """The array of class weights, checked, or None."""
    if weight is None:
        return None
    if tuple(weight.shape) != (classes,):
        raise ShapeError(f"weight has shape {list(weight.shape)}, and there are {classes} classes",
                         tensors={"weight": weight}, fix="give each class one weight")
    together("a loss with class weights", input=like, weight=weight)
    return getattr(weight, "_data", weight).astype(like.dtype, copy=False)


@in_single
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
             reduction="mean"):
    """Minus the log probability of the right class, from log probabilities.

    Parameters
    ----------
    input : Tensor, shape [n, classes, ...] or [classes]
        Log probabilities, as `log_softmax` gives them.
    target : Tensor, shape [n, ...] or []
        The right classes, integers.
    weight : Tensor, shape [classes], optional
        How much each class counts; "mean" divides by the sum of the weights that were used.
    ignore_index : int, default -100
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}, default "mean"

    Examples
    --------
    >>> import learngrad
    >>> logp = learngrad.log_softmax(learngrad.tensor([[2.0, 0.0], [0.0, 2.0]]), dim=1)
    >>> learngrad.nn.functional.nll_loss(logp, learngrad.tensor([0, 1]))
    tensor(0.1269)
    """
    reduction = reduced(reduction, size_average, reduce)
    rows, right, keep = class_rows(input, target, "nll_loss", ignore_index)
    each = row_weights(weight, rows, right, keep)
    indices = right._data if keep is None else right._data * keep
    xp = devices.array_module(indices)
    losses = _kept(rows[(xp.arange(len(indices)), indices)], keep) * -each
    return _by_weight(losses, reduction, target.shape, each)


def _kept(losses: Any, keep: Any) -> Any:
    """The losses of rows, and 0 for those that are ignored, which may hold infinities."""
    return losses if keep is None else where(keep, losses, 0)


def _by_weight(losses: Any, reduction: str, shape: tuple[int, ...], each: Any) -> Any:
    """The losses in the shape of their targets, their sum, or that by how much they count."""
    if reduction == "none":
        return reshape(losses, shape)
    return sum(losses) if reduction == "sum" else sum(losses) / each.sum()


def row_weights(weight: Any, rows: Any, right: Any, keep: Any) -> Any:
    """How much each row counts, as an array: its class's weight, and 0 where it is ignored."""
    indices = right._data
    each = devices.array_module(indices).ones(indices.shape, rows.dtype)
    if keep is not None:
        each, indices = each * keep, indices * keep
    weights = class_weights(weight, rows.shape[1], rows)
    return each if weights is None else each * weights[indices]


def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None,
                  reduction="mean", label_smoothing=0.0):
    """The cross entropy between scores and the right classes.

    Parameters
    ----------
    input : Tensor, shape [n, classes], [n, classes, ...] or [classes]
        Scores before softmax (logits), floating.
    target : Tensor, shape [n], [n, ...] or []
        The right classes, as integers from 0 to classes - 1; or, floating and in the shape of
        `input`, the probability of each class.
    weight : Tensor, shape [classes], optional
        How much each class counts; "mean" divides by the sum of the weights that were used.
    ignore_index : int, default -100
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}, default "mean"
    label_smoothing : float, default 0
        This part of the probability is spread over all classes (Szegedy et al. 2015).

    Raises
    ------
    ShapeError
        If there is not one target for each row.
    DtypeError
        If the logits are not floating, or the targets neither integers nor probabilities.
    OutOfRangeError
        If a target is no class (not looked at on a GPU).

    Examples
    --------
    >>> import learngrad
    >>> logits = learngrad.tensor([[2.0, 0.0], [0.0, 2.0]])
    >>> learngrad.nn.functional.cross_entropy(logits, learngrad.tensor([0, 1]))
    tensor(0.1269)
    """
    if weight is None and not label_smoothing and _usual(input, target, ignore_index):
        return CrossEntropy.apply(input, target, reduced(reduction, size_average, reduce), None)
    reduction = reduced(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentRangeError(f"label_smoothing is a part of 1, not {label_smoothing}",
                                 fix="label_smoothing=0.1")
    predicted("cross_entropy", input)
    if getattr(target, "dtype", None) is not None and devices.is_floating(target.dtype) and (
            tuple(target.shape) == tuple(input.shape)):
        if ignore_index >= 0:
            raise DtypeError("ignore_index counts classes, and this target gives probabilities",
                             tensors={"target": target}, fix="leave ignore_index out, or give "
                                                             "classes: target.argmax(1)")
        return _against_probabilities(input, target, weight, reduction, label_smoothing)
    rows, right, keep = class_rows(input, target, "cross_entropy", ignore_index)
    if weight is None and not label_smoothing:
        losses = CrossEntropy.apply(rows, right, reduction, keep)
        return losses if reduction != "none" else reshape(losses, tuple(target.shape))
    logp, each = log_softmax(rows, 1), row_weights(weight, rows, right, keep)
    losses = nll_loss(logp, right, weight, ignore_index=ignore_index, reduction="none")
    if label_smoothing:
        weights = class_weights(weight, rows.shape[1], rows)
        spread = _kept(sum(-(logp if weights is None else logp * weights), 1), keep)
        losses = losses * (1 - label_smoothing) + spread * (label_smoothing / rows.shape[1])
    return _by_weight(losses, reduction, target.shape, each)


def _usual(input: Any, target: Any, ignore_index: int) -> bool:
    """Whether this is [n, classes] against [n] on the CPU, every target a class that counts.

    One pass over the targets answers that: seen as unsigned, what is below 0 is above all classes.
    """
    scores, right = getattr(input, "_data", None), getattr(target, "_data", None)
    if type(scores) is not _ndarray or type(right) is not _ndarray or scores.ndim != 2:
        return False
    n, classes = scores.shape
    if (scores.dtype.kind != "f" or right.dtype != _whole or right.shape != (n,) or not n
            or 0 <= ignore_index < classes):
        return False
    counted = right.view(_unsigned)
    largest: int = counted.item(counted.argmax())  # argmax begins sooner than max
    return largest < classes


def _against_probabilities(input: Any, target: Any, weight: Any, reduction: str,
                           label_smoothing: float) -> Any:
    """Cross entropy where the target says how probable each class is."""
    at = 0 if input.ndim == 1 else 1
    classes = input.shape[at]
    logp = log_softmax(input, at)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    weights = class_weights(weight, classes, input)
    if weights is not None:
        logp = logp * weights.reshape([classes if d == at else 1 for d in range(input.ndim)])
    losses = sum(-(logp * target), at)
    if reduction == "none":
        return losses
    total = sum(losses)
    return total if reduction == "sum" else total / (input.numel() / classes)


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None,
                         reduction="mean"):
    """The cross entropy of probabilities against answers between 0 and 1.

    Logarithms are held at -100, so that a probability of exactly 0 or 1 costs no infinity.

    Parameters
    ----------
    input : Tensor
        Probabilities, 0 to 1; `binary_cross_entropy_with_logits` takes scores before a sigmoid.
    target : Tensor, of the same shape
    weight : Tensor, optional
        Multiplied to each element's loss.
    reduction : {"mean", "sum", "none"}, default "mean"

    Raises
    ------
    ArgumentError
        If a probability or an answer is not between 0 and 1 (not looked at on a GPU).

    Examples
    --------
    >>> import learngrad
    >>> p, y = learngrad.tensor([0.9, 0.2]), learngrad.tensor([1.0, 0.0])
    >>> learngrad.nn.functional.binary_cross_entropy(p, y)
    tensor(0.1643)
    """
    reduction = reduced(reduction, size_average, reduce)
    same_shape("binary_cross_entropy", input, target)
    for role, t in (("input", input), ("target", target)):
        data = t._data
        if isinstance(data, np.ndarray) and not ((data >= 0) & (data <= 1)).all():
            raise ArgumentRangeError(
                f"binary_cross_entropy takes probabilities, and an element of the {role} is not "
                "between 0 and 1", tensors={role: t},
                fix="a sigmoid first, or binary_cross_entropy_with_logits" if role == "input" else
                "answers are 0, 1, or between")
    losses = BinaryCrossEntropy.apply(input, target)
    return combined(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(input, target, weight=None, size_average=None, reduce=None,
                                     reduction="mean", pos_weight=None):
    """The cross entropy of a sigmoid's probabilities, from scores before the sigmoid.

    Parameters
    ----------
    input : Tensor
        Scores (logits).
    target : Tensor, of the same shape
        Answers, 0 to 1.
    weight : Tensor, optional
        Multiplied to each element's loss.
    pos_weight : Tensor, optional
        How much more a positive answer counts.
    reduction : {"mean", "sum", "none"}, default "mean"

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([2.0, -1.0]), learngrad.tensor([1.0, 0.0])
    >>> learngrad.nn.functional.binary_cross_entropy_with_logits(x, y)
    tensor(0.2201)
    """
    reduction = reduced(reduction, size_average, reduce)
    same_shape("binary_cross_entropy_with_logits", input, target)
    if pos_weight is None:
        losses = BCEWithLogits.apply(input, target)
    else:
        # ln(1 + e^-x) is the loss against 1, and ln(1 + e^x) that against 0.
        losses = (pos_weight * target * BCEWithLogits.apply(input, target * 0 + 1)
                  + (1 - target) * BCEWithLogits.apply(input, target * 0))
    return combined(losses if weight is None else losses * weight, reduction)


@in_single
def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """The Kullback-Leibler divergence ``target * (log(target) - input)``, element by element.

    Parameters
    ----------
    input : Tensor
        Log probabilities.
    target : Tensor, of the same shape
        Probabilities, or their logarithms with `log_target`.
    reduction : {"mean", "batchmean", "sum", "none"}, default "mean"
        "batchmean" divides the sum by the first size, which is the divergence as defined.

    Examples
    --------
    >>> import learngrad
    >>> q, p = learngrad.tensor([0.5, 0.5]).log(), learngrad.tensor([0.5, 0.5])
    >>> learngrad.nn.functional.kl_div(q, p, reduction="sum")
    tensor(0.)
    """
    same_shape("kl_div", input, target)
    batch = reduction == "batchmean"
    reduction = reduced("sum" if batch else reduction, size_average, reduce)
    if log_target:
        losses = exp(target) * (target - input)
    else:  # 0 ln 0 is 0
        some = target != 0  # of 0 the logarithm is not asked
        losses = where(some, target * log(where(some, target, 1)), 0) - target * input
    total = combined(losses, reduction)
    return total / input.shape[0] if batch and input.ndim else total


@in_single
def poisson_nll_loss(input, target, log_input=True, full=False, size_average=None, eps=1e-8,
                     reduce=None, reduction="mean"):
    """Minus the log likelihood of counts under a Poisson distribution.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.poisson_nll_loss(learngrad.tensor([0.0]), learngrad.tensor([1.0]))
    tensor(1.)
    """
    reduction = reduced(reduction, size_average, reduce)
    same_shape("poisson_nll_loss", input, target)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:  # Stirling's approximation of ln target!
        large = target > 1
        safe = where(large, target, 1)
        losses = losses + where(
            large, safe * log(safe) - safe + 0.5 * log(2 * math.pi * safe), 0)
    return combined(losses, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Minus the log likelihood of `target` under normal distributions of mean `input`.

    `var` is a number, has the shape of `input`, or has size 1 in one dimension, or no last one.

    PyTorch: `torch.nn.functional.gaussian_nll_loss` broadcasts a size of 1 in `input` or `target`.

    Examples
    --------
    >>> import learngrad
    >>> one = learngrad.tensor([1.0])
    >>> learngrad.nn.functional.gaussian_nll_loss(one, one * 2, one)
    tensor(0.5000)
    """
    reduction = reduced(reduction, None, None)
    same_shape("gaussian_nll_loss", input, target)
    if not hasattr(var, "shape"):
        var = input.new_full(tuple(input.shape), float(var))
    data = var._data
    if isinstance(data, np.ndarray) and (data < 0).any():
        raise ArgumentError("a variance is below 0", tensors={"var": var}, fix="var.abs() or exp")
    if tuple(var.shape) == tuple(input.shape[:-1]) and tuple(var.shape) != tuple(input.shape):
        var = reshape(var, (*var.shape, 1))
    unlike = [v for v, s in zip(var.shape, input.shape) if v != s]
    if var.ndim != input.ndim or unlike not in ([], [1]):
        raise ArgumentError("gaussian_nll_loss takes a variance for each element, or one for all "
                            f"along one dimension; {list(var.shape)} does not fit "
                            f"{list(input.shape)}", tensors={"input": input, "var": var},
                            fix="var=1.0")
    # Held at eps without a gradient, as in PyTorch.
    held = where(var > eps, var, eps + (var - var.detach()))
    losses = 0.5 * (log(held) + (input - target) ** 2 / held)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return combined(losses, reduction)
