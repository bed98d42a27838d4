"""Normalisation: mean 0 and variance 1 over some dimensions, then a scale and a shift.

Layer, batch, group and instance normalisation differ in the dimensions alone, so one operation
does them all; it keeps the means and the deviations, and computes the rest again in backward.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function, together
from learngrad.autograd.order import changed
from learngrad.errors import ArgumentError, ShapeError
from learngrad.ops.elementwise import cast
from learngrad.ops.public import floating_alike, tensor
from learngrad.ops.quick import room, total
from learngrad.ops.rows import normalised, normalised_back, normalised_weights_back
from learngrad.ops.shape import reshape
from learngrad.ops.windows import per_dim

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]


class Normalise(Function):
    """The input less its mean, over its standard deviation; then scaled and shifted."""

    saves = ("x", "weight")
    formula, sign = r"\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b", "normalise"
    local = {"x": "w / σ · (g − mean(g) − x̂ · mean(g · x̂))", "weight": "g · x̂, summed",
             "bias": "g, summed"}
    mean: Any

    def forward(self, x, weight, bias, axes, shape, eps, centred=True, given=None, fixed=False):
        # `shape` is that of weight and bias beside x; `centred` says whether the mean is
        # subtracted; `given` may be statistics from elsewhere, which if `fixed` have no gradient.
        if type(x) is np.ndarray and x.dtype == np.float16:  # squares of 300 are beyond it
            x, weight, bias = (None if a is None else a.astype(np.float32)
                               for a in (x, weight, bias))
            return self.forward(x, weight, bias, axes, shape, eps, centred, given, fixed).astype(
                np.float16)
        self.axes, self.shape, self.eps, self.centred, self.fixed = (
            axes, shape, eps, centred, fixed)
        self.bias = None if bias is None else bias.shape
        # Of the last dimensions, as layer norm's.
        self.rows = given is None and shape == (1,) * axes[0] + x.shape[axes[0]:]
        if self.rows and type(x) is not np.ndarray:
            matrix = x.reshape(math.prod(x.shape[:axes[0]]), math.prod(shape))
            out, self.mean, self.scale = normalised(
                matrix, *(None if w is None else w.reshape(-1) for w in (weight, bias)),
                eps, centred)
            return out.reshape(x.shape)
        self.mean, var = given or (mean(x, axes) if centred else None, None)
        out = less(x, self.mean) if self.rows and centred else x - self.mean if centred else x
        self.scale = 1 / np.sqrt((mean(out, axes, out) if var is None else var) + eps)
        if self.rows and centred:  # in place, with nothing as large as x beside it
            out *= self.scale
            if weight is not None:
                out *= weight.reshape(shape)
        else:
            out = out * self.factor(self.scale, weight)
        if bias is not None:
            out += bias.reshape(shape)
        return devices.in_rows(out)

    def factor(self, scale, weight):
        """What the centred input is multiplied by."""
        return scale if weight is None else scale * weight.reshape(self.shape)

    def by_kernels(self, g, x, weight):
        """Backward of rows on a GPU: a kernel for the input, one for weight and bias."""
        lie, m, scale = (len(self.mean), math.prod(self.shape)), self.mean, self.scale
        g, matrix = g.reshape(lie), x.reshape(lie)
        grad = None if self.edges[0] is None else normalised_back(
            g, matrix, None if weight is None else weight.reshape(-1), m, scale,
            self.centred).reshape(x.shape)
        _, by_weight, by_bias = (edge is not None for edge in self.edges[:3])
        if not by_weight and not by_bias:
            return grad, None, None
        for_weight, for_bias = normalised_weights_back(g, matrix, m, scale)
        return (grad, for_weight.reshape(weight.shape) if by_weight else None,
                for_bias.reshape(self.bias) if by_bias else None)

    def in_place(self, g, x, weight):
        """Backward of NumPy's rows: sums by BLAS, and a pass over memory where each is needed."""
        count = math.prod(self.shape)
        g, x, scale = (a.reshape(-1, size) for a, size in ((g, count), (x, count), (self.scale, 1)))
        d = less(x, self.mean.reshape(-1, 1)) if self.centred else x.copy()
        w = np.ones(count, g.dtype) if weight is None else weight.reshape(-1)
        along = np.multiply(g, d, out=room(g, *g.shape))
        by_weight = None if self.edges[1] is None else (scale[:, 0] @ along).reshape(weight.shape)
        by_bias = None if self.edges[2] is None else (np.ones(len(g), g.dtype) @ g).reshape(
            self.bias)
        d *= (along @ w)[:, None] * scale * scale * (scale / count)
        grad = np.multiply(scale, w, out=along)
        grad *= g
        grad -= d
        if self.centred:
            grad -= (g @ w)[:, None] * (scale / count)
        return grad, by_weight, by_bias

    def backward(self, g, x, weight):
        if type(g) is np.ndarray and g.dtype == np.float16:
            wide = (None if a is None else a.astype(np.float32) for a in (g, x, weight))
            return tuple([None if a is None else a.astype(np.float16)
                          for a in self.backward(*wide)])
        if self.rows and devices.is_array(g):
            if type(g) is not np.ndarray:
                return self.by_kernels(g, x, weight)
            grad, *more = self.in_place(g, x, weight)
            return grad.reshape(x.shape), *more
        m, scale, axes = self.mean, self.scale, self.axes
        if not devices.is_array(g) and not self.fixed:  # they depend on x for second derivatives
            m = mean(x, axes) if self.centred else None
            d = x - m if self.centred else x
            scale = (mean(d, axes, d) + self.eps)**-0.5
        normal = (x - m if self.centred else x) * scale
        summed = tuple(k for k, s in enumerate(self.shape) if s == 1)
        grad_weight = None if self.edges[1] is None else total(summed, g, normal).reshape(
            weight.shape)
        grad_bias = None if self.edges[2] is None else total(summed, g).reshape(self.bias)
        if self.edges[0] is None:
            return None, grad_weight, grad_bias
        g = g * self.factor(scale, weight)
        if self.fixed:
            return g, grad_weight, grad_bias
        rest = normal * -mean(g, axes, normal) + g
        return rest - mean(g, axes) if self.centred else rest, grad_weight, grad_bias


