"""A training is watched: what is seen is right, and the training is what it would have been."""

import copy
import gc
import math
import pickle
import weakref

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.autograd.observe import thread
from learngrad.descent import flow_seen
from learngrad.descent.flow import Flow
from learngrad.descent.flow_moment import COLUMNS
from learngrad.descent.flow_watch import CALLS, ROWS, FlowWatch
from learngrad.errors import ArgumentError, ArgumentTypeError
from tests import cupy_standin

X, Y = learngrad.data.digits("train")
F = nn.functional


def stack(bend, depth, scale, width=32):
    """A deep network whose weights have this size times 1/√inputs."""
    learngrad.manual_seed(0)
    layers = []
    for k in range(depth):
        layers += [nn.Linear(64 if k == 0 else width, width), bend()]
        nn.init.normal_(layers[-2].weight, 0, scale / math.sqrt(layers[-2].in_features))
    return nn.Sequential(*layers, nn.Linear(width, 10))


def net(bend=nn.ReLU):
    learngrad.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 16), bend(), nn.Linear(16, 10))


def train(model, steps=6, lr=0.1, every=1, between=lambda: None, watched=True, optimizer=None):
    """Flow, watch, optimiser and losses after so many steps on digits."""
    optimizer = optimizer or learngrad.optim.SGD(model.parameters(), lr=lr)
    flow = Flow()
    watch = FlowWatch(model, optimizer, flow, every) if watched else None
    losses = []
    for step in range(steps):
        rows = slice(32 * step % 1024, 32 * step % 1024 + 32)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X[rows]), Y[rows])
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        between()
    return flow, watch, optimizer, losses


def of(flow, row, name):
    return flow.last.numbers[row, COLUMNS.index(name)].item()


def size(array):
    return math.sqrt((np.asarray(array, np.float64) ** 2).mean())


# ---- What is seen --------------------------------------------------------------------------------


def test_a_deep_sigmoid_network_vanishes_towards_its_input():
    flow, *_ = train(stack(nn.Sigmoid, 8, 1.0))
    sizes = [of(flow, row, "gradients: size") for row in flow.last.order]
    assert sizes == sorted(sizes)
    assert of(flow, 0, "against") < 1e-4
    assert flow.describe().startswith("Step 5: 9 layers, ")
    assert "0: vanishing: gradient " in flow.describe()
    assert [row.bend for row in flow.rows] == ["sigmoid"] * 8 + [""]


def test_a_good_start_is_healthy():
    flow, *_ = train(stack(nn.Tanh, 8, 5 / 3), lr=0.02)
    assert flow.describe() == "Step 5: 9 layers, all healthy."


def test_large_weights_explode_and_saturate():
    flow, *_ = train(stack(nn.ReLU, 12, 8.0), steps=1, lr=1e-12)
    assert flow.last.said[0][0] == 2
    assert flow.last.said[0][1].startswith("exploding: gradient ")
    flow, *_ = train(stack(nn.Tanh, 4, 8.0), steps=1)
    assert of(flow, 1, "saturated") > 0.6
    assert "% of outputs saturated" in flow.last.said[1][1]


def test_units_that_stay_zero_are_dead():
    model = net()
    with learngrad.no_grad():
        model[0].bias[:5] = -1000.0
    flow, *_ = train(model)
    twin = net()[0](X[:192]).relu().detach().numpy()
    dead = 5 + (twin[:, 5:] == 0).all(0).sum()
    assert (of(flow, 0, "dead"), of(flow, 0, "units")) == (dead, 16)
    assert f"{dead} of 16 units dead" in flow.last.said[0][1]


def test_a_unit_is_dead_after_several_moments_and_comes_back():
    model = net()
    flow = Flow()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=1e-9)
    FlowWatch(model, optimizer, flow, 1)
    dead = []
    for step in range(12):
        x = learngrad.zeros(4, 64)
        with learngrad.no_grad():
            model[0].bias.fill_(1.0)
            model[0].bias[0] = 1.0 if step == 6 else -1.0
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()
        dead.append(of(flow, 0, "dead"))
    # At first over what was seen so far; then over the last five.
    assert dead == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1]


