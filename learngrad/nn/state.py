"""Loading a state into a module: everything that does not fit is found before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from learngrad import devices
from learngrad.autograd.mode import no_grad
from learngrad.errors import ArgumentTypeError, LearngradError, a_kind_of
from learngrad.nn.parameter import Parameter, Uninitialized
from learngrad.nn.parts import Parts
from learngrad.tensor import Tensor, tensor

__all__ = ["LoadResult", "ModuleError", "load", "own"]


class ModuleError(LearngradError, RuntimeError):
    """A module that is not complete, or a state that does not fit it."""


class LoadResult(NamedTuple):
    """What `Module.load_state_dict` could not match."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return (f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
                f"unexpected_keys={self.unexpected_keys})")


EXTRA = "_extra_state"  # the key of what a subclass's get_extra_state adds


def own(module: Parts) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of a module's own state: its parameters, then its persistent buffers."""
    yield from module._own_parts("parameters")
    yield from ((name, value) for name, value in module._own_parts("buffers")
                if module._part_names["buffers"][name])


def _places(module: Parts, prefix: str = "") -> Iterator[tuple[str, tuple[Parts, str]]]:
    """Every key of a module's state, and where what it names is held."""
    for name, _ in own(module):
        yield prefix + name, (module, name)
    if hasattr(module, "set_extra_state"):
        yield prefix + EXTRA, (module, EXTRA)
    for name, child in module._own_parts("modules"):
        yield from _places(child, f"{prefix}{name}.")


def load(module: Parts, state: Mapping[str, Any], strict: bool, assign: bool) -> LoadResult:
    """What `Module.load_state_dict` does."""
    if not isinstance(state, Mapping):
        raise ArgumentTypeError(f"a state is a dict of tensors, not {state!r:.60}",
                                fix="model.load_state_dict(other.state_dict())")
    places = dict(_places(module))
    result = LoadResult([key for key, (owner, name) in places.items()
                         if key not in state and name not in owner._newer_parts],
                        [key for key in state if key not in places])
    problems, changes = [], []
    for key, (owner, name) in places.items():
        if key in state:
            change = _fitting(owner, name, state[key], assign)
            if isinstance(change, str):
                problems.append(f"{key}: {change}")
            else:
                changes.append(change)
    if strict:
        problems += [f"{key}: missing in the state" for key in result.missing_keys]
        problems += [f"{key}: not in this module" for key in result.unexpected_keys]
    if problems:
        raise ModuleError(
            "\n  ".join([f"this state does not fit {type(module).__name__}:", *problems]),
            fix="build the module as the one that was saved, or pass strict=False to leave out "
                "keys that do not match")
    with no_grad():
        for change in changes:
            change()
    return result


def _fitting(owner: Parts, name: str, value: Any, assign: bool) -> str | Callable[[], object]:
    """What loads `value` in the place of an attribute, or what is wrong with it."""
    if name == EXTRA:
        return lambda: owner.set_extra_state(value)  # type: ignore[attr-defined]
    if not isinstance(value, Tensor) and not devices.is_array(value):
        return f"{a_kind_of(value)} in the state, where a tensor was expected"
    here = getattr(owner, name)
    if isinstance(value, Uninitialized):
        return (lambda: None) if isinstance(here, Uninitialized) else (
            "not initialised in the state: call the module that it comes from once, then save it")
    blank = isinstance(here, Uninitialized)
    if not blank and tuple(value.shape) != tuple(here.shape):
        return f"shape {list(value.shape)} in the state, {list(here.shape)} here"
    given = value if isinstance(value, Tensor) else tensor(value)
    if assign:
        if isinstance(here, Parameter):
            if here.requires_grad and not devices.is_floating(given.dtype):
                return f"{given.dtype} in the state, which no gradient can move"
            frozen = not here.requires_grad
            given = given.requires_grad_(not frozen) if isinstance(given, Parameter) else (
                Parameter(given.detach(), not frozen))
        return lambda: setattr(owner, name, given)
    if not blank and not getattr(here._data.flags, "writeable", True):
        return "its memory cannot be written: pass assign=True"

    def copy() -> None:
        if blank:
            here.materialize(given.shape)
        here.copy_(given)

    return copy
