"""Directions in the space of the parameters, and the way a model goes through it."""

import copy

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.descent.directions import flat, lanczos
from learngrad.descent.surface import Surface
from learngrad.descent.trajectory import Trajectory
from learngrad.errors import ArgumentError, ArgumentTypeError

LOSS = nn.CrossEntropyLoss()


@pytest.fixture(autouse=True)
def seed():
    learngrad.manual_seed(0)


def data():
    X = learngrad.randn(40, 6)
    return X, X[:, :3].argmax(1)


def network():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def train(model, X, y, steps=30, lr=0.5):
    optimizer = learngrad.optim.SGD(model.parameters(), lr=lr)
    path = Trajectory(model, optimizer)
    for _ in range(steps):
        optimizer.zero_grad()
        LOSS(model(X), y).backward()
        optimizer.step()
    return path


# ---- random


def test_a_random_direction_is_as_long_as_the_model_row_by_row():
    model, (X, y) = network(), data()
    for direction in Surface(model, LOSS, X, y).directions:
        for array, p in zip(direction.arrays, model.parameters()):
            if p.ndim > 1:
                np.testing.assert_allclose(np.linalg.norm(array, axis=1),
                                           np.linalg.norm(p.detach().numpy(), axis=1), rtol=1e-5)
            else:
                assert not array.any()


def test_a_filter_of_a_convolution_is_scaled_as_a_whole():
    model = nn.Sequential(nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 2, 2), nn.Flatten())
    surface = Surface(model, LOSS, *data_for(4))
    kernel = model[1].weight.detach().numpy().reshape(2, -1)
    drawn = surface.directions[0].arrays[0].reshape(2, -1)
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), np.linalg.norm(kernel, axis=1),
                               rtol=1e-5)


def data_for(classes):
    X = learngrad.randn(10, 6)
    return X, X[:, :classes].argmax(1)


def test_the_same_function_has_the_same_random_slice():
    """A ReLU lets a factor through: what one layer gains, the next may lose."""
    model, (X, y) = network(), data()
    scaled = copy.deepcopy(model)
    with learngrad.no_grad():
        scaled[0].weight.mul_(4)
        scaled[0].bias.mul_(4)
        scaled[2].weight.div_(4)
    slices = [Surface(one, LOSS, X, y, finest=9, seed=3).compute().loss for one in (model, scaled)]
    np.testing.assert_allclose(*slices, rtol=1e-4)
    assert not np.allclose(slices[0], Surface(model, LOSS, X, y, finest=9, seed=4).compute().loss)


def test_weights_of_zero_have_no_random_direction():
    model = nn.Linear(6, 3)
    nn.init.zeros_(model.weight)
    with pytest.raises(ArgumentError, match="the weights are all 0"):
        Surface(model, LOSS, *data())


# ---- derivatives


def test_along_the_gradient_the_axis_is_a_learning_rate():
    model, (X, y) = network(), data()
    surface = Surface(model, LOSS, X, y, directions="gradient", finest=9).compute()
    assert surface.ends(0)[0] < 0 < surface.ends(0)[1]
    for lr, loss in zip(surface.ticks(0), surface.loss):
        stepped = copy.deepcopy(model)
        LOSS(stepped(X), y).backward()
        with learngrad.no_grad():
            for p in stepped.parameters():
                p -= float(lr) * p.grad
        assert LOSS(stepped(X), y).item() == pytest.approx(loss, rel=1e-4)


def test_where_there_is_no_slope_there_is_no_such_direction():
    with pytest.raises(ArgumentError, match="the gradient has length 0"):
        Surface(network(), lambda out, y: (out * 0).sum(), *data(), directions=["gradient"])
    with pytest.raises(ArgumentError, match="no curvature"):
        Surface(network(), lambda out, y: (out * 0).sum(), *data(), directions=["hessian"])


def test_eigenvectors_of_the_hessian_are_those_of_the_whole_table():
    X, y = data()
    model = nn.Linear(6, 3)
    surface = Surface(model, LOSS, X, y, directions="hessian")

    def loss(vector):
        return LOSS(nn.functional.linear(X, vector[:18].reshape(3, 6), vector[18:]), y)

    at = learngrad.tensor(flat([p.detach().numpy() for p in model.parameters()]).astype("float32"))
    whole = learngrad.autograd.functional.hessian(loss, at).numpy()
    values, vectors = np.linalg.eigh(whole)
    for k, direction in enumerate(surface.directions, 1):
        assert direction.curvature == pytest.approx(values[-k], rel=1e-3)
        assert abs(flat(direction.arrays) @ vectors[:, -k]) == pytest.approx(1, abs=1e-2)


def test_lanczos_on_a_table_that_is_known():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((60, 60)))[0]
    matrix = turn @ np.diag(np.append(np.linspace(-1, 1, 57), [5, 7, -9])) @ turn.T
    values, vectors = lanczos(lambda v: matrix @ v, 60, seed=0)
    np.testing.assert_allclose([*values[:2], values[-1]], [7, 5, -9], rtol=1e-6)
    np.testing.assert_allclose(matrix @ vectors[0], 7 * vectors[0], atol=1e-4)


def test_frozen_parameters_have_directions_too():
    model, (X, y) = network(), data()
    model[0].requires_grad_(False)
    direction = Surface(model, LOSS, X, y, directions=["gradient"]).directions[0]
    assert direction.arrays[0].any()
    assert not model[0].weight.requires_grad


# ---- parameters and other models


