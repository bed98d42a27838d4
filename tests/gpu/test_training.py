"""Training on the GPU: the same descent as on the CPU, and no waiting inside a step."""

import numpy as np
import pytest

import learngrad as lg
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
