"""A loss surface of a model on the GPU: the numbers of the CPU's."""

import copy

import numpy as np
import pytest

import learngrad as lg
from learngrad import nn
from learngrad.descent.surface import Surface
from learngrad.descent.trajectory import Trajectory


@pytest.mark.parametrize("directions", ["random", "hessian", ["gradient", "0.weight[0, 1]"], "pca"])
def test_a_surface_is_that_of_the_cpu(directions):
    lg.manual_seed(0)
    X = lg.randn(12, 3)
    model, y = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), (X[:, 0] > 0).long()
    found = []
    for device in ("cpu", "cuda"):
        one = copy.deepcopy(model).to(device)
        path = Trajectory(one)
        for _ in range(4):
            nn.functional.cross_entropy(one(X.to(device)), y.to(device)).backward()
            with lg.no_grad():
                for p in one.parameters():
                    p -= 0.5 * p.grad
            path.add()
        surface = Surface(one, nn.CrossEntropyLoss(), X.to(device), y.to(device),
                          directions=directions, trajectory=path, finest=9).compute()
        found.append(surface.loss)
    np.testing.assert_allclose(*found, rtol=2e-3)
