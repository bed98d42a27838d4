"""Spectral normalisation in its first form: a hook computes the weight before each call."""

from __future__ import annotations

from typing import Any, TypeVar

from learngrad.autograd.mode import no_grad
from learngrad.creation import empty
from learngrad.errors import ArgumentError
from learngrad.nn import init
from learngrad.nn.conv import Backwards
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.nn.utils.weightnorm import Computed, found, free
from learngrad.ops.bounds import clamp
from learngrad.ops.decompose import vector_norm
from learngrad.tensor import Tensor

__all__ = ["remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


class PowerMethod:
    """The largest factor by which a weight, as a matrix, stretches a vector.

    Multiplying by the matrix and back turns any vector towards the one that is stretched most
    (Miyato et al. 2018, https://arxiv.org/abs/1802.05957).
    """

    def __init__(self, dim: int, rounds: int, eps: float) -> None:
        if rounds < 1:
            raise ArgumentError(f"n_power_iterations={rounds}, and the least is 1",
                                fix="n_power_iterations=1")
        self.dim, self.rounds, self.eps = dim, rounds, eps

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight with `dim` counting rows."""
        dim = self.dim % weight.ndim
        order = [dim, *(k for k in range(weight.ndim) if k != dim)]
        return weight.permute(order).reshape(weight.shape[dim], -1)

    def begin(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors by chance to begin with, of length 1."""
        return tuple(self._unit(init.normal_(empty(  # type: ignore[return-value]
            size, dtype=weight.dtype, device=weight.device))) for size in self.matrix(weight).shape)

    def _unit(self, x: Tensor) -> Tensor:
        return x / clamp(vector_norm(x), min=self.eps)

    def turn(self, matrix: Tensor, u: Tensor, v: Tensor) -> None:
        """Turn both vectors some rounds further, in place: first `v`, then `u`."""
        with no_grad():
            for _ in range(self.rounds):
                v.copy_(self._unit(matrix.T @ u))
                u.copy_(self._unit(matrix @ v))

    def normalised(self, weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
        """The weight divided by its largest factor; `u` and `v` count as constants."""
        u, v = u.clone(), v.clone()  # the next round must not change what backward needs
        return weight / (u * (self.matrix(weight) @ v)).sum()


def rows(module: Module, dim: int | None) -> int:
    """The dimension of a module's weight that counts outputs."""
    return dim if dim is not None else int(isinstance(module, Backwards))


class SpectralNorm(Computed):
    """Computes ``weight_orig`` divided by its largest factor."""

    def __init__(self, name: str, method: PowerMethod) -> None:
        super().__init__(name)
        self.method = method

    def _matrix_parts(self, module: Module) -> list[Any]:
        return [getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v")]

    def weight(self, module: Module) -> Tensor:
        """The weight, by the vectors as they are."""
        return self.method.normalised(*self._matrix_parts(module))

    def __call__(self, module: Module, args: Any) -> None:
        if module.training:
            weight, u, v = self._matrix_parts(module)
            self.method.turn(self.method.matrix(weight.detach()), u, v)
        super().__call__(module, args)


def spectral_norm(module: M, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> M:
    r"""Divide a weight by the most it stretches a vector: :math:`W / \sigma(W)`.

    It keeps a critic from becoming steep (Miyato et al. 2018, https://arxiv.org/abs/1802.05957).
    The module learns ``weight_orig``; each call in training brings the estimate of
    :math:`\sigma(W)` closer, whose vectors are the buffers ``weight_u`` and ``weight_v``.

    Parameters
    ----------
    module : Module
    name : str, default "weight"
    n_power_iterations : int, default 1
        Rounds of the power method at each call.
    eps : float, default 1e-12
        The least length that is divided by.
    dim : int, optional
        The dimension that counts outputs: 0, and for transposed convolutions 1.

    Returns
    -------
    Module
        The same module.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad import nn
    >>> layer = nn.utils.spectral_norm(nn.Linear(2, 2, bias=False), n_power_iterations=50)
    >>> _ = layer(learngrad.ones(1, 2))
    >>> round(learngrad.linalg.matrix_norm(layer.weight.detach(), 2).item(), 3)
    1.0
    """
    weight = free(module, SpectralNorm, name)
    method = PowerMethod(rows(module, dim), n_power_iterations, eps)
    u, v = method.begin(weight)
    method.turn(method.matrix(weight.detach()), u, v)
    SpectralNorm(name, method).register(module, orig=Parameter(weight.detach()), u=u, v=v)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the normalised weight a parameter.

    Raises
    ------
    ArgumentError
        If it is not normalised.
    """
    hook = found(module, SpectralNorm, name)
    if hook is None:
        raise ArgumentError(f"{type(module).__name__}.{name} has no spectral normalisation",
                            fix="nn.utils.spectral_norm(module) gives it one")
    hook.remove(module, "orig", "u", "v")
    return module