def test_a_number_by_name_has_its_own_values_on_the_axis():
    model, (X, y) = network(), data()
    surface = Surface(model, LOSS, X, y, directions=["0.weight[1, -2]", "2.bias[0]"], finest=5,
                      span=[(-2, 2), 1]).compute()
    assert surface.ends(0) == pytest.approx((-2, 2))
    assert surface.center[0] == pytest.approx(model[0].weight[1, -2].item())
    with learngrad.no_grad():
        model[0].weight[1, -2] = 2.0
        model[2].bias[0] = -1.0
    assert surface.loss[0, -1] == pytest.approx(LOSS(model(X), y).item(), rel=1e-5)


def test_a_parameter_by_name_moves_alone():
    direction = Surface(network(), LOSS, *data(), directions=["2.weight"]).directions[0]
    assert [bool(a.any()) for a in direction.arrays] == [False, False, True, False]


def test_towards_another_model_it_stands_at_one():
    X, y = data()
    here, there = network(), network()
    for other in (there, there.state_dict()):
        surface = Surface(here, LOSS, X, y, directions=[other], span=(0, 1), finest=5).compute()
        assert surface.loss[0] == pytest.approx(LOSS(here(X), y).item(), rel=1e-5)
        assert surface.loss[-1] == pytest.approx(LOSS(there(X), y).item(), rel=1e-5)
    with pytest.raises(ArgumentError, match="the other model is this model"):
        Surface(here, LOSS, X, y, directions=[here])
    with pytest.raises(ArgumentError, match="has shape"):
        Surface(here, LOSS, X, y, directions=[nn.Sequential(nn.Linear(6, 4), nn.ReLU(),
                                                            nn.Linear(4, 3))])
    with pytest.raises(ArgumentError, match=r"has no parameter '0\.weight'"):
        Surface(here, LOSS, X, y, directions=[nn.Linear(6, 3)])


# ---- the way


def test_principal_components_are_those_of_the_path():
    model, (X, y) = network(), data()
    path = train(model, X, y)
    surface = Surface(model, LOSS, X, y, directions="pca", trajectory=path)
    moved = path.points().astype(float) - path.points()[-1]
    _, sizes, axes = np.linalg.svd(moved, full_matrices=False)
    for k, direction in enumerate(surface.directions):
        assert abs(flat(direction.arrays) @ axes[k]) == pytest.approx(1, abs=1e-6)
    share = (sizes[:2] ** 2).sum() / (sizes ** 2).sum()
    way = surface.way()
    assert way.seen == pytest.approx(share, abs=1e-4)
    np.testing.assert_allclose(np.abs(way.at), np.abs(moved @ axes[:2].T), atol=1e-4)
    assert way.at[-1] == pytest.approx([0, 0], abs=1e-5)
    low, high = surface.ends(0)
    assert (way.at[:, 0] > low).all()
    assert (way.at[:, 0] < high).all()


def test_a_straight_path_has_one_component():
    model = nn.Linear(2, 1, bias=False)
    path = Trajectory(model)
    for _ in range(4):
        with learngrad.no_grad():
            model.weight += 1
        path.add()
    loss = lambda m: m.weight.square().sum()  # noqa: E731
    with pytest.raises(ArgumentError, match="no second direction"):
        Surface(model, loss, directions="pca", trajectory=path)
    assert Surface(model, loss, directions=["pca"], trajectory=path).way().seen == pytest.approx(1)


def test_directions_that_are_no_right_angle_still_place_the_way():
    model, (X, y) = network(), data()
    path = train(model, X, y, steps=3)
    surface = Surface(model, LOSS, X, y, directions=["gradient", "random"], trajectory=path)
    here = flat([p.detach().numpy() for p in model.parameters()])
    basis = np.array([flat(one.arrays) for one in surface.directions])
    for at, off, point in zip(surface.way().at, surface.way().off, path.points()):
        rest = point - here - at @ basis
        assert np.linalg.norm(rest) == pytest.approx(off, rel=1e-6)
        np.testing.assert_allclose(basis @ rest, 0, atol=1e-4)


def test_a_random_slice_misses_the_path_and_says_so():
    model, (X, y) = network(), data()
    path = train(model, X, y)
    surface = Surface(model, LOSS, X, y, trajectory=path, finest=5).compute()
    assert surface.way().seen < 0.3
    assert "The way of 30 steps is projected onto it" in surface.describe()


def test_a_long_way_is_thinned_and_keeps_its_ends(monkeypatch):
    monkeypatch.setattr("learngrad.descent.trajectory.MOST", 10)
    model = nn.Linear(1, 1, bias=False)
    path = Trajectory(model)
    for step in range(1, 101):
        with learngrad.no_grad():
            model.weight.fill_(step)
        path.add()
    assert 5 <= len(path) <= 10
    assert path.steps[0] == 0
    assert path.steps[-1] >= 90
    np.testing.assert_array_equal(path.points()[1:, 0], path.steps[1:])


def test_a_trajectory_follows_until_it_is_told_to_stop():
    model, (X, y) = network(), data()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    path = Trajectory(model)
    hook = path.track(optimizer)
    LOSS(model(X), y).backward()
    optimizer.step()
    hook.remove()
    optimizer.step()
    assert path.steps == [0, 1]
    assert repr(path) == "<trajectory of 53 numbers: 2 kept>"


def test_wrong_input_to_a_trajectory():
    with pytest.raises(ArgumentTypeError, match="that of a model"):
        Trajectory([1.0])
    with pytest.raises(ArgumentError, match="goes nowhere"):
        Trajectory(nn.ReLU())
    with pytest.raises(ArgumentTypeError, match="is no optimiser"):
        Trajectory(nn.Linear(1, 1), 0.1)
    with pytest.raises(ArgumentError, match="has 2 parameters and the model"):
        Surface(network(), LOSS, *data(), trajectory=Trajectory(nn.Linear(1, 1)))
