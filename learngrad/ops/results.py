"""What gives several tensors gives them by name, and prints them as PyTorch does."""

from __future__ import annotations

import functools
from collections import namedtuple
from typing import Any

__all__: list[str] = []  # no operations: what files of operations share


def results(name: str, fields: str = "values indices") -> Any:
    """The class of a tuple whose parts have names: ``learngrad.return_types.max``.

    >>> results("sort")(3, 4)
    learngrad.return_types.sort(
    values=3,
    indices=4)
    """
    return _made(name, fields)


@functools.cache
def _made(name: str, fields: str) -> Any:
    return type(name, (namedtuple(name, fields),), {
        "__slots__": (), "__module__": "learngrad.return_types", "__repr__": _lines,
        "__reduce__": lambda self: (_again, (name, fields, tuple(self))),
        "__doc__": f"The results of ``{name}``: a tuple of {fields.replace(' ', ', ')}."})


def _again(name: str, fields: str, parts: tuple[Any, ...]) -> Any:
    return _made(name, fields)(*parts)


def _lines(self: Any) -> str:
    parts = ",\n".join(f"{field}={part!r}" for field, part in zip(self._fields, self))
    return f"learngrad.return_types.{type(self).__name__}(\n{parts})"
