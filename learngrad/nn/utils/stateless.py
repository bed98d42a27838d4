"""A module as a function of its parameters."""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentError
from learngrad.nn.module import Module
from learngrad.nn.parts import Parts

__all__ = ["functional_call"]


def functional_call(module: Module, parameters_and_buffers: Any, args: Any = None,
                    kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True,
                    strict: bool = False) -> Any:
    """Call a module with other tensors in the place of its parameters and buffers.

    Gradients flow to these tensors, which may come out of a graph themselves: a step of descent
    can be differentiated so.

    Parameters
    ----------
    module : Module
    parameters_and_buffers : mapping of str to Tensor, or several of them
        By their paths; the others stay as they are.
    args : tuple, or a single argument
    kwargs : dict, optional
    tie_weights : bool, default True
        Replace a tensor under all the paths that it is held under.
    strict : bool, default False
        Refuse to leave one out.

    Raises
    ------
    ArgumentError
        If a path leads to no parameter or buffer.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn.utils.stateless import functional_call
    >>> layer = learngrad.nn.Linear(1, 1, bias=False)
    >>> functional_call(layer, {"weight": learngrad.tensor([[3.0]])}, learngrad.ones(1, 1)).item()
    3.0
    """
    given: dict[str, Any] = {}
    several = isinstance(parameters_and_buffers, (tuple, list))
    for mapping in parameters_and_buffers if several else (parameters_and_buffers,):
        given.update(mapping)
    own = {path: value for kind in ("parameters", "buffers")
           for path, value in module._named_parts(kind, "", True, remove_duplicate=False)}
    unknown, missing = given.keys() - own.keys(), own.keys() - given.keys()
    if unknown or (strict and missing):
        said = (f"{sorted(unknown)[0]!r} is no parameter or buffer of {type(module).__name__}"
                if unknown else f"{sorted(missing)[0]!r} is not given")
        raise ArgumentError(said, fix=f"its paths: {', '.join(own)}")
    if tie_weights:
        tied = {id(own[path]): value for path, value in given.items()}
        given = {path: given.get(path, tied.get(id(value), value)) for path, value in own.items()}
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    places = [_place(module, path) for path in given]
    before = [vars(owner)[name] for owner, name in places]
    try:
        for (owner, name), value in zip(places, given.values()):
            vars(owner)[name] = value
        return module(*args, **(kwargs or {}))
    finally:
        for (owner, name), value in zip(places, before):
            vars(owner)[name] = value


def _place(module: Module, path: str) -> tuple[Parts, str]:
    owner, _, name = path.rpartition(".")
    return module.get_submodule(owner), name
