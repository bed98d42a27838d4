"""`ParameterList` and `ParameterDict`: parameters in a row or by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from learngrad.errors import ArgumentTypeError, OutOfRangeError
from learngrad.nn.containers import known, no_forward, pairs
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.tensor import Tensor

__all__ = ["ParameterDict", "ParameterList"]


def _held(value: Any) -> Any:
    """What is held for a value: a tensor becomes a parameter, anything else is only kept."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else (
        value)


def _lines(held: Iterable[tuple[str, Any]]) -> str:
    """What a repr says of parameters, a line each."""
    lines = []
    for name, value in held:
        if isinstance(value, Tensor):
            kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
            size = "x".join(str(s) for s in value.shape)
            where = "" if value.device.type == "cpu" else f" ({value.device})"
            about = f"{kind} containing: [{value.dtype} of size {size}{where}]"
        else:
            about = f"Object of type: {type(value).__name__}"
        lines.append(f"  ({name}): {about}")
    return "\n".join(lines)


class ParameterList(Module):
    """A list of parameters. A plain tensor becomes one; what is no tensor is only kept.

    Parameters in a plain list are not found: they would not be trained, moved or saved.

    Parameters
    ----------
    values : iterable, optional

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> weights = nn.ParameterList(learngrad.ones(n) for n in (2, 3))
    >>> [name for name, _ in weights.named_parameters()], weights[1].shape
    (['0', '1'], learngrad.Size([3]))
    """

    _made_of_tensors = True  # an error of its own says what it holds

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def forward(self, *inputs: Any) -> Any:
        """Refused: a list of parameters computes nothing."""
        raise no_forward(self, "for p in parameters: x = x @ p")

    def _at(self, index: Any) -> str:
        try:
            at = index.__index__()
        except AttributeError:
            raise ArgumentTypeError(f"parameters are counted by integers, not {index!r:.60}",
                                    fix="parameters[0]") from None
        if not -self._size <= at < self._size:
            raise OutOfRangeError(
                f"there is no parameter {at}: this ParameterList has {self._size}",
                fix="they count from 0; -1 is the last one")
        return str(at % self._size)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._at(index))

    def __setitem__(self, index: int, value: Any) -> None:
        name, held = self._at(index), _held(value)
        if not isinstance(held, Parameter):
            delattr(self, name)
        setattr(self, name, held)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, str(i)) for i in range(self._size))

    def append(self, value: Any) -> Self:
        """Add a parameter at the end."""
        setattr(self, str(self._size), _held(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add several parameters at the end."""
        if isinstance(values, Tensor) or not isinstance(values, Iterable):
            raise ArgumentTypeError("a ParameterList takes several parameters, and this is one: "
                                    f"{values!r:.60}", fix="nn.ParameterList([p])")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        """Each parameter's dtype and size."""
        return _lines((str(i), value) for i, value in enumerate(self))


class ParameterDict(Module):
    """Parameters by name. A plain tensor becomes one; what is no tensor is only kept.

    Parameters
    ----------
    parameters : mapping of str to Tensor, or iterable of such pairs, optional
        A plain dict is taken in the order of its keys, as in PyTorch.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> choices = nn.ParameterDict({"left": learngrad.ones(2), "right": learngrad.zeros(2)})
    >>> list(choices), choices["left"].requires_grad
    (['left', 'right'], True)
    """

    _made_of_tensors = True  # an error of its own says what it holds

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def forward(self, *inputs: Any) -> Any:
        """Refused: a dict of parameters computes nothing."""
        raise no_forward(self, "x @ parameters[name]")

    def __getitem__(self, key: str) -> Any:
        return getattr(self, known(self, key, self._keys))

    def __setitem__(self, key: str, value: Any) -> None:
        held = _held(value)
        if key in self._keys and not (isinstance(held, Parameter) and key in self._parameters):
            delattr(self, key)  # it was of another kind
        self._register_part("parameters", key, held if isinstance(held, Parameter) else None)
        if not isinstance(held, Parameter):  # its name was checked as a parameter's is
            delattr(self, key)
            setattr(self, key, held)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        delattr(self, known(self, key, self._keys))
        del self._keys[key]

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, or `default`."""
        return getattr(self, key) if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of this name; `default` becomes it where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take a parameter out, and give it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last name and parameter out, and give them."""
        key = next(reversed(self), None)
        return known(self, key, self._keys), self.pop(key)  # type: ignore[arg-type]

    def clear(self) -> None:
        """Take all parameters out."""
        for key in list(self):
            del self[key]

    def copy(self) -> ParameterDict:
        """Another dict of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Another dict with `default` under each of these names."""
        return ParameterDict([(key, default) for key in keys])

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of names and parameters."""
        return [(key, self[key]) for key in self]

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return [self[key] for key in self]

    def update(self, parameters: Any) -> None:
        """Add, or replace, parameters by name."""
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = OrderedDict(sorted(parameters.items()))
        for key, value in pairs(self, parameters):
            self[key] = value

    def __or__(self, other: Any) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other: Any) -> ParameterDict:
        both = ParameterDict(other)
        both.update(self)
        return both

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def extra_repr(self) -> str:
        """Each parameter's dtype and size."""
        return _lines(self.items())
