"""What goes into a file comes out of it, and what is no data is refused by its place."""

import io
import math
import os
import pickle
import random
from collections import OrderedDict, defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learngrad as lg
from learngrad import errors, nn
from learngrad.saving import SavingError


def saved(obj):
    file = io.BytesIO()
    lg.save(obj, file)
    return file.getvalue()


def there_and_back(obj, **options):
    return lg.load(io.BytesIO(saved(obj)), **options)


def same(a, b):
    """Equal in type, dtype, shape and every bit; nan is nan."""
    if isinstance(a, lg.Tensor):
        return (isinstance(b, lg.Tensor) and a.requires_grad == b.requires_grad
                and same(a.detach().numpy(), b.detach().numpy()))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and type(a) is type(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (a != a and b != b))


def bits(dtype, shape, seed):
    """An array of any bits at all, so with nan of every kind; bools are 0 and 1."""
    dtype, rng = np.dtype(dtype), np.random.default_rng(seed)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    return np.frombuffer(rng.bytes(math.prod(shape) * dtype.itemsize), dtype).reshape(shape).copy()


arrays = st.builds(
    bits,
    st.sampled_from(["bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32",
                     "uint64", "float16", "float32", "float64"]),
    st.lists(st.integers(0, 3), max_size=3), st.integers(0, 99))
tensors = st.builds(lambda a, needs: lg.from_numpy(a).requires_grad_(needs and a.dtype.kind == "f"),
                    arrays, st.booleans())
numbers = st.one_of(st.none(), st.booleans(), st.integers(), st.floats())
leaves = st.one_of(numbers, st.text(), tensors, arrays)
keys = st.one_of(st.text(st.characters(codec="utf-8")), st.integers(), st.booleans(), st.none(),
                 st.tuples(st.integers(), st.text()), st.sampled_from(["$tensor", "__metadata__"]))
trees = st.recursive(leaves, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.lists(inner, max_size=3).map(tuple),
    st.dictionaries(keys, inner, max_size=4)), max_leaves=12)


@settings(max_examples=200)
@given(trees)
def test_data_comes_back_as_it_was(tree):
    assert same(there_and_back(tree), tree)


def test_what_a_program_saves_beside_its_model():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    optimizer = lg.optim.Adam(model.parameters(), lr=0.1, betas=(0.8, 0.99))
    model(lg.ones(4, 3)).sum().backward()
    optimizer.step()
    checkpoint = {
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
        "losses": [0.5, float("inf")], "best": None, "note": "größer als 0", "rng":
        lg.get_rng_state(), "python": random.getstate(), "numpy":
        np.random.default_rng(0).bit_generator.state}
    back = there_and_back(checkpoint)
    assert same(back, checkpoint)
    assert back["optimizer"]["param_groups"][0]["betas"] == (0.8, 0.99)
    random.setstate(back["python"])
    optimizer.load_state_dict(back["optimizer"])


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"a": x},
                                  lambda x: {3: x}], ids=["list", "tuple", "dict", "numbered"])
def test_a_hundred_levels(wrap):
    tree = 1
    for _ in range(100):
        tree = wrap(tree)
    assert there_and_back(tree) == tree
    with pytest.raises(errors.ArgumentTypeError, match="deep"):
        saved(wrap(wrap(tree)))


def test_subclasses_come_back_plain():
    many = defaultdict(list, {"a": [lg.Size([2])]})
    assert same(there_and_back(many), {"a": [(2,)]})
    assert same(there_and_back(OrderedDict(b=np.float32(0.5), a=np.int8(3), c=np.bool_(True))),
                {"b": 0.5, "a": 3, "c": True})
    weight = there_and_back(nn.Parameter(lg.ones(2)))
    assert type(weight) is lg.Tensor
    assert weight.requires_grad


def test_a_state_dict_is_a_plain_file_in_the_order_of_its_keys():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    back = there_and_back(model.state_dict())
    assert list(back) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert b"learngrad" not in saved(model.state_dict())
    other = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    other.load_state_dict(back)
    assert same(other.state_dict(), model.state_dict())


def test_layouts_and_results_of_operations():
    x = lg.arange(24, dtype=lg.float32).reshape(2, 3, 4)
    for t in (x.transpose(0, 2), x[:, ::2], x[1].flip(0), x[0, 0, 0], x[:0],
              lg.ones(3).expand(2, 3)):
        assert same(there_and_back(t), t.clone())
    out = x.requires_grad_() * 2
    back = there_and_back(out)
    assert back.is_leaf
    assert back.requires_grad


def test_what_is_loaded_can_be_written_to():
    t = there_and_back({"a": lg.zeros(2), "b": lg.zeros(2)})
    t["a"].add_(1)
    assert (t["a"].tolist(), t["b"].tolist()) == ([1, 1], [0, 0])


@pytest.mark.parametrize("make", [str, Path], ids=["text", "Path"])
def test_paths(make, tmp_path):
    path = make(tmp_path / "model.pt")
    lg.save({"w": lg.ones(2)}, path)
    assert lg.load(path, weights_only=False)["w"].tolist() == [1, 1]
    with open(path, "rb") as file:
        assert lg.load(file)["w"].tolist() == [1, 1]


def test_a_stream_that_cannot_seek():
    reading, writing = os.pipe()
    with open(writing, "wb") as file:
        lg.save({"w": lg.ones(2)}, file)
    with open(reading, "rb") as file:
        assert lg.load(file)["w"].tolist() == [1, 1]


def test_a_file_object_is_read_from_where_it_stands():
    file = io.BytesIO()
    file.write(b"before")
    lg.save([1, lg.ones(1)], file)
    with pytest.raises(SavingError, match="at its end") as caught:
        lg.load(file)
    assert "seek(0)" in caught.value.fix
    file.seek(6)
    assert same(lg.load(file), [1, lg.ones(1)])


