"""Modules that hold modules, in a row or by name, and what the rows share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, count
from typing import Any, Self

from learngrad.autograd.observe import thread
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    LearngradError,
    OutOfRangeError,
    a_kind_of,
)
from learngrad.nn.module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]

_call = Module.__call__


class NoKeyError(LearngradError, KeyError, AttributeError):
    """A key that is not in a `ModuleDict` or a `ParameterDict`."""


class Row(Module):
    """Base of `Sequential` and `ModuleList`: modules that are counted from 0."""

    _made_of_tensors = True  # an error of its own says what it holds
    _may_hold_none = True  # whether None may stand among the modules

    def _layer_names(self) -> list[str]:
        return list(self._part_names["modules"])

    def _checked(self, name: Any, module: Any) -> Any:
        if not (isinstance(module, Module) or (module is None and self._may_hold_none)):
            called = getattr(module, "__name__", "")
            fix = (f"with brackets: nn.{called}()" if isinstance(module, type) else
                   "give modules, such as nn.ReLU(), separated by commas; not functions or lists")
            raise ArgumentTypeError(f"layer {name} of {a_kind_of(self)} must be a module, "
                                    f"not {module!r:.60}", fix=fix)
        return module

    def _put(self, name: str, module: Any) -> None:
        self._hold_part("modules", name, self._checked(name, module))

    def _renamed(self, modules: Iterable[Any]) -> None:
        """Hold these modules alone, numbered from 0."""
        modules = list(modules)
        for name in self._layer_names():
            delattr(self, name)
        for i, module in enumerate(modules):
            self._put(str(i), module)

    def _name_at(self, index: Any) -> str:
        try:
            at = index.__index__()
        except AttributeError:
            raise ArgumentTypeError(f"layers are counted by integers, not {index!r:.60}",
                                    fix="net[0], or by name: net.get_submodule(name)") from None
        names = self._layer_names()
        if not -len(names) <= at < len(names):
            raise OutOfRangeError(
                f"there is no layer {at}: this {type(self).__name__} has {len(names)}",
                fix="layers count from 0; -1 is the last one")
        return names[at]

    def __len__(self) -> int:
        return len(self._part_names["modules"])

    def __iter__(self) -> Iterator[Any]:
        held = vars(self)
        return (held[name] for name in self._layer_names())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._slice(self._layer_names()[index])
        return vars(self)[self._name_at(index)]

    def _slice(self, names: list[str]) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        self._put(self._name_at(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Take layers out; those that stay are numbered anew."""
        names = self._layer_names()
        gone = set(names[index]) if isinstance(index, slice) else {self._name_at(index)}
        self._renamed([vars(self)[name] for name in names if name not in gone])

    def append(self, module: Module) -> Self:
        """Add a layer at the end.

        Its name is its number, or, where a slice or names of its own took that, the next that is
        free. (PyTorch: `torch.nn.Sequential.append` then overwrites a layer.)
        """
        taken = self._part_names["modules"]
        self._put(next(name for name in map(str, count(len(self))) if name not in taken), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several layers at the end."""
        if not isinstance(modules, Iterable):
            raise ArgumentTypeError(f"extend takes several modules, not {modules!r:.60}",
                                    fix="net.append(module)")
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put a layer before the one at `index`; those behind it are numbered anew."""
        modules = list(self)
        if not -len(modules) <= index <= len(modules):
            raise OutOfRangeError(f"there is no place {index} among {len(modules)} layers",
                                  fix=f"from 0 to {len(modules)}")
        self._renamed([*modules[:index], self._checked(index, module), *modules[index:]])
        return self

    def pop(self, key: Any = -1) -> Any:
        """Take out the layer at an index, and give it."""
        module = self[key]
        del self[key]
        return module


class Sequential(Row):
    r"""Layers one after another: each takes what the one before it gives.

    Parameters
    ----------
    *layers : Module
        Or one mapping of names to modules (an ``OrderedDict``). Without names they are numbered.

    Raises
    ------
    ArgumentTypeError
        If something among the layers is no module, for instance the class ``nn.ReLU`` itself.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    >>> net
    Sequential(
      (0): Linear(in_features=64, out_features=32, bias=True)
      (1): ReLU()
      (2): Linear(in_features=32, out_features=10, bias=True)
    )
    >>> net(learngrad.ones(5, 64)).shape
    learngrad.Size([5, 10])
    >>> net[:2] + nn.Sequential(nn.Tanh())
    Sequential(
      (0): Linear(in_features=64, out_features=32, bias=True)
      (1): ReLU()
      (2): Tanh()
    )
    """

    _may_hold_none = False

    def __init__(self, *layers: Module | Mapping[str, Module]) -> None:
        super().__init__()
        first = layers[0] if len(layers) == 1 else None
        named = first.items() if isinstance(first, Mapping) else enumerate(layers)
        for name, layer in named:
            self._put(str(name), layer)

    def forward(self, input: Any) -> Any:
        """Pass `input` through all layers."""
        held = vars(self)
        watched = thread.watchers
        for name in held["_part_names"]["modules"]:
            layer = held[name]
            # A call costs as much as a small layer. With nobody to tell, it is its forward alone.
            plain = not watched and layer._call_hooks is None and type(layer).__call__ is _call
            input = layer.forward(input) if plain else layer(input)
        return input

    def _slice(self, names: list[str]) -> Any:
        return type(self)({name: vars(self)[name] for name in names})

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_row(other, "+"))

    def __iadd__(self, other: Any) -> Self:
        return self.extend(_row(other, "+"))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*list(self) * _times(times))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Self:
        layers = list(self)
        return self.extend(layers * (_times(times) - 1))


