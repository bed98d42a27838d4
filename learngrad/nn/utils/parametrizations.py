"""Weight and spectral normalisation as parametrizations."""

from __future__ import annotations

from typing import Any, TypeVar

from learngrad.nn.module import Module
from learngrad.nn.utils.parametrize import register_parametrization
from learngrad.nn.utils.spectralnorm import PowerMethod, rows
from learngrad.nn.utils.weightnorm import lengths, scaled
from learngrad.tensor import Tensor

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """Vectors in the directions of one tensor with the lengths in another."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        """``g * v / |v|``."""
        return scaled(weight_g, weight_v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Lengths and directions of a weight."""
        return lengths(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    r"""Learn the length and the direction of weights apart: :math:`w = g \, v / \lVert v \rVert`.

    After Salimans and Kingma 2016 (https://arxiv.org/abs/1602.07868). What is learned are
    ``parametrizations.weight.original0``, the lengths, and ``original1``, the directions.

    Parameters
    ----------
    module : Module
    name : str, default "weight"
    dim : int or None, default 0
        The dimension that counts the vectors; None for one length of all elements.

    Examples
    --------
    >>> from learngrad import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    >>> list(layer.parametrizations.weight.original0.shape)
    [2, 1]
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    """A weight divided by the most it stretches a vector."""

    _made_of_tensors = True

    def __init__(self, weight: Tensor, method: PowerMethod) -> None:
        super().__init__()
        self.method = method
        for name, vector in zip(("_u", "_v"), method.begin(weight)):
            self.register_buffer(name, vector)
        for _ in range(15):  # a good estimate to begin with
            self._turn(weight)

    def _turn(self, weight: Tensor) -> None:
        # As in PyTorch `u` is turned first here, and `v` in the older form.
        self.method.turn(self.method.matrix(weight.detach()).T, self.get_buffer("_v"),
                         self.get_buffer("_u"))

    def forward(self, weight: Any) -> Any:
        """The weight, normalised; in training the estimate becomes better."""
        if self.training:
            self._turn(weight)
        return self.method.normalised(weight, self.get_buffer("_u"), self.get_buffer("_v"))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself: its factor may already be 1."""
        return value


def spectral_norm(module: M, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> M:
    r"""Divide a weight by the most it stretches a vector: :math:`W / \sigma(W)`.

    Parameters
    ----------
    module, name, n_power_iterations, eps, dim
        As for `learngrad.nn.utils.spectral_norm`.

    Examples
    --------
    >>> from learngrad import nn
    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))
    >>> list(layer.state_dict())[1:]
    ['parametrizations.weight.original', 'parametrizations.weight.0._u', 'parametrizations.weight.0._v']
    """  # noqa: E501
    weight = module.get_parameter(name).detach()
    method = PowerMethod(rows(module, dim), n_power_iterations, eps)
    return register_parametrization(module, name, _SpectralNorm(weight, method))
