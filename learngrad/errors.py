"""The error family: every error says what, which tensors, where, and how to mend it.

Each class is also the built-in class that PyTorch raises in that case, so that
``except RuntimeError`` written for PyTorch keeps working.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

from learngrad import source

__all__ = [
    "AnomalyError", "ArgumentError", "ArgumentRangeError", "ArgumentTypeError", "DownloadError",
    "DtypeError", "GraphError", "KernelError", "LearngradError", "MissingDependency",
    "OutOfMemoryError", "OutOfRangeError", "PlaceError", "ShapeError", "SingularError",
    "SizeError", "TraceError", "UnknownNameError", "WorkerError", "describe_tensor",
]


class LearngradError(Exception):
    """An error that teaches.

    Parameters
    ----------
    what : str
        What went wrong and why, in the user's terms. One or two sentences.
    tensors : mapping of str to Tensor, or iterable of Tensor, optional
        The tensors involved, by the role they play (used where a tensor has no name of its own); by
        default those among the arguments of the function that raises.
    where : learngrad.source.Place, optional
        The line to show; by default the user's line that is running now.
    fix : str
        What to do about it, as code where it can be.

    Examples
    --------
    >>> import learngrad
    >>> try:
    ...     learngrad.ones(2, 3) @ learngrad.ones(2, 3)
    ... except learngrad.errors.ShapeError as error:
    ...     print(error.fix)
    transpose one of them (`.T`), or make the inner sizes equal
    """

    def __init__(self, what: str, *, tensors: Mapping[str, Any] | Iterable[Any] | None = None,
                 where: source.Place | None = None, fix: str = "") -> None:
        self.what = what
        if tensors is None:
            tensors = _arguments(sys._getframe(1))
        self.tensors = dict(tensors) if isinstance(tensors, Mapping) else {
            f"input {i + 1}": t for i, t in enumerate(tensors)}
        self.where = where if where is not None else source.here()
        self.fix = fix
        self._facts = [describe_tensor(t, role) for role, t in self.tensors.items()]
        # Only text is kept: an error that is stored must not pin arrays.
        self.tensors = dict(zip(self.tensors, self._facts, strict=True))
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what, *(f"  {fact}" for fact in self._facts)]
        if self.where is not None:
            lines.append(f"  Where: {self.where}")
        if self.fix:
            lines.append(f"  Fix: {self.fix}")
        return "\n".join(lines)


def _arguments(frame: FrameType) -> dict[str, Any]:
    """The tensors among the arguments of a function that is running, by the names they have."""
    names = frame.f_code.co_varnames[:frame.f_code.co_argcount + frame.f_code.co_kwonlyargcount]
    if not names:
        return {}
    values = frame.f_locals
    found: dict[int, tuple[str, Any]] = {}  # by identity: one may be given twice
    for name in names:
        if _has_shape(values.get(name)):
            found.setdefault(id(values[name]), ("this" if name == "self" else name, values[name]))
    if type(values) is dict:  # before Python 3.13 a copy, which the frame would keep, and all in it
        values.clear()
    return dict(found.values())


def _has_shape(value: Any) -> bool:
    """Whether this is a tensor or an array; not one that only promises to have elements."""
    try:
        return len(value.shape) == value.ndim and bool(str(value.dtype)) and hasattr(
            type(value), "__len__")
    except Exception:  # noqa: BLE001  (whatever somebody's attributes raise, it is no tensor)
        return False


def name_of(tensor: Any, role: str = "") -> str:
    """The user's own name of a tensor where one is known, else its role in the operation."""
    own = getattr(tensor, "name", None)
    if own:
        return str(own)
    place = source.resolve(getattr(tensor, "_made", None))
    return (place.target if place is not None else None) or role


def kind_of(value: Any) -> str:
    """What a value is called in an error: its class, with its library where it is another's tensor.

    >>> kind_of(3)
    'int'
    """
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    return f"{library}.{kind.__name__}" if kind.__name__ == "Tensor" else kind.__name__


