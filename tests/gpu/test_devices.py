"""Between the devices: moving, refusing to mix, and what a tensor on the GPU can do."""

import copy
import pickle

import numpy as np
import pytest

import learngrad as lg
from learngrad import errors, nn


@pytest.fixture
def x():
    return lg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device="cuda", requires_grad=True)


def test_there_and_back():
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    there = x.to("cuda")
    back = (there * there).cpu()
    assert (x.device.type, there.device.type, back.device.type) == ("cpu", "cuda", "cpu")
    back.sum().backward()
    assert isinstance(x.grad.numpy(), np.ndarray)
    assert x.grad.tolist() == [2.0, 4.0]
    assert there.to("cuda") is there
    assert there.to("cuda:0") is there
    assert x.cpu() is x
    assert x.cuda().to(x) is not x
    assert x.to("cuda", lg.float64).dtype == lg.float64


def test_the_way_back_is_recorded_too():
    x = lg.tensor(3.0, requires_grad=True)
    y = (x.to("cuda")**3).cpu()
    first, = lg.autograd.grad(y, x, create_graph=True)
    second, = lg.autograd.grad(first, x)
    assert (first.item(), second.item()) == (27.0, 18.0)
    assert first.device.type == second.device.type == "cpu"


@pytest.mark.parametrize("operation", [
    lambda near, far: near + far, lambda near, far: far * near, lambda near, far: near @ far.T,
    lambda near, far: lg.where(near > 0, near, far),
    lambda near, far: lg.where(far > 0, near, near),
    lambda near, far: near == far, lambda near, far: lg.nn.functional.mse_loss(near, far),
    lambda near, far: lg.nn.functional.linear(near, far),
    lambda near, far: lg.nn.functional.linear(far, near),
    lambda near, far: near.__setitem__(0, far[0]),
    lambda near, far: near.detach().__setitem__(slice(None), far.detach()),
    lambda near, far: far.detach().__setitem__(0, near.detach()[0]),
    lambda near, far: near.clone().add_(far)], ids=range(13))
def test_devices_do_not_mix(operation):
    near = lg.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    far = lg.tensor([[1.0, 2.0, 3.0]], device="cuda", requires_grad=True)
    with pytest.raises(errors.DtypeError) as caught:
        operation(near * 1, far * 1)
    text = str(caught.value)
    for word in ("cpu", "cuda:0", "one device", ".to("):
        assert word in text


def test_the_error_names_both_tensors():
    weights = lg.ones(3, 2)
    pixels = lg.ones(1, 3, device="cuda")
    with pytest.raises(RuntimeError) as caught:
        pixels @ weights
    assert "pixels is on cuda:0 and weights on cpu" in str(caught.value)
    assert "weights = lg.ones(3, 2)" in str(caught.value)
    assert caught.value.fix == 'move one of them: weights.to("cuda:0")'


def test_targets_on_the_other_device():
    logits, target = lg.ones(2, 3), lg.tensor([0, 2])
    with pytest.raises(errors.DtypeError, match="cuda:0"):
        lg.nn.functional.cross_entropy(logits, target.cuda())


LAYERS = {
    "layer norm": (lambda: nn.LayerNorm(4), (2, 4)), "rms norm": (lambda: nn.RMSNorm(4), (2, 4)),
    "batch norm": (lambda: nn.BatchNorm1d(4), (2, 4)), "linear": (lambda: nn.Linear(4, 2), (2, 4)),
    "group norm": (lambda: nn.GroupNorm(2, 4), (2, 4)), "LSTM": (lambda: nn.LSTM(4, 2), (2, 4)),
    "convolution": (lambda: nn.Conv1d(4, 2, 1), (2, 4, 3)),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("training", [True, False])
def test_a_layer_that_was_not_moved(counts, name, training):
    make, shape = LAYERS[name]
    layer, x = make().train(training), lg.ones(shape, device="cuda")
    before = [b.tolist() for b in layer.buffers()]
    counts.reset()
    with pytest.raises(errors.DtypeError, match=r"x is on cuda:0 and \w+ on cpu"):
        layer(x)
    assert counts == (0, 0, 0)
    assert [b.tolist() for b in layer.buffers()] == before


@pytest.mark.parametrize("call", [
    lambda x, there: nn.functional.cross_entropy(x, there),
    lambda x, there: nn.functional.nll_loss(x, there),
    lambda x, there: nn.functional.cross_entropy(x, there.cuda(), weight=lg.ones(3)),
    lambda x, there: nn.functional.embedding(there, x), lambda x, there: x.index_select(0, there),
    lambda x, there: x.gather(1, there[:, None]), lambda x, there: x.index_add(0, there, x),
    lambda x, there: x.take_along_dim(there[:, None], 1),
], ids=range(8))
def test_targets_and_indices_that_were_not_moved(counts, x, call):
    there = lg.tensor([0, 1])
    counts.reset()
    with pytest.raises(errors.DtypeError, match=r"is on cuda:0 and .* on cpu") as caught:
        call(x, there)
    assert counts.to_device <= 1  # what the call itself moves
    assert str(caught.value).count("made at") >= 2
    assert " 0.to(" not in caught.value.fix


def test_an_optimisers_memory_that_was_not_moved():
    """The usual mistake: a step on the CPU, then the model goes to the GPU."""
    model = nn.Linear(3, 2)
    steps = lg.optim.Adam(model.parameters())
    for place in ("cpu", "cuda"):
        model.to(place)
        model.zero_grad()
        model(lg.ones(1, 3, device=place)).sum().backward()
        if place == "cpu":
            steps.step()
    with pytest.raises(errors.DtypeError, match=r"Adam\.step: .*on cuda:0.*exp_avg.* on cpu"):
        steps.step()
    steps.load_state_dict(steps.state_dict())  # as the error says
    steps.step()


def test_numpy_arrays_are_on_the_other_device(x):
    with pytest.raises(errors.DtypeError, match="one device"):
        x * np.ones(3, np.float32)
    assert (x * np.float32(2)).tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]


