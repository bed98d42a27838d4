"""New tensors beside PyTorch's: values, shapes, dtypes, errors; memory shared with others."""

import math

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from tests.optable.reference import dtype_name, torch

needs_torch = pytest.mark.skipif(torch is None, reason="compared with PyTorch")

CALLS = {
    "zeros": lambda lib: lib.zeros(2, 3),
    "zeros of a tuple": lambda lib: lib.zeros((2, 3), dtype=lib.float64),
    "zeros by name": lambda lib: lib.zeros(size=(2, 3)),
    "zeros of nothing": lambda lib: lib.zeros(()),
    "ones of no elements": lambda lib: lib.ones(0, 3, dtype=lib.int64),
    "full of int": lambda lib: lib.full((2,), 7),
    "full of bool": lambda lib: lib.full((2,), True),
    "full of float": lambda lib: lib.full((2, 1), 0.5),
    "full of a tensor": lambda lib: lib.full((2,), lib.tensor(2.0)),
    "full in a dtype": lambda lib: lib.full((2,), 7, dtype=lib.float16),
    "zeros_like": lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.int32)),
    "ones_like in a dtype": lambda lib: lib.ones_like(lib.ones(2), dtype=lib.bool),
    "full_like": lambda lib: lib.full_like(lib.ones(2, 2), 3),
    "arange": lambda lib: lib.arange(5),
    "arange by name": lambda lib: lib.arange(start=1, end=7, step=2),
    "arange of an end alone": lambda lib: lib.arange(end=3),
    "arange of floats": lambda lib: lib.arange(0, 1, 0.1),
    "arange down": lambda lib: lib.arange(5, 0, -2),
    "arange of none": lambda lib: lib.arange(0),
    "arange in a dtype": lambda lib: lib.arange(3, dtype=lib.float64),
    "linspace": lambda lib: lib.linspace(-1, 1, 5),
    "linspace of one": lambda lib: lib.linspace(3, 10, 1),
    "linspace of none": lambda lib: lib.linspace(3, 10, 0),
    "linspace in float64": lambda lib: lib.linspace(0, 1, steps=7, dtype=lib.float64),
    "logspace": lambda lib: lib.logspace(-1, 2, 4),
    "logspace of base 2": lambda lib: lib.logspace(0, 3, 4, base=2.0),
    "eye": lambda lib: lib.eye(3),
    "eye, wide": lambda lib: lib.eye(2, 3, dtype=lib.int64),
    "tril_indices": lambda lib: lib.tril_indices(3, 4, -1),
    "triu_indices": lambda lib: lib.triu_indices(3, 2, 1),
    "new_zeros": lambda lib: lib.ones(2, dtype=lib.float64).new_zeros(3),
    "new_zeros of a tuple": lambda lib: lib.ones(2).new_zeros((3, 1), dtype=lib.int32),
    "new_ones": lambda lib: lib.arange(2).new_ones(2, 2),
    "new_full": lambda lib: lib.ones(2).new_full((2,), 7),
    "new_tensor": lambda lib: lib.ones(2, dtype=lib.float64).new_tensor([1, 2]),
    "half": lambda lib: lib.ones(2).half(),
    "byte": lambda lib: lib.ones(2).byte(),
    "type_as": lambda lib: lib.ones(2).type_as(lib.arange(2)),
    "a gradient": lambda lib: lib.ones(2, requires_grad=True),
    "a list of NumPy's numbers": lambda lib: lib.tensor([np.float64(1.5), 2.0]),
    "a list of NumPy's halves": lambda lib: lib.tensor([np.float16(1.5)]),
    "a list of NumPy's arrays": lambda lib: lib.tensor([[np.float32(1.5), 2.0]]),
    "a list of tensors": lambda lib: lib.tensor([lib.tensor(1.0), 2.0]),
}


@needs_torch
@pytest.mark.parametrize("name", CALLS)
def test_values_shapes_and_dtypes_are_pytorchs(name):
    ours, theirs = CALLS[name](lg), CALLS[name](torch)
    assert dtype_name(ours.dtype) == dtype_name(theirs.dtype)
    assert ours.requires_grad == theirs.requires_grad
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-6)


def test_empty_has_shape_and_dtype():
    assert lg.empty(2, 3, dtype=lg.float64).shape == (2, 3)
    assert lg.empty_like(lg.ones(2, dtype=lg.int8)).dtype == lg.int8
    assert lg.ones(2).new_empty(4).shape == (4,)


