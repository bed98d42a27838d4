"""Layers that change the shape and nothing else."""

from __future__ import annotations

from typing import Any

from learngrad.errors import ArgumentTypeError
from learngrad.nn.module import Module
from learngrad.ops import shape as S

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Make one dimension of several, by default of all but the first (the batch).

    Parameters
    ----------
    start_dim, end_dim : int, default 1 and -1
        The first and last of the dimensions that become one.

    Shape
    -----
    [n, *] to [n, product of *]

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Flatten()(learngrad.ones(5, 8, 8)).shape
    learngrad.Size([5, 64])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        """``flatten(input, start_dim, end_dim)``."""
        return S.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Make several dimensions of one.

    Parameters
    ----------
    dim : int
        The dimension that is taken apart.
    unflattened_size : tuple or list of int
        Their sizes; one of them may be -1, and is then found from the others.

    Shape
    -----
    [..., product of sizes, ...] to [..., *sizes, ...]

    Raises
    ------
    ArgumentTypeError
        If `dim` is no integer or the sizes are not integers. (PyTorch: `torch.nn.Unflatten` also
        takes names of dimensions, which tensors do not have here.)

    Examples
    --------
    >>> import learngrad
    >>> learngrad.nn.Unflatten(1, (8, -1))(learngrad.ones(5, 64)).shape
    learngrad.Size([5, 8, 8])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(dim, int) or not isinstance(unflattened_size, (tuple, list)) or not all(
                isinstance(size, int) for size in unflattened_size):
            raise ArgumentTypeError(
                "Unflatten takes the number of a dimension and the sizes it is taken apart into, "
                f"not {dim!r:.60} and {unflattened_size!r:.60}", fix="nn.Unflatten(1, (8, 8))")
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        """``input.unflatten(dim, unflattened_size)``."""
        return S.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The dimension and its parts."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
