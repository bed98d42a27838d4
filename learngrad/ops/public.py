"""What stands between a person and the gate: checked operands, and functions made from operations.

Most operations need nothing but their checks: `unary` and `binary` make their public functions,
with the operation's docstring and an example.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.autocast import one_dtype
from learngrad.autograd.function import Function
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    DtypeError,
    ShapeError,
    no_tensor,
)
from learngrad.ops.spelling import into

__all__: list[str] = []


def operand(value: Any) -> Any:
    """An operand as the gate takes it; text, None and the like are refused."""
    if isinstance(value, (int, float)) or hasattr(value, "dtype"):
        return value
    raise devices.not_a_number(value)


def operands(a: Any, b: Any, name: str) -> tuple[Any, Any]:
    """Two operands, at least one of them a tensor: of two numbers Python knows the answer."""
    if not hasattr(operand(a), "dtype") and not hasattr(operand(b), "dtype"):
        raise ArgumentTypeError(
            f"{name} takes a tensor and a tensor or a number, not {a!r:.60} and {b!r:.60}",
            fix=f"learngrad.{name}(learngrad.tensor({a!r}), {b!r})")
    return a, operand(b)


NO_NUMBERS = "takes no plain numbers."  # where ours does


def number(value: Any, name: str) -> Any:
    """A number, where an option is one; text and the like are refused."""
    if isinstance(value, (int, float, np.number)):
        return value
    raise ArgumentTypeError(f"{name} is a number, not {value!r:.60}", fix=f"{name}=1")


def tensor(value: Any, name: str) -> Any:
    """A tensor, or an array in a formula; everything else is refused."""
    if hasattr(value, "dtype"):
        return value
    raise no_tensor(name, value, f"learngrad.{name}(learngrad.tensor(value))")


def floating(value: Any, name: str, role: str = "input", fix: str = "x.float()") -> Any:
    """A tensor of floating numbers; of others there are no fractions."""
    if not devices.is_floating(tensor(value, name).dtype):
        raise DtypeError(f"{name} takes floating numbers, not {value.dtype}",
                         tensors={role: value}, fix=fix)
    return value


def same_dtype(name: str, **tensors: Any) -> None:
    """Refuse tensors of more than one dtype, which this function does not bring to a common one."""
    tensors = {role: x for role, x in tensors.items() if hasattr(x, "dtype")}
    if len({x.dtype for x in tensors.values()}) > 1:
        dtypes = " and ".join(str(x.dtype) for x in tensors.values())
        raise DtypeError(f"{name}: the dtypes {dtypes} differ", tensors=tensors,
                         fix="convert one of them: x.float()")


def floating_alike(name: str, **tensors: Any) -> None:
    """Refuse tensors that are not of one floating dtype, or of several under `autocast`."""
    tensors = {role: x for role, x in tensors.items() if x is not None}
    first, *_ = tensors.values()
    if not one_dtype(tensors.values()) or not devices.is_floating(first.dtype):
        raise DtypeError(f"{name} takes floating tensors of one dtype, not "
                         f"{' and '.join(str(x.dtype) for x in tensors.values())}",
                         tensors=tensors, fix="convert them: x.float()")


def broadcast_shape(name: str, tensors: dict[str, Any], shapes: Iterable[Any]) -> tuple[int, ...]:
    """The shape that all of `shapes` broadcast to, which belong to `tensors`."""
    shapes = list(shapes)
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"{name}: shapes {' and '.join(str(list(s)) for s in shapes)} do not "
                         "broadcast", tensors=tensors,
                         fix="counted from the last, sizes must be equal, or 1") from None


def one_of(name: str, value: Any, known: tuple[Any, ...],
           error: type[ArgumentError] = ArgumentError) -> None:
    """Refuse an option that is none of those that are known."""
    if value not in known:
        example = next(one for one in known if one is not None)
        raise error(f"{name} is {' or '.join(map(repr, known))}, not {value!r:.60}", tensors=(),
                    fix=f"{name}={example!r}")


def unary(function: type[Function], name: str, example: str, differs: str = "") -> Any:
    """The public function of an operation of one tensor: no arguments, so nothing but the gate.

    `example` is the argument and what comes out, with ``->`` between them; `differs` says what
    PyTorch's does otherwise.
    """
    def public(input, *, out=None):
        result = function.apply(tensor(input, name))
        return result if out is None else into(out, result)

    return _described(public, function, name, example, "Elementwise; same shape, " + (
        "a floating dtype." if function.promotion else "same dtype."), differs)


def binary(function: type[Function], name: str, example: str, says: str = "",
           differs: str = "") -> Any:
    """The public function of an operation of two operands that broadcast."""
    def public(input, other, *, out=None):
        result = function.apply(*operands(input, other, name))
        return result if out is None else into(out, result)

    return _described(public, function, name, example, says or
                      "Elementwise, with broadcasting and PyTorch's promotion.", differs)


def _described(public: Any, function: type[Function], name: str, example: str, says: str,
               differs: str) -> Any:
    arguments, _, result = example.partition(" -> ")
    result = result.replace("\n", "\n    ")
    public.__name__ = public.__qualname__ = name
    differs = f"PyTorch: ``torch.{name}`` {differs}\n\n    " if differs else ""
    public.__doc__ = f"""{function.__doc__} {says}

    {differs}Examples
    --------
    >>> import learngrad
    >>> learngrad.{name}({arguments.replace("tensor(", "learngrad.tensor(")})
    {result}
    """
    return public
