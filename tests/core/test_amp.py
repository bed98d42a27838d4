"""Mixed precision on the CPU, beside PyTorch's: dtypes by its lists, the scaler by its rules."""

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors, nn, optim
from tests.optable.reference import torch

F = nn.functional
HALVES, SINGLE = ["float16", "bfloat16"], lg.float32
HALF = "the half that was asked for"
A, B = lg.ones(2, 2), lg.full((2, 2), 0.5, requires_grad=True)
DTYPES = {
    "matmul": (lambda: A @ B, HALF), "linear": (lambda: F.linear(A, B), HALF),
    "bmm": (lambda: A.unsqueeze(0).bmm(B.unsqueeze(0)), HALF),
    "conv": (lambda: F.conv2d(lg.ones(1, 1, 4, 4), lg.ones(1, 1, 3, 3)), HALF),
    "attention": (lambda: F.scaled_dot_product_attention(A, A, B), HALF),
    "einsum": (lambda: lg.einsum("ij,jk->ik", A, B), HALF),
    "exp": (lambda: (A @ B).exp(), SINGLE), "sum": (lambda: (A @ B).sum(), SINGLE),
    "softmax": (lambda: (A @ B).softmax(0), SINGLE), "pow": (lambda: (A @ B)**2, SINGLE),
    "layer norm": (lambda: F.layer_norm(A @ B, (2,), lg.ones(2), lg.zeros(2)), SINGLE),
    "mse": (lambda: F.mse_loss(A @ B, A), SINGLE),
    "cross entropy": (lambda: F.cross_entropy(A @ B, lg.tensor([0, 1])), SINGLE),
    "relu": (lambda: (A @ B).relu(), HALF), "mul": (lambda: (A @ B) * 2, HALF),
    "add": (lambda: (A @ B) + A, SINGLE), "cat": (lambda: lg.cat([A @ B, A]), SINGLE),
    "prelu": (lambda: F.prelu(A @ B, lg.ones(1)), HALF),
    "prelu of float32": (lambda: F.prelu(A, lg.ones(1)), HALF),
    "l1": (lambda: F.l1_loss(A @ B, A), SINGLE),
    "smooth l1": (lambda: F.smooth_l1_loss(A @ B, A @ B), SINGLE),
    "nll": (lambda: F.nll_loss(A @ B, lg.tensor([0, 1])), SINGLE),
    "kl": (lambda: F.kl_div(A @ B, A @ B), SINGLE),
    "cosine": (lambda: F.cosine_similarity(A @ B, A @ B), SINGLE),
    "hinge": (lambda: F.hinge_embedding_loss(A @ B, A @ B), SINGLE),
    "ranking": (lambda: F.margin_ranking_loss(A @ B, A @ B, A @ B), SINGLE),
    "triplet": (lambda: F.triplet_margin_loss(A @ B, A @ B, A @ B), SINGLE),
    "margin": (lambda: F.multi_margin_loss(A @ B, lg.tensor([0, 1])), SINGLE),
    "soft margin": (lambda: F.soft_margin_loss(A @ B, target=A @ B), SINGLE),
    "poisson": (lambda: F.poisson_nll_loss(A @ B, A @ B), SINGLE),
    "group norm": (lambda: F.group_norm(A @ B, 1, lg.ones(2)), SINGLE),
    "batch norm": (lambda: nn.BatchNorm1d(2)(A @ B), HALF),
    "batch norm of float32": (lambda: nn.BatchNorm1d(2)(A), SINGLE),
    "float64": (lambda: A.double() @ B.double(), lg.float64),
}


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", DTYPES)
def test_an_operation_runs_in_the_dtype_of_its_list(name, half):
    run, dtype = DTYPES[name]
    with lg.autocast("cpu", dtype=getattr(lg, half)):
        assert run().dtype == (half if dtype is HALF else dtype)
    assert (A @ B).dtype == SINGLE
    with lg.autocast("cpu", dtype=half), lg.autocast("cpu", enabled=False):
        assert (A @ B).dtype == SINGLE
    with lg.autocast("cuda"):
        assert (A @ B).dtype == SINGLE