def test_channels_are_the_units_of_a_convolution():
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.MaxPool2d(2), nn.ReLU(),
                          nn.Flatten(), nn.Linear(54, 10))
    with learngrad.no_grad():
        model[1].bias[2] = -1000.0
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.01)
    flow = Flow()
    FlowWatch(model, optimizer, flow, 1)
    F.cross_entropy(model(X[:16].reshape(16, 1, 8, 8)), Y[:16]).backward()
    optimizer.step()
    assert [(row.layer, row.bend) for row in flow.rows] == [
        ("Conv2d", ""), ("BatchNorm2d", "relu"), ("Linear", "")]
    assert (of(flow, 1, "dead"), of(flow, 1, "units")) == (1, 6)


def test_numbers_are_those_of_the_tensors():
    model = net()
    old = {name: p.detach().numpy().copy() for name, p in model.named_parameters()}
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    flow, *_ = train(model, steps=1, optimizer=optimizer)
    before = np.concatenate([old["2.weight"].ravel(), old["2.bias"]])
    after = np.concatenate([p.detach().numpy().ravel() for p in model[2].parameters()])
    gradient = np.concatenate([p.grad.numpy().ravel() for p in model[2].parameters()])
    twin = net()
    hidden = twin[1](twin[0](X[:32]))
    hidden.retain_grad()
    F.cross_entropy(twin[2](hidden), Y[:32]).backward()
    expected = [
        (1, "weights: count", 170), (1, "weights: size", size(before)),
        (1, "weight gradients: size", size(gradient)),
        (1, "ratio", np.linalg.norm(after - before) / np.linalg.norm(before)),
        (0, "activations: count", 512), (0, "activations: size", size(hidden.detach().numpy())),
        (0, "activations: zeros", (hidden.detach().numpy() == 0).mean()),
        (0, "gradients: size", size(hidden.grad.numpy())), (1, "against", 1)]
    for row, name, value in expected:
        assert of(flow, row, name) == pytest.approx(value, rel=1e-5), name