def test_indices_may_lie_on_the_cpu(x):
    """As in PyTorch: they are copied to the device, where the elements are picked."""
    for key in ([0, 1], np.array([1, 0]), lg.tensor([1, 1]), (0, lg.tensor([2, 0])),
                (slice(None), [True, False, True]), lg.tensor([[True, False, True]] * 2)):
        expected = lg.tensor(x.tolist())[key]
        assert x[key].tolist() == expected.tolist()
        x.grad = None
        x[key].sum().backward()
        here = lg.tensor(x.tolist(), requires_grad=True)
        here[key].sum().backward()
        assert x.grad.tolist() == here.grad.tolist()
    with pytest.raises(errors.DtypeError, match="cuda:0"):
        lg.ones(3)[lg.tensor([0], device="cuda")]


def test_assignment(x):
    y = x.detach().clone()
    y[0, 1] = 7.0
    y[1] = lg.tensor([0.0, 1.0, 2.0], device="cuda")
    y[:, lg.tensor([2])] = 5.0
    assert y.tolist() == [[1.0, 7.0, 5.0], [0.0, 1.0, 5.0]]
    y.copy_(lg.ones(3))  # copies are made from anywhere, as when a state is loaded
    assert y.tolist() == [[1.0] * 3] * 2
    assert y.device.type == "cuda"


def test_a_gradient_lives_where_its_tensor_does(x):
    (x * 2).backward(lg.ones(2, 3, device="cuda"))
    assert x.grad.device.type == "cuda"
    with pytest.raises(errors.DtypeError, match="device"):
        (x * 2).backward(lg.ones(2, 3))
    with pytest.raises(errors.DtypeError, match="device"):
        x.grad = lg.ones(2, 3)


