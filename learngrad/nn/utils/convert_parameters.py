"""Parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError
from learngrad.ops.join import cat
from learngrad.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters in one vector, one after another; gradients flow through it.

    Examples
    --------
    >>> from learngrad import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
    learngrad.Size([8])
    """
    given = list(parameters)
    if not given:
        raise ArgumentError("there are no parameters to make a vector of",
                            fix="model.parameters(), called again: a generator is used up")
    return cat([p.reshape(-1) for p in given])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let each parameter be its part of a vector; memory is shared with it.

    Raises
    ------
    ShapeError
        If the vector has fewer or more elements than the parameters. (PyTorch:
        `torch.nn.utils.vector_to_parameters` leaves out those that are too many.)

    Examples
    --------
    >>> import learngrad
    >>> layer = learngrad.nn.Linear(1, 1)
    >>> learngrad.nn.utils.vector_to_parameters(learngrad.tensor([2.0, 3.0]), layer.parameters())
    >>> layer(learngrad.ones(1, 1)).item()
    5.0
    """
    if not isinstance(vec, Tensor):
        raise ArgumentTypeError(f"a vector is a tensor, not {vec!r:.60}",
                                fix="learngrad.tensor(vec)")
    given = list(parameters)
    needed = sum(p.numel() for p in given)
    if vec.ndim != 1 or vec.numel() != needed:
        raise ShapeError(f"these parameters have {needed} elements, so they need a vector of as "
                         "many", tensors={"vec": vec}, fix="parameters_to_vector(parameters) makes "
                                                           "one that fits")
    at = 0
    for p in given:
        p.data = vec.detach()[at:at + p.numel()].reshape(p.shape)
        at += p.numel()
