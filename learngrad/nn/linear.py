"""The linear layer, and the layer that does nothing."""

from __future__ import annotations

import math
from typing import Any

from learngrad import ops
from learngrad.creation import zeros
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.nn import init
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter

__all__ = ["Identity", "Linear"]

_linear = ops.matmul.Linear.apply


class Identity(Module):
    """Gives back what it gets; a placeholder. Arguments are ignored.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Identity()(learngrad.tensor([1.0]))
    tensor([1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, x: Any) -> Any:
        """Give back `x`."""
        return x


class Linear(Module):
    r"""A linear layer: :math:`y = x W^{\mathsf T} + b`.

    Parameters
    ----------
    in_features, out_features : int
        Sizes of the last dimension of the input and of the output.
    bias : bool, default True
    device, dtype : optional
        By default "cpu" and the default dtype (float32).

    Attributes
    ----------
    weight : Parameter, shape [out_features, in_features]
    bias : Parameter, shape [out_features], or None
        Both start from draws between :math:`\pm 1 / \sqrt{\text{in\_features}}`, as in PyTorch.

    Shape
    -----
    [*, in_features] to [*, out_features]

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If a size is no integer, or negative.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Linear(3, 2)(learngrad.ones(5, 3)).shape
    learngrad.Size([5, 2])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.in_features = _count("in_features", in_features)
        self.out_features = _count("out_features", out_features)
        self.weight = Parameter(zeros(out_features, in_features, device=device, dtype=dtype))
        self.bias = Parameter(zeros(out_features, device=device, dtype=dtype)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        # a = sqrt(5) makes the bound of the weights 1/sqrt(in_features), that of the bias.
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Any) -> Any:
        """``x @ weight.T + bias``."""
        return _linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


def _count(name: str, value: Any) -> int:
    """A size that a layer is made with."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} counts features, so it is an integer, not {value!r:.60}",
                                fix="nn.Linear(64, 10)")
    if value < 0:
        raise ArgumentError(f"{name} is {value}, and a layer cannot have fewer than 0 features",
                            fix="nn.Linear(64, 10)")
    return value
