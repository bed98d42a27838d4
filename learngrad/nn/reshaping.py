"""Layers that change the shape and nothing else."""

from __future__ import annotations

from typing import Any

from learngrad.nn.module import Module
from learngrad.ops import shape as S

__all__ = ["Flatten"]


class Flatten(Module):
    """Make one dimension of several, by default of all but the first (the batch).

    Parameters
    ----------
    start_dim, end_dim : int, default 1 and -1
        The first and last of the dimensions that become one.

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Flatten()(learngrad.ones(5, 8, 8)).shape
    learngrad.Size([5, 64])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        """``flatten(x, start_dim, end_dim)``."""
        return S.flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
