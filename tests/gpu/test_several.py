"""A machine with several GPUs: a program computes on one of them, the first that it names."""

import threading

import pytest

import learngrad as lg
from learngrad import devices, errors, nn, optim
from tests import cupy_standin
from tests.cupy_standin import runtime


@pytest.fixture(autouse=True)
def two(cupy, monkeypatch):
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("the stand-in has as many as are wanted")
    monkeypatch.setattr(runtime, "count", 2)
    monkeypatch.setattr(devices, "_home", None)
    before = runtime.current.ids
    runtime.current.ids = [0]
    known = dict(devices._generators)
    yield
    runtime.current.ids = before
    devices._generators.clear()
    devices._generators.update(known)


def descent(device):
    lg.manual_seed(0)
    X, y = lg.randn(16, 4, device=device), lg.randint(0, 3, (16,), device=device)
    model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(0.2),
                          nn.Linear(8, 3)).to(device)
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


@pytest.mark.parametrize("named", ["cuda:1", 1, lg.device("cuda", 1)], ids=str)
def test_a_training_on_the_second(named):
    model, losses = descent(named)
    assert losses[-1] < losses[0]
    assert {str(p.device) for p in model.parameters()} == {"cuda:1"}
    assert {str(p.grad.device) for p in model.parameters()} == {"cuda:1"}
    assert lg.ones(2, device="cuda").device == lg.device("cuda:1")
    assert lg.cuda.current_device() == 1
    _, again = descent(named)
    assert again == losses


def test_another_one_is_refused_and_said_why():
    x = lg.ones(2, device="cuda")
    for call in (lambda: x.to("cuda:1"), lambda: lg.ones(2, device="cuda:1"),
                 lambda: lg.rand(2, device=1), lambda: lg.cuda.set_device(1),
                 lambda: nn.Linear(2, 2).cuda(1), lambda: lg.cuda.device(1)):
        with pytest.raises(errors.DtypeError, match="computes on cuda:0, and cuda:1") as caught:
            call()
        assert "CUDA_VISIBLE_DEVICES=1" in caught.value.fix
    with pytest.raises(errors.ArgumentRangeError, match='the GPUs here are "cuda:0", "cuda:1"'):
        x.to("cuda:2")
    assert (x + 1).tolist() == [2.0, 2.0]


def test_an_array_on_another_one_is_refused(cupy):
    lg.ones(2, device="cuda")
    with cupy.cuda.Device(1):
        there = cupy.ones(2)
    for take in (lg.as_tensor, lg.tensor):
        with pytest.raises(errors.DtypeError, match="computes on cuda:0"):
            take(there)


def test_set_device_comes_first():
    lg.cuda.set_device(1)
    x = lg.ones(3).cuda()
    assert str((x * 2).device) == "cuda:1"
    lg.cuda.set_device(1)
    assert lg.cuda.get_device_properties(0).name  # asking is free
    lg.cuda.manual_seed_all(3)
    first = lg.rand(2, device="cuda").tolist()
    lg.cuda.manual_seed(3)
    assert lg.rand(2, device="cuda").tolist() == first


def test_what_was_made_in_a_context_goes_on_after_it():
    with lg.cuda.device(1):
        x = lg.ones(3, device="cuda", requires_grad=True)
    (x * x).sum().backward()
    assert str(x.grad.device) == "cuda:1"


def test_a_thread_computes_where_the_program_does():
    x, found = lg.ones(3, device="cuda:1", requires_grad=True), []

    def work():
        (x * 2).sum().backward()
        found.append(str(x.grad.device))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == ["cuda:1"]
