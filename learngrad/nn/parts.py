"""What a module is made of: parameters, buffers and modules, held by attributes and found by name.

A part is an ordinary attribute, read at the speed of one; beside the attributes a module keeps the
names of its parts, by kind and in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from inspect import signature
from types import FunctionType
from typing import Any, Self

from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, a_kind_of
from learngrad.nn.notices import tell
from learngrad.nn.parameter import Buffer, Parameter
from learngrad.tensor import Tensor

__all__ = ["PartError", "PartNameError", "Parts", "SetUpError"]


class SetUpError(LearngradError, AttributeError):
    """A module is used whose ``__init__`` never called ``super().__init__()``."""


class PartError(LearngradError, AttributeError):
    """A path to a part that is not there."""


class PartNameError(ArgumentError, KeyError):
    """A name that a part cannot have."""


class AfterSetUp:
    """Stands on the class for what ``__init__`` puts on the instance; reading it is the error."""

    def __get__(self, module: Any, owner: type) -> Any:
        if module is None:
            return self
        raise _not_set_up(module, "was never set up: its __init__ calls no super().__init__()")


def _not_set_up(module: Any, why: str) -> SetUpError:
    return SetUpError(f"{type(module).__name__} {why}",
                      fix="super().__init__() as the first line of __init__")


def _made_with_the_input(cls: type) -> ArgumentTypeError:
    parameters = signature(cls).parameters
    needed = [name for name, one in parameters.items()
              if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD]
    if "dim" in parameters and "dim" not in needed:
        needed.append("dim=-1")
    return ArgumentTypeError(
        f"nn.{cls.__name__} is made first, without the input, and what comes out is then called "
        f"with it", fix=f"layer = nn.{cls.__name__}({', '.join(needed)}); out = layer(x)")


class View(MutableMapping[str, Any]):
    """A module's parts of one kind as a mapping; what is written into it reaches the module."""

    def __init__(self, module: Any, kind: str) -> None:
        self._module, self._kind = module, kind

    def __getitem__(self, name: str) -> Any:
        if name not in self._module._part_names[self._kind]:
            raise KeyError(name)
        return vars(self._module)[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._module._hold_part(self._kind, name, value)

    def __delitem__(self, name: str) -> None:
        del self._module._part_names[self._kind][name], vars(self._module)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._module._part_names[self._kind])

    def __len__(self) -> int:
        return len(self._module._part_names[self._kind])

    def __repr__(self) -> str:
        return repr(dict(self))


class _SignatureOfInit:
    """A class is called as its ``__init__`` says; Python 3.11.2 would look at `__new__`."""

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is not None:
            raise AttributeError("__signature__")  # that of a call is another
        whole = signature(owner.__init__)
        return whole.replace(parameters=[*whole.parameters.values()][1:])


