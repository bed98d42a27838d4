"""Borders as layers: what they hold, and for how many dimensions."""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.errors import SizeError
from learngrad.nn.module import Module
from learngrad.ops.resample import pad
from learngrad.ops.windows import per_dim

__all__ = ["CircularPad1d", "CircularPad2d", "ConstantPad1d", "ConstantPad2d", "ReflectionPad1d",
           "ReflectionPad2d", "ReplicationPad1d", "ReplicationPad2d", "ZeroPad1d", "ZeroPad2d"]


class Padding(Module):
    """Base: the widths, checked; one for all sides, or one for each."""

    dims: ClassVar[int]
    mode: ClassVar[str] = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__()
        # A negative width takes away; the least is far below any size.
        self.padding = per_dim(padding, 2 * self.dims, "padding", -2**31)

    def forward(self, input: Any) -> Any:
        """Put the border round `input`."""
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise SizeError(
                f"nn.{type(self).__name__} takes an input of {self.dims + 1} or {self.dims + 2} "
                f"dimensions, and this one has {input.ndim}", tensors={"input": input},
                fix="x.unsqueeze(0) adds a dimension")
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ConstantPad(Padding):
    """Base of the two whose border holds one value."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        """Put the border round `input`, whatever dimensions come before."""
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The widths and the value."""
        return f"padding={self.padding}, value={self.value}"


class ZeroPad(ConstantPad):
    """Base of the two whose border holds zeros."""

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class ConstantPad1d(ConstantPad):
    """A border of one value before and after the last dimension.

    Parameters
    ----------
    padding : int or (left, right)
        A negative width takes elements away.
    value : float

    Shape
    -----
    [*, length] to [*, left + length + right]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ConstantPad1d(1, 9.0)(learngrad.zeros(1, 2))
    tensor([[9., 0., 0., 9.]])
    """

    dims = 1


class ConstantPad2d(ConstantPad):
    """A border of one value round the last two dimensions.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        A negative width takes elements away.
    value : float

    Shape
    -----
    [*, h, w] to [*, top + h + bottom, left + w + right]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ConstantPad2d(1, 9.0)(learngrad.zeros(1, 1, 2, 2)).shape
    learngrad.Size([1, 1, 4, 4])
    """

    dims = 2


class ZeroPad1d(ZeroPad):
    """A border of zeros before and after the last dimension.

    Parameters
    ----------
    padding : int or (left, right)

    Shape
    -----
    [*, length] to [*, left + length + right]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ZeroPad1d((1, 0))(learngrad.ones(1, 2))
    tensor([[0., 1., 1.]])
    """

    dims = 1


class ZeroPad2d(ZeroPad):
    """A border of zeros round the last two dimensions.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)

    Shape
    -----
    [*, h, w] to [*, top + h + bottom, left + w + right]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ZeroPad2d((1, 1, 0, 0))(learngrad.ones(1, 1, 2, 2)).shape
    learngrad.Size([1, 1, 2, 4])
    """

    dims = 2


class ReflectionPad1d(Padding):
    """A border that mirrors what is beside it; the element at the edge is not repeated.

    Parameters
    ----------
    padding : int or (left, right)
        Less than the length.

    Shape
    -----
    [n, channels, length] or [channels, length], with the new length

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReflectionPad1d(2)(learngrad.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    dims, mode = 1, "reflect"


class ReflectionPad2d(Padding):
    """A border that mirrors what is beside it; the elements at the edge are not repeated.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        Less than the sizes.

    Shape
    -----
    [n, channels, h, w] or [channels, h, w], with the new sizes

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReflectionPad2d(1)(learngrad.ones(1, 2, 2)).shape
    learngrad.Size([1, 4, 4])
    """

    dims, mode = 2, "reflect"


class ReplicationPad1d(Padding):
    """A border that repeats the element at the edge.

    Parameters
    ----------
    padding : int or (left, right)

    Shape
    -----
    [n, channels, length] or [channels, length], with the new length

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReplicationPad1d(2)(learngrad.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 1., 2., 3., 3., 3.]])
    """

    dims, mode = 1, "replicate"


class ReplicationPad2d(Padding):
    """A border that repeats the elements at the edge.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)

    Shape
    -----
    [n, channels, h, w] or [channels, h, w], with the new sizes

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.ReplicationPad2d(1)(learngrad.ones(1, 2, 2)).shape
    learngrad.Size([1, 4, 4])
    """

    dims, mode = 2, "replicate"


class CircularPad1d(Padding):
    """A border that goes on with the other end, as if the ends met.

    Parameters
    ----------
    padding : int or (left, right)
        At most the length.

    Shape
    -----
    [n, channels, length] or [channels, length], with the new length

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.CircularPad1d(1)(learngrad.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    dims, mode = 1, "circular"


class CircularPad2d(Padding):
    """A border that goes on with the other side, as on a torus.

    Parameters
    ----------
    padding : int or (left, right, top, bottom)
        At most the sizes.

    Shape
    -----
    [n, channels, h, w] or [channels, h, w], with the new sizes

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.CircularPad2d(1)(learngrad.ones(1, 2, 2)).shape
    learngrad.Size([1, 4, 4])
    """

    dims, mode = 2, "circular"
