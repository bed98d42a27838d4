"""Layers that normalise each sample by itself, then scale and shift as they learn to.

Which elements share a mean is all that they differ in: the last dimensions (`LayerNorm`, and
without the mean `RMSNorm`) or a group of channels (`GroupNorm`). See `batchnorm` for channels of
the whole batch.
"""

from __future__ import annotations

from typing import Any, ClassVar

from learngrad.errors import ArgumentError
from learngrad.nn import init, starts
from learngrad.nn.function_layer import FunctionLayer
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops import norms
from learngrad.ops.neighbours import local_response_norm

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm", "RMSNorm", "Scaled"]


class Scaled(Module):
    """Base of all normalisation: the scale starts at 1, the shift at 0."""

    weight: Parameter | None
    bias: Parameter | None
    shown: ClassVar[str]

    def _scale(self, sizes: tuple[int, ...], weight: bool, bias: bool, device: Any,
               dtype: Any) -> None:
        self.weight = starts.parameter(*sizes, device=device, dtype=dtype) if weight else None
        self.bias = starts.parameter(*sizes, device=device, dtype=dtype) if bias else None

    def reset_parameters(self) -> None:
        """Start again."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def extra_repr(self) -> str:
        """The sizes and options."""
        return self.shown.format(**{**vars(self), "bias": self.bias is not None})


class LayerNorm(Scaled):
    r"""Mean 0 and variance 1 over the last dimensions of each sample (Ba et al. 2016).

    :math:`y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b`; the same in training and
    evaluation.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The last sizes of the input.
    eps : float, default 1e-5
        Added to the variance.
    elementwise_affine : bool, default True
        Whether there is a scale to learn.
    bias : bool, default True
        Whether there is a shift beside it.
    device, dtype : optional

    Attributes
    ----------
    weight, bias : Parameter, shape [*normalized_shape], or None
        The scale, which starts at 1, and the shift, at 0.

    Shape
    -----
    [*, *normalized_shape] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LayerNorm(2, bias=False)(learngrad.tensor([[1.0, 3.0]])).round().tolist()
    [[-1.0, 1.0]]
    """

    shown = "{normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}, bias={bias}"

    def __init__(self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
                 bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape = _sizes(type(self).__name__, normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._scale(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device,
                    dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """``layer_norm(input, normalized_shape, weight, bias, eps)``."""
        return norms.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Scaled):
    r"""The last dimensions over the root of their mean square (Zhang and Sennrich 2019).

    :math:`y = \frac{x}{\sqrt{\mathrm{mean}(x^2) + \epsilon}} w`.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The last sizes of the input.
    eps : float, optional
        Added to the mean square; by itself the dtype's smallest step from 1.
    elementwise_affine : bool, default True
        Whether there is a scale to learn.
    device, dtype : optional

    Shape
    -----
    [*, *normalized_shape] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.RMSNorm(2)(learngrad.tensor([[3.0, 3.0]])).tolist()
    [[1.0, 1.0]]
    """

    shown = "{normalized_shape}, eps={eps}, elementwise_affine={elementwise_affine}"

    def __init__(self, normalized_shape: Any, eps: float | None = None,
                 elementwise_affine: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape = _sizes(type(self).__name__, normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._scale(self.normalized_shape, elementwise_affine, False, device, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """``rms_norm(input, normalized_shape, weight, eps)``."""
        return norms.rms_norm(input, self.normalized_shape, self.weight, self.eps)


def _sizes(name: str, shape: Any) -> tuple[int, ...]:
    several = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(starts.count(name, "normalized_shape", size) for size in several)


class GroupNorm(Scaled):
    r"""Mean 0 and variance 1 over each group of channels of each sample (Wu and He 2018).

    :math:`y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b`; the same in training and
    evaluation, and independent of the batch.

    Parameters
    ----------
    num_groups : int
        Divides the channels; 1 takes all together, `num_channels` each alone.
    num_channels : int
    eps : float, default 1e-5
    affine : bool, default True
        Whether there are a scale and a shift to learn.
    device, dtype : optional
    bias : bool, default True

    Shape
    -----
    [n, num_channels, *] to the same

    Examples
    --------
    >>> import learngrad
    >>> x = learngrad.tensor([[1.0, 3.0, 5.0, 9.0]])
    >>> learngrad.nn.GroupNorm(2, 4, affine=False)(x)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """

    shown = "{num_groups}, {num_channels}, eps={eps}, affine={affine}, bias={bias}"

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True,
                 device: Any = None, dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        self.num_groups = starts.count("GroupNorm", "num_groups", num_groups, 1)
        self.num_channels = starts.count("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ArgumentError(f"nn.GroupNorm: num_groups={num_groups} does not divide "
                                f"num_channels={num_channels}", fix="num_groups=1")
        self.eps, self.affine = eps, affine
        self._scale((num_channels,), affine, affine and bias, device, dtype)
        self.reset_parameters()

    def forward(self, input: Any) -> Any:
        """``group_norm(input, num_groups, weight, bias, eps)``."""
        out = norms.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)
        # It was put into shape, and what it was before is gone: it shares its memory with nothing,
        # so an activation in place may follow.
        out._cell = [0, False, 0]
        return out


class LocalResponseNorm(FunctionLayer):
    r"""Each element over a power of its neighbours in the channels (Krizhevsky et al. 2012).

    :math:`y_c = x_c \, (k + \frac{\alpha}{\text{size}} \sum_{c'} x_{c'}^2)^{-\beta}`, the sum over
    `size` channels round :math:`c`.

    Parameters
    ----------
    size : int
    alpha, beta, k : float, default 1e-4, 0.75 and 1.0

    Shape
    -----
    [n, channels, *] to the same

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.LocalResponseNorm(1, alpha=3, beta=0.5)(learngrad.ones(1, 1, 2))
    tensor([[[0.5000, 0.5000]]])
    """

    function = staticmethod(local_response_norm)
    shown = "{size}, alpha={alpha}, beta={beta}, k={k}"

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self._fix(size=size, alpha=alpha, beta=beta, k=k)