class Functional(nn.Module):
    """Bends by functions, one activation for several layers, a layer called twice."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(64, 16), nn.Linear(16, 16), nn.Linear(16, 10)
        self.unused = nn.Linear(3, 3)
        self.act = nn.Tanh()
        self.scale = nn.Parameter(learngrad.ones(1))

    def forward(self, x):
        x = F.dropout(self.first(x), 0.1).relu()
        x = self.act(self.second(x))
        x = self.act(self.second(x) + x)
        return self.last(x) * self.scale


def test_bends_are_found_behind_functions_and_shared_modules():
    with pytest.warns(UserWarning, match="2 parameters of SGD had no gradient"):
        flow, *_ = train(Functional())
    rows = {row.label: row for row in flow.rows}
    assert list(rows) == ["first", "second", "second, call 2", "last", "Functional", "unused"]
    # Behind the sum there is more than what the second call gave.
    assert [rows[name].bend for name in rows] == ["relu", "tanh", "", "", "", ""]
    assert flow.last.said[5] == (1, "not used: it was not called, and no gradient reached it")
    assert of(flow, 2, "weights: count") != of(flow, 2, "weights: count")  # told once


class Unrolled(nn.Module):
    def __init__(self, steps, scale):
        super().__init__()
        self.cell, self.out, self.steps = nn.RNNCell(8, 16), nn.Linear(16, 10), steps
        nn.init.normal_(self.cell.weight_hh, 0, scale / 4)

    def forward(self, x):
        h = None
        for step in range(self.steps):
            h = self.cell(x[:, 8 * (step % 8):8 * (step % 8) + 8], h)
        return self.out(h)


def test_each_call_of_an_unrolled_network_has_its_row():
    learngrad.manual_seed(0)
    flow, *_ = train(Unrolled(8, 0.2), steps=1)
    assert [row.label for row in flow.rows][-2:] == ["cell, call 8", "out"]
    against = [of(flow, row, "against") for row in range(8)]
    assert against == sorted(against)
    assert "vanishing" in flow.last.said[0][1]
    assert flow.rows[0].bend == "tanh"


def test_of_very_many_calls_some_are_kept():
    flow, *_ = train(Unrolled(200, 1.0), steps=2)
    calls = [row.call for row in flow.rows if row.path == "cell"]
    assert CALLS / 2 <= len(calls) <= CALLS
    assert calls[0] == 0
    assert len(set(np.diff(calls))) == 1


def test_of_very_many_layers_the_first_are_watched():
    model = nn.Sequential(*(nn.Linear(64 if k == 0 else 4, 4) for k in range(ROWS + 20)),
                          nn.Linear(4, 10))
    flow, *_ = train(model, steps=1)
    assert len(flow.last.order) == ROWS


def test_no_numbers_are_marked():
    model = net()
    with learngrad.no_grad():
        model[2].weight[0, 0] = math.nan
    flow = Flow()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    FlowWatch(model, optimizer, flow, 1)
    out = model(X[:32])
    out.backward(gradient=learngrad.ones_like(out))
    optimizer.step()
    assert of(flow, 1, "weights: bad") == 1
    assert flow.last.said[1] == (2, "1 of 170 weights are NaN or ∞")
    assert "gradients are NaN or ∞" in flow.last.said[0][1]


@pytest.mark.parametrize("every", [1, 10])
def test_a_training_that_breaks_shows_where(every):
    """A NaN ends `backward`, and no step comes any more."""
    model = net()
    flow, watch, kept, _ = train(model, steps=3, every=every)
    watch.unfinished()
    before = flow.count
    with learngrad.no_grad():
        model[2].weight[0, 0] = math.nan
    with pytest.raises(learngrad.errors.AnomalyError):
        F.cross_entropy(model(X[:32]), Y[:32]).backward()
    watch.unfinished()
    assert flow.count == before + 1
    assert flow.last.step == 3
    assert flow.last.said[1] == (2, "1 of 170 weights are NaN or ∞")
    assert of(flow, 1, "activations: bad") == 32 or every > 1
    watch.unfinished()
    assert flow.count == before + 1
    assert kept.param_groups


def test_nothing_at_all():
    """Tensors of no elements, a scalar, an output that is no tensor."""
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.empty, self.one = nn.Linear(64, 3), nn.Linear(64, 1)

        def forward(self, x):
            return {"out": self.empty(x[:0]).sum() + self.one(x).sum()}

    model = Odd()
    flow = Flow()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    FlowWatch(model, optimizer, flow, 1)
    model(X[:4])["out"].backward()
    optimizer.step()
    assert flow.last.said[0] == (1, "empty: a tensor of 0 elements")


def test_parameters_that_are_made_late():
    model = nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(10))
    flow, *_ = train(model)
    assert [row.layer for row in flow.rows] == ["Linear", "Linear"]
    assert of(flow, 0, "weights: count") == 64 * 16 + 16


def test_frozen_layers_and_those_the_optimiser_does_not_have():
    model = net()
    model[0].requires_grad_(False)
    flow, *_ = train(model, optimizer=learngrad.optim.SGD(model[2].parameters(), lr=0.1))
    assert flow.last.said == [(1, "no gradient reached it"), (0, "healthy")]
    model = net()
    flow, *_ = train(model, optimizer=learngrad.optim.SGD(model[2].parameters(), lr=0.1))
    assert flow.last.said[0] == (1, "has gradients, but the optimiser does not have its parameters")


@pytest.mark.parametrize("dtype", [learngrad.float16, learngrad.float64])
def test_other_dtypes(dtype):
    model = net().to(dtype)
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = Flow()
    FlowWatch(model, optimizer, flow, 1)
    (model(X[:32].to(dtype)) ** 2).mean().backward()
    optimizer.step()
    assert of(flow, 0, "weights: size") == pytest.approx(0.07, rel=0.2)


def test_a_closure_is_called_within_the_step():
    model = net(nn.Tanh)
    optimizer = learngrad.optim.LBFGS(model.parameters(), max_iter=3)
    flow = Flow()
    FlowWatch(model, optimizer, flow, 1)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X[:64]), Y[:64])
        loss.backward()
        return loss

    optimizer.step(closure)
    assert of(flow, 0, "gradients: size") > 0
    assert of(flow, 0, "ratio") > 0


# ---- The training --------------------------------------------------------------------------------


@pytest.mark.parametrize("bend", [nn.ReLU, nn.Tanh, lambda: nn.ReLU(inplace=True)])
def test_the_training_is_what_it_would_have_been(bend):
    *_, losses = train(net(bend), steps=20)
    *_, alone = train(net(bend), steps=20, watched=False)
    assert losses == alone


def test_between_watched_steps_nothing_is_in_the_model():
    model = net()
    during = []
    model[1].register_forward_hook(lambda *_: during.append(len(thread.watchers)))
    train(model, steps=9, every=4)
    assert during == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert thread.watchers == ()
    assert model[0]._call_hooks is None or not model[0]._call_hooks


def test_steps_are_watched_as_time_allows():
    model = net()
    flow, watch, _, _ = train(model, steps=3000, every=None)
    assert flow.moments[0].step == 0
    assert 5 < flow.count < 1500
    assert watch.share < 0.1
    assert watch.steps == 3000


def test_evaluation_in_between_is_not_seen():
    model = net()

    def evaluate():
        with learngrad.no_grad():
            model(X[:500])

    flow, *_ = train(model, between=evaluate)
    assert of(flow, 0, "activations: count") == 512
    # With gradients, too, the call before the step is the one that counts.
    flow, *_ = train(model, between=lambda: model(X[:500]))
    assert of(flow, 0, "activations: count") == 512


def test_a_forward_that_raises_leaves_nothing_behind():
    model = net()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = Flow()
    FlowWatch(model, optimizer, flow, 1)
    with pytest.raises(RuntimeError):
        model(X[:4, :3])
    assert thread.watchers == ()
    F.cross_entropy(model(X[:4]), Y[:4]).backward()
    optimizer.step()
    assert len(flow.last.order) == 2


def test_what_goes_wrong_in_watching_does_not_end_the_training(monkeypatch):
    model = net()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = Flow()
    watch = FlowWatch(model, optimizer, flow, 1)
    monkeypatch.setattr(flow_seen, "measure", lambda samples: 1 / 0)
    with pytest.warns(RuntimeWarning, match="no longer watched: ZeroDivisionError") as told:
        _steps(model, optimizer, 3)
    assert len([w for w in told if "watched" in str(w.message)]) == 1
    assert not watch.is_open
    assert flow.last is None


def _steps(model, optimizer, count):
    for _ in range(count):
        optimizer.zero_grad()
        F.cross_entropy(model(X[:4]), Y[:4]).backward()
        optimizer.step()


def test_closed_it_takes_its_hooks_along():
    model = net()
    flow, watch, optimizer, _ = train(model, steps=2)
    watch.close()
    _steps(model, optimizer, 1)
    assert flow.count == 2
    assert not optimizer._after
    assert not optimizer._before


def test_an_optimiser_that_is_gone_takes_its_watch_along():
    model = net()
    flow, watch, optimizer, _ = train(model, steps=2)
    alive = weakref.ref(optimizer)
    del optimizer
    gc.collect()
    assert alive() is None
    assert not watch.is_open
    during = []
    model[1].register_forward_hook(lambda *_: during.append(len(thread.watchers)))
    model(X[:4])
    assert during == [0]
    assert flow.count == 2


def test_graphs_are_not_kept():
    model = net()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    FlowWatch(model, optimizer, Flow(), 1)
    loss = F.cross_entropy(model(X[:4]), Y[:4])
    node = weakref.ref(loss.grad_fn)
    loss.backward()
    optimizer.step()
    del loss
    assert node() is None


def test_two_threads_train_two_models():
    import threading

    flows = {}

    def work(name):
        flows[name] = train(stack(nn.Tanh, 3, 1.0), steps=20)[0]

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [flow.count for flow in flows.values()] == [20, 20]
    assert all(len(flow.rows) == 4 for flow in flows.values())


# ---- Wrong input ---------------------------------------------------------------------------------


def test_wrong_input_is_refused():
    model = net()
    sgd = learngrad.optim.SGD(model.parameters(), lr=0.1)
    other = learngrad.optim.SGD(net().parameters(), lr=0.1)
    for error, words, given in [
            (ArgumentTypeError, "through a module, not a function", (train, sgd)),
            (ArgumentTypeError, "not of a str", (model, "sgd")),
            (ArgumentError, "no parameters", (nn.ReLU(), sgd)),
            (ArgumentError, "none of this model's", (model, other)),
            (ArgumentError, "every is a whole number from 1 up, not 0", (model, sgd, Flow(), 0)),
            (ArgumentError, "every is a whole .* not 'often'", (model, sgd, Flow(), "often"))]:
        with pytest.raises(error, match=words):
            FlowWatch(*given[:2], *given[2:] or (Flow(),))
    assert not sgd._before


# ---- On the GPU ----------------------------------------------------------------------------------


def on_gpu(steps=4):
    learngrad.manual_seed(0)
    host = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 8), nn.Sigmoid(),
                         nn.Linear(8, 10))
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 8), nn.Sigmoid(),
                          nn.Linear(8, 10)).to("cuda")
    model.load_state_dict(host.state_dict())
    return host, model


def test_a_gpu_gives_the_same_numbers_and_does_not_wait():
    with cupy_standin.installed() as cupy:
        host, model = on_gpu()
        x, y = X[:32].to("cuda"), Y[:32].to("cuda")
        optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
        flow = Flow()
        FlowWatch(model, optimizer, flow, 1)
        strict = cupy.ndarray is cupy_standin.ndarray
        if strict:
            cupy_standin.counts.reset()
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        if strict:
            assert (cupy_standin.counts.to_host, cupy_standin.counts.waits) == (0, 0)
        expected = Flow()
        optimizer = learngrad.optim.SGD(host.parameters(), lr=0.1)
        FlowWatch(host, optimizer, expected, 1)
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(host(X[:32]), Y[:32]).backward()
            optimizer.step()
        np.testing.assert_allclose(flow.last.numbers, expected.last.numbers, rtol=1e-4)
        assert np.abs(flow.last.bins.astype(int) - expected.last.bins).max() <= 12
        assert flow.last.said == expected.last.said


def test_a_watched_model_can_be_copied_and_nobody_watches_the_copy():
    model = net()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = Flow()
    watch = FlowWatch(model, optimizer, flow, 1)
    x, y = X[:32], Y[:32]
    for copied in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert copied(x).tolist() == model(x).tolist()
    learngrad.LossSurface(model, nn.CrossEntropyLoss(), x, y, finest=5).wait()
    learngrad.race(model, {"SGD": 0.1}, data=(x, y), loss_fn=nn.CrossEntropyLoss(), steps=2)
    assert watch.is_open
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    assert len(flow.moments) == 1
    assert len(flow.last.said) == 2


def test_a_model_can_be_copied_while_another_thread_puts_hooks_on_it():
    model = net()

    class Meanwhile:
        def __call__(self, *_):
            pass

        def __deepcopy__(self, _):
            model[0].register_forward_hook(lambda *_: None)
            return self

    model[0].register_forward_hook(Meanwhile())
    model[0].register_forward_hook(lambda *_: None)
    assert copy.deepcopy(model)(X[:2]).tolist() == model(X[:2]).tolist()
