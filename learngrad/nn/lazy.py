"""Lazy layers: they find the size of their input out from the first one, and become plain layers.

Until then their parameters have no shape (`UninitializedParameter`); they stay the same objects
afterwards, so an optimiser may be made before the first call.
"""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.autograd.mode import no_grad
from learngrad.errors import ArgumentTypeError, ShapeError
from learngrad.nn.batchnorm import BatchNorm1d, BatchNorm2d
from learngrad.nn.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from learngrad.nn.linear import Linear
from learngrad.nn.module import Module
from learngrad.nn.parameter import Uninitialized, UninitializedBuffer, UninitializedParameter
from learngrad.tensor import Tensor

__all__ = ["LazyBatchNorm1d", "LazyBatchNorm2d", "LazyConv1d", "LazyConv2d",
           "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyLinear"]


class Lazy(Module):
    """Base of the lazy layers: stands before the plain layer it becomes by its first call."""

    cls_to_become: ClassVar[type[Any]]
    unknown: ClassVar[str]  # the first argument of the plain layer, which is left out here
    axis: ClassVar[int]  # of the input, where its value is found
    ndims: ClassVar[tuple[int, ...]] = ()  # how many dimensions an input may have; any if empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(0, *args, **kwargs)
        self._given = args, kwargs
        for name, p in self._own_parts("parameters"):
            setattr(self, name, UninitializedParameter(p.requires_grad, p.device, p.dtype))
        for name, value in self._own_parts("buffers"):
            if value.ndim:
                setattr(self, name, UninitializedBuffer(False, value.device, value.dtype))

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no shape yet."""
        return any(isinstance(value, Uninitialized) for kind in ("parameters", "buffers")
                   for _, value in self._own_parts(kind))

    def reset_parameters(self) -> None:
        """Nothing: what has no shape yet is drawn when it gets one."""

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """Become the plain layer for such inputs, and run it."""
        name = type(self).__name__
        input = inputs[0] if inputs else next(iter(kwargs.values()), None)
        if not isinstance(input, Tensor):
            raise ArgumentTypeError(f"{name} takes a tensor, not {input!r:.60}",
                                    fix="learngrad.tensor(x)")
        if input.ndim not in (self.ndims or (input.ndim,)) or not input.ndim:
            raise ShapeError(
                f"{name} finds {self.unknown} out from an input of "
                f"{' or '.join(map(str, self.ndims)) or '1 or more'} dimensions",
                tensors={"input": input}, fix="unsqueeze or flatten the input")
        self._become(input.shape[self.axis])
        return self.forward(*inputs, **kwargs)

    def _become(self, size: int) -> None:
        args, kwargs = self._given
        plain = self.cls_to_become(size, *args, **kwargs)  # raises before anything has changed
        for name, value in plain.state_dict().items():
            here = getattr(self, name)
            if not isinstance(here, Uninitialized) and here.shape != value.shape:
                raise ShapeError(f"{name} was loaded for another {self.unknown} than {size}",
                                 tensors={name: here}, fix="give the input it was trained with")
        with no_grad():
            for name, value in plain.state_dict().items():
                here = getattr(self, name)
                if isinstance(here, Uninitialized):
                    here.materialize(value.shape)
                    here.copy_(value)
        setattr(self, self.unknown, size)
        del self._given
        self.__class__ = self.cls_to_become


class LazyLinear(Lazy, Linear):
    """A `Linear` layer that finds ``in_features`` out from its first input.

    Parameters
    ----------
    out_features, bias, device, dtype
        As for `Linear`.

    Shape
    -----
    [*, in_features] to [*, out_features]

    Raises
    ------
    UninitializedError
        If its parameters' elements or shape are asked for before the first call.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.LazyLinear(2)
    >>> layer
    LazyLinear(in_features=0, out_features=2, bias=True)
    >>> _ = layer(learngrad.ones(5, 3))
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    cls_to_become, unknown, axis = Linear, "in_features", -1


class LazyConv1d(Lazy, Conv1d):
    """A `Conv1d` that finds ``in_channels`` out from its first input.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.LazyConv1d(8, kernel_size=5)
    >>> layer(learngrad.ones(2, 3, 20)).shape, layer.in_channels
    (learngrad.Size([2, 8, 16]), 3)
    """

    cls_to_become, unknown, axis, ndims = Conv1d, "in_channels", -2, (2, 3)


class LazyConv2d(Lazy, Conv2d):
    """A `Conv2d` that finds ``in_channels`` out from its first input.

    Parameters
    ----------
    out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        As for `Conv2d`.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.LazyConv2d(6, 5, padding=2)
    >>> layer(learngrad.ones(4, 1, 28, 28)).shape, layer.in_channels
    (learngrad.Size([4, 6, 28, 28]), 1)
    """

    cls_to_become, unknown, axis, ndims = Conv2d, "in_channels", -3, (3, 4)


class LazyConvTranspose1d(Lazy, ConvTranspose1d):
    """A `ConvTranspose1d` that finds ``in_channels`` out from its first input.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LazyConvTranspose1d(8, 4, stride=2, padding=1)(learngrad.ones(2, 3, 5)).shape
    learngrad.Size([2, 8, 10])
    """

    cls_to_become, unknown, axis, ndims = ConvTranspose1d, "in_channels", -2, (2, 3)


class LazyConvTranspose2d(Lazy, ConvTranspose2d):
    """A `ConvTranspose2d` that finds ``in_channels`` out from its first input.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LazyConvTranspose2d(8, 2, stride=2)(learngrad.ones(2, 3, 5, 5)).shape
    learngrad.Size([2, 8, 10, 10])
    """

    cls_to_become, unknown, axis, ndims = ConvTranspose2d, "in_channels", -3, (3, 4)


class LazyBatchNorm1d(Lazy, BatchNorm1d):
    """A `BatchNorm1d` that finds ``num_features`` out from its first input.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.LazyBatchNorm1d()
    >>> layer(learngrad.ones(4, 3)).shape, layer.num_features
    (learngrad.Size([4, 3]), 3)
    """

    cls_to_become, unknown, axis, ndims = BatchNorm1d, "num_features", 1, (2, 3)


class LazyBatchNorm2d(Lazy, BatchNorm2d):
    """A `BatchNorm2d` that finds ``num_features`` out from its first input.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.LazyBatchNorm2d()
    >>> layer(learngrad.ones(4, 3, 8, 8)).shape, layer.num_features
    (learngrad.Size([4, 3, 8, 8]), 3)
    """

    cls_to_become, unknown, axis, ndims = BatchNorm2d, "num_features", 1, (4,)
