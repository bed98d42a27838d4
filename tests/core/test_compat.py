"""Old spellings, settings, and what is written into `out`, each as PyTorch has it."""

import sys

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors
from tests.both import agree

MAKING = """
a.new(2, 3).shape, a.new([1, 2]), i.new([3]), a.new(), i.new(2, 2).zero_(), A.new(A.size()).shape
torch.Tensor(2, 3).shape, torch.Tensor(3).shape, torch.Tensor(), torch.Tensor(a.shape).shape
torch.Tensor([1, 2]), torch.Tensor((2, 3)), torch.Tensor([[1], [2]]), torch.Tensor(range(3))
torch.Tensor(np.arange(3)), torch.Tensor(np.array([0.5, 1.5])), torch.Tensor(i)
torch.FloatTensor([1, 2]), torch.FloatTensor((1, 2)), torch.FloatTensor(a), torch.FloatTensor()
torch.FloatTensor(2, 3).shape, torch.FloatTensor(2, 2).zero_(), torch.FloatTensor(2).fill_(3)
torch.FloatTensor(np.array([1, 2.5])), torch.FloatTensor(a.tolist()), torch.FloatTensor(range(3))
torch.LongTensor([1, 2]), torch.LongTensor([1.7, 2]), torch.LongTensor(np.array([1, 2]))
torch.IntTensor([[1, 0]]), torch.ByteTensor([1, 0]), torch.BoolTensor([1, 0])
torch.HalfTensor([1, 0]), torch.DoubleTensor([1]), torch.ShortTensor([1]), torch.CharTensor([1])
a.new_tensor([1, 2]), a.new_zeros(2), a.new_ones((2, 1)), a.new_full((2,), 3), a.new_empty(2).shape
i.new_tensor([1.5]), i.new_full((1,), 7), a.new_zeros(2, dtype=torch.long)
torch.autograd.Variable(a), torch.autograd.Variable(a, requires_grad=True)
torch.autograd.Variable(w), torch.autograd.Variable(w * 2).is_leaf
torch.autograd.Variable(a).data_ptr() == a.data_ptr()
"""

ASKING = """
isinstance(a, torch.FloatTensor), isinstance(i, torch.FloatTensor), isinstance(i, torch.LongTensor)
isinstance(a, torch.autograd.Variable), isinstance(3, torch.autograd.Variable)
isinstance(a, torch.Tensor), torch.is_tensor(a), torch.is_tensor([1]), torch.numel(A)
a.type(), i.type(), (a > 1).type(), a.double().type(), a.half().type(), a.byte().type()
a.type("torch.DoubleTensor"), a.type(torch.LongTensor), a.type(torch.float64), i.type(a.type())
a.type_as(i), i.type_as(a), a.nelement(), a.element_size(), a.get_device(), a.is_cuda, A.dim()
a.storage_offset(), A[1].storage_offset(), A[1:].storage_offset(), A.T.stride(), A.T.stride(0)
a.data_ptr() == a.view(2).data_ptr(), A[1].data_ptr() - A.data_ptr()
torch.is_floating_point(a), torch.is_floating_point(i)
torch.inf, torch.pi, torch.e, torch.nan, torch.newaxis
torch.finfo(torch.float32).eps, torch.finfo(torch.float32).max, torch.finfo(torch.float32).min
torch.finfo(torch.float64).tiny, torch.finfo().bits, torch.finfo(a.dtype).smallest_normal
torch.iinfo(torch.int64).max, torch.iinfo(torch.uint8).min, torch.iinfo(torch.int8).bits
torch.cuda.is_available() in (True, False), torch.cuda.device_count() >= 0
torch.cuda.manual_seed(3), torch.cuda.manual_seed_all(3), torch.cuda.empty_cache()
torch.backends.mps.is_available(), torch.accelerator.is_available() in (True, False)
torch.device("cuda" if torch.cuda.is_available() else "cpu").type in ("cpu", "cuda")
torch.device("cuda:1").index, torch.device("cuda", 1), torch.device("cpu"), a.device
torch.det(A), torch.inverse(A), A.det(), A.inverse(), torch.cholesky(A @ A.T)
torch.svd(A)[1], (lambda U, S, V: U @ torch.diag(S) @ V.t())(*torch.svd(torch.ones(3, 2)))
"""

CHANGING = """
w.data = torch.zeros(3); (w * 2).sum().backward(); w, w.grad
w.data -= 0.5 * torch.ones(2); w
w.data.fill_(7); w.data[0] = 9; w
(w * w).sum().backward(); w.data.sub_(0.1 * w.grad.data); w.grad.data.zero_(); w, w.grad
y = w * 2; y.data = torch.zeros(2); y
w.data = torch.ones(2).double(); w.dtype
a.data += 1; a
x = torch.autograd.Variable(a, requires_grad=True); (x ** 2).sum().backward(); x.grad.data
a.subtract_(1); a.multiply_(3); a.divide_(2); a.negative_(); a.absolute_(); a
"""

