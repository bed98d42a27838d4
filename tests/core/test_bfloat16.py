"""bfloat16: the whole operation table, what tensors in it look like, and training in it."""

import math
import subprocess
import sys

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors, nn, optim
from tests.optable import OPERATIONS
from tests.optable.halves import check_half
from tests.optable.reference import torch

ROWS = [pytest.param(op, sample, id=f"{op.name} {sample}") for op in OPERATIONS
        for sample in op.samples]


@pytest.mark.parametrize(("operation", "sample"), ROWS)
def test_every_operation_takes_it(operation, sample):
    check_half(operation, sample, "cpu")


def test_tensors_of_it():
    x = lg.tensor([1.0, 1 / 3, math.inf]).to(lg.bfloat16)
    assert str(x.dtype) == "bfloat16"
    assert x.element_size() == 2
    assert x.tolist() == [1.0, 0.333984375, math.inf]
    assert x[1].item() == float(x[1]) == 0.333984375
    assert repr(x[:2]) == "tensor([1.0000, 0.3340], dtype=learngrad.bfloat16)"
    assert lg.ones(2).bfloat16().float().tolist() == [1.0, 1.0]
    assert lg.zeros(2, dtype="bfloat16").shape == (2,)
    assert lg.tensor(x.numpy()).dtype == lg.bfloat16
    assert x.long().tolist()[:2] == [1, 0]
    assert (lg.finfo(lg.bfloat16).bits, lg.finfo(lg.bfloat16).eps) == (16, 2.0**-7)
    x += 1 / 3  # in place, too
    assert x.tolist() == [1.3359375, 0.66796875, math.inf]
    assert x.is_floating_point()


def test_sums_are_made_in_float32():
    """In bfloat16 itself, a sum of ones ends at 256: adding one more changes nothing."""
    x = lg.ones(1000).bfloat16().requires_grad_()
    assert x.sum().item() == 1000.0
    (x[:, None] * lg.ones(1000, 3).bfloat16()).sum().backward()
    assert x.grad.tolist() == [3.0] * 1000
    b = lg.zeros(1).bfloat16().requires_grad_()
    (b + lg.ones(1000).bfloat16()).sum().backward()
    assert b.grad.item() == 1000.0


def test_what_backward_keeps_has_its_size():
    x = lg.ones(8, 4).bfloat16().requires_grad_()
    w = lg.ones(3, 4).bfloat16().requires_grad_()
    out = nn.functional.linear(x, w).tanh()
    kept = [a for node in (out.grad_fn, out.grad_fn.next_functions[0][0]) for a in node.saved]
    assert {a.dtype for a in kept} == {np.dtype(lg.bfloat16)}


def descent(lib, name):
    w = lib.tensor([[1.0, 2.0], [-0.5, 0.25]]).to(lib.bfloat16).requires_grad_()
    x = lib.tensor([[1.0, 0.5], [0.25, -1.0]]).to(lib.bfloat16)
    optimizer = getattr(lib.optim, name)([w], lr=0.05)

    def loss():
        optimizer.zero_grad()
        found = ((x @ w - 1)**2).sum()
        found.backward()
        return found

    for _ in range(5):
        optimizer.step(loss)
    return w


@pytest.mark.parametrize("name", [n for n in optim.__all__ if n[0].isupper() and n != "Optimizer"])
def test_every_optimiser_moves_parameters_of_it(name):
    mine = descent(lg, name)
    assert mine.dtype == lg.bfloat16
    if torch is not None:
        theirs = descent(torch, name).detach().float().numpy()
        np.testing.assert_allclose(mine.detach().float().numpy(), theirs, atol=0.02)


def test_a_recording_of_it():
    with lg.record() as tape:
        x = lg.tensor([0.5, 1 / 3]).bfloat16().requires_grad_()
        (x * x).sum().backward()
    nodes = tape.to_dict()["nodes"]
    assert {n["dtype"] for n in nodes if n["kind"] == "operation"} == {"bfloat16"}
    assert "0.334" in tape.describe()


