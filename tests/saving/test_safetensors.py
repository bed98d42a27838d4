"""The format, beside the safetensors package; and files that are damaged or hostile."""

import contextlib
import io
import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import learngrad as lg
from learngrad.saving import SavingError
from learngrad.saving.errors import Damaged
from learngrad.saving.safetensors import read
from tests.optable.reference import torch

try:
    import safetensors
    import safetensors.numpy
except ImportError:
    safetensors = None
beside = pytest.mark.skipif(safetensors is None, reason="safetensors is not installed")
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64",
          "float16", "float32", "float64"]
SHAPES = [(), (3,), (2, 3), (0,), (2, 0, 3), (1, 1, 1, 1)]


def example():
    """Every dtype in every shape."""
    rng = np.random.default_rng(0)
    return {f"{dtype}.{list(shape)}": rng.integers(0, 100, shape).astype(dtype)
            for shape in SHAPES for dtype in DTYPES}


def content(state):
    file = io.BytesIO()
    lg.save(state, file)
    return file.getvalue()


def equal(arrays, others):
    assert list(arrays) == list(others) or set(arrays) == set(others)
    for name, a in arrays.items():
        b = np.asarray(others[name])
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), name


@beside
def test_the_package_reads_what_is_written_here():
    arrays = example()
    equal(arrays, safetensors.numpy.load(content({n: lg.tensor(a) for n, a in arrays.items()})))


@beside
def test_what_the_package_writes_is_read_here():
    arrays = example()
    data = safetensors.numpy.save(arrays, metadata={"format": "np"})
    equal(arrays, {n: t.numpy() for n, t in lg.load(io.BytesIO(data)).items()})


@beside
def test_the_package_finds_a_checkpoints_tensors_by_their_path():
    checkpoint = {"model": {"0.weight": lg.ones(2)}, "optimizer": {"state": {0: {
        "step": 3, "exp_avg": lg.zeros(1)}}}, "losses": [lg.ones(1), (lg.zeros(0),)]}
    assert set(safetensors.numpy.load(content(checkpoint))) == {
        "model.0.weight", "optimizer.state.0.exp_avg", "losses.0", "losses.1.0"}
    same_path = safetensors.numpy.load(content({"a": {"b": lg.ones(1)}, "a.b": lg.zeros(1)}))
    assert sorted(a.item() for a in same_path.values()) == [0, 1]


@beside
@pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
def test_state_dicts_go_both_ways_with_pytorch(tmp_path):
    from safetensors.torch import load_file, save_file

    theirs = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    ours = lg.nn.Sequential(lg.nn.Linear(4, 3), lg.nn.ReLU(), lg.nn.Linear(3, 2))
    save_file(theirs.state_dict(), tmp_path / "theirs")
    ours.load_state_dict(lg.load(tmp_path / "theirs"))
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    np.testing.assert_allclose(ours(lg.tensor(x)).detach().numpy(),
                               theirs(torch.tensor(x)).detach().numpy(), rtol=1e-5, atol=1e-6)
    lg.save(ours.state_dict(), tmp_path / "ours")
    back = load_file(tmp_path / "ours")
    for name, value in theirs.state_dict().items():
        assert torch.equal(back[name], value)


@beside
@pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
def test_pytorchs_bfloat16(tmp_path):
    pytest.importorskip("ml_dtypes")
    from safetensors.torch import load_file, save_file

    values = torch.tensor([1.0, -2.5, 1e30]).to(torch.bfloat16)
    save_file({"w": values, "x": torch.ones(())}, tmp_path / "theirs")
    mine = lg.load(tmp_path / "theirs")
    assert mine["w"].dtype == lg.bfloat16
    assert mine["w"].float().tolist() == values.float().tolist()
    lg.save(mine, tmp_path / "ours")
    assert torch.equal(load_file(tmp_path / "ours")["w"], values)


# ---- Damaged and hostile -------------------------------------------------------------------------


def built(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), place=(0, 8), **more):
    return {"dtype": dtype, "shape": shape, "data_offsets": place, **more}


EIGHT = bytes(8)