OUT = """
o = torch.empty(0); r = torch.add(a, a, out=o); r is o, o
o = torch.zeros(2); r = torch.matmul(A, a, out=o); r is o, o
o = torch.zeros(2, dtype=torch.float64); torch.add(a, a, out=o)
o = torch.zeros(2); torch.add(i, i, out=o)
o = torch.zeros(2, dtype=torch.bool); torch.gt(a, 1, out=o)
o = torch.zeros(2); torch.gt(a, 1, out=o)
o = torch.zeros(2, 2); torch.mm(A, A, out=o), torch.mul(A, 2, out=o), torch.tril(A, out=o)
o = torch.zeros(2); torch.sub(a, a, alpha=2, out=o), torch.clamp(a, max=1.5, out=o)
o = torch.zeros(4); torch.cat([a, a], out=o)
o = torch.zeros(2, 2); torch.stack([a, a], dim=1, out=o)
o = torch.zeros(()); torch.sum(a, 0, out=o); o
o = torch.zeros(4); torch.add(a, a, out=o[:2]); o
o = torch.zeros(3, 2); torch.add(a, a, out=o[1]); o
v, k = torch.empty(0), torch.empty(0, dtype=torch.long); torch.max(A, 1, out=(v, k)); v, k
v, k = torch.empty(2), torch.empty(2).long(); r = torch.sort(a, out=(v, k)); r.values is v, v, k
torch.exp(a, out=a); a
o = torch.zeros(2, 2); torch.ones(2, 2, out=o), torch.eye(2, out=o)
o = torch.zeros(3); torch.rand(3, out=o) is o, torch.randn(3, out=o) is o
torch.set_grad_enabled(False); o = torch.zeros(2); torch.add(w, 1, out=o)
torch.add(a, a, out=None)
"""

NUMPY = """
A.sum(axis=0), A.sum(axis=1, keepdims=True), A.mean(axis=(0, 1)), A.std(axis=1, keepdims=True)
A.max(axis=1).values, A.argmax(axis=1, keepdims=True), A.amin(axis=0)
A.cumsum(axis=1), A.softmax(axis=1), torch.log_softmax(A, axis=0), A.var(axis=0)
torch.cat([A, A], axis=1), torch.stack([a, a], axis=1), A.unsqueeze(axis=0).shape
A.select(axis=0, index=1), A.narrow(axis=1, start=0, length=1)
torch.linalg.norm(A, axis=1, keepdims=True), torch.all(A > 1, axis=1), A.sort(axis=0)[0]
"""


def lines(text):
    return [line.replace("; ", "\n") for line in text.strip().split("\n")]


@pytest.fixture(autouse=True)
def as_before():
    """A program may switch recording off."""
    yield
    lg.set_grad_enabled(True)
    agree("torch.set_grad_enabled(True)\n0")


@pytest.mark.filterwarnings("ignore")  # PyTorch says of some that they are old
@pytest.mark.parametrize("program", lines(MAKING) + lines(ASKING) + lines(CHANGING) + lines(OUT)
                         + lines(NUMPY))
def test_as_pytorch(program):
    agree(program)


# ---- What stands on its own


def test_default_tensor_type():
    try:
        lg.set_default_tensor_type("torch.DoubleTensor")
        assert lg.ones(1).dtype == lg.tensor(1.0).dtype == lg.Tensor([1]).dtype == lg.float64
    finally:
        lg.set_default_tensor_type(lg.FloatTensor)
    assert lg.ones(1).dtype == lg.float32


def test_settings_of_what_is_not_there_are_taken():
    lg.backends.cudnn.benchmark = True
    lg.backends.cudnn.deterministic = True
    lg.backends.cuda.matmul.allow_tf32 = True
    assert lg.backends.cudnn.benchmark is True
    lg.set_default_device("cpu")


def test_volatile_is_without_effect():
    with pytest.warns(UserWarning, match="no_grad"):
        assert not lg.autograd.Variable(lg.ones(2), volatile=True).requires_grad


def test_a_gpu_is_refused_in_words():
    if lg.cuda.is_available():
        assert lg.cuda.why_unavailable() is None
        pytest.skip("there is a GPU")
    assert "CuPy" in lg.cuda.why_unavailable()
    assert lg.accelerator.current_accelerator() is None
    assert repr(lg.cuda.FloatTensor) == "<type cuda.FloatTensor>"
    assert not isinstance(lg.ones(2), lg.cuda.FloatTensor)
    for call in (lambda: lg.cuda.FloatTensor([1]), lg.cuda.synchronize, lg.cuda.current_device,
                 lambda: lg.ones(2).type("torch.cuda.FloatTensor"), lg.cuda.get_device_name,
                 lambda: lg.cuda.set_device(0)):
        with pytest.raises(errors.MissingDependency, match="CuPy"):
            call()


FAILS_TO_LOAD = """
try:
    raise ImportError("libnvrtc.so.13: cannot open shared object file")
except ImportError as error:
    raise ImportError("\\n=====\\nFailed to import CuPy.\\n\\nSee the guide.\\n=====") from error
"""
FINDS_NO_GPU = """
from types import SimpleNamespace
class ndarray: pass
def count(): raise RuntimeError("cudaError{}: said by CUDA")
cuda = SimpleNamespace(runtime=SimpleNamespace(getDeviceCount=count))
"""


