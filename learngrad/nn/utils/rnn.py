"""Batches of sequences of different lengths: padded to one length, or packed without padding.

A packed batch holds the first elements of all sequences, then the second elements of all that have
one, and so on; ``batch_sizes`` says how many there are each time. Recurrent layers take it as it
is, and spend no step on padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from learngrad import ops
from learngrad.creation import full
from learngrad.devices import int64
from learngrad.errors import (
    ArgumentError,
    ArgumentRangeError,
    ArgumentTypeError,
    ShapeError,
    a_kind_of,
)
from learngrad.tensor import Tensor, tensor

__all__ = ["PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence",
           "pad_packed_sequence", "pad_sequence", "unpack_sequence", "unpad_sequence"]


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences of different lengths without padding; `pack_sequence` and its like make it.

    Attributes
    ----------
    data : Tensor, shape [elements, *]
        The first elements of all sequences, the longest first, then the second ones …
    batch_sizes : Tensor of int64, shape [steps], on the CPU
        How many sequences have an element at each step.
    sorted_indices : Tensor of int64, shape [sequences], or None
        The sequences in the order in which they are packed, if that is not the order given.
    unsorted_indices : Tensor of int64, shape [sequences], or None
        Where each given sequence is among the packed ones.

    Examples
    --------
    >>> import learngrad
    >>> from learngrad.nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([learngrad.tensor([1, 2, 3]), learngrad.tensor([4, 5])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    __slots__ = ()

    def __new__(cls, data: Any, batch_sizes: Tensor | None = None,
                sorted_indices: Tensor | None = None,
                unsorted_indices: Tensor | None = None) -> PackedSequence:
        """As PyTorch's: the data and the sizes also as one pair, the inverse order by itself."""
        if batch_sizes is None:
            data, batch_sizes = data
        if batch_sizes.device.type != "cpu":
            raise ArgumentError("the batch sizes of a packed sequence stay on the CPU",
                                tensors={"batch_sizes": batch_sizes}, fix="batch_sizes.cpu()")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Its data in another dtype or on another device, as `Tensor.to`."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        return PackedSequence(data, self.batch_sizes, *(
            None if t is None else t.to(data.device) for t in self[2:]))

    def cpu(self) -> PackedSequence:
        """Itself on the CPU."""
        return self.to("cpu")

    def cuda(self) -> PackedSequence:
        """Itself on the GPU."""
        return self.to("cuda")

    def float(self) -> PackedSequence:
        """Its data as float32."""
        return self.to("float32")

    def double(self) -> PackedSequence:
        """Its data as float64."""
        return self.to("float64")

    @property
    def is_cuda(self) -> bool:
        """Whether its data is on a GPU."""
        return self.data.device.type == "cuda"


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The order that undoes an order; None stays None.

    Examples
    --------
    >>> import learngrad
    >>> invert_permutation(learngrad.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    return None if permutation is None else ops.sorting.argsort(permutation)


def _whole_numbers(lengths: Any) -> list[int]:
    """Lengths as a list of integers."""
    numbers = lengths.tolist() if hasattr(lengths, "tolist") else lengths
    if not isinstance(numbers, (list, tuple, range)) or not all(
            isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in numbers):
        raise ArgumentTypeError(f"lengths are integers, one for each sequence, not {numbers!r:.60}",
                                fix="lengths=[len(s) for s in sequences]")
    return [int(n) for n in numbers]


def _places(lengths: list[int], steps: int) -> tuple[Any, Any]:
    """Where in [steps, sequences] there is an element, flattened; and how many at each step."""
    there = np.arange(steps)[:, None] < np.array(lengths)
    return there, there.sum(axis=1)


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    """Pack a padded batch: what lies beyond each sequence's length is left out.

    Parameters
    ----------
    input : Tensor, shape [steps, sequences, *], or [sequences, steps, *] if `batch_first`
    lengths : Tensor or sequence of int
        Of each sequence, 1 or more.
    batch_first : bool, default False
    enforce_sorted : bool, default True
        The sequences come longest first, else that is an error. With False they are sorted here,
        and `pad_packed_sequence` and the layers give results in the order given.

    Raises
    ------
    ShapeError
        If there is not one length for each sequence, if one is larger than `input`, or if they are
        not sorted.
    ArgumentRangeError
        If a length is not positive.

    Examples
    --------
    >>> import learngrad
    >>> padded = learngrad.tensor([[1, 0, 0], [2, 3, 4]])
    >>> pack_padded_sequence(padded, [1, 3], batch_first=True, enforce_sorted=False).data
    tensor([2, 1, 3, 4])
    """
    if not isinstance(input, Tensor):
        raise ArgumentTypeError(f"a padded batch is one tensor, not {a_kind_of(input)}",
                                fix="pad_sequence(sequences)")
    if input.ndim < 2:
        raise ShapeError("a padded batch has two dimensions or more: steps and sequences",
                         tensors={"input": input}, fix="pad_sequence(sequences)")
    x = input.transpose(0, 1) if batch_first else input
    steps, count = x.shape[:2]
    numbers = _whole_numbers(lengths)
    if len(numbers) != count:
        raise ShapeError(f"{len(numbers)} lengths for {count} sequences", tensors={"input": input},
                         fix="batch_first=True, if the sequences are the first dimension"
                         if len(numbers) == input.shape[1 - (not batch_first)] else
                         "one length for each sequence")
    if min(numbers) < 1:
        raise ArgumentRangeError(f"a sequence of length {min(numbers)} cannot be packed",
                                 fix="leave empty sequences out of the batch")
    if max(numbers) > steps:
        raise ShapeError(f"a length is {max(numbers)}, and the batch is padded to {steps}",
                         tensors={"input": input}, fix="lengths before padding, in elements")
    order = None
    if not enforce_sorted:
        order = np.argsort([-n for n in numbers], kind="stable")
        numbers = [numbers[k] for k in order]
    elif sorted(numbers, reverse=True) != numbers:
        raise ShapeError(f"the lengths {numbers!r:.60} are not sorted, the longest first",
                         tensors={"input": input}, fix="enforce_sorted=False")
    there, sizes = _places(numbers, max(numbers))
    k, row = np.nonzero(there)
    index = k * count + (row if order is None else order[row])
    data = ops.gather.index_select(x.reshape(steps * count, *x.shape[2:]), 0,
                                   tensor(index, device=input.device))
    return PackedSequence(data, tensor(sizes, dtype=int64),
                          None if order is None else tensor(order, device=input.device))


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False,
                        padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`: the padded batch, and the lengths.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool, default False
    padding_value : float, default 0.0
    total_length : int, optional
        How many steps to pad to; by itself the longest sequence's.

    Returns
    -------
    Tensor, shape [steps, sequences, *], or [sequences, steps, *] if `batch_first`
    Tensor of int64, shape [sequences]

    Raises
    ------
    ArgumentError
        If `total_length` is less than the longest sequence.

    Examples
    --------
    >>> import learngrad
    >>> packed = pack_sequence([learngrad.tensor([1, 2, 3]), learngrad.tensor([4])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 0, 0]]), tensor([3, 1]))
    """
    if not isinstance(sequence, PackedSequence):
        raise ArgumentTypeError(f"this pads a PackedSequence, not {a_kind_of(sequence)}",
                                fix="out, state = lstm(packed); pad_packed_sequence(out)")
    sizes = np.array(sequence.batch_sizes.tolist())
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ArgumentError(f"total_length={total_length} is less than the longest sequence, "
                            f"{len(sizes)}", fix=f"total_length={len(sizes)}, or more")
    data, count = sequence.data, int(sizes[0])
    lengths = (np.arange(count)[:, None] < sizes).sum(axis=1)
    there, _ = _places(list(lengths), steps)
    index = np.full((steps, count), len(data))  # the row behind the data: padding
    index[there] = np.arange(len(data))
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.tolist()
        index, lengths = index[:, order], lengths[order]
    padding = full((1, *data.shape[1:]), padding_value, dtype=data.dtype, device=data.device)
    out = ops.gather.index_select(ops.join.cat([data, padding]), 0, tensor(
        (index.T if batch_first else index).ravel(), device=data.device))
    shape = (count, steps) if batch_first else (steps, count)
    return out.reshape(*shape, *data.shape[1:]), tensor(lengths, dtype=int64)


def pad_sequence(sequences: Sequence[Tensor], batch_first: bool = False,
                 padding_value: float = 0.0, padding_side: str = "right") -> Tensor:
    """Stack sequences of different lengths, padded to that of the longest.

    Parameters
    ----------
    sequences : sequence of Tensor, each of shape [length, *]
    batch_first : bool, default False
    padding_value : float, default 0.0
    padding_side : {"right", "left"}
        Where the padding stands.

    Returns
    -------
    Tensor, shape [steps, sequences, *], or [sequences, steps, *] if `batch_first`

    Examples
    --------
    >>> import learngrad
    >>> pad_sequence([learngrad.tensor([1, 2, 3]), learngrad.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if padding_side not in ("left", "right"):
        raise ArgumentRangeError(f"padding_side={padding_side!r} is not a side",
                                 fix='padding_side="right" or "left"')
    sequences = list(sequences) if isinstance(sequences, Iterable) else []
    if not sequences or not all(isinstance(s, Tensor) and s.ndim for s in sequences):
        raise ShapeError("pad_sequence takes tensors [length, *], one or more",
                         tensors={f"sequence {k}": s for k, s in enumerate(sequences)
                                  if isinstance(s, Tensor)}, fix="pad_sequence([a, b, c])")
    steps = max(len(s) for s in sequences)
    padded = []
    for s in sequences:
        padding = full((steps - len(s), *s.shape[1:]), padding_value, dtype=s.dtype,
                       device=s.device)
        padded.append(ops.join.cat([s, padding] if padding_side == "right" else [padding, s]))
    return ops.join.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Any,
                   batch_first: bool = False) -> list[Tensor]:
    """Undo `pad_sequence`: the sequences, each of its own length.

    PyTorch: `torch.nn.utils.rnn.unpad_sequence` transposes its argument in place; here it stays.

    Examples
    --------
    >>> import learngrad
    >>> unpad_sequence(learngrad.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
    [tensor([1, 2]), tensor([3])]
    """
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    numbers = _whole_numbers(lengths)
    if len(numbers) != len(x):
        raise ShapeError(f"{len(numbers)} lengths for {len(x)} sequences",
                         tensors={"padded_sequences": padded_sequences},
                         fix="one length for each sequence; look at batch_first too")
    return [s[:n] for s, n in zip(x, numbers, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths.

    Parameters
    ----------
    sequences : sequence of Tensor, each of shape [length, *]
    enforce_sorted : bool, default True
        As for `pack_padded_sequence`.

    Examples
    --------
    >>> import learngrad
    >>> pack_sequence([learngrad.tensor([1, 2, 3]), learngrad.tensor([4])]).data
    tensor([1, 4, 2, 3])
    """
    sequences = list(sequences)
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences],
                                enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`: the sequences, in the order given.

    Examples
    --------
    >>> import learngrad
    >>> unpack_sequence(pack_sequence([learngrad.tensor([1, 2]), learngrad.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True),
                          batch_first=True)
