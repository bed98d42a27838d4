"""Indices of every kind and mixture, drawn by hypothesis: picking, placing, and their gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learngrad as lg
from tests.optable.reference import torch


@st.composite
def indices(draw, masks=True):
    """A shape and an index into it: integers, slices, None, Ellipsis, arrays of them, masks."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    together = draw(st.sampled_from([(2,), (3,), (2, 1), (1,)]))  # index arrays must broadcast
    key, axis = [], 0
    cut = draw(st.integers(0, len(shape)))  # where an Ellipsis stands, if one does
    skip = draw(st.integers(0, len(shape) - cut)) if draw(st.booleans()) else None
    while axis < len(shape):
        if axis == cut and skip is not None:
            key.append(Ellipsis)
            axis, skip = axis + skip, None
            continue
        size = shape[axis]
        kinds = ["int", "slice", "none", "array"] + ["mask"] * masks
        kind = draw(st.sampled_from(kinds))
        if kind == "none":
            key.append(None)
            if sum(k is None for k in key) > 2:
                break
            continue
        if kind == "int":
            key.append(draw(st.integers(-size, size - 1)))
        elif kind == "slice":
            key.append(slice(draw(st.none() | st.integers(-size, size)),
                             draw(st.none() | st.integers(-size, size)),
                             draw(st.none() | st.integers(1, 3))))
        elif kind == "array":
            key.append(np.array(draw(st.lists(
                st.integers(-size, size - 1), min_size=int(np.prod(together)),
                max_size=int(np.prod(together))))).reshape(together))
        elif kind == "mask":
            masks = False  # several would have to agree in how many they pick
            picked = np.zeros(size, bool)
            picked[:min(size, together[-1])] = True
            if picked.sum() == together[-1] or not any(isinstance(k, np.ndarray) for k in key):
                key.append(picked)
            else:
                key.append(slice(None))
        axis += 1
        if draw(st.integers(0, 5)) == 0:
            break  # the rest of the dimensions is left out
    if len(key) == 1 and draw(st.booleans()):
        return shape, key[0]
    return shape, tuple(key)


def valid(shape, key):
    try:
        np.empty(shape)[key]
    except IndexError:  # arrays of sizes that do not broadcast
        return False
    return True


def tensors(key, tensor):
    if isinstance(key, tuple):
        return tuple(tensors(k, tensor) for k in key)
    return tensor(key) if isinstance(key, np.ndarray) else key


def values(shape):
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


needs_torch = pytest.mark.skipif(torch is None, reason="the order of dimensions is PyTorch's")


@needs_torch
@settings(max_examples=200)
@given(indices())
def test_picking_is_pytorchs(drawn):
    shape, key = drawn
    if not valid(shape, key):
        return
    x = lg.tensor(values(shape), requires_grad=True)
    other = torch.tensor(values(shape), requires_grad=True)
    for written in (tensors(key, lg.tensor), key):
        out, want = x[written], other[tensors(key, torch.tensor)]
        assert out.tolist() == want.tolist()
        x.grad = other.grad = None
        weights = np.cos(np.arange(out.numel())).reshape(out.shape)
        (out * lg.tensor(weights)).sum().backward()
        (want * torch.tensor(weights)).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), other.grad.numpy(), atol=1e-12)


@needs_torch
@settings(max_examples=150)
@given(indices(masks=False), st.booleans())
def test_placing_is_pytorchs(drawn, one_number):
    shape, key = drawn
    if not valid(shape, key) or has_duplicates(shape, key):
        return
    picked = torch.tensor(values(shape))[tensors(key, torch.tensor)]
    size = () if one_number else tuple(picked.shape)
    results = []
    for lib in (lg, torch):
        x = lib.tensor(values(shape), requires_grad=True)
        v = lib.tensor(-values(size), requires_grad=True)
        y = x * 2
        y[tensors(key, lib.tensor)] = v
        (y * y).sum().backward()
        with lib.no_grad():
            z = x.detach() * 1
            z[tensors(key, lib.tensor)] = v
        results.append([t.detach().numpy() for t in (y, z, x.grad, v.grad)])
    for mine, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def has_duplicates(shape, key):
    """Which of several values wins in one place is nobody's promise."""
    places = torch.arange(int(np.prod(shape))).reshape(shape)[tensors(key, torch.tensor)]
    return len(set(places.ravel().tolist())) != places.numel()


@settings(max_examples=50)
@given(indices())
def test_gradients_are_those_of_finite_differences(drawn):
    shape, key = drawn
    if not valid(shape, key) or np.prod(shape) > 24:
        return
    x = lg.tensor(values(shape), requires_grad=True)
    assert lg.autograd.gradcheck(lambda x: x[key], x)


