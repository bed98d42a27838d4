"""Training on the GPU: the same descent as on the CPU, and no waiting inside a step."""

import numpy as np
import pytest

import learngrad as lg
from benchmarks import lenet, mlp, sequences
from learngrad import nn, optim

OPTIMISERS = {
    "SGD": lambda params: optim.SGD(params, lr=0.1),
    "SGD, momentum": lambda params: optim.SGD(params, lr=0.05, momentum=0.9, nesterov=True,
                                              weight_decay=1e-3),
    "Adam": lambda params: optim.Adam(params, lr=0.01, weight_decay=1e-3),
}
LOSSES = {
    "cross entropy": (nn.CrossEntropyLoss, lambda rng: rng.integers(0, 3, 16)),
    "squares": (nn.MSELoss, lambda rng: rng.standard_normal((16, 3)).astype(np.float32)),
}


def network(device):
    def layers(device):
        return nn.Sequential(
            nn.Linear(5, 8, device=device), nn.Tanh(), nn.Linear(8, 8, device=device), nn.ReLU(),
            nn.Linear(8, 3, device=device), nn.Sigmoid())

    lg.manual_seed(1)
    model, placed = layers("cpu"), layers(device)
    placed.load_state_dict(model.state_dict())
    return placed


@pytest.mark.parametrize("loss_name", LOSSES)
@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_the_same_descent(optimiser, loss_name):
    loss, targets = LOSSES[loss_name]
    curves = []
    for device in ("cpu", "cuda"):
        rng = np.random.default_rng(2)
        X = lg.tensor(rng.standard_normal((16, 5)).astype(np.float32), device=device)
        y = lg.tensor(targets(rng), device=device)
        model, criterion = network(device), loss()
        steps = OPTIMISERS[optimiser](model.parameters())
        curve = []
        for _ in range(6):
            steps.zero_grad()
            value = criterion(model(X), y)
            value.backward()
            steps.step()
            curve.append(value.item())
        assert all(p.device.type == p.grad.device.type == device for p in model.parameters())
        curves.append(curve)
    assert curves[0][-1] < curves[0][0]
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-4)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_training_step_does_not_wait(counts, optimiser):
    """Not one copy between the devices, and not one look at a value."""
    X, y = lg.randn(16, 5, device="cuda"), lg.tensor([0, 1, 2, 0] * 4, device="cuda")
    model, criterion = network("cuda"), nn.CrossEntropyLoss()
    steps = OPTIMISERS[optimiser](model.parameters())
    counts.reset()
    for _ in range(3):
        steps.zero_grad()
        hidden = model(X)
        weights = sum((p * p).sum() for p in model.parameters())
        others = hidden[:, 0].mean() - hidden.max(1).values.mean()
        loss = criterion(hidden, y) + 0.001 * weights + others
        loss.backward()
        steps.step()
    assert counts == (0, 0, 0)
    assert loss.item() > -10
    assert counts == (1, 0, 1)


def test_second_derivatives_do_not_wait(counts):
    w = lg.randn(5, 3, device="cuda", requires_grad=True)
    X, y = lg.randn(4, 5, device="cuda"), lg.tensor([0, 1, 2, 0], device="cuda")
    counts.reset()
    g, = lg.autograd.grad(nn.functional.cross_entropy((X @ w).tanh(), y), w, create_graph=True)
    (g * g).sum().backward()
    assert counts == (0, 0, 0)


@pytest.mark.parametrize("join", [lg.stack, lg.cat])
@pytest.mark.parametrize("dim", [0, 1])
def test_many_tensors_are_joined_without_a_copy(counts, join, dim):
    """CuPy joins up to eight by itself, and copies the addresses of more to the GPU."""
    parts = [lg.full((2, 3), float(k), device="cuda", requires_grad=True) for k in range(75)]
    here = [p.detach().cpu() for p in parts]
    counts.reset()
    whole = join(parts, dim)
    (whole * whole).sum().backward()
    total = nn.utils.clip_grad_norm_(parts, 1e9)
    assert counts == (0, 0, 0)
    assert whole.tolist() == join(here, dim).tolist()
    assert total.item() == pytest.approx(sum(24 * k * k for k in range(75)) ** 0.5)


SHAPED = {
    "average pool": nn.AvgPool2d(3, 2, padding=1), "adaptive averages": nn.AdaptiveAvgPool2d(4),
    "adaptive maxima": nn.AdaptiveMaxPool2d(4), "reflection": nn.ReflectionPad2d(2),
    "nearest": nn.Upsample(scale_factor=2), "bilinear": nn.Upsample(9, mode="bilinear"),
    "bicubic": nn.Upsample(9, mode="bicubic"),
}


@pytest.mark.parametrize("name", SHAPED)
def test_what_follows_from_shapes_is_copied_once(counts, name):
    """Weights and places that a layer computes of shapes: there after the first step."""
    x = lg.randn(2, 3, 6, 6, device="cuda", requires_grad=True)
    here = lg.tensor(x.tolist(), requires_grad=True)
    for t in (x, here):
        (SHAPED[name](t) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), here.grad.tolist(), rtol=1e-4, atol=1e-4)
    counts.reset()
    (SHAPED[name](x) ** 2).sum().backward()
    assert counts == (0, 0, 0)


@pytest.mark.parametrize("layer", [
    nn.EmbeddingBag(5, 3), nn.Embedding(5, 3, scale_grad_by_freq=True)], ids=["bag", "by count"])
def test_rows_are_counted_without_waiting(counts, layer):
    places, grads = lg.tensor([[0, 1], [1, 1]]), []
    for device in ("cpu", "cuda"):
        layer.to(device).zero_grad()
        there = places.to(device)
        counts.reset()
        (layer(there) ** 2).sum().backward()
        assert counts == (0, 0, 0)
        grads.append(layer.weight.grad.tolist())
    np.testing.assert_allclose(grads[1], grads[0], rtol=1e-6)


STEPS = {
    "digits MLP": lambda: mlp.by_a_library("learngrad", mlp.TINY),
    "LeNet": lambda: lenet.by_a_library("learngrad", True),
    "char-LSTM": lambda: sequences.lstm_by_a_library("learngrad", sequences.LSTM[0]),
    "GPT": lambda: sequences.gpt_by_a_library("learngrad", sequences.GPT[0]),
}


@pytest.mark.parametrize("name", STEPS)
def test_whole_networks_do_not_wait(counts, name):
    """Nothing is copied and nothing is looked at inside of a step; each is the GPU's."""
    with lg.device("cuda"):
        run = STEPS[name]()
        run.time(1)
        counts.reset()
        run.time(2)
    assert counts == (0, 0, 0)


@pytest.mark.parametrize("make", [
    optim.Adadelta, optim.Adagrad, optim.Adam, optim.AdamW, optim.Adamax, optim.ASGD, optim.NAdam,
    optim.RAdam, optim.RMSprop, optim.Rprop, optim.SGD])
def test_no_optimiser_waits(counts, make):
    w = lg.ones(4, 3, device="cuda", requires_grad=True)
    steps = make([w])
    before = w.detach().clone()
    for _ in range(2):
        steps.zero_grad()
        (w * w).sum().backward()
        counts.reset()
        steps.step()
        assert counts == (0, 0, 0)
    assert (w < before).all().item()
