"""Modules that hold modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from learngrad.errors import ArgumentTypeError, OutOfRangeError
from learngrad.nn.module import Module

__all__ = ["Sequential"]


class Sequential(Module):
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
    """

    def __init__(self, *layers: Module | Mapping[str, Module]) -> None:
        super().__init__()
        first = layers[0] if len(layers) == 1 else None
        named = first.items() if isinstance(first, Mapping) else enumerate(layers)
        for name, layer in named:
            self._add(str(name), layer)

    def _add(self, name: str, layer: Any) -> None:
        if not isinstance(layer, Module):
            called = getattr(layer, "__name__", "")
            fix = (f"with brackets: nn.{called}()" if isinstance(layer, type) else
                   "give modules, such as nn.ReLU(), separated by commas; not functions or lists")
            raise ArgumentTypeError(
                f"layer {name} of a Sequential must be a module, not {layer!r:.60}", fix=fix)
        self.add_module(name, layer)

    def forward(self, x: Any) -> Any:
        """Pass `x` through all layers."""
        for layer in vars(self).values():
            if isinstance(layer, Module):
                x = layer(x)
        return x

    def append(self, layer: Module) -> Self:
        """Add a layer at the end."""
        self._add(str(len(self)), layer)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: int | slice) -> Any:
        named = list(self.named_children())
        if isinstance(index, slice):
            return type(self)(dict(named[index]))
        if not -len(named) <= index < len(named):
            raise OutOfRangeError(f"there is no layer {index}: this Sequential has {len(named)}",
                                  fix="layers count from 0; -1 is the last one")
        return named[index][1]
