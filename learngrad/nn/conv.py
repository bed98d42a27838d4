"""Convolutions: one small kernel, moved over all places, and its reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from learngrad.errors import ArgumentError
from learngrad.nn import starts
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops import convolve
from learngrad.ops.resample import pad
from learngrad.ops.windows import per_dim

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

BORDERS = ("zeros", "reflect", "replicate", "circular")


class Convolution(Module):
    """Base of the four: sizes that fit each other, parameters and where they start, the repr."""

    dims: ClassVar[int]
    function: ClassVar[Callable[..., Any]]
    transposed: ClassVar[bool] = False
    weight: Parameter
    bias: Parameter | None

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any,
                 padding: Any, dilation: Any, output_padding: Any, groups: int, bias: bool,
                 padding_mode: str, device: Any, dtype: Any) -> None:
        super().__init__()
        name, dims = type(self).__name__, self.dims
        self.in_channels = starts.count(name, "in_channels", in_channels)
        self.out_channels = starts.count(name, "out_channels", out_channels)
        self.groups = starts.count(name, "groups", groups, 1)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(f"nn.{name}: groups={groups} does not divide in_channels="
                                f"{in_channels} and out_channels={out_channels}", fix="groups=1")
        self.kernel_size = per_dim(kernel_size, dims, "kernel_size", 1)
        self.stride = per_dim(stride, dims, "stride", 1)
        self.padding = padding if isinstance(padding, str) else per_dim(padding, dims, "padding", 0)
        self.dilation = per_dim(dilation, dims, "dilation", 1)
        self.output_padding = per_dim(output_padding, dims, "output_padding", 0)
        self.padding_mode = padding_mode
        if self.padding not in ("same", "valid") and isinstance(padding, str):
            raise ArgumentError(f"nn.{name}: padding={padding!r:.60} is neither a number nor "
                                '"same" or "valid"', fix='padding="same"')
        if padding == "same" and any(s != 1 for s in self.stride):
            raise ArgumentError(f'nn.{name}: padding="same" keeps the size, and a stride other '
                                "than 1 changes it", fix="give the padding as a number")
        offered = BORDERS[:1] if self.transposed else BORDERS
        if padding_mode not in offered:
            raise ArgumentError(f"nn.{name}: padding_mode={padding_mode!r:.60} is not one of "
                                f"{', '.join(offered)}", fix='padding_mode="zeros"')
        first, second = ((in_channels, out_channels) if self.transposed else
                         (out_channels, in_channels))
        self.weight = starts.parameter(first, second // groups, *self.kernel_size, device=device,
                                       dtype=dtype)
        self.bias = starts.parameter(out_channels, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        starts.draw(self.weight, self.bias)

    def extra_repr(self) -> str:
        """The channels, the kernel, and what is not as usual."""
        said = f"{self.in_channels}, {self.out_channels}"
        usual = {"kernel_size": None, "stride": None, "padding": (0,) * self.dims,
                 "dilation": (1,) * self.dims, "output_padding": (0,) * self.dims, "groups": 1}
        for name, value in usual.items():
            if getattr(self, name) != value:
                said += f", {name}={getattr(self, name)}"
        if self.bias is None:
            said += ", bias=False"
        if self.padding_mode != "zeros":
            said += f", padding_mode={self.padding_mode}"
        return said


class Forwards(Convolution):
    """Base of the two that convolve."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, 0,
                         groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any) -> Any:
        """The convolution of `input`, after its border was put on."""
        padding: Any = self.padding
        if self.padding_mode != "zeros" and padding != "valid":
            input, padding = pad(input, self._border(), self.padding_mode), 0
        return self.function(input, self.weight, self.bias, self.stride, padding, self.dilation,
                             self.groups)

    def _border(self) -> list[int]:
        """The widths of the border as `pad` takes them, for the last dimension first."""
        if isinstance(self.padding, tuple):
            return [p for p in reversed(self.padding) for _ in range(2)]
        both = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
        return [side for b in reversed(both) for side in (b // 2, b - b // 2)]


class Conv1d(Forwards):
    r"""A convolution along one dimension.

    :math:`y_{o,t} = b_o + \sum_{c,k} w_{o,c,k} \, x_{c,\, s t + d k - p}` with stride :math:`s`,
    dilation :math:`d` and padding :math:`p`: what mathematics calls a cross-correlation.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode
        As for `Conv2d`, with a length for height and width.

    Shape
    -----
    [n, in_channels, length] to [n, out_channels, new length]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Conv1d(3, 8, 5)(learngrad.ones(2, 3, 20)).shape
    learngrad.Size([2, 8, 16])
    """

    dims = 1
    function = staticmethod(convolve.conv1d)


class Conv2d(Forwards):
    r"""A convolution over height and width.

    :math:`y_{o,i,j} = b_o + \sum_{c,k,l} w_{o,c,k,l} \, x_{c,\, s i + d k - p,\, s j + d l - p}`
    with stride :math:`s`, dilation :math:`d` and padding :math:`p` (LeCun et al. 1989).

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int or tuple of two
    stride : int or tuple of two, default 1
        How far the kernel moves at a time.
    padding : int, tuple of two, "same" or "valid", default 0
        How wide the border is on either side; "same" keeps the size, "valid" is none.
    dilation : int or tuple of two, default 1
        How far apart the places of the kernel are.
    groups : int, default 1
        The channels are divided into so many groups that do not see each other.
    bias : bool, default True
    padding_mode : {"zeros", "reflect", "replicate", "circular"}, default "zeros"
        What the border holds; see `learngrad.nn.functional.pad`.
    device, dtype : optional

    Attributes
    ----------
    weight : Parameter, shape [out_channels, in_channels / groups, *kernel_size]
    bias : Parameter, shape [out_channels], or None
        Both start from draws between :math:`\pm 1/\sqrt{f}`, where :math:`f` is how many numbers
        one output sees.

    Shape
    -----
    [n, in_channels, h, w] to [n, out_channels, h', w'] with
    ``h' = (h + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``; both also without n

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If a size is no integer, groups do not divide the channels, or a mode is not known.

    Examples
    --------
    >>> import learngrad
    >>> conv = learngrad.nn.Conv2d(1, 6, 5, padding=2)
    >>> conv
    Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    >>> conv(learngrad.ones(4, 1, 28, 28)).shape
    learngrad.Size([4, 6, 28, 28])
    """

    dims = 2
    function = staticmethod(convolve.conv2d)


class Backwards(Convolution):
    """Base of the two that spread: a convolution backwards."""

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
                 dilation: Any = 1, padding_mode: str = "zeros", device: Any = None,
                 dtype: Any = None) -> None:
        if isinstance(padding, str):
            raise ArgumentError(f"nn.{type(self).__name__}: padding is a number here, not "
                                f"{padding!r:.60}", fix="padding=1")
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation,
                         output_padding, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        """Spread `input`; of the sizes that the stride allows, `output_size` if it is given."""
        more = self.output_padding if output_size is None else self._more(input, output_size)
        return self.function(input, self.weight, self.bias, self.stride, self.padding, more,
                             self.groups, self.dilation)

    def _more(self, input: Any, wanted: Any) -> tuple[int, ...]:
        """The output padding that gives the size that is wanted."""
        size = tuple(wanted)[-self.dims:]
        padding: Any = self.padding
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in zip(
            input.shape[-self.dims:], self.stride, padding, self.dilation, self.kernel_size)]
        if len(wanted) not in (self.dims, input.ndim) or not all(
                low <= n < low + s for n, low, s in zip(size, least, self.stride)):
            most = [low + s - 1 for low, s in zip(least, self.stride)]
            raise ArgumentError(f"nn.{type(self).__name__}: this input can become {least} to "
                                f"{most}, not output_size={list(wanted)}", tensors={"input": input},
                                fix=f"output_size={least}")
        return tuple(n - low for n, low in zip(size, least))