WRONG = {
    "a negative size": (lambda lib: lib.zeros(-1), "[-1]"),
    "a negative size of a new one": (lambda lib: lib.ones(2).new_zeros(3, -1), "[3, -1]"),
    "no step": (lambda lib: lib.arange(0, 3, 0), "0"),
    "a step away": (lambda lib: lib.arange(0, 3, -1), "-1"),
    "no number": (lambda lib: lib.full((2,), "a"), "'a'"),
    "negative steps": (lambda lib: lib.linspace(0, 1, -1), "-1"),
    "a size that is no integer": (lambda lib: lib.zeros(2.5), "integers"),
    "too large": (lambda lib: lib.full((2,), 300, dtype=lib.uint8), "300"),
    "no such matrix": (lambda lib: lib.eye(-1), "-1"),
    "gradients of integers": (
        lambda lib: lib.ones(2, dtype=lib.int64, requires_grad=True), "int64"),
    "not an array": (lambda lib: lib.from_numpy([1]), "list"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_explained(name):
    call, word = WRONG[name]
    with pytest.raises(errors.LearngradError) as caught:
        call(lg)
    assert word in str(caught.value)
    assert caught.value.fix
    if torch is not None:
        with pytest.raises(Exception) as theirs:  # noqa: PT011 - of any class
            call(torch)
        assert isinstance(caught.value, type(theirs.value))


def test_complex_numbers_are_refused_in_clear_words():
    for call in (lambda: lg.tensor(1j), lambda: lg.zeros(2, dtype=complex),
                 lambda: lg.tensor([1, 2j])):
        with pytest.raises(errors.ArgumentTypeError, match="complex"):
            call()
    with pytest.raises(AttributeError, match="complex"):
        _ = lg.complex64


def test_float16_holds_and_computes():
    x = lg.tensor([1.5, 2.5], dtype=lg.float16, requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.dtype == lg.float16
    assert x.grad.tolist() == [3.0, 5.0]


def test_bfloat16_says_what_is_missing(monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(errors.MissingDependency, match="pip install ml-dtypes"):
        _ = lg.ones(2).bfloat16()


def test_how_it_lies_in_memory():
    x = lg.zeros(2, 3, dtype=lg.float64)
    assert (x.stride(), x.T.stride(), x[:, ::2].stride(1)) == ((3, 1), (1, 3), 2)
    assert x.element_size() == 8
    assert not x.is_cuda


# ---- Memory shared with others


def test_from_dlpack_shares_numpys_memory():
    array = np.arange(4.0)
    t = lg.from_dlpack(array)
    array[0] = 7
    assert t[0].item() == 7
    t[1] = 9
    assert array[1] == 9


def test_numpy_takes_a_tensor_by_dlpack():
    t = lg.arange(4)
    array = np.from_dlpack(t)
    t[0] = 7
    assert array[0] == 7


@needs_torch
def test_dlpack_both_ways_with_pytorch_without_a_copy():
    theirs = torch.arange(4.0)
    ours = lg.from_dlpack(theirs)
    theirs[0] = 7
    assert ours[0].item() == 7
    back = torch.from_dlpack(ours)
    back[1] = 9
    assert theirs[1].item() == 9
    assert lg.from_dlpack(theirs[::2]).tolist() == [7.0, 2.0]


def test_a_tensor_of_the_graph_is_not_lent_out():
    with pytest.raises(errors.GraphError, match="detach"):
        np.from_dlpack(lg.ones(2, requires_grad=True))
    with pytest.raises(errors.ArgumentTypeError, match="DLPack"):
        lg.from_dlpack([1.0])


def test_a_masked_array_is_refused():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    with pytest.raises(lg.errors.ArgumentTypeError, match="lose its mask"):
        lg.tensor(masked)


@needs_torch
def test_shapes_stay_shapes():
    for make in (lambda s: s[1:], lambda s: s + (1,), lambda s: (1,) + s,
                 lambda s: s * 2, lambda s: 2 * s, lambda s: s[0]):
        mine, theirs = make(lg.ones(2, 3).shape), make(torch.ones(2, 3).shape)
        assert type(mine).__name__ == type(theirs).__name__
        assert mine == theirs
    assert (lg.ones(2, 3).shape + np.array([1])).tolist() == [3, 4]
    with pytest.raises(TypeError):
        lg.ones(2).shape + [1]


def test_only_what_makes_memory_is_told_how_it_lies():
    assert lg.zeros(2, memory_format=None, layout=None, pin_memory=False).shape == (2,)
    with pytest.raises(TypeError, match="layout"):
        lg.sum(lg.ones(2), layout=None)


@pytest.mark.parametrize(("dtype", "value"), [
    ("int64", math.nan), ("int64", math.inf), ("int32", 3e30), ("uint8", 300), ("int8", -129),
    ("int32", 2**40)])
def test_a_number_that_integers_cannot_hold_is_refused(dtype, value):
    dtype = getattr(lg, dtype)
    x = lg.zeros(2, dtype=dtype)
    for fill in (lambda: x.fill_(value), lambda: lg.full((2,), value, dtype=dtype),
                 lambda: x.new_full((2,), value), lambda: lg.tensor([[0, value]], dtype=dtype),
                 lambda: x.__setitem__(0, value)):
        with pytest.raises(errors.DtypeError):
            fill()
    assert x.tolist() == [0, 0]


def test_bytes_below_0_are_bits():
    for made in (lg.zeros(1, dtype=lg.uint8).fill_(-1), lg.full((1,), -1, dtype=lg.uint8),
                 lg.tensor([-1], dtype=lg.uint8)):
        assert made.tolist() == [255]


class Kind(np.ndarray):
    """An array of somebody's own, as np.matrix is one."""


def test_arrays_of_other_kinds():
    for make in (lg.from_numpy, lg.from_dlpack):
        matrix = np.array([[1.0, 2.0]]).view(Kind)
        t = make(matrix)
        matrix[0, 0] = 5
        assert t.tolist() == [[5.0, 2.0]]
        assert type(t.numpy()) is np.ndarray
        with pytest.raises(errors.ArgumentTypeError, match="lose its mask"):
            make(np.ma.masked_array([1.0, 2.0], [0, 1]))
