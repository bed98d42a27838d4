"""Which dtype an operation computes in: PyTorch's table, whole."""

import itertools

import numpy as np
import pytest

import learngrad as lg
from learngrad import devices
from learngrad.errors import DtypeError
from tests.optable.reference import dtype_name, torch

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16",
          "float32", "float64"]
NUMBERS = [True, 3, 2.5]

# An operand is a dtype and its rank ("dim" or "0-d"), or a Python number.
OPERANDS = [(d, rank) for d in DTYPES for rank in ("dim", "0-d")] + NUMBERS
PAIRS = [(a, b) for a, b in itertools.product(OPERANDS, repeat=2)
         if isinstance(a, tuple) or isinstance(b, tuple)]


def ours(operand):
    if not isinstance(operand, tuple):
        return operand
    dtype, rank = operand
    return lg.ones(() if rank == "0-d" else (2,), dtype=dtype)


def theirs(operand):
    if not isinstance(operand, tuple):
        return operand
    dtype, rank = operand
    return torch.ones(() if rank == "0-d" else (2,), dtype=getattr(torch, dtype))


def arrays(operands):
    return [getattr(x, "_data", x) for x in map(ours, operands)]


# Some of the table by hand, so that it also holds where PyTorch is not installed.
BY_HAND = {
    (("float32", "dim"), ("float64", "0-d")): "float32",
    (("int64", "dim"), ("float64", "0-d")): "float64",
    (("int8", "dim"), ("int64", "0-d")): "int8",
    (("int8", "dim"), ("uint8", "dim")): "int16",
    (("int64", "dim"), ("float16", "dim")): "float16",
    (("int32", "dim"), 2.5): "float32",
    (("int32", "dim"), 3): "int32",
    (("bool", "dim"), 3): "int64",
    (("bool", "dim"), True): "bool",
    (("float16", "dim"), 2.5): "float16",
    (("float16", "0-d"), ("float32", "0-d")): "float32",
    (("uint8", "0-d"), True): "uint8",
    (("bfloat16", "dim"), ("float16", "dim")): "float32",
    (("bfloat16", "dim"), ("float32", "0-d")): "bfloat16",
    (("bfloat16", "dim"), ("int64", "dim")): "bfloat16",
    (("bfloat16", "dim"), 2.5): "bfloat16",
}


@pytest.mark.parametrize("pair", BY_HAND, ids=str)
def test_by_hand(pair):
    for operands in (pair, pair[::-1]):
        assert devices.result_type(*arrays(operands)) == BY_HAND[pair]


@pytest.mark.skipif(torch is None, reason="the table is PyTorch's")
def test_the_whole_table():
    wrong = []
    for pair in PAIRS:
        expected = dtype_name(torch.result_type(*map(theirs, pair)))
        found = devices.result_type(*arrays(pair))
        if found != expected:
            wrong.append(f"{pair}: {found}, PyTorch {expected}")
    assert len(PAIRS) > 400
    assert wrong == []


@pytest.mark.skipif(torch is None, reason="the table is PyTorch's")
@pytest.mark.parametrize("default", ["float64", "float32", "float16", "bfloat16"])
def test_the_default_dtype_decides_for_python_floats(default):
    before = torch.get_default_dtype()
    lg.set_default_dtype(default)
    torch.set_default_dtype(getattr(torch, default))
    try:
        for operand in OPERANDS:
            if isinstance(operand, tuple):
                expected = dtype_name(torch.result_type(theirs(operand), 2.5))
                assert (ours(operand) * 2.5).dtype == expected
                assert (ours(operand) / 3).dtype == dtype_name((theirs(operand) / 3).dtype)
        assert lg.tensor(2.5).dtype == dtype_name(torch.tensor(2.5).dtype)
        assert lg.zeros(1).dtype == default
        assert lg.tensor([1]).exp().dtype == default
    finally:
        lg.set_default_dtype("float32")
        torch.set_default_dtype(before)


# What each operation gives: the operands' common dtype, or its own.
RESULTS = {
    "+": lambda a, b: a + b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "==": lambda a, b: a == b, "<": lambda a, b: a < b,
    "where": lambda a, b: (lg if isinstance(a, lg.Tensor) or isinstance(b, lg.Tensor) else torch
                           ).where((a if hasattr(a, "dtype") else b) > 0, a, b),
}


