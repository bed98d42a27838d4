"""The regions of a classifier of two features, for print."""

import math

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, ShapeError


@pytest.fixture(autouse=True)
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    learngrad.manual_seed(0)
    yield plt
    plt.close("all")


def lines(ax):
    """Every point of the boundary's lines: contours that are drawn and not filled."""
    found = [path.vertices for one in ax.collections if not one.get_facecolor().any()
             for path in one.get_paths()]
    return np.concatenate(found)


def test_two_classes_part_where_their_scores_are_equal(plt):
    model = nn.Linear(2, 2)
    with learngrad.no_grad():
        model.weight.copy_(learngrad.tensor([[1.0, 0.0], [0.0, 1.0]]))
        model.bias.fill_(0.5)
    X = learngrad.randn(30, 2)
    ax = plt.subplots()[1]
    assert learngrad.plot_boundary(model, X, (X[:, 1] > X[:, 0]).long(), ax=ax) is ax
    x, y = lines(ax).T
    np.testing.assert_allclose(x, y, atol=1e-3)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["class 0", "class 1"]


@pytest.mark.parametrize(("model", "where"), [
    (lambda x: x[:, 0] - 0.25, 0.25),
    (lambda x: (4 * (x[:, :1] - 0.25)).sigmoid(), 0.25)])
def test_one_score_parts_at_zero_or_at_a_half(model, where):
    found = lines(learngrad.plot_boundary(model, learngrad.randn(30, 2)))
    np.testing.assert_allclose(found[:, 0], where, atol=1e-3)


def test_a_module_is_asked_as_it_is_used_and_left_as_it_was():
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(),
                          nn.Linear(8, 3))
    model[3].eval()
    before = [module.training for module in model.modules()]
    mean = model[1].running_mean.tolist()
    ax = learngrad.plot_boundary(model, np.random.default_rng(0).standard_normal((20, 2)))
    ax.figure.canvas.draw()
    assert [module.training for module in model.modules()] == before
    assert model[1].running_mean.tolist() == mean


@pytest.mark.parametrize(("given", "error", "said"), [
    ({"X": learngrad.ones(3, 4)}, ShapeError, "points of two features"),
    ({"X": learngrad.ones(0, 2)}, ShapeError, "points of two features"),
    ({"X": learngrad.tensor([[0.0, 1.0], [math.nan, 1.0]])}, ArgumentError, "points are NaN"),
    ({"model": lambda x: x * math.nan}, ArgumentError, "gives NaN, .* 100% of"),
    ({"model": 3}, ArgumentTypeError, "cannot be asked"),
    ({"model": lambda x: x.reshape(-1, 1, 2)}, ShapeError, "a row of scores"),
    ({"y": learngrad.zeros(4)}, ShapeError, "3 points and 4 classes"),
    ({"resolution": 1}, ArgumentError, "resolution is a whole number from 2 up"),
    ({"ax": "here"}, ArgumentTypeError, "ax is a str")])
def test_wrong_input_is_told(given, error, said):
    with pytest.raises(error, match=said):
        learngrad.plot_boundary(**{"model": nn.Linear(2, 2), "X": learngrad.ones(3, 2)} | given)