def test_a_gradient_from_the_other_device():
    class Away(lg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g.cpu() * 2

    w = lg.ones(2, device="cuda", requires_grad=True)
    with pytest.raises(errors.DtypeError, match="w is on cuda:0 and gradient on cpu"):
        Away.apply(w).sum().backward()
    assert w.grad is None
    w.register_hook(lambda g: g.cpu())
    with pytest.raises(errors.DtypeError, match=r"a hook's answer: .* answer on cpu"):
        (w * 2).sum().backward()
    assert w.grad is None
    assert lg.ones(2).type_as(w).device == w.device


def test_making_tensors(cupy):
    lg.manual_seed(4)
    for make in (lg.zeros, lg.ones, lg.rand, lg.randn):
        made = make(2, 3, device="cuda")
        assert (made.device.type, made.dtype, tuple(made.shape)) == ("cuda", lg.float32, (2, 3))
    assert lg.full((2,), 7, device="cuda").tolist() == [7, 7]
    assert lg.arange(3, device="cuda").tolist() == [0, 1, 2]
    assert lg.linspace(0, 1, 3, device="cuda").tolist() == [0.0, 0.5, 1.0]
    assert sorted(lg.randperm(5, device="cuda").tolist()) == [0, 1, 2, 3, 4]
    assert lg.randint(3, (4,), device="cuda").dtype == lg.int64
    like = lg.zeros_like(lg.ones(2, dtype=lg.float64, device="cuda"))
    assert (like.device.type, like.dtype) == ("cuda", lg.float64)
    assert lg.tensor(lg.ones(2, device="cuda")).device.type == "cuda"
    assert lg.as_tensor(cupy.ones(2)).device.type == "cuda"
    assert lg.tensor(lg.ones(2, device="cuda"), device="cpu").tolist() == [1.0, 1.0]


def test_seeds_reach_generators_that_were_not_there_yet():
    from learngrad import devices
    draws = []
    for _ in range(2):
        devices._generators.clear()
        lg.manual_seed(11)
        draws.append(lg.rand(3, device="cuda").tolist())
    assert draws[0] == draws[1]
    lg.manual_seed(11)
    assert lg.rand(3, device="cuda:0").tolist() == draws[0]


def test_out_of_tensors(x):
    assert x[1, 2].item() == 6.0
    assert float(x[0, 0]) == 1.0
    assert int(lg.tensor(3, device="cuda")) == 3
    assert bool((x > 0)[0, 0])
    assert repr(x.detach()[0]) == "tensor([1., 2., 3.], device='cuda:0')"
    assert f"{x[0, 1].detach():.1f}" == "2.0"
    with pytest.raises(errors.ArgumentTypeError, match="GPU") as caught:
        x.detach().numpy()
    assert caught.value.fix == "x.cpu().numpy()"
    with pytest.raises(errors.LearngradError):
        np.asarray(x.detach())
    assert [row.tolist() for row in x] == x.tolist()
    assert pickle.loads(pickle.dumps(x)).tolist() == x.tolist()
    assert copy.deepcopy(x).device.type == "cuda"


@pytest.mark.parametrize("place", ["gpu", "cuda:", "cuda:-1", "cuda0", -1, True])
def test_no_such_device(place):
    with pytest.raises(errors.ArgumentError, match="there is no device") as caught:
        lg.ones(2, device=place)
    assert '"cuda:0"' in caught.value.fix


@pytest.mark.parametrize("call", [
    lambda: lg.ones(2, device="cuda:99"), lambda: lg.ones(2).to(99), lambda: lg.ones(2).cuda(99),
    lambda: lg.randn(2, device="cuda:99"), lambda: lg.Generator("cuda:99"),
    lambda: nn.Linear(2, 2).to("cuda:99"), lambda: lg.set_default_device("cuda:99"),
    lambda: lg.cuda.set_device(99), lambda: lg.cuda.memory_allocated(99),
    lambda: lg.cuda.get_device_name(99), lambda: lg.cuda.device(99), lambda: lg.cuda.Stream(99),
])
def test_a_gpu_that_is_not_there(call):
    with pytest.raises(errors.ArgumentError, match=r'no device "cuda:99".*are "cuda:0"'):
        call()
    assert lg.get_default_device().type == "cpu"


def test_a_device_has_one_number():
    for make in (lambda: lg.device("cuda:0", 1), lambda: lg.device("cuda", -1),
                 lambda: lg.device("cuda", "a")):
        with pytest.raises(errors.ArgumentError, match="device"):
            make()
    for call in (lg.cuda.set_device, lg.cuda.synchronize, lg.cuda.memory_allocated):
        with pytest.raises(errors.ArgumentError, match="a GPU belongs here"):
            call("cpu")


def test_a_gpu_by_its_number():
    """As PyTorch's programs have it: ``x.cuda(0, non_blocking=True)``, ``x.to(0)``."""
    x = lg.ones(2)
    moved = [x.cuda(0), x.cuda("cuda:0"), x.cuda(lg.device(0), non_blocking=True),
             x.cuda(non_blocking=True), x.to(0), x.to(device=0), lg.ones(2, device=0),
             x.pin_memory().to("cuda", non_blocking=True),
             nn.Linear(2, 2).to(0).weight, nn.Linear(2, 2).cuda(0).weight]
    assert {str(t.device) for t in moved} == {"cuda:0"}
    assert lg.device(1) == lg.device("cuda:1")


def test_replay_and_hooks(x):
    seen = []
    y = x * x
    y.register_hook(lambda g: seen.append(g.device.type))
    y.retain_grad()
    steps = list(y.sum().replay())
    assert [type(s.node).__name__ for s in steps] == ["Sum", "Mul", "AccumulateGrad"]
    assert seen == ["cuda"]
    assert y.grad.tolist() == [[1.0] * 3] * 2
    assert x.grad.tolist() == [[2.0, 4.0, 6.0], [8.0, 10.0, 12.0]]
    assert lg.tensor(x.grad, device="cpu").device.type == "cpu"


def test_gradients_do_not_share_memory(x):
    """``a + b`` passes one gradient on to both."""
    b = lg.ones(2, 3, device="cuda", requires_grad=True)
    (x + b).sum().backward()
    x.grad.zero_()
    assert b.grad.tolist() == [[1.0] * 3] * 2


def test_a_trace_of_the_gpu(x):
    from learngrad.trace import Recorder
    tape = Recorder()
    with tape:
        (x * 2).sum().backward()
    nodes = tape.to_dict()["nodes"]
    assert [n["op"] for n in nodes] == [None, "mul", "sum"]
    assert {n["device"] for n in nodes} == {"cuda:0"}
    assert nodes[0]["grad"]["values"] == [2.0] * 6