@pytest.mark.skipif(torch is None, reason="the results are PyTorch's")
@pytest.mark.parametrize("name", RESULTS)
def test_results(name):
    """Values too: computed in the dtype that the table says, and not in NumPy's."""
    wrong = []
    for pair in PAIRS:
        mine = RESULTS[name](*map(ours, pair))
        other = RESULTS[name](*map(theirs, pair))
        if (mine.dtype != dtype_name(other.dtype) or tuple(mine.shape) != tuple(other.shape)
                or not np.allclose(mine.double().numpy(), other.double().numpy())):
            wrong.append(f"{pair}: {mine}, PyTorch {other}")
    assert wrong == []


def test_numpy_scalars_are_numbers():
    """An ``np.float64`` left over from some sum must not make a float32 network float64."""
    x = lg.ones(2)
    for number in (np.float64(2.5), np.float32(2.5), np.int64(3), np.bool_(True)):
        assert (x * number).dtype == lg.float32
        assert (number * x).dtype == lg.float32
    assert (lg.tensor([1, 2]) * np.float64(2.5)).dtype == lg.float32
    assert (lg.tensor([1, 2]) + np.int8(1)).dtype == lg.int64


def test_numpy_arrays_are_tensors():
    assert (lg.ones(2) * np.ones(2)).dtype == lg.float64
    assert (np.ones(2, np.float32) + lg.ones(2)).dtype == lg.float32


def test_computed_in_the_result_dtype():
    """0.1 in float32 is another number than in float64: the operand is rounded first."""
    x = lg.tensor([1.0])
    assert (x * 0.1).numpy()[0] == np.float32(1) * np.float32(0.1)
    assert (lg.tensor(0.1, dtype=lg.float64) * x).numpy()[0] == np.float32(0.1)


def test_conversions_are_quiet():
    """What does not fit becomes infinite, as in PyTorch, and nothing warns."""
    x = lg.tensor([1.0], dtype=lg.float16)
    assert (x * lg.tensor(1e10, dtype=lg.float64)).tolist() == [float("inf")]
    assert lg.tensor([1e10]).to(lg.float16).tolist() == [float("inf")]
    big = lg.tensor([1.0, 2.0], dtype=lg.float16, requires_grad=True)
    (big.double() * 1e10).sum().backward()
    assert big.grad.tolist() == [float("inf")] * 2
    for make in (lambda v: lg.tensor(v), lambda v: lg.tensor([1.0]) * v):
        assert make(1e300).tolist() in (float("inf"), [float("inf")])
    x[0] = lg.tensor(1e10)
    assert x.tolist() == [float("inf")]


PUT = {
    "full": lambda lib, x, v: lib.full((2,), v, dtype=x.dtype),
    "new_full": lambda lib, x, v: x.new_full((2,), v),
    "fill_": lambda lib, x, v: x.fill_(v),
    "masked_fill": lambda lib, x, v: x.masked_fill(lib.tensor([True, False]), v),
    "index_fill": lambda lib, x, v: x.index_fill(0, lib.tensor([1]), v),
    "pad": lambda lib, x, v: lib.nn.functional.pad(x, (1, 1), value=v),
    "setitem": lambda lib, x, v: x.__setitem__(0, v) or x,
}


@pytest.mark.parametrize("put", PUT)
@pytest.mark.parametrize(("dtype", "number", "fits"), [
    ("float32", 1e39, 3e38), ("float32", -1e300, float("-inf")), ("float32", 10**400, 10**30),
    ("float16", -1e9, float("-inf")), ("float16", 65505.0, 65504.0), ("int8", 300, 100),
    ("int64", float("nan"), 2**60), ("uint8", -300, 200)])
def test_a_number_that_does_not_fit_is_refused(put, dtype, number, fits):
    x = lg.ones(2, dtype=dtype)
    with pytest.raises(DtypeError, match=f"does not fit in {dtype}"):
        PUT[put](lg, x, number)
    assert x.tolist() == [1, 1]
    assert np.array(fits, dtype).item() in PUT[put](lg, x, fits).tolist()
    # There `x[0] = v` alone makes an infinity.
    if torch is not None and (put, dtype) != ("setitem", "float16"):
        y = torch.ones(2, dtype=getattr(torch, dtype))
        with pytest.raises((RuntimeError, OverflowError, ValueError)):
            PUT[put](torch, y, number)


@pytest.mark.skipif(torch is None, reason="the table is PyTorch's")
def test_promote_types():
    for a, b in itertools.product(DTYPES, repeat=2):
        expected = dtype_name(torch.promote_types(getattr(torch, a), getattr(torch, b)))
        assert lg.promote_types(np.dtype(a), np.dtype(b)) == expected