class ConvTranspose1d(Backwards):
    r"""A convolution backwards along one dimension: each element spreads a weighted kernel.

    :math:`y_{o,t} = b_o + \sum_{c} \sum_{s i + d k - p = t} w_{c,o,k} \, x_{c,i}`.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation
        As for `ConvTranspose2d`, with a length for height and width.

    Shape
    -----
    [n, in_channels, length] to [n, out_channels, new length]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ConvTranspose1d(3, 8, 4, stride=2, padding=1)(learngrad.ones(2, 3, 5)).shape
    learngrad.Size([2, 8, 10])
    """

    dims = 1
    function = staticmethod(convolve.conv_transpose1d)


class ConvTranspose2d(Backwards):
    r"""A convolution backwards over height and width: each element spreads a weighted kernel.

    It is to `Conv2d` what a gradient is: it brings a result's size back to the input's, and its
    values to where they came from. Generators and decoders grow pictures with it.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, dilation : int or tuple of two
        Of the convolution that this one is the reverse of.
    output_padding : int or tuple of two, default 0
        How much larger the result is: several sizes are brought to one by a stride.
    groups : int, default 1
    bias : bool, default True
    padding_mode : {"zeros"}
    device, dtype : optional

    Attributes
    ----------
    weight : Parameter, shape [in_channels, out_channels / groups, *kernel_size]
    bias : Parameter, shape [out_channels], or None

    Shape
    -----
    [n, in_channels, h, w] to [n, out_channels, h', w'] with ``h' = (h - 1) * stride - 2 * padding +
    dilation * (kernel_size - 1) + output_padding + 1``; both also without n. A call may ask for one
    of the possible sizes: ``layer(x, output_size=(h', w'))``.

    Examples
    --------
    >>> import learngrad
    >>> up = learngrad.nn.ConvTranspose2d(3, 8, 3, stride=2, padding=1)
    >>> up(learngrad.ones(2, 3, 5, 5)).shape, up(learngrad.ones(2, 3, 5, 5), (10, 10)).shape
    (learngrad.Size([2, 8, 9, 9]), learngrad.Size([2, 8, 10, 10]))
    """

    dims = 2
    function = staticmethod(convolve.conv_transpose2d)