class Parts:
    """Base of `Module`: its parts, their names, and how they are found."""

    training: bool
    # Kind to name to True, or, for a buffer that does not belong to the state, False.
    _part_names: Any = AfterSetUp()
    # Whether a layer of ours takes a tensor when it is made, as the weights of a loss.
    _made_of_tensors = False
    __signature__ = _SignatureOfInit()
    # What states do not have that are as old as PyTorch 0.4; it is then left as it is.
    _newer_parts: tuple[str, ...] = ()

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Refuse the input where a layer of ours is made: it comes when that is called."""
        if args and isinstance(args[0], Tensor) and args[0].ndim and not cls._made_of_tensors \
                and cls.__module__.startswith("learngrad.nn."):
            raise _made_with_the_input(cls)
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or kwargs:
            name = type(self).__name__
            raise ArgumentTypeError(
                f"{name} is made without arguments; tensors are for the module that is made",
                fix=f"layer = {name}(); out = layer(x)")
        # A second call, by way of a second base, keeps the parts there are.
        for name, value in (("training", True), ("_call_hooks", None), ("_part_names", {
                "parameters": {}, "buffers": {}, "modules": {}})):
            vars(self).setdefault(name, value)

    # ---- Putting parts in ------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        kind = ("parameters" if isinstance(value, Parameter) else
                "modules" if isinstance(value, Parts) else
                "buffers" if isinstance(value, Buffer) else None)
        parts = vars(self).get("_part_names")
        if parts is None:
            if kind is not None:
                raise _not_set_up(self, f"gets its part {name} before it is set up")
            super().__setattr__(name, value)
            return
        held = next((k for k, names in parts.items() if name in names), None)
        if kind == "parameters" or (kind == "modules" and held != "parameters") or (
                kind == "buffers" and held in (None, "buffers")):
            self._hold_part(kind, name, value, getattr(value, "persistent", True))
        elif held is None:
            super().__setattr__(name, value)
        elif value is None or (held == "buffers" and isinstance(value, Tensor)):
            vars(self)[name] = value
        else:
            raise _no_successor(self, held, name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        for names in self._part_names.values():
            names.pop(name, None)

    def _hold_part(self, kind: str, name: str, value: Any, persistent: bool = True) -> None:
        """Make `value`, or None, the part of this name, at the place that the name has."""
        if not isinstance(name, str):
            raise ArgumentTypeError(f"the name of a part is a string, not {name!r:.60}",
                                    fix="add_module('encoder', module)")
        if not name or "." in name:
            raise PartNameError(
                f"a part cannot be called {name!r}: "
                + ("a dot separates the names in a path" if name else "a name has letters"),
                fix="use an underscore, or add it to the module that the path leads to")
        if isinstance(getattr(type(self), name, None), (FunctionType, property)):
            raise PartNameError(
                f"{type(self).__name__}.{name} has a meaning of its own, which a part of that name "
                "would take away", fix=f"choose another name, such as {name}_")
        _check_kind(kind, name, value)
        if isinstance(value, Parts):
            value._part_names  # noqa: B018  (one that was never set up says so here)
        if isinstance(value, Parameter) and value.name is None:
            value.name = name
        for other, names in self._part_names.items():
            if other != kind:
                names.pop(name, None)
        self._part_names[kind][name] = persistent
        vars(self)[name] = value

    def _register_part(self, kind: str, name: str, value: Any, persistent: bool = True) -> None:
        if isinstance(name, str) and name in vars(self) and name not in self._part_names[kind]:
            raise PartNameError(f"{type(self).__name__} has an attribute {name!r} already",
                                fix="choose another name")
        self._hold_part(kind, name, value, persistent)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter by its name; None keeps the name's place for one to come."""
        self._register_part("parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is not trained, such as a running mean.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool, default True
            Whether it belongs to `state_dict`.

        Raises
        ------
        ArgumentTypeError, PartNameError
            If it is no plain tensor, or the name is taken, empty or has a dot in it.
        """
        self._register_part("buffers", name, tensor, persistent)

    def add_module(self, name: str, module: Any) -> None:
        """Add a module by its name.

        Examples
        --------
        >>> from learngrad import nn
        >>> net = nn.Module()
        >>> net.add_module("act", nn.ReLU())
        >>> net.act
        ReLU()
        """
        self._register_part("modules", name, module)

    def register_module(self, name: str, module: Any) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    # ---- Finding them ----------------------------------------------------------------------------

    def _own_parts(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Names and parts of one kind, without those that are None."""
        held, names = vars(self), list(self._part_names[kind])
        return ((name, held[name]) for name in names if held[name] is not None)

    @property
    def _parameters(self) -> View:
        return View(self, "parameters")

    @property
    def _buffers(self) -> View:
        return View(self, "buffers")

    @property
    def _modules(self) -> View:
        return View(self, "modules")

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Names and modules of its own attributes, not of their parts; each module once."""
        seen = set()
        for name, value in self._own_parts("modules"):
            if id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def named_modules(self, memo: set[Any] | None = None, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        """Paths and modules: itself (path ``""``), its parts, their parts.

        Parameters
        ----------
        memo : set, optional
            The ids of modules to leave out; those that are met are added.
        prefix : str, default ""
            The path of this module.
        remove_duplicate : bool, default True
            Give a module that is held in several places once.
        """
        memo = set() if memo is None else memo
        if id(self) in memo:
            return
        if remove_duplicate:
            memo.add(id(self))  # a module may be of a class without a hash: a dataclass
        yield prefix, self
        for name, value in self._own_parts("modules"):
            yield from value.named_modules(memo, _join(prefix, name), remove_duplicate)

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Paths and parameters, each parameter once.

        Examples
        --------
        >>> from learngrad import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 3), nn.ReLU()).named_parameters()]
        ['0.weight', '0.bias']
        """
        return self._named_parts("parameters", prefix, recurse, remove_duplicate)

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """Paths and buffers, each buffer once."""
        return self._named_parts("buffers", prefix, recurse, remove_duplicate)

    def _named_parts(self, kind: str, prefix: str, recurse: bool,
               remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules: Iterable[tuple[str, Any]] = [(prefix, self)]
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules:
            for name, value in module._own_parts(kind):
                if not remove_duplicate or id(value) not in seen:
                    seen.add(id(value))
                    yield _join(path, name), value

    def modules(self) -> Iterator[Any]:
        """Itself, its parts, their parts; each module once."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Any]:
        """The modules of its own attributes."""
        return (module for _, module in self.named_children())

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter, once: what an optimiser is given.

        Warns
        -----
        UserWarning
            Once, if a plain list or dict holds modules or parameters, which are not found in it.
            A tuple may hide them on purpose.
        """
        if recurse and "_looked_into_lists" not in vars(self):
            vars(self)["_looked_into_lists"] = True
            _tell_of_lists(self)
        return (value for _, value in self.named_parameters(recurse=recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer, once."""
        return (value for _, value in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Any:
        """The module at a path; at ``""`` this one.

        Raises
        ------
        PartError
            If there is none.

        Examples
        --------
        >>> from learngrad import nn
        >>> nn.Sequential(nn.Sequential(nn.Tanh())).get_submodule("0.0")
        Tanh()
        """
        module = self
        for name in target.split(".") if target else ():
            module = _part(module, "modules", name, target)
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path, such as ``encoder.0.weight``."""
        path, _, name = target.rpartition(".")
        return _part(self.get_submodule(path), "parameters", name, target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path."""
        path, _, name = target.rpartition(".")
        return _part(self.get_submodule(path), "buffers", name, target)

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put a module at a path; with `strict`, only in the place of another."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if strict:
            _part(owner, "modules", name, target)
        owner._hold_part("modules", name, module)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _tell_of_lists(root: Parts) -> None:
    """Warn of parts of `root` that nobody finds, because a plain list or dict holds them."""
    found = {id(part) for module in root.modules() for part in (module, *(
        p for _, p in module._own_parts("parameters")))}
    for path, module in root.named_modules():
        for name, value in vars(module).items():
            if type(value) in (list, dict) and any(
                    isinstance(x, (Parts, Parameter)) and id(x) not in found
                    for x in (value.values() if type(value) is dict else value)):
                like = "Dict" if type(value) is dict else "List"
                tell(f"{_join(path, name)} of this {type(root).__name__} is a plain "
                     f"{like.lower()}: what it holds is not among parameters(), and so will be "
                     f"neither trained, moved nor saved. Use nn.Module{like} for modules and "
                     f"nn.Parameter{like} for parameters, or a tuple to hide them on purpose.")


_ONE = {"parameters": "parameter", "buffers": "buffer", "modules": "module"}


def _part(module: Parts, kind: str, name: str, target: str) -> Any:
    found = dict(module._own_parts(kind))
    if name not in found:
        there = ", ".join(found) or "none"
        raise PartError(
            f"there is no {_ONE[kind]} {target!r}: {type(module).__name__} has no {_ONE[kind]} "
            f"{name!r}", fix=f"its {kind}: {there}")
    return found[name]


def _check_kind(kind: str, name: str, value: Any) -> None:
    """Refuse as a part of this kind what cannot be one."""
    if value is None:
        return
    if kind == "parameters" and not isinstance(value, Parameter):
        raise ArgumentTypeError(f"parameter {name} is a Parameter, not {a_kind_of(value)}",
                                fix="nn.Parameter(tensor)")
    if kind == "buffers" and (not isinstance(value, Tensor) or isinstance(value, Parameter)):
        raise ArgumentTypeError(f"a buffer is a plain tensor, not {a_kind_of(value)}",
                                fix="register_buffer(name, learngrad.zeros(n))")
    if kind == "modules" and not isinstance(value, Parts):
        called = getattr(value, "__name__", "")
        raise ArgumentTypeError(
            f"{name} must be a module, not {value!r:.60}",
            fix=f"with brackets: {called}()" if isinstance(value, type) else
                "a module, such as nn.ReLU(); not a function or a list")


def _no_successor(module: Parts, kind: str, name: str, value: Any) -> ArgumentTypeError:
    one = _ONE[kind]
    why = ": optimisers would go on with the old one" if kind == "parameters" else ""
    return ArgumentTypeError(
        f"{name} is a {one} of this {type(module).__name__}, and {type(value).__name__} would take "
        f"its place{why}",
        fix=f"with learngrad.no_grad(): module.{name}.copy_(value)" if kind == "parameters"
            else f"assign a {one}, or None, to {name}")
