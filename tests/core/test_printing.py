"""Tensors print as PyTorch prints them: learners compare with what they see elsewhere."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import learngrad as lg
from learngrad import errors
from tests.optable.reference import torch

RNG = np.random.default_rng(0)
VALUES = [
    1.0, 2, True, 3.14159, -0.5, 1e-9, 1e10, float("nan"), float("inf"), [1.0, 2.0], [1.5, 2.25],
    [1e-5, 1.0], [1e-3, 2000.0], [1e9, 1.0], [0.0, 0.0], [-0.0], [1, 2, 3], [[1, 2], [3, 40]],
    [True, False], [[1.0, -2.0], [3.5, 4]], [float("nan"), 1.0], [float("inf"), -1.0], [1e5, 1.5],
    [123456.0, 2.0], [1e-4, 1.0], [99999999.0, 1.0], [[[1.0, 2.0]], [[3.0, 4.0]]], [], [[], []],
    list(range(30)), [5e-324], [float("nan")] * 2, [1000.5, 0.5], [1001.0, 0.5], [-1, 10, -100],
    RNG.normal(size=(4, 5)).tolist(), RNG.normal(size=(3, 25)).tolist(),
    RNG.normal(size=(2, 3, 4)).tolist(), np.arange(1200).reshape(30, 40).tolist(),
    np.arange(1001.0).tolist(), RNG.normal(size=(7, 11, 13)).tolist(),
    RNG.normal(size=(1, 1001)).tolist(),
]


def text(tensor):
    """A repr with the modules' names left out, and the notes on the last line (names differ)."""
    return (repr(tensor).replace("learngrad.", "").replace("torch.", "")
            .replace(",\n       dtype", ", dtype").replace(",\n       requires", ", requires")
            .replace(",\n       grad_fn", ", grad_fn").replace(",\n       size", ", size"))


@pytest.mark.skipif(torch is None, reason="the text is PyTorch's")
@pytest.mark.parametrize("values", VALUES, ids=lambda v: repr(v)[:30])
def test_as_pytorch_prints(values):
    assert text(lg.tensor(values)) == text(torch.tensor(values))
    for dtype in ("float64", "float16", "int32", "uint8", "bool"):
        array = np.array(values)
        if np.isfinite(array).all() and array.min(initial=0) >= 0 and array.max(initial=0) < 200:
            assert text(lg.tensor(values, dtype=dtype)) == text(
                torch.tensor(values, dtype=getattr(torch, dtype)))


@pytest.mark.skipif(torch is None, reason="the text is PyTorch's")
@given(arrays.arrays("float64", arrays.array_shapes(min_dims=0, max_dims=3, max_side=12),
                     elements=st.sampled_from([0, 1, -1, 2.5, 1e-3, 1e4, 12345.678, -0.125])),
       st.sampled_from(["float32", "float64", "int64"]))
def test_any_shape(array, dtype):
    assert text(lg.tensor(array.astype(dtype))) == text(torch.tensor(array.astype(dtype)))


RESULTS = {
    "max": lambda lib, x: x.max(1), "min": lambda lib, x: x.min(1),
    "median": lambda lib, x: x.median(1), "sort": lambda lib, x: x.sort(),
    "topk": lambda lib, x: lib.topk(x, 1), "cummax": lambda lib, x: x.cummax(0),
    "cummin": lambda lib, x: x.cummin(0), "linalg_svd": lambda lib, x: lib.linalg.svd(lib.eye(2)),
    "svd": lambda lib, x: lib.svd(lib.eye(2)),
    "histogram": lambda lib, x: lib.histogram(x, 2),
    "a part of a shape": lambda lib, x: lib.zeros(2, 3, 4).shape[1:],
    "shapes put together": lambda lib, x: x.shape[:-1] + (5,),
}


@pytest.mark.skipif(torch is None, reason="the text is PyTorch's")
@pytest.mark.parametrize("name", RESULTS)
def test_results_with_names(name):
    ours, theirs = (RESULTS[name](lib, lib.tensor([[1.0, 5.0], [7.0, 2.0]])) for lib in (lg, torch))
    assert text(ours).replace("-0.", "0.") == text(theirs).replace("-0.", "0.")
    assert text(copy.deepcopy(ours)) == text(ours)


def test_a_summary_by_hand():
    assert repr(lg.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert repr(lg.zeros(2, 600)) == ("tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n"
                                      "        [0., 0., 0.,  ..., 0., 0., 0.]])")


def test_notes():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x) == "tensor([1., 2.], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 4.], grad_fn=<MulBackward0>)"
    assert repr((x * 2).detach()) == "tensor([2., 4.])"
    assert repr(lg.tensor([1], dtype="int32")) == "tensor([1], dtype=learngrad.int32)"
    assert repr(lg.zeros(0)) == "tensor([])"
    assert repr(lg.zeros(2, 0, dtype="int64")) == "tensor([], size=(2, 0), dtype=learngrad.int64)"
    assert str(x) == repr(x)