@pytest.mark.parametrize(("cupy", "words"), [
    (FAILS_TO_LOAD, "cannot be loaded (libnvrtc.so.13: cannot open"),
    (FINDS_NO_GPU.format("InsufficientDriver"), "no NVIDIA driver, or one older than its CUDA"),
    (FINDS_NO_GPU.format("NoDevice"), "finds a driver, and no NVIDIA GPU"),
    (FINDS_NO_GPU.format("SystemDriverMismatch"), "a driver that does not fit"),
    (FINDS_NO_GPU.format("InitializationError"), "no NVIDIA driver that works"),
    (FINDS_NO_GPU.replace('raise RuntimeError("cudaError{}: said by CUDA")', "return 0"),
     "CuPy is installed, and finds no GPU"),
])
def test_a_cupy_without_a_gpu_says_in_one_line_which_it_is(cupy, words, tmp_path, monkeypatch):
    (tmp_path / "cupy.py").write_text(cupy)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr("learngrad.devices._array_types", (np.ndarray,))
    why = lg.cuda.why_unavailable()
    assert words in why
    assert "\n" not in why
    for call in (lambda: lg.ones(2, device="cuda"), lambda: lg.ones(2).cuda(),
                 lambda: lg.rand(2, device="cuda"), lambda: lg.nn.Linear(1, 1).to("cuda"),
                 lg.cuda.synchronize, lambda: lg.set_default_device("cuda")):
        with pytest.raises(errors.MissingDependency) as caught:
            call()
        assert why == f"{caught.value.what}; {caught.value.fix}"
    assert not lg.cuda.is_available()
    assert lg.cuda.device_count() == 0
    sys.modules.pop("cupy", None)


def test_a_gpu_answers(cupy_or_standin):
    assert lg.cuda.is_available()
    assert lg.cuda.device_count() == 1
    assert lg.accelerator.current_accelerator() == lg.device("cuda")
    lg.cuda.manual_seed_all(0)
    first = lg.rand(2, device="cuda")
    lg.cuda.manual_seed(0)
    assert lg.rand(2, device="cuda").tolist() == first.tolist()
    lg.cuda.synchronize()
    assert isinstance(lg.cuda.FloatTensor([1]), lg.cuda.FloatTensor)
    assert lg.ones(2).type("torch.cuda.LongTensor").type() == "torch.cuda.LongTensor"
    assert lg.ones(2, device="cuda").get_device() == 0


@pytest.fixture
def cupy_or_standin():
    from tests import cupy_standin
    with cupy_standin.installed() as module:
        yield module


def test_what_is_written_into_out_counts_as_a_change():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    out = lg.ones(2)
    loss = (x * out).sum()
    lg.add(out, 1, out=out)
    with pytest.raises(errors.GraphError, match="changed in place"):
        loss.backward()


def test_out_of_several_results():
    with pytest.raises(errors.ArgumentTypeError, match="2 results"):
        lg.max(lg.ones(2, 2), 1, out=lg.ones(2))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_from_before_dim(name):
    """It is guessed for vectors and matrices, with a warning; PyTorch also guesses for more."""
    from tests.both import run, same, torch
    function = getattr(lg.nn.functional, name)
    for data in "a", "A", "torch.tensor(2.0)":
        with pytest.warns(UserWarning, match="dim"):
            mine = run(lg, f"F.{name}({data})")
        if torch is not None:
            with pytest.warns(UserWarning, match="dim"):
                assert same(mine, run(torch, f"F.{name}({data})"))
    with pytest.raises(errors.ArgumentError, match="which dimension"):
        function(lg.ones(2, 2, 2))


def test_one_dimension_is_named_once():
    with pytest.raises(errors.ArgumentTypeError, match="axis and dim"):
        lg.sum(lg.ones(2, 2), dim=0, axis=1)


def test_names_may_be_asked_for_though_a_package_is_missing(monkeypatch):
    """`help(learngrad)` and completion go through all of them."""
    import sys
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    monkeypatch.delitem(vars(lg), "bfloat16", raising=False)
    assert not hasattr(lg, "bfloat16")


def test_settings_that_old_programs_import():
    from learngrad.backends import cudnn

    cudnn.benchmark, before = True, cudnn.benchmark
    assert lg.backends.cudnn.benchmark
    cudnn.benchmark = before
    assert not cudnn.is_available()
    assert not lg.backends.mps.is_available()
    assert lg.backends.cuda.is_built() == lg.cuda.is_available()


def test_a_network_for_several_gpus_runs_on_one_device():
    from learngrad.nn.parallel import DataParallel

    plain = lg.nn.Sequential(lg.nn.Linear(2, 1), lg.nn.ReLU())
    model = DataParallel(plain, device_ids=[0, 1])
    assert list(model.state_dict()) == ["module.0.weight", "module.0.bias"]
    x = lg.ones(3, 2)
    assert model(x).equal(model.module(x))
    agree("torch.nn.DataParallel(torch.nn.Identity())(a)")