def test_a_class_made_later_takes_it_too():
    class Cube(lg.autograd.Function):
        saves = ("x",)

        def forward(self, x):
            assert x.dtype == np.float32
            return x * x * x

        def backward(self, g, x):
            return g * 3 * x * x

    x = lg.tensor([3.0]).bfloat16().requires_grad_()
    out = Cube.apply(x)
    out.sum().backward()
    assert (out.dtype, x.grad.dtype) == (lg.bfloat16, lg.bfloat16)
    assert (out.item(), x.grad.item()) == (27.0, 27.0)

    class Square(lg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            assert x.dtype == lg.bfloat16  # tensors are handed on as they are
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return 2 * x * g

    x = lg.tensor([3.0]).bfloat16().requires_grad_()
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [6.0]


def test_a_product_of_two_dtypes_is_refused():
    x, w = lg.ones(2, 2).bfloat16(), lg.ones(2, 2)
    for call in (lambda: x @ w, lambda: w @ x, lambda: nn.functional.linear(x, w)):
        with pytest.raises(errors.DtypeError, match="bfloat16 and float32 differ"):
            call()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # PyTorch's
@pytest.mark.skipif(torch is None, reason="it is PyTorch's that cannot be read")
def test_what_another_library_does_not_lend_is_told():
    theirs = torch.ones(2, dtype=torch.bfloat16)
    for take in (lg.from_dlpack, lg.tensor):
        with pytest.raises(errors.ArgumentTypeError, match=r"torch\.Tensor cannot") as caught:
            take(theirs)
        assert "x.float()" in caught.value.fix


def test_draws_of_it():
    draws = lg.rand(10_000, dtype=lg.bfloat16)
    assert draws.dtype == lg.bfloat16
    assert draws.max() < 1
    assert draws.float().mean().item() == pytest.approx(0.5, abs=0.02)
    x = lg.zeros(3, 3).bfloat16()
    for made in (lg.randn(3, dtype=lg.bfloat16), x.uniform_(), x.normal_(),
                 nn.init.xavier_uniform_(x)):
        assert made.dtype == lg.bfloat16


def test_operations_are_made_of_operations_that_took_it():
    class Double(lg.autograd.Function):
        saves = ("x",)

        def forward(self, x):
            return x * 2

        def backward(self, g, x):
            return g * 2

    lg.ones(2).bfloat16()

    class Tripled(Double):
        def backward(self, g, x):
            return g * 3

    x = lg.ones(2).bfloat16().requires_grad_()
    Tripled.apply(x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_an_operation_may_call_the_one_it_is_made_of_by_names():
    class Times(lg.autograd.Function):
        def forward(self, x, k=2):
            return x * k

    class Thrice(Times):
        def forward(self, x):
            return super().forward(x, k=3)

    lg.ones(2).bfloat16()
    assert Thrice.apply(lg.ones(2)).tolist() == [3.0, 3.0]
    assert Thrice.apply(lg.ones(2).bfloat16()).tolist() == [3.0, 3.0]


FRESH = {  # how a program may meet it first
    "an array beside integers": "(lg.zeros(1000, dtype=lg.int64) + a).sum()",
    "an array in an operation": "lg.maximum(lg.zeros(1000, dtype=lg.int64), a).sum()",
    "a tensor of an array": "lg.tensor(a).sum()",
    "a dtype": "lg.ones(1000, dtype='bfloat16').sum()",
    "an operation of a user's": "Half.apply(lg.ones(1000, requires_grad=True)).sum()",
    "two threads": "in_two_threads(lambda: lg.tensor(a).sum())",
}
PROGRAM = """
import threading, time
import ml_dtypes, numpy as np, learngrad as lg
from learngrad.autograd import bfloat16
a = np.ones(1000, ml_dtypes.bfloat16)

class Half(lg.autograd.Function):
    def forward(self, x):
        return x.astype(ml_dtypes.bfloat16)

def in_two_threads(work):
    whole, found = bfloat16._cover_class, []
    bfloat16._cover_class = lambda cls: (time.sleep(0.0002), whole(cls))
    threads = [threading.Thread(target=lambda: found.append(work().item())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1000.0, 1000.0], found
    return lg.tensor(found[0])

print(({}).item())
"""


@pytest.mark.parametrize("first", FRESH)
def test_the_first_of_it_is_computed_with_like_all(first):
    program = PROGRAM.replace("{}", FRESH[first])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1000.0\n", "")


def test_numbers_of_it_from_numpy():
    one = lg.tensor([0.1, 2.0]).bfloat16().numpy()[0]
    assert lg.tensor(one).dtype == lg.bfloat16
    assert lg.tensor([one, one]).tolist() == [0.10009765625] * 2
    assert (lg.ones(2) * one).dtype == lg.float32
    assert (lg.ones(2) + one).tolist() == pytest.approx([1.10009765625] * 2)


@pytest.mark.skipif(torch is None, reason="the dtypes are PyTorch's")
@pytest.mark.parametrize("layer", [
    lambda lib: lib.nn.LayerNorm(3), lambda lib: lib.nn.GroupNorm(1, 3),
    lambda lib: lib.nn.BatchNorm1d(3), lambda lib: lib.nn.BatchNorm1d(3).eval()],
    ids=["layer", "group", "batch", "fixed"])
def test_a_norm_in_float32_takes_it(layer):
    found = []
    for lib in (lg, torch):
        x = lib.tensor([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0]]).bfloat16().requires_grad_()
        norm = layer(lib)
        out = norm(x)
        (out * out).sum().backward()
        found.append((out, x.grad, *(p.grad for p in norm.parameters())))
    for mine, other in zip(*found, strict=True):
        assert str(mine.dtype) in str(other.dtype)
        np.testing.assert_allclose(mine.detach().float().numpy(), other.detach().float().numpy(),
                                   rtol=0.02, atol=0.03)


def test_tensors_of_other_dtypes_join_in():
    x = lg.tensor([1.5]).bfloat16().requires_grad_()
    y = lg.tensor([0.25], dtype=lg.float16, requires_grad=True)
    out = x * y
    assert out.dtype == lg.float32
    out.sum().backward()
    assert (x.grad.dtype, y.grad.dtype) == (lg.bfloat16, lg.float16)
    assert (x.grad.item(), y.grad.item()) == (0.25, 1.5)