def a_kind_of(value: Any) -> str:
    """`kind_of` with its article.

    >>> a_kind_of(3), a_kind_of("x"), a_kind_of(None)
    ('an int', 'a str', 'None')
    """
    if value is None:
        return "None"
    name = kind_of(value)
    vowels = "AEFHILMNORSX" if name[:2].isupper() else "AEIOUaeiou"  # capitals are spelt: an SGD
    return f"{'an' if name[0] in vowels else 'a'} {name}"


def describe_tensor(tensor: Any, role: str = "") -> str:
    """One line about a tensor: name, shape, dtype, device and the line that made it."""
    shape, dtype = getattr(tensor, "shape", None), getattr(tensor, "dtype", None)
    if shape is None:
        return f"{role}: {tensor!r}" if role else repr(tensor)
    device = getattr(tensor, "device", "cpu")
    device = f"cuda:{device.id}" if hasattr(device, "id") else device  # of a GPU's array
    text = f"{name_of(tensor, role)}: shape {list(shape)}, {dtype}"
    if str(device) != "cpu":
        text += f", on {device}"
    place = source.resolve(getattr(tensor, "_made", None))
    return f"{text}, made at {place}" if place is not None else text


class ShapeError(LearngradError, RuntimeError):
    """Shapes that do not fit each other."""


class SingularError(LearngradError, RuntimeError):
    """A matrix that has no inverse, or no Cholesky factor."""


class GraphError(LearngradError, RuntimeError):
    """The graph cannot do what was asked: freed, not recorded, changed in place."""


class DtypeError(LearngradError, RuntimeError):
    """Dtypes or devices that do not fit each other."""


class OutOfMemoryError(LearngradError, RuntimeError, MemoryError):
    """There is not enough memory, on the CPU or on a GPU."""


class KernelError(LearngradError, RuntimeError):
    """A kernel for a GPU that its compiler refuses."""


class AnomalyError(LearngradError, RuntimeError):
    """A NaN or an infinity where a number was needed."""


class ArgumentError(LearngradError, ValueError):
    """An argument whose value makes no sense there."""


class ArgumentRangeError(ArgumentError, RuntimeError):
    """A value that makes no sense there, where PyTorch raises RuntimeError: a negative count."""


class SizeError(ShapeError, ValueError):
    """Shapes that do not fit each other, where PyTorch raises ValueError: batches of two sizes."""


class ArgumentTypeError(LearngradError, TypeError):
    """An argument of a type that makes no sense there."""


class UnknownNameError(LearngradError, KeyError):
    """A name that nothing has."""


class OutOfRangeError(LearngradError, IndexError):
    """An index or a dimension outside the tensor."""


class PlaceError(OutOfRangeError, RuntimeError):
    """An index of gather or scatter outside of the tensor, where PyTorch raises RuntimeError."""


class TraceError(LearngradError, ValueError):
    """A trace that cannot be read: damaged, hostile, or of a newer version."""


class WorkerError(LearngradError, RuntimeError):
    """A worker of a data loader that died, or is late."""


class DownloadError(LearngradError, RuntimeError):
    """A file that is not here and cannot be fetched, or is not what it should be."""


class MissingDependency(LearngradError, ImportError):
    """An optional package that is needed for this and is not installed."""


def no_tensor(name: str, value: Any, fix: str = "learngrad.tensor(value)") -> ArgumentTypeError:
    """The error for what is no tensor: often what another module gave."""
    if value is None:
        fix = "return what forward has computed: without return it gives None"
    elif isinstance(value, list) and any(hasattr(part, "requires_grad") for part in value):
        fix = "learngrad.stack(values)"
    elif isinstance(value, tuple) and any(hasattr(part, "dtype") for part in value):
        return ArgumentTypeError(f"{name} takes a tensor, not a tuple of {len(value)}, as a "
                                 "recurrent layer returns it",
                                 fix="out, state = lstm(x), and go on with out")
    return ArgumentTypeError(f"{name} takes a tensor, not {value!r:.60}", fix=fix)
