"""How far vectors are apart, as layers."""

from __future__ import annotations

from learngrad.nn.function_layer import FunctionLayer
from learngrad.ops import distances

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(FunctionLayer):
    r"""The cosine of the angle: :math:`\frac{x_1 \cdot x_2}{\|x_1\| \|x_2\|}`.

    Parameters
    ----------
    dim : int, default 1
        The dimension along which the vectors lie.
    eps : float, default 1e-8
        The least that each length counts as.

    Shape
    -----
    [*, d, *] and [*, d, *], which may broadcast, to [*, *]

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[1.0, 0.0]]), learngrad.tensor([[1.0, 1.0]])
    >>> learngrad.nn.CosineSimilarity()(x, y)
    tensor([0.7071])
    """

    function = staticmethod(distances.cosine_similarity)

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self._fix(dim=dim, eps=eps)


class PairwiseDistance(FunctionLayer):
    r"""The p-norm of the difference, :math:`\|x_1 - x_2 + \epsilon\|_p`, over the last dimension.

    Parameters
    ----------
    p : float, default 2.0
    eps : float, default 1e-6
    keepdim : bool, default False
        Whether the last dimension stays, with size 1.

    Shape
    -----
    [n, d] or [d], both, to [n] or []; with `keepdim` to [n, 1] or [1]

    Examples
    --------
    >>> import learngrad
    >>> x, y = learngrad.tensor([[3.0, 0.0]]), learngrad.tensor([[0.0, 4.0]])
    >>> learngrad.nn.PairwiseDistance()(x, y)
    tensor([5.])
    """

    function = staticmethod(distances.pairwise_distance)

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self._fix(p=p, eps=eps, keepdim=keepdim)
