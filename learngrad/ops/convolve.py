"""Convolutions: sums over windows, weighted by a kernel.

What the windows see is laid out as the columns of a matrix, and one matrix product does the rest.
The columns are made for a few samples at a time, which keeps them in the processor's cache, and are
made again in backward, which keeps them out of the graph.

Convolution is linear in the input and in the kernel. So there are three operations, each the
gradient of the other two, and none needs a further formula for derivatives of higher order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function
from learngrad.errors import ArgumentError, ShapeError
from learngrad.ops.public import floating_alike
from learngrad.ops.quick import total
from learngrad.ops.shape import squeeze, unsqueeze
from learngrad.ops.windows import (
    Geometry,
    batched,
    columns,
    per_dim,
    samples_last,
    sliding,
    spread,
)

__all__ = ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"]

# Numbers in the columns of one part of the batch: what fits into a processor's cache, or is a
# small part of a GPU's memory. On the CPU a part is no larger than it takes for a product that is
# wide enough, and copies that are long enough, to be quick: with strides only samples lie together.
AT_ONCE, AT_ONCE_GPU = 1 << 20, 1 << 26
WIDE, LONG, TOGETHER = 2000, 6000, 16


class Convolution(Function):
    """Base of the three: how a batch is taken in parts, and arrays become matrices by groups."""

    def parts(self, x: Any, channels: int, g: Geometry) -> Iterator[slice]:
        """Slices of the batch, so that the columns of each stay small."""
        seen = max(1, channels * g.windows)
        if isinstance(x, np.ndarray):
            enough = max(WIDE // max(1, g.windows), LONG // seen,
                         TOGETHER if g.stride[-1] > 1 else 1)
            step = max(1, min(AT_ONCE // (seen * g.places), enough))
        else:
            step = max(1, AT_ONCE_GPU // (seen * g.places))
        return (slice(at, at + step) for at in range(0, len(x), step))

    def rows(self, y: Any, g: Geometry) -> Any:
        """Outputs [n, out, *windows] as one matrix for each group, [groups, out, windows · n]."""
        return samples_last(y).reshape(g.groups, y.shape[1] // g.groups, g.windows * len(y))

    def matrices(self, cols: Any, g: Geometry) -> Any:
        """Columns as one matrix for each group."""
        rows = len(cols) // g.groups * g.places
        return cols.reshape(g.groups, rows, g.windows * cols.shape[-1])

    def kernels(self, weight: Any, g: Geometry) -> Any:
        """The kernel as one matrix for each group, [groups, out, in · places]."""
        out, channels = weight.shape[:2]
        return weight.reshape(g.groups, out // g.groups, channels * g.places)

    def shift(self, out: Any, bias: Any) -> Any:
        """Add the bias at every place."""
        out += bias.reshape(-1, *(1 for _ in out.shape[2:]))
        return out

    def over_all(self, g: Any) -> Any:
        """The bias's gradient: it is added at every window of every sample."""
        if self.edges[2] is None:
            return None
        return total((0, *range(2, g.ndim)), g).reshape(g.shape[1])


class Conv(Convolution):
    """At each place the sum of what a window sees, weighted by the kernel."""

    saves = {"x": "weight", "weight": "x"}
    formula, sign = r"x \star w + b", "conv"
    local = {"x": "g convolved back through w", "weight": "g ⋆ x",
             "bias": "g summed over all windows"}

    def forward(self, x, weight, bias, g):
        self.g = g
        kernels, count = self.kernels(weight, g), len(weight)
        out, cols = devices.array_module(x).empty((len(x), count, *g.out), x.dtype), None
        for part in self.parts(x, x.shape[1], g):
            cols = columns(x[part], g, cols)
            y = (kernels @ self.matrices(cols, g)).reshape(count, *g.out, cols.shape[-1])
            out[part] = np.moveaxis(y, -1, 0)
        return out if bias is None else self.shift(out, bias)

    def backward(self, g, x, weight):
        return (None if weight is None else ConvTranspose.apply(g, weight, None, self.g),
                None if x is None else ConvWeight.apply(x, g, self.g), self.over_all(g))


class ConvTranspose(Convolution):
    """Each element spreads a kernel, weighted by it, over a window: convolution backwards."""

    saves = {"x": "weight", "weight": "x"}
    formula, sign = r"x \star^{\mathsf T} w + b", "conv transposed"
    local = {"x": "g ⋆ w", "weight": "x ⋆ g", "bias": "g summed over all places"}

    def forward(self, x, weight, bias, g):
        self.g = g
        kernels, count = self.kernels(weight, g).swapaxes(1, 2), weight.shape[1] * g.groups
        out = devices.array_module(x).empty((len(x), count, *g.size), x.dtype)
        for part in self.parts(x, count, g):
            rows = self.rows(x[part], g)
            # Products of a column and a row, as each channel by itself has, are sooner made so.
            cols = kernels * rows if rows.shape[1] == 1 else kernels @ rows
            out[part] = spread(cols.reshape(count, g.places, *g.out, len(x[part])), g)
        return out if bias is None else self.shift(out, bias)

    def backward(self, g, x, weight):
        return (None if weight is None else Conv.apply(g, weight, None, self.g),
                None if x is None else ConvWeight.apply(g, x, self.g), self.over_all(g))