def less(x: Any, mean: Any) -> Any:
    """What x is above its mean, in memory of its own."""
    return np.subtract(x, mean, out=room(x, *x.shape))


def mean(a: Any, axes: tuple[int, ...], *more: Any) -> Any:
    """The mean of the product of arrays over `axes`, which stay, as 1."""
    return total(axes, a, *more) / math.prod(a.shape[k] for k in axes)


def _check(name: str, input: Any, count: tuple[int, ...], **more: Any) -> None:
    """Refuse what is not floating, and weights that do not have the shape `count`."""
    # As in PyTorch, a layer whose weights are float32 takes an input in bfloat16.
    wide = (devices.float32,) if devices.is_bfloat16(input.dtype) else ()
    floating_alike(name, input=input, **{
        key: t for key, t in more.items() if t is not None and t.dtype not in wide})
    together(name, input=input, **more)
    for key, t in more.items():
        if t is not None and tuple(t.shape) != count:
            raise ShapeError(f"{name}: {key} has shape {list(t.shape)}, and {list(count)} belongs "
                             "here", tensors={"input": input, key: t},
                             fix=f"give {key} the shape {list(count)}; a layer gets it from the "
                                 "number of features that it is made with")


def _trailing(name: str, input: Any, normalized_shape: Any,
              **weights: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The last dimensions of `input`, if they have the sizes that were named; a weight's shape."""
    tensor(input, name)
    if normalized_shape in ((), []):
        raise ShapeError(f"{name} needs one size or more in normalized_shape",
                         fix=f"normalized_shape={list(input.shape[-1:])}")
    shape = per_dim(normalized_shape, len(normalized_shape) if isinstance(
        normalized_shape, (tuple, list)) else 1, "normalized_shape", 0)
    if tuple(input.shape[input.ndim - len(shape):]) != shape:
        raise ShapeError(f"{name}: the input's last sizes are not {list(shape)}",
                         fix=f"normalized_shape={list(input.shape[-len(shape):])}")
    _check(name, input, shape, **weights)
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    return axes, (1,) * axes[0] + shape


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Mean 0 and variance 1 over the last dimensions of each sample (Ba et al. 2016).

    Parameters
    ----------
    input : Tensor, shape [*, *normalized_shape]
        Floating.
    normalized_shape : int or sequence of int
    weight, bias : Tensor, shape [*normalized_shape], optional
        The scale and the shift afterwards.
    eps : float, default 1e-5
        Added to the variance.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.layer_norm(learngrad.tensor([[1.0, 3.0]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    axes, shape = _trailing("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    return Normalise.apply(input, weight, bias, axes, shape, eps)


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """The last dimensions of each sample over the root of their mean square (Zhang, Sennrich 2019).

    Parameters
    ----------
    input : Tensor, shape [*, *normalized_shape]
    normalized_shape : int or sequence of int
    weight : Tensor, shape [*normalized_shape], optional
    eps : float, optional
        Added to the mean square; by itself the dtype's smallest step from 1.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.rms_norm(learngrad.tensor([[3.0, 3.0]]), (2,))
    tensor([[1., 1.]])
    """
    axes, shape = _trailing("rms_norm", input, normalized_shape, weight=weight)
    if eps is None:  # halves are computed with in float32
        eps = float(np.finfo(devices.promote_types(input.dtype, devices.float32)).eps)
    return Normalise.apply(input, weight, None, axes, shape, eps, False)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Mean 0 and variance 1 over each group of channels of each sample (Wu, He 2018).

    Parameters
    ----------
    input : Tensor, shape [n, channels, *]
    num_groups : int
        Divides the channels.
    weight, bias : Tensor, shape [channels], optional

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.group_norm(learngrad.tensor([[1.0, 3.0, 5.0, 9.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    tensor(input, "group_norm")
    if input.ndim < 2 or num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(f"group_norm takes [n, channels, *] with channels that num_groups="
                         f"{num_groups} divides", tensors={"input": input}, fix="num_groups=1")
    n, channels = input.shape[:2]
    if math.prod(input.shape) == num_groups:
        raise ArgumentError("group_norm needs more than one value for each group: one value has no "
                            "variance", tensors={"input": input},
                            fix="fewer groups, or an input of more than one place")
    _check("group_norm", input, (channels,), weight=weight, bias=bias)
    per, places = channels // num_groups, math.prod(input.shape[2:])
    grouped = reshape(input, (n, num_groups, per, places))
    out = Normalise.apply(grouped, weight, bias, (2, 3), (1, num_groups, per, 1), eps)
    return reshape(out, tuple(input.shape))


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False,
               momentum=0.1, eps=1e-5):
    """Mean 0 and variance 1 of each channel over the batch (Ioffe, Szegedy 2015).

    PyTorch: `torch.nn.functional.batch_norm` takes one dimension for channels as well.

    Parameters
    ----------
    input : Tensor, shape [n, channels, *]
    running_mean, running_var : Tensor, shape [channels], or None
        In training they are moved towards the batch's, in place; else they are used.
    weight, bias : Tensor, shape [channels], optional
    training : bool, default False
    momentum : float, default 0.1
        How far the running values move: ``(1 - momentum) * running + momentum * batch``.
    eps : float, default 1e-5

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[1.0], [3.0]])
    >>> learngrad.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    tensor(input, "batch_norm")
    if input.ndim < 2:
        raise ShapeError("batch_norm takes an input [n, channels, *]", tensors={"input": input},
                         fix="x.unsqueeze(0) adds a batch dimension")
    if training and not eps > 0:
        raise ArgumentError(f"batch_norm in training divides by variances of 0, but for eps={eps}",
                            tensors={"input": input}, fix="eps=1e-5")
    if training and math.prod(input.shape) == input.shape[1]:
        raise ArgumentError("batch_norm in training needs more than one value for each channel: "
                            "one value has no variance", tensors={"input": input},
                            fix="a larger batch, or model.eval()")
    return _by_channel("batch_norm", input, running_mean, running_var, weight, bias, training,
                       momentum, eps, (0, *range(2, input.ndim)))


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5):
    """Mean 0 and variance 1 of each channel of each sample (Ulyanov et al. 2016).

    Parameters as for `batch_norm`; `use_input_stats` is what `training` is there.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.functional.instance_norm(learngrad.tensor([[[1.0, 3.0]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    tensor(input, "instance_norm")
    places = math.prod(input.shape[2:])
    if input.ndim < 3 or (use_input_stats and places == 1):
        raise ArgumentError("instance_norm takes an input [n, channels, *] with more than one "
                            "value for each channel", tensors={"input": input},
                            fix="layer_norm, for inputs without places")
    return _by_channel("instance_norm", input, running_mean, running_var, weight, bias,
                       use_input_stats, momentum, eps, tuple(range(2, input.ndim)))


def _by_channel(name: str, input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any,
                training: bool, momentum: float, eps: float, axes: tuple[int, ...]) -> Any:
    channels = input.shape[1]
    _check(name, input, (channels,), weight=weight, bias=bias, running_mean=running_mean,
           running_var=running_var)
    shape = (1, channels, *(1,) * (input.ndim - 2))
    if training and (running_mean is None or not math.prod(input.shape)):
        given = None
    elif training:
        given = _moved(input._data, running_mean, running_var, momentum, axes)
    elif running_mean is None or running_var is None:
        raise ArgumentError(f"{name} outside training needs running_mean and running_var",
                            tensors={"input": input}, fix="training=True")
    else:
        given = tuple(t._data.reshape(shape).copy() for t in (running_mean, running_var))
    out = Normalise.apply(input, weight, bias, axes, shape, eps, True, given, not training)
    return cast(out, input.dtype)  # as PyTorch has it, halves stay halves under `autocast`


def _moved(x: Any, running_mean: Any, running_var: Any, momentum: float,
           axes: tuple[int, ...]) -> tuple[Any, Any]:
    """Mean and variance; the running values are moved towards them, there the unbiased one."""
    count = math.prod(x.shape[k] for k in axes)
    means = mean(x, axes)
    d = x - means
    variances = mean(d, axes, d)
    for running, now in ((running_mean, means),
                         (running_var, variances * (count / max(count - 1, 1)))):
        now = now.reshape(-1, x.shape[1]).mean(axis=0)  # of instances: the mean of their values
        running._data[...] = (1 - momentum) * running._data + momentum * now
        changed(running)
    return means, variances