@pytest.mark.parametrize(("half", "near"), [("float16", 5e-3), ("bfloat16", 4e-2)])
def test_gradients_come_back_in_the_dtype_of_their_tensor(half, near):
    x = lg.randn(4, 3)
    model = nn.Sequential(nn.Linear(3, 5), nn.LayerNorm(5), nn.GELU(), nn.Linear(5, 2))
    exact = F.cross_entropy(model(x), lg.tensor([0, 1, 0, 1]))
    exact.backward()
    wanted = [p.grad.numpy().copy() for p in model.parameters()]
    model.zero_grad()
    with lg.autocast("cpu", dtype=half):
        loss = F.cross_entropy(model(x), lg.tensor([0, 1, 0, 1]))
    assert loss.item() == pytest.approx(exact.item(), rel=2 * near)
    loss.backward()
    for p, g in zip(model.parameters(), wanted, strict=True):
        assert p.grad.dtype == SINGLE
        np.testing.assert_allclose(p.grad.numpy(), g, rtol=0.05, atol=near)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("layer", [nn.RNN, nn.LSTM, nn.GRU])
def test_recurrent_layers_run_in_half(layer, half):
    model, x = layer(3, 4, batch_first=True), lg.randn(2, 5, 3)
    with lg.autocast("cpu", dtype=half):
        out, _ = model(x)
    assert out.dtype == half
    out.float().sum().backward()
    assert {p.grad.dtype for p in model.parameters()} == {SINGLE}
    cell = {nn.RNN: nn.RNNCell, nn.LSTM: nn.LSTMCell, nn.GRU: nn.GRUCell}[layer](3, 4)
    with lg.autocast("cpu", dtype=half):
        out = cell(x[0])
    assert (out[0] if isinstance(out, tuple) else out).dtype == half


BOTH = {  # two dtypes that meet in an operation, and the half that was asked for
    "halves": ("bfloat16", "float16"), "the other half": ("bfloat16", "bfloat16"),
    "a half and a whole": ("float16", "float32"), "a whole and a half": ("float32", "bfloat16"),
}
MEET = {"matmul": lambda lib, a, b: a @ b,
        "linear": lambda lib, a, b: lib.nn.functional.linear(a, b),
        "conv": lambda lib, a, b: lib.nn.functional.conv1d(a[None], b[None]),
        "addmm": lambda lib, a, b: lib.addmm(b, a, b),
        "baddbmm": lambda lib, a, b: lib.baddbmm(b[None], a[None], b[None])}


@pytest.mark.skipif(torch is None, reason="PyTorch is the reference")
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("names", BOTH)
@pytest.mark.parametrize("name", MEET)
def test_what_meets_is_brought_to_one_dtype(name, names, half):
    found = []
    for lib in (lg, torch):
        a, b = (lib.ones(3, 3).to(getattr(lib, dtype)) for dtype in BOTH[names])
        with lib.autocast("cpu", dtype=getattr(lib, half)):
            found.append(MEET[name](lib, a, b))
    assert str(found[1].dtype) == f"torch.{half}"
    assert found[0].dtype == half
    assert found[0].float().tolist() == found[1].float().tolist()