@pytest.mark.parametrize("key", [
    slice(None, None, -1), (slice(3, 0, -2), 1), (Ellipsis, slice(None, None, -1)),
    (None, slice(2, None, -1), None)], ids=str)
def test_negative_steps_are_numpys(key):
    """PyTorch refuses them; NumPy's meaning is the only one they have."""
    x = lg.tensor(values((4, 3)), requires_grad=True)
    assert x[key].tolist() == values((4, 3))[key].tolist()
    assert lg.autograd.gradcheck(lambda x: x[key], x)
    if torch is not None:
        with pytest.raises(ValueError, match="step"):
            torch.tensor(values((4, 3)))[key]


def test_views_and_copies():
    x = lg.tensor(values((3, 4)))
    for key in (0, slice(1, 3), (slice(None), 2), None, Ellipsis, (), (0, 1)):
        part = x[key]
        assert np.may_share_memory(part.numpy(), x.numpy())
        assert part._cell is x._cell
    for key in ([0, 1], lg.tensor([0]), lg.tensor(values((3, 4)) > 2), (0, [1, 2]),
                np.array([True, False, True])):
        assert not np.may_share_memory(x[key].numpy(), x.numpy())


def test_one_element_is_a_view_too():
    x = lg.tensor(values((3, 4)))
    x[0, 1].fill_(50.0)
    x[1][2].add_(1)
    assert (x[0, 1].item(), x[1, 2].item()) == (50.0, 8.0)


def test_integers_of_every_kind():
    x = lg.tensor(values((3, 4)))
    row = x.tolist()[1]
    for index in (1, np.int64(1), np.uint8(1), lg.tensor(1), lg.tensor(1, dtype="uint8"),
                  np.array(1), -2, lg.tensor(-2)):
        assert x[index].tolist() == row
        assert np.may_share_memory(x[index].numpy(), x.numpy())


def test_bytes_are_a_mask():
    """As in old programs, whose comparisons gave bytes; PyTorch says too that bools do it now."""
    x = lg.tensor(values((3,)))
    mask = lg.tensor([1, 0, 1], dtype="uint8")
    with pytest.warns(UserWarning, match=r"mask\.bool\(\)") as caught:
        assert x[mask].tolist() == x[mask.bool()].tolist()
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="mask"):
        x[mask] = 0
    assert x.count_nonzero() == 1
    assert lg.where(mask, 1, 2).tolist() == [1, 2, 1]


def test_lists_and_empty_indices():
    x = lg.tensor(values((3, 4)))
    assert x[[0, -1]].tolist() == [x.tolist()[0], x.tolist()[2]]
    assert x[[]].shape == (0, 4)
    assert x[lg.tensor([], dtype="int64")].shape == (0, 4)
    assert x[[True, False, True], 1].tolist() == [2.0, 10.0]
    assert x[x > 100].shape == (0,)
    assert x[:0].shape == (0, 4)
    assert x[True].shape == (1, 3, 4)
    assert x[False].shape == (0, 3, 4)


def test_a_mask_of_the_whole():
    x = lg.tensor(values((2, 3)), requires_grad=True)
    (x[x > 3] ** 2).sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0], [8.0, 10.0, 12.0]]
    with lg.no_grad():
        x[x > 3] = 0.0
    assert x.tolist() == [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]


def test_an_element_picked_twice_gets_both_gradients():
    x = lg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (x[[0, 0, 2]] * lg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [11.0, 0.0, 100.0]


def test_values_that_are_placed():
    x = lg.zeros(2, 3)
    x[0] = 1
    x[1] = [1.5, 2, 3]
    x[:, 0] = np.array([7, 8])
    x[0, 1] = lg.tensor(4)
    x[1, 2] = True
    assert x.tolist() == [[7.0, 4.0, 1.0], [8.0, 2.0, 1.0]]
    whole = lg.zeros(2, dtype="int64")
    whole[0] = 2.9  # cut off, as in PyTorch
    assert whole.tolist() == [2, 0]


def test_iteration():
    x = lg.tensor(values((2, 2)), requires_grad=True)
    first, second = x
    (first.sum() + second[0] * 10).backward()
    assert x.grad.tolist() == [[1.0, 1.0], [10.0, 0.0]]
    assert [t.tolist() for t in x.detach()] == [[1.0, 2.0], [3.0, 4.0]]
    assert 3.0 in x.detach().reshape(-1).tolist()


def test_bytes_of_numpy_are_a_mask_as_a_tensors_are():
    x = lg.arange(3)
    with pytest.warns(UserWarning, match="bytes are a mask"):
        assert x[np.array([1, 0, 1], np.uint8)].tolist() == [0, 2]
