"""Pooling layers: one number stands for each window, or for each of so many parts."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.nn.function_layer import FunctionLayer
from learngrad.ops import pool, unpool
from learngrad.ops.windows import per_dim

__all__ = ["AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d",
           "AvgPool1d", "AvgPool2d", "LPPool1d", "LPPool2d", "MaxPool1d", "MaxPool2d",
           "MaxUnpool1d", "MaxUnpool2d"]

WINDOWS = "kernel_size={kernel_size}, stride={stride}, padding={padding}"


class MaxPool(FunctionLayer):
    """Base of the two that take the greatest element."""

    shown = WINDOWS + ", dilation={dilation}, ceil_mode={ceil_mode}"

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:
        self._fix(kernel_size=kernel_size, stride=kernel_size if stride is None else stride,
                  padding=padding, dilation=dilation, return_indices=return_indices,
                  ceil_mode=ceil_mode)


class MaxPool1d(MaxPool):
    r"""The greatest element of each window: :math:`y_t = \max_k x_{s t + d k}`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As for `MaxPool2d`, with a length for height and width.

    Shape
    -----
    [n, channels, length] to [n, channels, new length]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.MaxPool1d(2)(learngrad.tensor([[1.0, 5.0, 2.0, 3.0]]))
    tensor([[5., 3.]])
    """

    function = staticmethod(pool.max_pool1d)


class MaxPool2d(MaxPool):
    r"""The greatest element of each window.

    :math:`y_{i,j} = \max_{k,l} x_{s i + d k,\, s j + d l}` with stride :math:`s` and dilation
    :math:`d`.

    Parameters
    ----------
    kernel_size : int or tuple of two
    stride : int or tuple of two, optional
        How far the window moves at a time; by itself `kernel_size`.
    padding : int or tuple of two, default 0
        At most half of `kernel_size`; what is there is never the greatest.
    dilation : int or tuple of two, default 1
        How far apart the places of a window are.
    return_indices : bool, default False
        Also where each came from, for `MaxUnpool2d`.
    ceil_mode : bool, default False
        Whether a last window that does not fit whole counts.

    Shape
    -----
    [n, channels, h, w] to [n, channels, h', w'] with
    ``h' = (h + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``; both also without n

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.MaxPool2d(2)
    >>> layer
    MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
    >>> layer(learngrad.ones(4, 6, 28, 28)).shape
    learngrad.Size([4, 6, 14, 14])
    """

    function = staticmethod(pool.max_pool2d)


class MaxUnpool(FunctionLayer):
    """Base of the two that undo it."""

    shown = WINDOWS
    dims: ClassVar[int]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        kernel = per_dim(kernel_size, self.dims, "kernel_size", 1)
        self._fix(kernel_size=kernel, padding=per_dim(padding, self.dims, "padding", 0),
                  stride=kernel if stride is None else per_dim(stride, self.dims, "stride", 1))

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        """Put `input` where `indices` says, into a result of `output_size`."""
        return super().forward(input, indices, output_size=output_size)


class MaxUnpool1d(MaxUnpool):
    """Max pooling backwards: what is left goes where it came from, beside 0.

    Parameters
    ----------
    kernel_size, stride, padding
        As for `MaxUnpool2d`, with a length for height and width.

    Shape
    -----
    [n, channels, length] and as many indices, to [n, channels, new length]; both also without n

    Examples
    --------
    >>> from learngrad import nn, tensor
    >>> x = tensor([[1.0, 5.0, 4.0, 2.0]])
    >>> nn.MaxUnpool1d(2)(*nn.MaxPool1d(2, return_indices=True)(x))
    tensor([[0., 5., 4., 0.]])
    """

    function = staticmethod(unpool.max_unpool1d)
    dims = 1


class MaxUnpool2d(MaxUnpool):
    """Max pooling backwards: what is left goes where it came from, beside 0.

    Parameters
    ----------
    kernel_size : int or tuple of two
    stride : int or tuple of two, optional
        By itself `kernel_size`.
    padding : int or tuple of two, default 0
        All three as they were in the pooling.

    Shape
    -----
    [n, channels, h, w] and as many indices, to [n, channels, h', w'] with
    ``h' = (h - 1) * stride - 2 * padding + kernel_size``; both also without n. A call may ask for
    another of the possible sizes: ``layer(x, indices, output_size=(h', w'))``.

    Examples
    --------
    >>> from learngrad import nn, tensor
    >>> x = tensor([[[[1.0, 2.0], [9.0, 3.0]]]])
    >>> nn.MaxUnpool2d(2)(*nn.MaxPool2d(2, return_indices=True)(x))
    tensor([[[[0., 0.],
              [9., 0.]]]])
    """

    function = staticmethod(unpool.max_unpool2d)
    dims = 2


class AvgPool1d(FunctionLayer):
    r"""The mean of each window: :math:`y_t = \frac{1}{k} \sum_{j<k} x_{s t + j}`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As for `AvgPool2d`, with a length for height and width.

    Shape
    -----
    [n, channels, length] to [n, channels, new length]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AvgPool1d(2)(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]))
    tensor([[3., 3.]])
    """

    function = staticmethod(pool.avg_pool1d)
    shown = WINDOWS

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True) -> None:
        kernel = per_dim(kernel_size, 1, "kernel_size", 1)
        self._fix(kernel_size=kernel,
                  stride=kernel if stride is None else per_dim(stride, 1, "stride", 1),
                  padding=per_dim(padding, 1, "padding", 0), ceil_mode=ceil_mode,
                  count_include_pad=count_include_pad)


class AvgPool2d(FunctionLayer):
    r"""The mean of each window: :math:`y_{i,j} = \frac{1}{k l} \sum x_{s i + a,\, s j + b}`.

    Parameters
    ----------
    kernel_size : int or tuple of two
    stride : int or tuple of two, optional
        How far the window moves at a time; by itself `kernel_size`.
    padding : int or tuple of two, default 0
        At most half of `kernel_size`.
    ceil_mode : bool, default False
        Whether a last window that does not fit whole counts.
    count_include_pad : bool, default True
        Whether the zeros of the padding count as elements.
    divisor_override : int, optional
        Divide by this, and not by the number of elements.

    Shape
    -----
    [n, channels, h, w] to [n, channels, h', w'] with
    ``h' = (h + 2 * padding - kernel_size) // stride + 1``; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AvgPool2d(2)(learngrad.ones(4, 6, 28, 28)).shape
    learngrad.Size([4, 6, 14, 14])
    """

    function = staticmethod(pool.avg_pool2d)
    shown = WINDOWS

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> None:
        self._fix(kernel_size=kernel_size, stride=kernel_size if stride is None else stride,
                  padding=padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad,
                  divisor_override=divisor_override)


class LPPool(FunctionLayer):
    """Base of the two that take p-norms."""

    shown = ("norm_type={norm_type}, kernel_size={kernel_size}, stride={stride}, "
             "ceil_mode={ceil_mode}")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None,
                 ceil_mode: bool = False) -> None:
        self._fix(norm_type=norm_type, kernel_size=kernel_size, stride=stride, ceil_mode=ceil_mode)


class LPPool1d(LPPool):
    r"""The p-norm of each window: :math:`\sqrt[p]{\sum x^p}`.

    Parameters
    ----------
    norm_type : float
        The power p; 1 sums, infinity takes the greatest.
    kernel_size : int
    stride : int, optional
        By itself `kernel_size`.
    ceil_mode : bool, default False

    Shape
    -----
    [n, channels, length] to [n, channels, new length]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LPPool1d(2, 2)(learngrad.tensor([[3.0, 4.0, 0.0, 0.0]]))
    tensor([[5., 0.]])
    """

    function = staticmethod(unpool.lp_pool1d)


class LPPool2d(LPPool):
    r"""The p-norm of each window: :math:`\sqrt[p]{\sum x^p}`.

    Parameters as for `LPPool1d`; `kernel_size` and `stride` may be tuples of two.

    Shape
    -----
    [n, channels, h, w] to [n, channels, h', w']; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LPPool2d(2, 2)(learngrad.ones(1, 1, 2, 2))
    tensor([[[[2.]]]])
    """

    function = staticmethod(unpool.lp_pool2d)


class AdaptiveAvg(FunctionLayer):
    """Base of the two that take means of so many parts."""

    shown = "output_size={output_size}"

    def __init__(self, output_size: Any) -> None:
        self._fix(output_size=output_size)


class AdaptiveAvgPool1d(AdaptiveAvg):
    """The means of `output_size` windows that cover the length evenly.

    Parameters
    ----------
    output_size : int

    Shape
    -----
    [n, channels, length] to [n, channels, output_size]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AdaptiveAvgPool1d(1)(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]))
    tensor([[3.]])
    """

    function = staticmethod(pool.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(AdaptiveAvg):
    """The means of windows that cover height and width evenly, whatever these are.

    Parameters
    ----------
    output_size : int or tuple of two
        None in it keeps the input's.

    Shape
    -----
    [n, channels, h, w] to [n, channels, *output_size]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AdaptiveAvgPool2d((1, 1))(learngrad.ones(4, 6, 7, 5)).shape
    learngrad.Size([4, 6, 1, 1])
    """

    function = staticmethod(pool.adaptive_avg_pool2d)


class AdaptiveMax(FunctionLayer):
    """Base of the two that take the greatest element of so many parts."""

    shown = "output_size={output_size}"

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        self._fix(output_size=output_size, return_indices=return_indices)


class AdaptiveMaxPool1d(AdaptiveMax):
    """The greatest elements of `output_size` windows that cover the length evenly.

    Parameters
    ----------
    output_size : int
    return_indices : bool, default False
        Also where each came from.

    Shape
    -----
    [n, channels, length] to [n, channels, output_size]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AdaptiveMaxPool1d(2)(learngrad.tensor([[1.0, 5.0, 2.0, 4.0]]))
    tensor([[5., 4.]])
    """

    function = staticmethod(pool.adaptive_max_pool1d)


class AdaptiveMaxPool2d(AdaptiveMax):
    """The greatest elements of windows that cover height and width evenly, whatever these are.

    Parameters
    ----------
    output_size : int or tuple of two
        None in it keeps the input's.
    return_indices : bool, default False
        Also where each came from.

    Shape
    -----
    [n, channels, h, w] to [n, channels, *output_size]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.AdaptiveMaxPool2d(1)(learngrad.arange(16.0).reshape(1, 1, 4, 4))
    tensor([[[[15.]]]])
    """

    function = staticmethod(pool.adaptive_max_pool2d)
