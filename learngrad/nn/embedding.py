"""Tables of vectors: one row stands for a word, a letter or a class."""

from __future__ import annotations

from typing import Any, Self

from learngrad.errors import ArgumentError, OutOfRangeError, ShapeError
from learngrad.nn import init, starts
from learngrad.nn.module import Module
from learngrad.nn.parameter import Parameter
from learngrad.ops.bags import embedding_bag
from learngrad.ops.embedding import embedding

__all__ = ["Embedding", "EmbeddingBag"]


class Table(Module):
    """Base of both: the rows, and where they start."""

    weight: Parameter

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None,
                 max_norm: float | None, norm_type: float, scale_grad_by_freq: bool, sparse: bool,
                 _weight: Any, _freeze: bool, device: Any, dtype: Any) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_embeddings = starts.count(name, "num_embeddings", num_embeddings)
        self.embedding_dim = starts.count(name, "embedding_dim", embedding_dim)
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise OutOfRangeError(f"nn.{name}: padding_idx={padding_idx}, and there are "
                                      f"{num_embeddings} rows", fix="padding_idx=0")
            padding_idx %= num_embeddings
        if sparse:
            raise ArgumentError(f"nn.{name} has no sparse gradients: the numbers are the same "
                                "without", fix="sparse=False")
        self.padding_idx, self.max_norm, self.norm_type = padding_idx, max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is None:
            self.weight = starts.parameter(num_embeddings, embedding_dim, device=device,
                                           dtype=dtype)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight)
        self.weight.requires_grad_(not _freeze)

    def reset_parameters(self) -> None:
        """Draw new rows; that of `padding_idx` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            init.zeros_(self.weight.detach()[self.padding_idx])

    @classmethod
    def _of(cls, embeddings: Any, freeze: bool, **options: Any) -> Self:
        if getattr(embeddings, "ndim", 0) != 2:
            raise ShapeError("from_pretrained takes a table [rows, features]",
                             tensors={"embeddings": embeddings}, fix="one row for each index")
        rows, features = embeddings.shape
        return cls(rows, features, _weight=embeddings, _freeze=freeze, **options)

    def extra_repr(self) -> str:
        """The sizes, and what is not as usual."""
        return ", ".join([*self._sizes(), *self._unusual("padding_idx"), *self._lengths()])

    def _sizes(self) -> list[str]:
        return [str(self.num_embeddings), str(self.embedding_dim)]

    def _lengths(self) -> list[str]:
        return self._unusual("max_norm", "norm_type", "scale_grad_by_freq")

    def _unusual(self, *names: str) -> list[str]:
        usual = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}
        return [f"{name}={getattr(self, name)}" for name in names
                if getattr(self, name) != usual[name]]


class Embedding(Table):
    r"""The rows of a table at some indices: :math:`y = W_i`.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many rows there are, and how long they are.
    padding_idx : int, optional
        The row that starts as 0 and gets no gradient.
    max_norm : float, optional
        Rows that are used and longer are first shortened to it.
    norm_type : float, default 2.0
        Which length: the p of the p-norm.
    scale_grad_by_freq : bool, default False
        Whether a row's gradient is divided by how often the row was used.
    sparse : bool, default False
        Must be False: gradients are never sparse here.
    device, dtype : optional

    Attributes
    ----------
    weight : Parameter, shape [num_embeddings, embedding_dim]
        Starts from normal draws.

    Shape
    -----
    [*] of integers to [*, embedding_dim]

    Raises
    ------
    OutOfRangeError
        If `padding_idx`, or an index of a call, is not a row's number.

    Examples
    --------
    >>> import learngrad
    >>> table = learngrad.nn.Embedding(10, 3, padding_idx=0)
    >>> table
    Embedding(10, 3, padding_idx=0)
    >>> table(learngrad.tensor([[1, 4], [2, 0]])).shape
    learngrad.Size([2, 2, 3])
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None, norm_type: float = 2.0,
                 scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Any = None,
                 _freeze: bool = False, device: Any = None, dtype: Any = None) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                         scale_grad_by_freq, sparse, _weight, _freeze, device, dtype)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None,
                        max_norm: float | None = None, norm_type: float = 2.0,
                        scale_grad_by_freq: bool = False, sparse: bool = False) -> Self:
        """A layer round a table that there is already, whose memory it shares.

        Parameters
        ----------
        embeddings : Tensor, shape [rows, features]
        freeze : bool, default True
            Whether the rows are to stay as they are: the parameter then needs no gradient.
        padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse
            As for the layer.

        Examples
        --------
        >>> import learngrad
        >>> table = learngrad.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> learngrad.nn.Embedding.from_pretrained(table)(learngrad.tensor([1]))
        tensor([[3., 4.]])
        """
        return cls._of(embeddings, freeze, padding_idx=padding_idx, max_norm=max_norm,
                       norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)

    def forward(self, input: Any) -> Any:
        """The rows at the indices in `input`."""
        return embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
                         self.scale_grad_by_freq)


class EmbeddingBag(Table):
    r"""The mean, sum or greatest of a table's rows for each bag of indices: :math:`\sum_i W_i`.

    Parameters
    ----------
    num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse
        As for `Embedding`.
    mode : {"mean", "sum", "max"}, default "mean"
    include_last_offset : bool, default False
        Whether the offsets also say where the last bag ends.
    padding_idx : int, optional
        Indices of this value count for nothing.

    Shape
    -----
    [bags, length] of integers, or [n] with offsets [bags], to [bags, embedding_dim]

    Examples
    --------
    >>> import learngrad
    >>> bags = learngrad.nn.EmbeddingBag(10, 3, mode="sum")
    >>> bags(learngrad.tensor([1, 4, 2]), learngrad.tensor([0, 2])).shape
    learngrad.Size([2, 3])
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
                 norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                 sparse: bool = False, _weight: Any = None, include_last_offset: bool = False,
                 padding_idx: int | None = None, device: Any = None, dtype: Any = None,
                 _freeze: bool = False) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, max_norm, norm_type,
                         scale_grad_by_freq, sparse, _weight, _freeze, device, dtype)
        self.mode, self.include_last_offset = mode, include_last_offset

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                        mode: str = "mean", sparse: bool = False,
                        include_last_offset: bool = False, padding_idx: int | None = None) -> Self:
        """A layer round a table [rows, features] that there is already, whose memory it shares."""
        return cls._of(embeddings, freeze, padding_idx=padding_idx, max_norm=max_norm, mode=mode,
                       norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
                       include_last_offset=include_last_offset)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """One row for each bag."""
        return embedding_bag(input, self.weight, offsets, self.max_norm, self.norm_type,
                             self.scale_grad_by_freq, self.mode, False, per_sample_weights,
                             self.include_last_offset, self.padding_idx)

    def extra_repr(self) -> str:
        """The sizes, the mode, and what is not as usual."""
        return ", ".join([*self._sizes(), *self._lengths(), f"mode={self.mode!r}",
                          *self._unusual("padding_idx")])
