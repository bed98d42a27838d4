"""The stand-in refuses what CuPy refuses: else a green column here would mean little on a GPU."""

import copy
import pickle

import numpy as np
import pytest

import learngrad as lg
from learngrad import devices
from tests import cupy_standin


@pytest.fixture(autouse=True)
def standin(cupy):
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("CuPy itself is here")


@pytest.fixture
def array(cupy):
    return cupy.asarray(np.arange(6.0).reshape(2, 3))


HOST = np.ones((2, 3))


@pytest.mark.parametrize("use", [
    lambda a: np.asarray(a), lambda a: np.array(a), lambda a: a + HOST, lambda a: HOST + a,
    lambda a: HOST @ a.T, lambda a: np.where(a > 1, HOST, a), lambda a: np.add(a, 1, out=HOST),
    lambda a: a.__iadd__(HOST)], ids=range(8))
def test_numpy_arrays_do_not_mix(array, use):
    with pytest.raises(TypeError):
        use(array)


@pytest.mark.parametrize("use", [
    lambda a: np.fft.fft(a), lambda a: np.add.at(a, 0, 1.0), lambda a: np.add.reduce(a),
    lambda a: np.add(a, 1, where=a > 0), lambda a: np.spacing(a)], ids=range(5))
def test_what_cupy_lacks(array, use):
    with pytest.raises(TypeError):
        use(array)


def test_dtypes_that_cupy_lacks(cupy):
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.asarray(np.zeros(2, "g"))
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.asarray(np.array(["a"]))
    with pytest.raises(TypeError, match="scatter_add"):
        cupy.add.at(cupy.zeros(3, "int64"), cupy.asarray(np.array([0])), 1)


def test_results_are_arrays_of_no_dimensions(cupy, array):
    for result in (array.sum(), array[0, 0], np.exp(array[0, 0]), array.max(), array[0] @ array[1]):
        assert type(result) is cupy.ndarray
        assert result.shape == ()
    assert not isinstance(array, np.ndarray)


def test_out_of_bounds_wraps_round(cupy, array):
    assert array[cupy.asarray(np.array([2]))].tolist() == [[0.0, 1.0, 2.0]]
    assert array[:, cupy.asarray(np.array([4, -1]))].tolist() == [[1.0, 2.0], [4.0, 5.0]]
    with pytest.raises(IndexError):
        array[2]


def test_nothing_warns(cupy, array):
    assert np.log(array * 0 - 1).tolist()[0][0] != 0
    assert (array.astype("int64")**-1).dtype == "int64"


def test_views_share_memory_and_copies_do_not(cupy, array):
    view = array[:, 1:].T
    assert view.base is array
    assert cupy.may_share_memory(view, array)
    view.fill(9.0)
    assert array.tolist() == [[0.0, 9.0, 9.0], [3.0, 9.0, 9.0]]
    assert array.copy().base is None
    assert (array + 1).base is None


def test_copies_are_made_on_the_device(counts, array):
    counts.reset()
    assert copy.deepcopy(array).tolist() == array.tolist()
    assert counts == (2, 0, 2)
    assert pickle.loads(pickle.dumps(array)).tolist() == array.tolist()


@pytest.mark.parametrize(("use", "crossed"), [
    (lambda cp, a: a * 2 + a.sum() - np.exp(a[0]), (0, 0, 0)),
    (lambda cp, a: bool(a[0, 0]), (1, 0, 1)), (lambda cp, a: float(a.sum()), (1, 0, 1)),
    (lambda cp, a: a.item(0) if a.size == 0 else a[0, 0].item(), (1, 0, 1)),
    (lambda cp, a: cp.asnumpy(a), (1, 0, 1)), (lambda cp, a: cp.asarray(HOST), (0, 1, 0)),
    (lambda cp, a: cp.asarray(2.0), (0, 0, 0)), (lambda cp, a: a[a > 1], (0, 0, 1)),
    (lambda cp, a: repr(a), (1, 0, 1)), (lambda cp, a: cp.cuda.Device().synchronize(), (0, 0, 1))],
    ids=range(10))
def test_it_counts(cupy, array, counts, use, crossed):
    counts.reset()
    use(cupy, array)
    assert counts == crossed


def test_the_generator_draws_on_the_device(cupy):
    draws = cupy.random.default_rng(3).random((2, 2))
    assert type(draws) is cupy.ndarray
    assert draws.tolist() == cupy.random.default_rng(3).random((2, 2)).tolist()


def test_learngrad_takes_it_for_the_gpu(cupy, array, monkeypatch):
    monkeypatch.setattr(devices, "_array_types", (np.ndarray,))  # nothing was on the GPU so far
    assert lg.tensor(array).device.type == "cuda"
    assert devices.is_array(array)
    assert devices.array_module(array) is cupy
    assert str(devices.device_of(array)) == "cuda:0"
