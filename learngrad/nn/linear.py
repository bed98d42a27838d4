"""The linear layer, that of two inputs, and the layer that does nothing."""

from __future__ import annotations

import math
from typing import Any

from learngrad import ops
from learngrad.nn import init, starts
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops import products

__all__ = ["Bilinear", "Identity", "Linear"]

_linear = ops.matmul.Linear.apply


class Identity(Module):
    """Gives back what it gets; a placeholder. Arguments are ignored.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Identity()(learngrad.tensor([1.0]))
    tensor([1.])
    """

    _made_of_tensors = True  # or of anything else

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Give back `input`."""
        return input


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
        self.in_features = starts.count("Linear", "in_features", in_features)
        self.out_features = starts.count("Linear", "out_features", out_features)
        self.weight = starts.parameter(out_features, in_features, device=device, dtype=dtype)
        self.bias = starts.parameter(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        starts.draw(self.weight, self.bias)

    def forward(self, input: Any) -> Any:
        """``input @ weight.T + bias``."""
        return _linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


class Bilinear(Module):
    r"""A sum over all pairs of two inputs' elements: :math:`y_o = x_1^{\mathsf T} W_o x_2 + b_o`.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
    bias : bool, default True
    device, dtype : optional

    Attributes
    ----------
    weight : Parameter, shape [out_features, in1_features, in2_features]
    bias : Parameter, shape [out_features], or None
        Both start from draws between :math:`\pm 1 / \sqrt{\text{in1\_features}}`.

    Shape
    -----
    [*, in1_features] and [*, in2_features] to [*, out_features]

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.Bilinear(3, 4, 2)
    >>> layer(learngrad.ones(5, 3), learngrad.ones(5, 4)).shape
    learngrad.Size([5, 2])
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.in1_features = starts.count("Bilinear", "in1_features", in1_features, 1)
        self.in2_features = starts.count("Bilinear", "in2_features", in2_features)
        self.out_features = starts.count("Bilinear", "out_features", out_features)
        self.weight = starts.parameter(out_features, in1_features, in2_features, device=device,
                                       dtype=dtype)
        self.bias = starts.parameter(out_features, device=device, dtype=dtype) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters."""
        bound = 1 / math.sqrt(self.in1_features)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        """``bilinear(input1, input2, weight, bias)``."""
        return products.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}, bias={self.bias is not None}")
