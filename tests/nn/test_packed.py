"""Sequences of different lengths: padded, packed, and through recurrent layers."""

import itertools

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd.gradcheck import gradcheck
from learngrad.errors import ArgumentError, ArgumentRangeError, ArgumentTypeError, ShapeError
from learngrad.nn.utils import rnn
from tests.optable.reference import torch

LENGTHS = [2, 5, 3, 5]
RNG = np.random.default_rng(0)
SEQUENCES = [RNG.standard_normal((n, 3)) for n in LENGTHS]


def tensors(lib, sequences=SEQUENCES):
    return [lib.tensor(s) for s in sequences]


def same(ours, theirs):
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=1e-12)


# ---- Packing and padding -------------------------------------------------------------------------

def test_packed_holds_elements_step_by_step():
    a, b, c = (learngrad.tensor(list(text.encode())) for text in ("xyz", "ab", "q"))
    packed = rnn.pack_sequence([a, b, c])
    assert bytes(packed.data.tolist()) == b"xaqybz"
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices is None
    packed = rnn.pack_sequence([c, a, b], enforce_sorted=False)
    assert bytes(packed.data.tolist()) == b"xaqybz"
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    assert packed.unsorted_indices.tolist() == [2, 0, 1]


@pytest.mark.parametrize("batch_first", [False, True])
def test_there_and_back(batch_first):
    padded = rnn.pad_sequence(tensors(learngrad), batch_first, padding_value=7.0)
    assert padded.shape == ((4, 5, 3) if batch_first else (5, 4, 3))
    packed = rnn.pack_padded_sequence(padded, LENGTHS, batch_first, enforce_sorted=False)
    assert packed.data.shape == (sum(LENGTHS), 3)
    assert not (packed.data == 7).any()
    again, lengths = rnn.pad_packed_sequence(packed, batch_first, padding_value=7.0)
    assert (again == padded).all()
    assert lengths.tolist() == LENGTHS
    for s, t in zip(rnn.unpad_sequence(padded, lengths, batch_first), SEQUENCES, strict=True):
        assert (s.numpy() == t).all()
    assert padded.shape == again.shape  # unpad_sequence left it alone
    for s, t in zip(rnn.unpack_sequence(packed), SEQUENCES, strict=True):
        assert (s.numpy() == t).all()
    longer, _ = rnn.pad_packed_sequence(packed, batch_first, total_length=8)
    assert longer.shape == ((4, 8, 3) if batch_first else (8, 4, 3))
    assert ((longer[:, 5:] if batch_first else longer[5:]) == 0).all()


def test_padding_stands_on_either_side():
    a, b = learngrad.tensor([1, 2, 3]), learngrad.tensor([4])
    assert rnn.pad_sequence([a, b], True, 9).tolist() == [[1, 2, 3], [4, 9, 9]]
    assert rnn.pad_sequence([a, b], True, 9, "left").tolist() == [[1, 2, 3], [9, 9, 4]]
    assert rnn.pad_sequence([a, b]).shape == (3, 2)


@pytest.mark.skipif(torch is None, reason="the reference is PyTorch")
@pytest.mark.parametrize("is_sorted", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_as_pytorch_packs(batch_first, is_sorted):
    theirs = torch.nn.utils.rnn
    sequences = sorted(SEQUENCES, key=len, reverse=True) if is_sorted else SEQUENCES
    lengths = [len(s) for s in sequences]
    packs = []
    for lib, utils in ((learngrad, rnn), (torch, theirs)):
        padded = utils.pad_sequence(tensors(lib, sequences), batch_first)
        packs.append(utils.pack_padded_sequence(padded, lib.tensor(lengths), batch_first,
                                                enforce_sorted=is_sorted))
    for ours, other in zip(*packs, strict=True):
        assert (ours is None) == (other is None)
        if ours is not None:
            same(ours, other)
            assert str(ours.dtype) == str(other.dtype).removeprefix("torch.")
    for ours, other in zip(rnn.pad_packed_sequence(packs[0], batch_first, -1.0, 6),
                           theirs.pad_packed_sequence(packs[1], batch_first, -1.0, 6),
                           strict=True):
        same(ours, other)


def test_gradients_pass_through_packing():
    leaves = [t.requires_grad_() for t in tensors(learngrad)]

    def there_and_back(*sequences):
        packed = rnn.pack_sequence(list(sequences), enforce_sorted=False)
        return packed.data, rnn.pad_packed_sequence(packed)[0]

    assert gradcheck(there_and_back, leaves)


def test_packed_sequences_convert():
    packed = rnn.pack_sequence(tensors(learngrad), enforce_sorted=False)
    assert packed.to(learngrad.float64) is packed
    assert packed.float().data.dtype == learngrad.float32
    assert packed.float().double().data.dtype == learngrad.float64
    assert packed.float().sorted_indices.tolist() == packed.sorted_indices.tolist()
    assert not packed.cpu().is_cuda
    data, sizes, order, back = packed
    again = rnn.PackedSequence((data, sizes), sorted_indices=order)
    assert again.unsorted_indices.tolist() == back.tolist()


ERRORS = [
    (lambda x: rnn.pack_padded_sequence(x, [2, 5, 3, 5]), ShapeError, "not sorted"),
    (lambda x: rnn.pack_padded_sequence(x, [5, 3]), ShapeError, "2 lengths for 4"),
    (lambda x: rnn.pack_padded_sequence(x, [5, 4, 3, 2, 1]), ShapeError, "5 lengths for 4"),
    (lambda x: rnn.pack_padded_sequence(x, [6, 3, 2, 1]), ShapeError, "padded to 5"),
    (lambda x: rnn.pack_padded_sequence(x, [5, 3, 2, 0]), ArgumentRangeError, "length 0"),
    (lambda x: rnn.pack_padded_sequence(x, [5, 3, 2, 1.5]), ArgumentTypeError, "integers"),
    (lambda x: rnn.pack_padded_sequence(x[0, :, 0], [5]), ShapeError, "two dimensions"),
    (lambda x: rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [5] * 4), total_length=4),
     ArgumentError, "total_length=4"),
    (lambda x: rnn.pack_padded_sequence(x, 5), ArgumentTypeError, "integers"),
    (lambda x: rnn.pack_padded_sequence([x], [5]), ArgumentTypeError, "one tensor, not"),
    (lambda x: rnn.pad_packed_sequence((x, x)), ArgumentTypeError, "PackedSequence, not"),
    (lambda x: rnn.pad_sequence(3), ShapeError, "one or more"),
    (lambda x: rnn.pad_sequence([]), ShapeError, "one or more"),
    (lambda x: rnn.pad_sequence([x, x[:, :, :1]]), ShapeError, r"\[5, 4, 1\]"),
    (lambda x: rnn.pad_sequence([x], padding_side="top"), ArgumentError, "'top'"),
    (lambda x: rnn.unpad_sequence(x, [5, 5]), ShapeError, "2 lengths"),
]


