"""`RemovableHandle`: what registering a hook gives back, to take the hook away again."""

from __future__ import annotations

import itertools
from collections.abc import MutableMapping
from typing import Any, Self

__all__ = ["RemovableHandle"]

_numbers = itertools.count()


class RemovableHandle:
    """Takes one hook away: by ``remove()``, when called, or at the end of a ``with`` block.

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.ReLU()
    >>> with layer.register_forward_hook(lambda module, args, out: print(out)):
    ...     _ = layer(learngrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    >>> _ = layer(learngrad.tensor([-1.0, 2.0]))
    """

    def __init__(self, hooks: MutableMapping[int, Any], entry: Any) -> None:
        self.id = next(_numbers)
        self._hooks = hooks
        hooks[self.id] = entry

    def __repr__(self) -> str:
        return f"<hook {self.id}: remove() takes it away>"

    def remove(self) -> None:
        """Take the hook away; doing so twice does nothing more."""
        self._hooks.pop(self.id, None)

    __call__ = remove

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.remove()