def tree(value, version=1):
    return built({"__metadata__": {"learngrad": json.dumps({"version": version, "tree": value})},
                  "w": entry()}, EIGHT)


HOSTILE = {
    "nothing": (b"", "0 bytes"),
    "seven bytes": (bytes(7), "7 bytes"),
    "a length beyond the file": (built({}, length=1000), "1,000 bytes"),
    "a length beyond all": (built({}, length=2**64 - 1), "at most"),
    "a length of 0": (bytes(8), "no header"),
    "no bracket": (built(b"[]"), "no header"),
    "no JSON": (built(b"{'w': 1}"), "cannot be read"),
    "no Unicode": (built(b'{"\xff": 1}'), "cannot be read"),
    "half a character": (built(b'{"\\ud800": {}}'), "cannot be read"),
    "cut short": (built({"w": entry()}, bytes(7)), "7 are there"),
    "more than its tensors": (built({"w": entry()}, bytes(9)), "9 are there"),
    "the same name twice": (built(b'{"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]},'
                                  b'"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}', b"0"),
                            "twice"),
    "one field twice": (built(b'{"w":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]}}',
                              b"0"), "twice"),
    "deep": (built(b'{"w":' + b"[" * 100_000), "without end"),
    "thousands of digits": (built(b'{"w":' + b"9" * 10_000 + b"}"), "digits"),
    "nan": (built(b'{"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', EIGHT), "NaN"),
    "no fields": (built({"w": {}}), "three fields"),
    "no object": (built({"w": 3}), "three fields"),
    "unknown dtype": (built({"w": entry("F7")}, EIGHT), "'F7'"),
    "a list for a dtype": (built({"w": entry(["F32"])}, EIGHT), "dtype"),
    "negative size": (built({"w": entry(shape=[-1, -2])}, EIGHT), "shape"),
    "fractional size": (built({"w": entry(shape=[2.0])}, EIGHT), "shape"),
    "true for a size": (built({"w": entry("F64", [True])}, EIGHT), "shape"),
    "text for a shape": (built({"w": entry(shape="2")}, EIGHT), "shape"),
    "too large a shape": (built({"w": entry(shape=[3])}, EIGHT), "does not take"),
    "a shape that overflows": (built({"w": entry(shape=[2**32, 2**32])}, EIGHT), "does not take"),
    "65 dimensions": (built({"w": entry(shape=[1] * 64 + [2])}, EIGHT), "65 dimensions"),
    "a size beyond all": (built({"w": entry(shape=[2**80])}, EIGHT), "shape"),
    "none of too many": (built({"w": entry(shape=[0, 2**62, 2**62], place=[0, 0])}), "no array"),
    "three places": (built({"w": entry(place=[0, 4, 8])}, EIGHT), "3 places"),
    "begin after end": (built({"w": entry(place=[8, 0])}, EIGHT), "does not take"),
    "negative place": (built({"w": entry(place=[-8, 0])}, EIGHT), "data_offsets"),
    "overlapping": (built({"a": entry("U8", [4], [0, 4]), "b": entry("U8", [6], [2, 8])}, EIGHT),
                    "another ends"),
    "a hole": (built({"a": entry("U8", [2], [0, 2]), "b": entry("U8", [4], [4, 8])}, EIGHT),
               "another ends"),
    "twice the same bytes": (built({"a": entry(), "b": entry()}, EIGHT), "another ends"),
    "a bool of 2": (built({"w": entry("BOOL", [1], [0, 1])}, b"\2"), "bools"),
    "metadata of numbers": (built({"__metadata__": {"a": 1}}), "metadata"),
    "metadata of no kind": (built({"__metadata__": []}), "metadata"),
    "a tree that is no JSON": (built({"__metadata__": {"learngrad": "{"}}), "beside tensors"),
    "a tree without version": (built({"__metadata__": {"learngrad": "{}"}}), "version"),
    "a newer version": (tree(0, 2), "newer"),
    "a tensor that is not there": (tree({"$tensor": "x"}), "means nothing"),
    "a list for a tensor": (tree({"$tensor": ["w"]}), "means nothing"),
    "an unknown mark": (tree({"$eval": "1"}), "means nothing"),
    "a number that is none": (tree({"$float": "1e5"}), "means nothing"),
    "pairs of three": (tree({"$dict": [[1, 2, 3]]}), "means nothing"),
    "a list for a key": (tree({"$dict": [[[1], 2]]}), "key"),
    "a dict for a tuple": (tree({"$tuple": {}}), "means nothing"),
    "a deep tree": (built({"__metadata__": {"learngrad": '{"version": 1, "tree": ' + "[" * 50_000
                                            + "]" * 50_000 + "}"}}), "without end"),
    "a tree that is too deep": (tree(json.loads("[" * 300 + "]" * 300)), "without end"),
}


