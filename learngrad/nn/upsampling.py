"""Layers that change the size of pictures, or trade their size for channels."""

from __future__ import annotations

from typing import Any

from learngrad.nn.function_layer import FunctionLayer
from learngrad.ops import patches
from learngrad.ops.resample import interpolate

__all__ = ["ChannelShuffle", "Fold", "PixelShuffle", "PixelUnshuffle", "Unfold", "Upsample",
           "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(FunctionLayer):
    r"""A signal or picture in another size: each result is :math:`\sum_t w_t x_{i(t)}`.

    Parameters
    ----------
    size : int or tuple of int, optional
        The new size. Either this or `scale_factor` is given.
    scale_factor : float or tuple of float, optional
        How many times larger it gets.
    mode : {"nearest", "linear", "bilinear", "bicubic", "trilinear"}, default "nearest"
        As for `learngrad.nn.functional.interpolate`.
    align_corners : bool, default False
        Whether the centres of the corner elements fall together; not for "nearest".
    recompute_scale_factor : bool, default False
        Whether the factor is worked out again from the sizes, which are whole numbers.

    Shape
    -----
    [n, channels, *size] to [n, channels, *new size]

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.Upsample(scale_factor=2)
    >>> layer
    Upsample(scale_factor=2.0, mode='nearest')
    >>> layer(learngrad.tensor([[[0.0, 4.0]]]))
    tensor([[[0., 0., 4., 4.]]])
    """

    function = staticmethod(interpolate)
    scale_factor: float | tuple[float, ...] | None
    mode: str

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: bool | None = None,
                 recompute_scale_factor: bool | None = None) -> None:
        factor = (tuple(map(float, scale_factor)) if isinstance(scale_factor, (tuple, list)) else
                  float(scale_factor) if scale_factor else None)
        self._fix(size=size, scale_factor=factor, mode=mode, align_corners=align_corners,
                  recompute_scale_factor=recompute_scale_factor)

    def extra_repr(self) -> str:
        """The size or the factor, and the mode."""
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of pictures, with the nearest element.

    Parameters
    ----------
    size, scale_factor
        Either of them, as for `Upsample`.

    Shape
    -----
    [n, channels, h, w] to [n, channels, new h, new w]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.UpsamplingNearest2d(scale_factor=2)(learngrad.ones(1, 1, 2, 3)).shape
    learngrad.Size([1, 1, 4, 6])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of pictures, linear both ways, the centres of the corners falling together.

    Parameters
    ----------
    size, scale_factor
        Either of them, as for `Upsample`.

    Shape
    -----
    [n, channels, h, w] to [n, channels, new h, new w]

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[[[0.0, 2.0]]]])
    >>> learngrad.nn.UpsamplingBilinear2d((1, 3))(x)
    tensor([[[[0., 1., 2.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class PixelShuffle(FunctionLayer):
    r"""Channels become places (Shi et al. 2016, arXiv:1609.05158).

    :math:`y_{c,\, r i + a,\, r j + b} = x_{c r^2 + a r + b,\, i,\, j}`.

    Parameters
    ----------
    upscale_factor : int
        The factor r for height and width.

    Shape
    -----
    [*, c * r * r, h, w] to [*, c, h * r, w * r]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.PixelShuffle(2)(learngrad.ones(1, 8, 2, 3)).shape
    learngrad.Size([1, 2, 4, 6])
    """

    function = staticmethod(patches.pixel_shuffle)
    shown = "upscale_factor={upscale_factor}"

    def __init__(self, upscale_factor: int) -> None:
        self._fix(upscale_factor=upscale_factor)


class PixelUnshuffle(FunctionLayer):
    r"""Places become channels: `PixelShuffle` backwards.

    Parameters
    ----------
    downscale_factor : int
        The factor r for height and width.

    Shape
    -----
    [*, c, h * r, w * r] to [*, c * r * r, h, w]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.PixelUnshuffle(2)(learngrad.ones(1, 2, 4, 6)).shape
    learngrad.Size([1, 8, 2, 3])
    """

    function = staticmethod(patches.pixel_unshuffle)
    shown = "downscale_factor={downscale_factor}"

    def __init__(self, downscale_factor: int) -> None:
        self._fix(downscale_factor=downscale_factor)


class ChannelShuffle(FunctionLayer):
    r"""Channels dealt out so that those of one group go to all groups (Zhang et al. 2018).

    :math:`y_{k g + i} = x_{i c/g + k}` for :math:`c` channels in :math:`g` groups.

    Parameters
    ----------
    groups : int
        Divides the channels.

    Shape
    -----
    [n, channels, *] to the same

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.arange(4.0).reshape(1, 4, 1)
    >>> learngrad.nn.ChannelShuffle(2)(x).ravel()
    tensor([0., 2., 1., 3.])
    """

    function = staticmethod(patches.channel_shuffle)
    shown = "groups={groups}"

    def __init__(self, groups: int) -> None:
        self._fix(groups=groups)


class Unfold(FunctionLayer):
    r"""What each window sees, as the columns of a matrix.

    :math:`y_{(c,k,l),\, (i,j)} = x_{c,\, s i + d k - p,\, s j + d l - p}` with stride :math:`s`,
    dilation :math:`d` and padding :math:`p`: a convolution is a matrix product with it.

    Parameters
    ----------
    kernel_size : int or tuple of two
    dilation, padding, stride : int or tuple of two, default 1, 0 and 1

    Shape
    -----
    [n, c, h, w] to [n, c * places, windows]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Unfold(3)(learngrad.ones(1, 2, 4, 4)).shape
    learngrad.Size([1, 18, 4])
    """

    function = staticmethod(patches.unfold)
    shown = "kernel_size={kernel_size}, dilation={dilation}, padding={padding}, stride={stride}"

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:
        self._fix(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)


class Fold(FunctionLayer):
    r"""Columns added up where their windows lie: `Unfold` backwards.

    :math:`y_{c,a,b}` is the sum of the :math:`x_{(c,k,l),\, (i,j)}` whose place is :math:`(a, b)`.

    Parameters
    ----------
    output_size : int or tuple of two
    kernel_size : int or tuple of two
    dilation, padding, stride : int or tuple of two, default 1, 0 and 1

    Shape
    -----
    [n, c * places, windows] to [n, c, *output_size]; both also without n

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Fold((4, 4), 3)(learngrad.ones(1, 18, 4)).shape
    learngrad.Size([1, 2, 4, 4])
    """

    function = staticmethod(patches.fold)
    shown = ("output_size={output_size}, kernel_size={kernel_size}, dilation={dilation}, "
             "padding={padding}, stride={stride}")

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:
        self._fix(output_size=output_size, kernel_size=kernel_size, dilation=dilation,
                  padding=padding, stride=stride)