class ConvWeight(Convolution):
    """The kernel's gradient: at each place of it, all that it met times all that it gave."""

    saves = {"x": "y", "y": "x"}
    formula, sign = r"\sum x \star y", "conv weight"
    local = {"x": "y convolved back through g", "y": "x ⋆ g"}

    def forward(self, x, y, g):
        self.g = g
        channels, count = x.shape[1] // g.groups, y.shape[1]
        sums, cols = devices.array_module(x).zeros(
            (g.groups, channels * g.places, count // g.groups), x.dtype), None
        for part in self.parts(x, x.shape[1], g):
            cols = columns(x[part], g, cols)
            sums += self.matrices(cols, g) @ self.rows(y[part], g).swapaxes(1, 2)
        return sums.swapaxes(1, 2).reshape(count, channels, *g.kernel)

    def backward(self, g, x, y):
        return (None if y is None else ConvTranspose.apply(y, g, None, self.g),
                None if x is None else Conv.apply(x, g, None, self.g))


def _checked(name: str, input: Any, weight: Any, bias: Any, groups: Any, dims: int,
             transposed: bool) -> bool:
    """Whether there is a batch dimension, after what is wrong has been said."""
    given = batched(input, dims, name)
    floating_alike(name, input=input, weight=weight, bias=bias)
    if isinstance(groups, bool) or not isinstance(groups, int) or groups < 1:
        raise ShapeError(f"groups={groups} is no number of groups", fix="groups=1")
    if weight.ndim != dims + 2 or not all(weight.shape[2:]):
        order = "[in, out / groups" if transposed else "[out, in / groups"
        raise ShapeError(f"{name} takes a weight {order}, *kernel], and this one has shape "
                         f"{list(weight.shape)}",
                         fix=f"give the weight {dims + 2} dimensions, none of them empty")
    channels = input.shape[-dims - 1]
    takes = weight.shape[0] if transposed else weight.shape[1] * groups
    if weight.shape[0] % groups or not weight.shape[0]:
        raise ShapeError(f"{name}: the first size of the weight, {weight.shape[0]}, cannot be "
                         f"divided among groups={groups}",
                         fix="choose groups so that it divides the channels")
    if channels != takes:
        raise ShapeError(f"{name}: the input has {channels} channels, and this weight with "
                         f"groups={groups} takes {takes}: {list(input.shape)} and weight "
                         f"{list(weight.shape)} do not agree",
                         fix=_channels(input, dims, given, takes))
    count = weight.shape[1] * groups if transposed else weight.shape[0]
    if bias is not None and tuple(bias.shape) != (count,):
        raise ShapeError(f"{name}: a bias of shape {list(bias.shape)} does not fit {count} output "
                         "channels", fix=f"give the bias shape [{count}]")
    return given


def _channels(input: Any, dims: int, given: bool, takes: int) -> str:
    """How an input gets the channels that a layer takes."""
    if not given and takes == 1:  # a batch of grey pictures looks like one of many channels
        return "give each sample its one channel: x.unsqueeze(1)"
    if input.shape[-1] == takes:
        order = (input.ndim - 1, *range(input.ndim - 1))
        if given:
            order = (0, input.ndim - 1, *range(1, input.ndim - 1))
        return f"the channels come before the places: x.permute{order}"
    return f"make the layer with in_channels={input.shape[-dims - 1]}"


def _padding(padding: Any, kernel: tuple[int, ...], stride: Any, dilation: Any) -> tuple[Any, Any]:
    """The padding before, and after where it is not the same."""
    if padding == "same":
        if any(s != 1 for s in per_dim(stride, len(kernel), "stride", 1)):
            raise ShapeError('padding="same" keeps the size, and a stride other than 1 changes it',
                             fix="give the padding as a number")
        dilation = per_dim(dilation, len(kernel), "dilation", 1)
        both = [d * (k - 1) for k, d in zip(kernel, dilation)]
        return tuple(p // 2 for p in both), tuple(p - p // 2 for p in both)
    if isinstance(padding, str) and padding != "valid":
        raise ArgumentError(f'padding={padding!r} is neither a number nor "same" or "valid"',
                            fix='padding="same"')
    return 0 if padding == "valid" else padding, None


def _conv(dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
          groups: Any) -> Any:
    given = _checked(name := f"conv{dims}d", input, weight, bias, groups, dims, False)
    size, kernel = tuple(input.shape[-dims:]), tuple(weight.shape[2:])
    before, after = _padding(padding, kernel, stride, dilation)
    geometry = sliding(name, input, size, kernel, stride, before, dilation, after=after,
                       groups=groups)
    y = Conv.apply(input if given else unsqueeze(input, 0), weight, bias, geometry)
    return y if given else squeeze(y, 0)


def _conv_transpose(dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any,
                    output_padding: Any, groups: Any, dilation: Any) -> Any:
    given = _checked(name := f"conv_transpose{dims}d", input, weight, bias, groups, dims, True)
    stride, dilation = (per_dim(stride, dims, "stride", 1),
                        per_dim(dilation, dims, "dilation", 1))
    padding = per_dim(padding, dims, "padding", 0)
    more = per_dim(output_padding, dims, "output_padding", 0)
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation)):
        raise ShapeError(f"output_padding={output_padding} must be smaller than the stride or the "
                         "dilation: it only chooses among the sizes that a convolution with this "
                         "stride brings to the same one", fix="output_padding=0")
    out, kernel = tuple(input.shape[-dims:]), tuple(weight.shape[2:])
    size = tuple((o - 1) * s - 2 * p + d * (k - 1) + m + 1
                 for o, s, p, d, k, m in zip(out, stride, padding, dilation, kernel, more))
    if min(size) < 1:
        raise ShapeError(f"{name}: the output would have size {list(size)}",
                         fix="choose less padding")
    geometry = Geometry(size, kernel, stride, padding, dilation, out, groups)
    y = ConvTranspose.apply(input if given else unsqueeze(input, 0), weight, bias, geometry)
    return y if given else squeeze(y, 0)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A convolution along one dimension (in the language of mathematics: a cross-correlation).

    PyTorch: `torch.nn.functional.conv1d` takes integers too.

    Parameters
    ----------
    input : Tensor, shape [n, in, length] or [in, length]
    weight : Tensor, shape [out, in / groups, kernel]
        Of the same floating dtype.
    bias : Tensor, shape [out], optional
    stride : int, default 1
        How far the window moves at a time.
    padding : int, "same" or "valid", default 0
        How many zeros are put on either side; "same" keeps the length.
    dilation : int, default 1
        How far apart the places of the kernel are.
    groups : int, default 1
        The channels are divided into so many groups that do not see each other.

    Raises
    ------
    ShapeError
        If channels do not agree, or the kernel does not fit into the input.
    DtypeError
        If the dtypes differ.

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.tensor([[1.0, 4.0, 9.0]]), learngrad.tensor([[[-1.0, 1.0]]])
    >>> learngrad.nn.functional.conv1d(x, w)
    tensor([[3., 5.]])
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """A convolution over height and width (in the language of mathematics: a cross-correlation).

    PyTorch: `torch.nn.functional.conv2d` takes integers too.

    Parameters
    ----------
    input : Tensor, shape [n, in, height, width] or [in, height, width]
    weight : Tensor, shape [out, in / groups, kernel, kernel]
        Of the same floating dtype.
    bias : Tensor, shape [out], optional
    stride, dilation : int or tuple of two, default 1
        How far the window moves at a time; how far apart the places of the kernel are.
    padding : int, tuple of two, "same" or "valid", default 0
        How many zeros are put on either side; "same" keeps the size.
    groups : int, default 1
        The channels are divided into so many groups that do not see each other.

    Raises
    ------
    ShapeError
        If channels do not agree, or the kernel does not fit into the input.
    DtypeError
        If the dtypes differ.

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.ones(1, 1, 4, 4), learngrad.ones(1, 1, 3, 3)
    >>> learngrad.nn.functional.conv2d(x, w)
    tensor([[[[9., 9.],
              [9., 9.]]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """Convolution backwards along one dimension: each element spreads a weighted kernel.

    PyTorch: `torch.nn.functional.conv_transpose1d` takes integers too.

    Parameters
    ----------
    input : Tensor, shape [n, in, length] or [in, length]
    weight : Tensor, shape [in, out / groups, kernel]
    bias : Tensor, shape [out], optional
    stride, padding, dilation, groups
        Of the convolution that this one is the reverse of.
    output_padding : int, default 0
        How much longer the result is: several lengths are brought to one by a stride.

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.tensor([[1.0, 10.0]]), learngrad.tensor([[[1.0, 2.0]]])
    >>> learngrad.nn.functional.conv_transpose1d(x, w, stride=2)
    tensor([[ 1.,  2., 10., 20.]])
    """
    return _conv_transpose(1, input, weight, bias, stride, padding, output_padding, groups,
                           dilation)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1,
                     dilation=1):
    """Convolution backwards over height and width: each element spreads a weighted kernel.

    PyTorch: `torch.nn.functional.conv_transpose2d` takes integers too.

    Parameters
    ----------
    input : Tensor, shape [n, in, height, width] or [in, height, width]
    weight : Tensor, shape [in, out / groups, kernel, kernel]
    bias : Tensor, shape [out], optional
    stride, padding, dilation, groups
        Of the convolution that this one is the reverse of.
    output_padding : int or tuple of two, default 0
        How much larger the result is: several sizes are brought to one by a stride.

    Examples
    --------
    >>> import learngrad
    >>> x, w = learngrad.ones(1, 1, 2, 2), learngrad.ones(1, 1, 2, 2)
    >>> learngrad.nn.functional.conv_transpose2d(x, w)
    tensor([[[[1., 2., 1.],
              [2., 4., 2.],
              [1., 2., 1.]]]])
    """
    return _conv_transpose(2, input, weight, bias, stride, padding, output_padding, groups,
                           dilation)
