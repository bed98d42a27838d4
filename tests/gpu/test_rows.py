"""The kernels that go by rows beside the formulas that they stand for: their very text, compiled.

On a GPU by CuPy; elsewhere by g++, each thread of a block a fiber of its own.
"""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors, nn
from learngrad.kernels import ROWS, rows
from tests import cupy_standin
from tests.cupy_standin import rawkernels

pytestmark = pytest.mark.skipif(
    cupy_standin.real() is None and rawkernels.why_not() is not None, reason=str(
        rawkernels.why_not()))

# Short rows have a warp each and eight of them a block; long ones a block of 256, or of 1024.
SHAPES = [(1, 1), (3, 5), (9, 32), (8, 33), (17, 100), (2, 1024), (3, 1025), (2, 8193)]
DTYPES = [np.float16, np.float32, np.float64]
NUMBERS = {"eps": [1e-5, 0.1], "centred": [True, False]}


def filled(kernel, n, m, dtype, rng, pick):
    """Inputs for a kernel; every other time without what may be left out."""
    sums = np.promote_types(dtype, np.float32)
    sizes = {"n": n, "m": m, "p": m, "q": m, "k": (n, 1)[pick % 2], "s": 1}
    made = []
    for kind, name, shape in kernel.inputs:
        lie = tuple(sizes[s] for s in shape)
        if not shape:
            made.append(NUMBERS[name][pick % 2])
        elif name in ("keep", "weight", "bias", "scale") and kind != "S" and pick % 2:
            made.append(None)
        elif kind == "bool":
            keep = rng.random(lie) < 0.7
            keep.flat[0] = True
            made.append(keep)
        elif kind == "int64":
            made.append(rng.integers(0, m, lie))
        else:
            x = rng.standard_normal(lie)
            made.append((np.abs(x) + 0.5 if name in ("scale", "total") else x).astype(
                sums if kind == "S" else dtype))
    return made


def there(values):
    return [lg.tensor(x, device="cuda")._data if isinstance(x, np.ndarray) else x for x in values]


def tuple_of(found):
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", ROWS)
def test_a_kernel_means_its_formula(cupy, name, dtype):
    kernel, rng = ROWS[name], np.random.default_rng(0)
    rtol = {np.float16: 2e-2, np.float32: 1e-4, np.float64: 1e-10}[dtype]
    for n, m in SHAPES:
        for pick in range(2):
            here = filled(kernel, n, m, dtype, rng, pick)
            exact = [x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f"
                     else x for x in here]
            expected = tuple_of(kernel.formula(*exact))
            found = tuple_of(kernel(*there(here)))
            formula = tuple_of(kernel.formula(*here))
            for a, b, c in zip(found, expected, formula, strict=True):
                assert (a.shape, a.dtype) == (c.shape, c.dtype)
                np.testing.assert_allclose(cupy.asnumpy(a), b.astype(a.dtype), rtol, rtol * np.abs(
                    b).max())


@pytest.mark.parametrize("name", ROWS)
def test_the_order_of_the_threads_makes_no_difference(cupy, name, monkeypatch):
    """Where a barrier is missing, the last thread going first reads what is not there yet."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("a GPU's threads go as they like")
    kernel = ROWS[name]
    for n, m in ((9, 33), (2, 1100)):
        values = there(filled(kernel, n, m, np.float32, np.random.default_rng(1), 0))
        first = tuple_of(kernel(*values))
        monkeypatch.setattr(cupy.RawKernel, "backwards", True)
        for a, b in zip(first, tuple_of(kernel(*values)), strict=True):
            np.testing.assert_array_equal(a.get(), b.get())
        monkeypatch.setattr(cupy.RawKernel, "backwards", False)


def test_a_missing_barrier_shows(cupy, monkeypatch):
    """The test above could fail."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("a GPU's threads go as they like")

    @rows("T x[n,m]", "T out[n,m]", """
        __shared__ S words[32];
        words[threadIdx.x] = S(x[threadIdx.x]);
        out[threadIdx.x] = T(words[(threadIdx.x + 1) % 32]);""")
    def turned(x):
        return np.roll(x, -1)

    @rows("T x[n,m]", "T out[n,m]", "if (threadIdx.x % 2) __syncthreads();")
    def half_of_them_wait(x):
        return x

    for kernel in (turned, half_of_them_wait):
        del ROWS[f"{__name__}.{kernel.formula.__name__}"]
    x = lg.arange(32.0, device="cuda")[None]._data
    found = []
    for order in (False, True):
        monkeypatch.setattr(cupy.RawKernel, "backwards", order)
        found.append(turned(x).tolist())
    assert found[0] != found[1]
    with pytest.raises(RuntimeError, match="threads wait for others that never come"):
        half_of_them_wait(x)


