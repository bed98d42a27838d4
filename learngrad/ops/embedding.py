"""Rows of a table, picked by number: what stands for a word, a letter or a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from learngrad import devices
from learngrad.autograd.function import Function, together
from learngrad.autograd.order import changed
from learngrad.errors import ArgumentError, DtypeError, OutOfRangeError, ShapeError
from learngrad.ops.index import put_back

__all__ = ["embedding"]

OFTEN = 8  # times that a row is used in the mean, for its gradients to be worth sorting


class Embedding(Function):
    """The rows of a table at some indices; a row's gradients are summed wherever it was used."""

    formula, sign = r"W_{i}", "embedding"
    local = {"weight": "g, added to the rows that were picked"}

    def forward(self, weight, indices, padding, by_frequency):
        self.key, self.before, self.factor = indices.copy(), weight.shape, None
        if by_frequency:
            counts = how_often(indices.reshape(-1), len(weight))
            self.factor = (1 / counts[indices].astype(weight.dtype))[..., None]
        if padding is not None:
            used = (indices != padding)[..., None].astype(weight.dtype)
            self.factor = used if self.factor is None else used * self.factor
        return weight[indices]

    def backward(self, g):
        g = g if self.factor is None else g * self.factor
        count, width = self.before
        if type(g) is np.ndarray and g.itemsize > 2 and self.key.size >= OFTEN * count:
            return _sums(g.reshape(-1, width), self.key.reshape(-1).astype(np.intp), count)
        # By numbers in one dimension NumPy adds several times faster than by rows.
        columns = devices.array_module(self.key).arange(width)
        at = (self.key[..., None] * width + columns).reshape(-1)
        return put_back(g.reshape((-1,)), at, (count * width,)).reshape(self.before)


def how_often(numbers: Any, count: int) -> Any:
    """How often each of `count` numbers is there; CuPy's bincount would wait, to look at them."""
    if isinstance(numbers, np.ndarray):
        return np.bincount(numbers, minlength=count)
    xp = devices.array_module(numbers)
    counts = xp.zeros(count, devices.int32)
    xp.add.at(counts, numbers, 1)
    return counts


def _sums(g: Any, key: Any, count: int) -> Any:
    """The rows of g that belong to each of `count` rows, laid together and summed by BLAS."""
    out = np.zeros((count, g.shape[1]), g.dtype)
    ends = np.cumsum(np.bincount(key, minlength=count)).tolist()
    together, ones = g.take(np.argsort(key, kind="stable"), 0), np.ones(len(g), g.dtype)
    for row, start, end in zip(out, [0, *ends], ends):
        if start < end:
            np.dot(ones[start:end], together[start:end], out=row)
    return out


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0,
              scale_grad_by_freq=False, sparse=False):
    """The rows of `weight` at the indices in `input`.

    PyTorch: `torch.nn.functional.embedding` has sparse gradients too.

    Parameters
    ----------
    input : Tensor of int, any shape
    weight : Tensor, shape [rows, features]
    padding_idx : int, optional
        The row that gets no gradient.
    max_norm : float, optional
        Rows that are used and longer are first shortened to it, in place.
    norm_type : float, default 2.0
        Which length: the p of the p-norm.
    scale_grad_by_freq : bool, default False
        Whether a row's gradient is divided by how often the row was used.
    sparse : bool, default False
        Must be False: gradients are never sparse here.

    Returns
    -------
    Tensor, shape [*, features]

    Raises
    ------
    OutOfRangeError
        If an index is not a row's number.

    Examples
    --------
    >>> import learngrad
    >>> table = learngrad.tensor([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
    >>> learngrad.nn.functional.embedding(learngrad.tensor([2, 1]), table)
    tensor([[ 2., 20.],
            [ 1., 10.]])
    """
    together("embedding", weight=weight, input=input)
    if weight.ndim != 2:
        raise ShapeError("embedding takes a weight [rows, features]",
                         fix="embedding(indices, weight): the indices come first")
    if input.dtype.kind not in "iu":
        raise DtypeError(f"embedding takes indices, which are integers and not {input.dtype}",
                         fix="x.long(); the indices come first, then the weight")
    if sparse:
        raise ArgumentError("embedding has no sparse gradients", fix="sparse=False")
    rows, indices = weight.shape[0], getattr(input, "_data", input)
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise OutOfRangeError(f"padding_idx={padding_idx}, and there are {rows} rows",
                                  fix="padding_idx=0")
        padding_idx %= rows
    if isinstance(indices, np.ndarray) and indices.size:  # on a GPU, looking would wait for it
        low, high = int(indices.min()), int(indices.max())
        if low < 0 or high >= rows:
            raise OutOfRangeError(f"an index is {low if low < 0 else high}, and the table's rows "
                                  f"are 0 to {rows - 1}",
                                  fix="a padding has a row of its own, too: padding_idx=0"
                                  if low < 0 else
                                  "make the table with more rows: num_embeddings=…")
    if max_norm is not None:
        _shorten(weight, indices, max_norm, norm_type)
    return Embedding.apply(weight, indices, padding_idx, bool(scale_grad_by_freq))


def _shorten(weight: Any, indices: Any, most: float, p: float) -> None:
    """Shorten the rows that are used and longer than `most`; the others stay as they are."""
    table, xp = weight._data, devices.array_module(weight._data)
    length = xp.linalg.norm(table.astype(np.float32) if table.dtype.itemsize == 2 else table, p, 1)
    used = xp.zeros(len(table), bool)
    used[indices.reshape(-1)] = True
    factor = xp.where(used & (length > most), most / (length + 1e-7), 1.0)
    table *= factor.astype(table.dtype)[:, None]
    changed(weight)