def test_without_ml_dtypes_it_says_what_to_write(monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(errors.MissingDependency) as caught:
        lg.autocast("cpu")
    assert 'autocast("cpu", dtype=learngrad.float16)' in caught.value.fix
    lg.autocast("cpu", dtype="bfloat16", enabled=False)


def test_it_decorates_and_nests_and_leaves_after_an_error():
    @lg.autocast("cpu")
    def product():
        return A @ B

    assert product().dtype == lg.bfloat16  # PyTorch's default on a CPU
    assert product().dtype == lg.bfloat16

    def breaks():
        with lg.autocast("cpu"):
            raise KeyError

    with pytest.raises(KeyError):
        breaks()
    assert (A @ B).dtype == SINGLE


def test_second_derivatives():
    x = lg.tensor([[0.5, 1.0]], requires_grad=True)
    with lg.autocast("cpu"):
        y = ((x @ x.T)**2).sum()
        g, = lg.autograd.grad(y, x, create_graph=True)
    h, = lg.autograd.grad(g.sum(), x)
    s = 1.25
    np.testing.assert_allclose(g.detach().numpy(), 4 * s * np.array([[0.5, 1.0]]), rtol=1e-2)
    np.testing.assert_allclose(h.numpy(), [[4 * s + 8 * 0.5 * 1.5, 4 * s + 8 * 1.5]], rtol=1e-2)


@pytest.mark.skipif(torch is None, reason="PyTorch is the reference")
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", ["matmul", "relu", "mul", "add"])
def test_the_numbers_are_pytorchs(name, half):
    def run(lib):
        rng = np.random.default_rng(0)
        a, b = (lib.tensor(rng.standard_normal((8, 8)).astype(np.float32)) for _ in range(2))
        with lib.autocast("cpu", dtype=getattr(lib, half)):
            return {"matmul": lambda: a @ b, "relu": lambda: (a @ b).relu(),
                    "mul": lambda: (a @ b) * 2, "add": lambda: (a @ b) + a}[name]()

    mine, theirs = run(lg), run(torch)
    assert str(mine.dtype) in str(theirs.dtype)
    near = 4e-3 if half == "float16" else 2e-2
    np.testing.assert_allclose(mine.float().numpy(), theirs.float().numpy(), rtol=near, atol=near)


def test_wrong_requests():
    with pytest.raises(errors.ArgumentError, match="mps"):
        lg.autocast("mps")
    with pytest.raises(errors.DtypeError, match="float64"):
        lg.autocast("cpu", dtype=lg.float64)
    lg.autocast("cpu", dtype="bfloat16", enabled=False)


# ---- The scaler


def program(lib):
    """Weights, factors and skipped steps of a training with a gradient that breaks twice."""
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    optimizer = lib.optim.SGD([w], lr=0.1, momentum=0.9)
    scaler = lib.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    seen = []
    for factor in (1.0, 1.0, float("inf"), 1.0, float("inf"), 1.0, 1.0, 1.0):
        optimizer.zero_grad()
        scaler.scale((w * w).sum() * factor).backward()
        if factor == 1.0:
            scaler.unscale_(optimizer)
            lib.nn.utils.clip_grad_norm_([w], 1.0)
        scaler.step(optimizer)
        scaler.update()
        seen.append((scaler.get_scale(), *w.tolist()))
    return seen, scaler.state_dict()


@pytest.mark.skipif(torch is None, reason="PyTorch is the reference")
def test_a_training_goes_as_in_pytorch():
    mine, state = program(lg)
    theirs, other = program(torch)
    np.testing.assert_allclose(mine, theirs, rtol=1e-5)
    assert state == other
    fresh = lg.amp.GradScaler("cpu")
    fresh.load_state_dict(other)
    assert fresh.state_dict() == state


def test_small_gradients_survive_in_half():
    w = lg.tensor([1.0], requires_grad=True)
    scaler = lg.amp.GradScaler("cpu")

    def gradient(scaled):
        w.grad = None
        with lg.autocast("cpu", dtype=lg.float16):
            tiny = (w.reshape(1, 1) @ lg.ones(1, 1)).float().sum() * 1e-8
        (scaler.scale(tiny) if scaled else tiny).backward()
        return w.grad.item()

    assert gradient(scaled=False) == 0.0
    assert gradient(scaled=True) == pytest.approx(1e-8 * 65536, rel=1e-2)


def test_a_loss_of_a_half_is_scaled_in_float32():
    scaler = lg.amp.GradScaler("cpu")
    for half in HALVES:
        scaled = scaler.scale(lg.tensor(3.0, dtype=half, requires_grad=True))
        assert (scaled.dtype, scaled.item()) == (SINGLE, 3 * 65536.0)
    scaler = lg.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=1)
    w = lg.tensor([1.0], requires_grad=True)
    (w * 1e-30).backward()
    scaler.step(optim.SGD([w], lr=0.0))
    scaler.update()
    assert scaler.get_scale() == 2.0**127  # the next would be infinite


def test_misuse_of_the_scaler():
    w = lg.tensor([1.0], requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.1), lg.amp.GradScaler("cpu")
    scaler.scale((w * w).sum()).backward()
    with pytest.raises(RuntimeError, match="no gradients were looked at"):
        scaler.update()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="a second time"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="step"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match=r"after step\(\)"):
        scaler.unscale_(optimizer)
    scaler.update()
    half = lg.tensor([1.0], dtype=lg.float16, requires_grad=True)
    scaler.scale((half * half).sum()).backward()
    with pytest.raises(errors.DtypeError, match="float16"):
        scaler.step(optim.SGD([half], lr=0.1))
    with pytest.raises(errors.ArgumentError, match="grow"):
        lg.amp.GradScaler(growth_factor=1.0)
    with pytest.raises(errors.ArgumentError, match="no device 'gpu'"):
        lg.amp.GradScaler("gpu")
    for scale in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(errors.ArgumentError, match="more than 0"):
            lg.amp.GradScaler("cpu", init_scale=scale)
    with pytest.raises(errors.ArgumentError, match="no state"):
        scaler.load_state_dict({})
    with pytest.raises(TypeError, match="a loss is a tensor"):
        scaler.scale(3.0)


def test_a_scaler_that_is_off_changes_nothing():
    w = lg.tensor([1.0], requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.5), lg.cuda.amp.GradScaler(enabled=False)
    scaler.scale((w * w).sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert (w.item(), scaler.get_scale(), scaler.state_dict()) == (0.0, 1.0, {})