def _row(other: Any, sign: str) -> Sequential:
    if not isinstance(other, Sequential):
        raise ArgumentError(f"{sign} joins two Sequentials, and this is {other!r:.60}",
                            fix="net.append(module)")
    return other


def _times(times: Any) -> int:
    if not isinstance(times, int):
        raise ArgumentTypeError(f"a Sequential is repeated a number of times, not {times!r:.60}",
                                fix="net * 2")
    if times < 1:
        raise ArgumentError(f"a Sequential cannot be repeated {times} times", fix="net * 2")
    return times


class ModuleList(Row):
    """A list of modules, for a module that calls them in its own way.

    Modules in a plain list are not found: they would not be trained, moved or saved.

    Parameters
    ----------
    modules : iterable of Module, optional

    Examples
    --------
    >>> from learngrad import nn
    >>> nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
    ModuleList(
      (0-2): 3 x Linear(in_features=8, out_features=8, bias=True)
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def forward(self, *inputs: Any) -> Any:
        """Refused: a list says nothing of the order in which its modules are called."""
        raise no_forward(self, "for layer in layers: x = layer(x); or use nn.Sequential")

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at `index`."""
        super().insert(index, module)

    def _slice(self, names: list[str]) -> Any:
        return type(self)(vars(self)[name] for name in names)

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __repr__(self) -> str:
        """Modules that look alike and stand together are shown once."""
        blocks: list[list[Any]] = []  # [first, last, repr]
        for i, shown in enumerate(map(repr, self)):
            if blocks and blocks[-1][2] == shown:
                blocks[-1][1] = i
            else:
                blocks.append([i, i, shown])
        return self._repr_of([], [
            f"({a}): {shown}" if a == b else f"({a}-{b}): {b - a + 1} x {shown}"
            for a, b, shown in blocks])


class ModuleDict(Module):
    """Modules by name, for a module that chooses among them.

    Parameters
    ----------
    modules : mapping of str to Module, or iterable of such pairs, optional

    Raises
    ------
    PartNameError
        If a name is empty, has a dot in it, or is that of a method, such as ``keys``.

    Examples
    --------
    >>> from learngrad import nn
    >>> acts = nn.ModuleDict({"relu": nn.ReLU(), "tanh": nn.Tanh()})
    >>> acts["tanh"], list(acts)
    (Tanh(), ['relu', 'tanh'])
    """

    _made_of_tensors = True  # an error of its own says what it holds

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def forward(self, *inputs: Any) -> Any:
        """Refused: a dict says nothing of which module is meant."""
        raise no_forward(self, "modules[name](x)")

    def __getitem__(self, key: str) -> Any:
        return vars(self)[known(self, key, self._part_names["modules"])]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        delattr(self, known(self, key, self._part_names["modules"]))

    def __len__(self) -> int:
        return len(self._part_names["modules"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._part_names["modules"])

    def __contains__(self, key: object) -> bool:
        return key in self._part_names["modules"]

    def clear(self) -> None:
        """Take all modules out."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a module out, and give it."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """Pairs of names and modules."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add, or replace, modules by name."""
        for key, module in pairs(self, modules):
            self[key] = module


def no_forward(module: Module, fix: str) -> Exception:
    """The error for a call of a container that only holds."""
    from learngrad.nn.module import NoForward
    return NoForward(f"{a_kind_of(module)} holds its parts and computes nothing", fix=fix)


def known(module: Module, key: Any, keys: Any) -> Any:
    """`key`, if it is one of `keys`."""
    if key not in keys:
        raise NoKeyError(f"this {type(module).__name__} has no key {key!r:.60}",
                         fix=f"its keys: {', '.join(map(str, keys)) or 'none'}")
    return key


def pairs(module: Module, given: Any) -> Iterator[tuple[str, Any]]:
    """Keys and values of what ``update`` was given."""
    keys: Callable[[], Iterable[Any]] | None = getattr(given, "keys", None)
    if keys is not None:
        yield from ((key, given[key]) for key in keys())
        return
    if not isinstance(given, Iterable):
        raise ArgumentTypeError(f"{a_kind_of(module)} is made of a dict or of pairs, not of "
                                f"{given!r:.60}", fix=f"nn.{type(module).__name__}({{'name': …}})")
    for pair in given:
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise ArgumentError(f"{a_kind_of(module)} takes pairs of a name and a value, and "
                                f"{pair!r:.60} is none", fix="[('name', value), …]")
        yield pair[0], pair[1]
