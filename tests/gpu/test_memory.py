"""Memory on the GPU: counted, explained when it runs out; streams and events."""

import gc

import numpy as np
import pytest

import learngrad as lg
from learngrad import cuda, errors
from tests import cupy_standin


def test_what_is_held_is_counted():
    gc.collect()
    before = cuda.memory_allocated()
    x = lg.ones(256, 1024, device="cuda")
    assert cuda.memory_allocated() - before == x.numel() * 4
    assert cuda.memory_reserved() >= cuda.memory_allocated()
    del x
    assert cuda.memory_allocated() == before
    cuda.empty_cache()
    free, total = cuda.mem_get_info()
    assert 0 < free <= total


def test_the_peak_is_counted_from_where_it_is_asked():
    gc.collect()
    cuda.reset_peak_memory_stats()
    before = cuda.max_memory_allocated()
    assert before == cuda.memory_allocated()
    for _ in range(3):
        x = lg.ones(1024, 1024, device="cuda")
        del x
    assert cuda.max_memory_allocated() - before == 4 << 20
    assert cuda.memory_allocated() == before


def test_the_summary_says_what_holds_it():
    keep = lg.ones(512, 1024, device="cuda", requires_grad=True)
    out = (keep * 2).exp()
    text = cuda.memory_summary()
    assert "keep = lg.ones(512, 1024" in text
    assert "2 MiB in 1 array made at" in text
    assert "saved for backward" not in text  # exp saves its output, which `out` has
    values = (out * out).sum()
    del out
    assert "saved for backward at" in cuda.memory_summary()
    assert cuda.memory_summary(abbreviated=True).count("\n") == 0
    assert values.requires_grad


@pytest.fixture
def little(cupy, monkeypatch):
    """A GPU with little memory left."""
    if cupy.ndarray is not cupy_standin.ndarray:
        pytest.skip("the real memory is not filled up for a test")
    pool = cupy.get_default_memory_pool()
    gc.collect()  # what earlier tests left would be freed in the middle of this one
    monkeypatch.setattr(pool, "limit", cuda.memory_allocated() + (24 << 20))


def test_running_out_says_what_is_held_and_leaves_everything_usable(little):
    losses = {}
    x = lg.ones(1024, 1024, device="cuda", requires_grad=True)

    def epoch():
        for i in range(100):
            losses[i] = (x * 3).exp().sum()  # each keeps its graph

    with pytest.raises(cuda.OutOfMemoryError) as caught:
        epoch()
    text = str(caught.value)
    assert "Out of memory allocating" in text
    assert "saved for backward at" in text
    assert "losses[i] = (x * 3).exp().sum()" in text
    assert "x = lg.ones(1024, 1024" in text
    for way in ("smaller batch", "loss.item()", "half the bytes"):
        assert way in caught.value.fix
    del caught
    losses.clear()
    cuda.empty_cache()
    (x * 3).sum().backward()
    assert x.grad[0, 0].item() == 3.0


def test_running_out_in_the_replay(little):
    x = lg.ones(1024, 1024, device="cuda", requires_grad=True)
    loss = (x.tanh().sin() * 2).sum()
    keep = lg.ones(2048, 1024, device="cuda")
    with pytest.raises(errors.OutOfMemoryError, match="the backward of"):
        loss.backward()
    assert x.grad is None
    del keep
    gc.collect()
    assert x.sum().item() == 1 << 20


def test_running_out_when_a_tensor_is_made(little):
    with pytest.raises(errors.OutOfMemoryError, match=r"a tensor of shape \[4096, 4096\]"):
        lg.zeros(4096, 4096, device="cuda")