def test_nothing_is_written_beside_the_output(cupy):
    """Rows and columns that do not fill a block, between elements that nobody may touch."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("the stand-in's memory is looked at")
    for name, kernel in ROWS.items():
        for n, m in ((9, 33), (2, 1100)):
            whole = []

            def guarded(shape, dtype, whole=whole):
                whole.append(np.full(int(np.prod(shape)) + 128, 77, dtype))
                return cupy_standin.arrays._wrap(whole[-1][64:-64].reshape(shape))

            values = there(filled(kernel, n, m, np.float32, np.random.default_rng(2), 0))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(cupy, "empty", guarded)
                kernel(*values)
            assert whole, name
            for memory in whole:
                assert (memory[:64] == 77).all(), name
                assert (memory[-64:] == 77).all(), name


def test_one_kernel_each_way(cupy, monkeypatch):
    """Softmax with cross entropy, and layer norm: one kernel a row, and one for what is summed."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("the stand-in counts")
    calls = []
    original = cupy.RawKernel.__call__
    monkeypatch.setattr(cupy.RawKernel, "__call__",
                        lambda self, *a: calls.append(self.name.partition("_")[2])
                        or original(self, *a))
    layer, x = nn.LayerNorm(6).cuda(), lg.randn(4, 6, device="cuda", requires_grad=True)
    loss = nn.functional.cross_entropy(layer(x), lg.tensor([0, 2, 1, 5], device="cuda"))
    assert calls == ["normalised", "cross_entropies", "averages"]
    calls.clear()
    loss.backward()
    assert calls == ["cross_entropies_back", "normalised_back", "normalised_weights_back"]


@pytest.mark.parametrize("options", [{}, {"reduction": "sum"}, {"reduction": "none"},
                                     {"ignore_index": 2}, {"ignore_index": 2, "reduction": "none"}],
                         ids=str)
@pytest.mark.parametrize("shape", [(6, 5), (2, 5, 3), (3, 1200)], ids=str)
def test_cross_entropy_as_on_the_cpu(options, shape):
    rng = np.random.default_rng(3)
    logits = (3 * rng.standard_normal(shape)).astype(np.float32)
    target = rng.integers(0, 5, (shape[0], *shape[2:]))
    found = []
    for device in ("cpu", "cuda"):
        x = lg.tensor(logits, device=device, requires_grad=True)
        losses = nn.functional.cross_entropy(x, lg.tensor(target, device=device), **options)
        (losses * losses).sum().backward()
        again = lg.tensor(logits, device=device, requires_grad=True)
        loss = nn.functional.cross_entropy(again, lg.tensor(target, device=device), **options)
        g, = lg.autograd.grad(loss.sum(), again, create_graph=True)
        second, = lg.autograd.grad((g * g).sum(), again)
        found.append([t.detach().cpu().numpy() for t in (losses, x.grad, second)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-6)


def test_a_target_that_is_no_class_reads_nothing_else():
    """Looking at the targets would wait for the GPU: the loss says it."""
    x = lg.randn(2, 4, device="cuda")
    losses = nn.functional.cross_entropy(x, lg.tensor([1, 4], device="cuda"), reduction="none")
    assert np.isnan(losses.tolist()).tolist() == [False, True]


def test_a_batch_in_which_nothing_counts():
    for device in ("cpu", "cuda"):
        x, y = lg.ones(2, 3, device=device), lg.tensor([-100, -100], device=device)
        assert np.isnan(nn.functional.cross_entropy(x, y).item())
        assert nn.functional.cross_entropy(x, y, reduction="sum").item() == 0
        none = nn.functional.cross_entropy(x[:0], y[:0], reduction="sum")
        assert (none.item(), none.device.type) == (0, device)


def test_a_row_kernel_that_does_not_compile_shows_the_compilers_words():
    @rows("T x[n,m]", "T out[n,m]", "out[row] = nothing;")
    def wrong(x):
        return x

    del ROWS[f"{__name__}.wrong"]
    with pytest.raises(errors.KernelError) as caught:
        wrong(lg.ones(2, 2, device="cuda")._data)
    assert "CUDA kernel of wrong" in str(caught.value)
    assert "nothing" in str(caught.value)
    assert "test_rows.py" in str(caught.value)