def refused(data):
    with pytest.raises(SavingError) as caught:
        lg.load(io.BytesIO(data))
    return caught.value


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_wrong_is_told(case, tmp_path):
    data, word = HOSTILE[case]
    assert word in str(refused(data))
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(SavingError) as caught:
        lg.load(path)
    assert "model.safetensors" in str(caught.value)
    assert "again" in caught.value.fix


# What only this reader minds: names that come twice, bytes that no bool has, a tree of its own.
STRICTER = {"the same name twice", "a bool of 2"} | {
    case for case in HOSTILE if "tree" in case or b"learngrad" in HOSTILE[case][0]}


@beside
@pytest.mark.parametrize("case", HOSTILE)
def test_the_package_refuses_what_is_refused_here(case):
    data, _ = HOSTILE[case]
    if case in STRICTER:
        assert safetensors.numpy.load(data) is not None
    else:
        with pytest.raises((safetensors.SafetensorError, ValueError)):
            safetensors.numpy.load(data)


@pytest.mark.parametrize("length", [2**63, 99_999_999, 10**12])
def test_a_length_that_lies_costs_no_memory(length):
    data = built({}, length=length)
    tracemalloc.start()
    refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_shape_that_lies_costs_no_memory():
    data = built({"w": entry(shape=[10**9], place=[0, 4 * 10**9])}, EIGHT)
    tracemalloc.start()
    refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_names_and_texts_beyond_the_limit_are_not_written():
    with pytest.raises(lg.errors.ArgumentError, match="100,000,000"):
        content({"text": "x" * 100_000_000})


GOOD = content({"a": lg.arange(6, dtype=lg.float32).reshape(2, 3), "b": [lg.ones(2).bool(), (1,)],
                "c": lg.tensor(3)})


@st.composite
def damages(draw):
    """A good file with bytes changed, taken out or put in, or parts of its header replaced."""
    data = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["byte", "cut", "insert", "end", "header"])):
            case "byte" if at < len(data):
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at:at + draw(st.integers(1, 9))]
            case "insert":
                data[at:at] = draw(st.binary(max_size=9))
            case "end":
                del data[at:]
            case "header":
                length = int.from_bytes(data[:8], "little")
                text = bytes(data[8:8 + length]) if length < 10**6 else b""
                old = draw(st.sampled_from([b"24", b"0", b"F32", b"[", b"2", b'"shape"', b"$tensor",
                                            b"8", b"BOOL", b"learngrad", b"tree"]))
                new = draw(st.sampled_from([b"-1", b"1e9", b"F64", b"{", b"99999999999999999999",
                                            b"null", b'""', b"$array", b"true", b"[[[[", b"4"]))
                text = text.replace(old, new, draw(st.integers(1, 3)))
                data[:8 + length] = len(text).to_bytes(8, "little") + text
    return bytes(data)


@settings(max_examples=500)
@given(damages())
def test_a_damaged_file_is_refused_or_read_and_nothing_else(data):
    with contextlib.suppress(SavingError):
        lg.load(io.BytesIO(data))


@beside
@settings(max_examples=300)
@given(damages())
def test_what_is_read_here_the_package_reads_alike(data):
    """At most in what a bool is, and in fields that come twice, is this reader the stricter one."""
    try:
        arrays, _ = read(io.BytesIO(data), len(data))
    except Damaged:
        return
    equal(arrays, safetensors.numpy.load(data))