@pytest.mark.parametrize("make", [
    lambda: lg.randn(4096, 4096, device="cuda"), lambda: lg.randperm(1 << 24, device="cuda"),
    lambda: lg.arange(1 << 24, device="cuda"), lambda: lg.ones(4096, 4096).cuda(),
    lambda: lg.as_tensor(np.ones((4096, 4096), "f"), device="cuda"),
    lambda: lg.nn.Linear(4096, 4096, device="cuda"),
    lambda: lg.ones(1, device="cuda").new_ones(4096, 4096)])
def test_running_out_however_a_tensor_is_made(little, make):
    keep = lg.ones(1024, 1024, device="cuda")
    here = lg.ones(1024, 2048)
    with pytest.raises(errors.OutOfMemoryError) as caught:
        make()
    assert "on cuda:0 in " in str(caught.value)
    assert "keep = lg.ones" in str(caught.value)
    assert " on cpu in" not in str(caught.value)  # that is no help
    assert keep.device != here.device


def test_running_out_in_an_optimisers_step(little):
    w = lg.ones(1024, 1024, device="cuda", requires_grad=True)
    keep = lg.ones(3 << 20, device="cuda")
    steps = lg.optim.Adam([w])
    w.sum().backward()
    with pytest.raises(errors.OutOfMemoryError, match=r"Adam\.step") as caught:
        steps.step()
    assert "of gradients, and of what optimisers remember" in str(caught.value)
    assert "None" not in str(caught.value)
    del keep
    gc.collect()
    steps.step()
    assert 0.999 <= w[0, 0].item() < 1


def test_events_tell_the_time():
    start, end = (cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    x = lg.ones(512, 512, device="cuda") @ lg.ones(512, 512, device="cuda")
    end.record()
    end.synchronize()
    assert 0 < start.elapsed_time(end) < 60_000
    assert x[0, 0].item() == 512
    with pytest.raises(errors.GraphError, match="enable_timing=True"):
        cuda.Event().elapsed_time(end)
    with pytest.raises(errors.GraphError, match="record"):
        start.elapsed_time(cuda.Event(enable_timing=True))


def test_streams_are_ordered_by_events():
    side = cuda.Stream()
    with cuda.stream(side):
        x = lg.ones(64, device="cuda") * 2
    cuda.current_stream().wait_stream(side)
    assert x.sum().item() == 128
    side.synchronize()
    assert side.query()


def test_no_stream_and_what_is_none():
    with cuda.stream(None):  # as PyTorch has it
        assert (lg.ones(2, device="cuda") * 2).sum().item() == 4
    with pytest.raises(errors.ArgumentTypeError, match="a stream belongs here, not 3"):
        cuda.stream(3)


def test_the_device_is_described():
    assert cuda.device_count() >= 1
    assert cuda.get_device_name()
    assert cuda.get_device_properties(0).total_memory > 1 << 30
    assert len(cuda.get_device_capability()) == 2
    assert cuda.is_initialized()
    with cuda.device(0):
        assert cuda.current_device() == 0


def test_a_default_device():
    with lg.device("cuda"):
        assert lg.get_default_device().type == "cuda"
        made = [lg.ones(2), lg.tensor([1.0]), lg.randn(3), lg.arange(4), lg.eye(2),
                lg.nn.Linear(2, 3).weight, lg.Tensor(2, 2), lg.as_tensor([1])]
        assert {t.device.type for t in made} == {"cuda"}
        with lg.device("cpu"):
            assert lg.ones(1).device.type == "cpu"
        data = lg.utils.data.TensorDataset(lg.arange(6))
        loader = lg.utils.data.DataLoader(data, batch_size=3, shuffle=True)
        assert sorted(i for (b,) in loader for i in b.tolist()) == [0, 1, 2, 3, 4, 5]
    assert lg.ones(1).device.type == "cpu"
    lg.set_default_device("cuda")
    try:
        assert lg.ones(1).device.type == "cuda"
    finally:
        lg.set_default_device(None)
    assert lg.ones(1).device.type == "cpu"
    with pytest.raises(errors.ArgumentError, match="gpu"):
        lg.set_default_device("gpu")