@pytest.mark.parametrize(("call", "error", "said"), ERRORS)
def test_refusals(call, error, said):
    with pytest.raises(error, match=said) as raised:
        call(learngrad.ones(5, 4, 3))
    assert raised.value.fix


def test_the_fix_of_lengths_that_count_the_other_dimension():
    with pytest.raises(ShapeError) as raised:
        rnn.pack_padded_sequence(learngrad.ones(4, 5, 3), [5, 4, 3, 2])
    assert "batch_first=True" in raised.value.fix


# ---- Through a layer -----------------------------------------------------------------------------

GRID = list(itertools.product(["RNN", "LSTM", "GRU"], [False, True], [False, True]))


@pytest.mark.parametrize(("kind", "bidirectional", "given"), GRID)
def test_packed_is_each_sequence_alone(kind, bidirectional, given):
    """Each sequence gets what it would get without the others, in the order given."""
    layer = getattr(nn, kind)(3, 4, 2, bidirectional=bidirectional, dtype=learngrad.float64)
    states = [learngrad.tensor(RNG.standard_normal((2 * (1 + bidirectional), 4, 4)),
                               requires_grad=True) for _ in range(1 + (kind == "LSTM"))]
    hx = None if not given else tuple(states) if kind == "LSTM" else states[0]
    leaves = [t.requires_grad_() for t in tensors(learngrad)]
    packed, last = layer(rnn.pack_sequence(leaves, enforce_sorted=False), hx)
    lasts = list(last) if kind == "LSTM" else [last]
    outs = [*rnn.unpack_sequence(packed), *lasts]
    weights = [RNG.standard_normal(o.shape) for o in outs]

    def total(outs):
        return sum((o * learngrad.tensor(w)).sum() for o, w in zip(outs, weights, strict=True))

    def alone():
        found = []
        for k, s in enumerate(leaves):
            own = None if not given else [state[:, k] for state in states]
            found.append(layer(s, own if own is None else tuple(own) if kind == "LSTM" else own[0]))
        final = zip(*(last if kind == "LSTM" else [last] for _, last in found), strict=True)
        return [out for out, _ in found] + [learngrad.stack(list(k), 1) for k in final]

    wanted = alone()
    for a, b in zip(outs, wanted, strict=True):
        same(a, b)
    all_leaves = [*leaves, *layer.parameters(), *(states if given else [])]
    ours = learngrad.autograd.grad(total(outs), all_leaves)
    for a, b in zip(ours, learngrad.autograd.grad(total(wanted), all_leaves), strict=True):
        same(a, b)

    if torch is not None:
        other = getattr(torch.nn, kind)(3, 4, 2, bidirectional=bidirectional, dtype=torch.float64)
        other.load_state_dict({k: torch.tensor(v.numpy()) for k, v in layer.state_dict().items()})
        thx = [torch.tensor(s.detach().numpy()) for s in states]
        tpacked, tlast = other(
            torch.nn.utils.rnn.pack_sequence(tensors(torch), enforce_sorted=False),
            None if not given else tuple(thx) if kind == "LSTM" else thx[0])
        same(packed.data, tpacked.data)
        for a, b in zip(lasts, tlast if kind == "LSTM" else [tlast], strict=True):
            same(a, b)


def test_a_layer_refuses_packed_data_of_another_shape():
    packed = rnn.pack_sequence([learngrad.ones(3, 2, 2)])
    with pytest.raises(ArgumentError, match="packed data"):
        nn.GRU(2, 4)(packed)
    with pytest.raises(ShapeError, match="belongs here"):
        nn.GRU(3, 4)(rnn.pack_sequence(tensors(learngrad, [s.astype("f") for s in SEQUENCES]),
                                       enforce_sorted=False), learngrad.zeros(1, 3, 4))