@pytest.mark.parametrize("where", [
    "cpu", lg.device("cpu"), {"cuda:0": "cpu"}, {"cpu": "cpu"}, lambda storage, location: storage,
    lambda storage, location: None])
def test_map_location(where):
    assert there_and_back({"w": lg.ones(2)}, map_location=where)["w"].tolist() == [1, 1]


def test_map_location_moves():
    doubled = there_and_back({"a": [lg.ones(1)]}, map_location=lambda t, place: t.double())
    assert doubled["a"][0].dtype == lg.float64
    with pytest.raises(errors.ArgumentError, match="tpu"):
        there_and_back(lg.ones(1), map_location="tpu")
    with pytest.raises(errors.ArgumentTypeError, match="map_location"):
        there_and_back(lg.ones(1), map_location=3)


def test_bfloat16():
    pytest.importorskip("ml_dtypes")
    t = lg.tensor([1.0, -2.5]).to(lg.bfloat16)
    back = there_and_back({"w": t, "x": [lg.zeros(2, 0).to(lg.bfloat16)]})
    assert back["w"].dtype == lg.bfloat16
    assert same(back["w"], t)


ITSELF = []
ITSELF.append({"again": ITSELF})
NO_DATA = {
    "a module": (nn.Linear(1, 1), "obj is a Linear", "state_dict()"),
    "an optimiser": ({"o": lg.optim.SGD([lg.ones(1, requires_grad=True)], lr=1)},
                     "obj['o'] is a SGD", "state_dict()"),
    "a function": ({"a": [0, len]}, "obj['a'][1] is a builtin", "leave it out"),
    "a set": ((1, {2}), "obj[1] is a set", "sorted"),
    "bytes": (b"x", "obj is a bytes", "str(x)"),
    "options": ({"args": SimpleNamespace(lr=1)}, "obj['args'] is a SimpleNamespace", "vars(x)"),
    "a complex": (1j, "obj is a complex", "str(x)"),
    "a key": ({"a": {frozenset(): 1}}, "a key of obj['a'] is a frozenset", "sorted"),
    "itself": (ITSELF, "holds itself", "flatter"),
    "objects": (np.array([None]), "dtype", "floating"),
    "half a character": ({"\ud800": lg.ones(1)}, "Unicode", "encode"),
}


@pytest.mark.parametrize("case", NO_DATA)
def test_what_is_no_data_is_refused_with_its_place(case, tmp_path):
    obj, word, fix = NO_DATA[case]
    path = tmp_path / "m"
    lg.save({"old": lg.ones(1)}, path)
    with pytest.raises(errors.LearngradError) as caught:
        lg.save(obj, path)
    assert word in str(caught.value)
    assert fix in caught.value.fix
    assert lg.load(path)["old"].tolist() == [1]


def test_arguments_in_the_wrong_order_and_files_of_text(tmp_path):
    with pytest.raises(errors.ArgumentTypeError, match="path"):
        lg.save("model.pt", {"w": lg.ones(1)})
    with pytest.raises(errors.ArgumentTypeError, match="path"):
        lg.load({"w": lg.ones(1)})
    with open(tmp_path / "m", "w+") as file:
        with pytest.raises(errors.ArgumentTypeError, match="text"):
            lg.save(lg.ones(1), file)
        with pytest.raises(errors.ArgumentTypeError, match="binary"):
            lg.load(file)
    with pytest.raises(FileNotFoundError):
        lg.load(tmp_path / "nothing")
    with pytest.raises(SavingError, match=r"no folder(.|\n)*test_checkpoint\.py") as caught:
        lg.save(lg.ones(1), tmp_path / "none" / "m")
    assert "mkdir" in caught.value.fix


# ---- Files of others -----------------------------------------------------------------------------


class Trap:
    """A pickle that would leave a mark if anybody ran it."""

    def __reduce__(self):
        return os.mkdir, ("run",)


def others():
    def written(write):
        file = io.BytesIO()
        write(file)
        return file.getvalue()

    yield "pickle", pickle.dumps(Trap()), "a pickle", "safetensors.torch.save_file"
    yield "npz", written(lambda f: np.savez(f, a=np.ones(2))), "zip archive", "numpy.load"
    yield "npy", written(lambda f: np.save(f, np.ones(2))), "numpy.save", "numpy.load"
    yield "HDF5", b"\x89HDF\r\n\x1a\n" + bytes(90), "Keras", "h5py"
    yield "Git LFS", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS", "git lfs pull"
    yield "a page", b"<!DOCTYPE html><html>404 Not Found</html>", "web page", "download"


@pytest.mark.parametrize(("content", "word", "fix"), [case[1:] for case in others()],
                         ids=[case[0] for case in others()])
def test_nothing_is_unpickled(content, word, fix, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("m.pt").write_bytes(content)
    for f in ("m.pt", io.BytesIO(content)):
        with pytest.raises(SavingError) as caught:
            lg.load(f, weights_only=False)
        assert word in str(caught.value)
        assert fix in caught.value.fix
    assert os.listdir() == ["m.pt"]


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_pytorch_is_named_and_its_conversion_told(zipped):
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    torch.save({"w": torch.ones(2)}, file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(SavingError, match=r"torch\.save") as caught:
        lg.load(io.BytesIO(file.getvalue()))
    assert "torch.load" in caught.value.fix


def test_pickles_of_python_are_not_imported_to_load():
    source = Path(lg.saving.__file__).parent
    text = "".join(path.read_text("utf-8") for path in source.glob("*.py"))
    assert not [word for word in ("import pickle", "eval(", "exec(", "allow_pickle")
                if word in text]