@pytest.mark.skipif(torch is None, reason="the names are PyTorch's")
def test_names_of_nodes():
    """``grad_fn`` names that PyTorch has too, where the operations are the same."""
    for make in (lambda x: x + 1, lambda x: x * x, lambda x: x - x, lambda x: x / 2, lambda x: x**2,
                 lambda x: -x, lambda x: x.exp(), lambda x: x.log(), lambda x: x.tanh(),
                 lambda x: x.relu(), lambda x: x.sum(), lambda x: x.mean(), lambda x: x.clone()):
        ours = make(lg.ones(2, requires_grad=True)).grad_fn.name()
        theirs = make(torch.ones(2, requires_grad=True)).grad_fn.name()
        assert ours == theirs
    assert lg.ones(1, requires_grad=True).grad_fn is None


def test_the_default_dtype_goes_without_saying():
    lg.set_default_dtype("float64")
    try:
        assert repr(lg.tensor([1.0])) == "tensor([1.])"
        assert repr(lg.tensor([1.0], dtype="float32")) == "tensor([1.], dtype=learngrad.float32)"
    finally:
        lg.set_default_dtype("float32")


def test_formats():
    x = lg.tensor(2.5)
    assert f"{x:.2f}" == "2.50"
    assert f"{x}" == "2.5"  # as PyTorch's: a tensor without dimensions is formatted as its number
    if torch is not None:
        assert f"{x}" == f"{torch.tensor(2.5)}"
    assert f"{lg.tensor(7):03d}" == "007"
    assert f"{lg.tensor([1.0])}" == "tensor([1.])"


def test_a_format_is_for_one_number():
    assert f"{lg.tensor(1.2345):.2f} {lg.tensor(3)} {lg.tensor(2.5)}" == "1.23 3 2.5"
    assert f"{lg.ones(2)}" == "tensor([1., 1.])"
    with pytest.raises(TypeError, match="for one number, and this tensor has 2"):
        f"{lg.ones(2):.2f}"


OPTIONS = [
    {}, {"precision": 2}, {"precision": 0}, {"precision": 10}, {"sci_mode": True},
    {"sci_mode": False}, {"precision": 2, "sci_mode": True}, {"edgeitems": 1, "threshold": 3},
    {"linewidth": 30}, {"linewidth": 120}, {"profile": "short"}, {"profile": "full"},
    {"profile": "short", "precision": 6}, {"threshold": 0, "edgeitems": 2, "linewidth": 40},
]
SHOWN = [
    [1.23456, 2.0], [1.0, 2.0, 3.0], [1.5e-7, 3e5], [float("nan"), 1.0, float("inf")], [], 3.14159,
    [1, 20, 300], [True, False], np.arange(20.0).tolist(), np.arange(24).reshape(4, 6).tolist(),
    (np.arange(60) / 7).reshape(3, 4, 5).tolist(), [1234567.0, 1.0], [0.0, 0.0],
]


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.parametrize("chosen", OPTIONS, ids=str)
def test_print_options(chosen):
    try:
        for lib in (lg, torch):
            lib.set_printoptions(**chosen)
        for data in SHOWN:
            assert repr(lg.tensor(data)) == repr(torch.tensor(data))
        assert repr(lg.ones(3, requires_grad=True)) == repr(torch.ones(3, requires_grad=True))
    finally:
        for lib in (lg, torch):
            lib.set_printoptions(profile="default")


def test_print_options_stay_until_they_are_changed():
    try:
        lg.set_printoptions(precision=2)
        lg.set_printoptions(linewidth=200)
        assert repr(lg.tensor([3.14159])) == "tensor([3.14])"
        lg.set_printoptions(profile="default")
        assert repr(lg.tensor([3.14159])) == "tensor([3.1416])"
        with pytest.raises(errors.ArgumentError, match="'long'"):
            lg.set_printoptions(profile="long")
        with pytest.raises(errors.ArgumentError, match="precision"):
            lg.set_printoptions(precision=-1)
    finally:
        lg.set_printoptions(profile="default")


def test_a_copy_of_results_is_of_their_class():
    best = lg.tensor([[1.0, 3.0]]).max(1)
    for other in (copy.copy(best), copy.deepcopy(best), pickle.loads(pickle.dumps(best))):
        assert type(other) is type(best)
        assert other.indices.tolist() == [1]
