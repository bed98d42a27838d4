"""What layers with parameters begin with: sizes that are checked, and PyTorch's usual draws."""

from __future__ import annotations

import math
from operator import index
from typing import Any

from learngrad.creation import zeros
from learngrad.errors import ArgumentRangeError, ArgumentTypeError
from learngrad.nn import init
from learngrad.nn.parameter import Parameter

__all__ = ["count", "draw", "parameter"]


def count(layer: str, name: str, value: Any, least: int = 0) -> int:
    """A size that a layer is made with, checked."""
    try:
        if isinstance(value, bool):
            raise TypeError
        value = index(value)  # of NumPy's integers, and of a tensor such as x.max() + 1, too
    except TypeError as error:
        raise ArgumentTypeError(
            f"nn.{layer}: {name} counts something, so it is an integer, not {value!r:.60}",
            fix=f"{name}=8, or int(…) of a result of a division") from error
    if value < least:
        raise ArgumentRangeError(f"nn.{layer}: {name} is {value}, and the least is {least}",
                                 fix=f"{name}={max(least, 1)}, or more")
    return value


def parameter(*sizes: int, device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter of zeros, for `reset_parameters` to fill."""
    return Parameter(zeros(*sizes, device=device, dtype=dtype))


def draw(weight: Parameter, bias: Parameter | None) -> None:
    r"""Draw both evenly between :math:`\pm 1/\sqrt{\text{inputs}}`, as linear layers start.

    `weight` is [out, in, *]; the inputs of one output are all its dimensions but the first.
    """
    # a = sqrt(5) makes the bound of the weights 1/sqrt(inputs), that of the bias.
    init.kaiming_uniform_(weight, a=math.sqrt(5))
    inputs = math.prod(weight.shape[1:])
    if bias is not None:
        bound = 1 / math.sqrt(inputs) if inputs else 0
        init.uniform_(bias, -bound, bound)
