"""Wrong input to the five views: refused at once, by name, with a way to mend it."""

import copy
import math
import pickle

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.errors import (
    ArgumentError,
    ArgumentTypeError,
    GraphError,
    OutOfRangeError,
    UnknownNameError,
    a_kind_of,
)

X = learngrad.ones(8, 4)
Y = learngrad.tensor([0, 1, 2, 0, 1, 2, 0, 1])
LOSS = nn.CrossEntropyLoss()


@pytest.fixture
def model():
    learngrad.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3))


def optimizer(model):
    return learngrad.optim.SGD(model.parameters(), lr=0.1)


def told(error, says, call, *given, **named):
    """The call is refused with this error, which says this, and how to mend it."""
    with pytest.raises(error, match=says) as caught:
        call(*given, **named)
    assert caught.value.fix


# ---- A race --------------------------------------------------------------------------------------

def test_what_stands_in_the_wrong_place_of_a_race(model):
    for given in ((model, X, Y), (model, X), ("bowl", {"SGD": 0.1}, 100), ("bowl", X)):
        told(ArgumentTypeError, "its ground and its optimisers in this", learngrad.race, *given)
    told(ArgumentTypeError, "neither settings nor an optimiser", learngrad.race, model, LOSS,
         data=(X, Y), loss_fn=LOSS)
    told(ArgumentError, "for a race on a surface", learngrad.race, model, start=(1, 1))
    told(ArgumentError, "for a race on a surface", learngrad.race, model, domain=3)
    told(ArgumentTypeError, "a name or a function", learngrad.race, nn.Linear)


@pytest.mark.parametrize("ground", ["bowl", "model"])
@pytest.mark.parametrize(("named", "says"), [
    ({"batch_size": 0}, "batch_size is a whole number from 1 up, not 0"),
    ({"batch_size": "a"}, "batch_size is a whole number from 1 up, not 'a'"),
    ({"batch_size": 2.5}, "batch_size is a whole"), ({"batch_size": True}, "batch_size is a whole"),
    ({"seed": "a"}, "seed is a whole number from 0 up, not 'a'"), ({"seed": -1}, "seed is a whole"),
    ({"seed": 1.5}, "seed is a whole"), ({"steps": True}, "steps is a whole number"),
    ({"steps": 0}, "steps is a whole"), ({"steps": 10**9}, "too long to be looked at")])
def test_counts_of_a_race(model, ground, named, says):
    given = {"data": (X, Y), "loss_fn": LOSS} if ground == "model" else {}
    told(ArgumentError, says, learngrad.race, model if given else "bowl", {"SGD": 0.1},
         **{"steps": 3, **given, **named})


@pytest.mark.parametrize("given", [3, 0.1, True, np.ones(2), {"SGD": (3, {})}, {"SGD": None}])
def test_who_cannot_take_part(given):
    told(ArgumentTypeError, "neither settings nor an|the optimisers are a dict", learngrad.race,
         "bowl", given)


@pytest.mark.parametrize(("given", "says"), [
    (X, "this is a tensor of shape"), ((np.ones((3, 4)), np.ones(3)), "a batch is a pair"),
    ([(X, Y, Y)] * 4, "this is tuple")])
def test_data_of_a_race(model, given, says):
    told(ArgumentTypeError, says, learngrad.race, model, {"SGD": 0.1}, data=given, loss_fn=LOSS,
         steps=3)


def test_changes_of_a_race(model):
    race = learngrad.race("bowl", {"SGD": 0.1}, steps=5)
    before = dict(race.runs)
    told(UnknownNameError, "'Adam' does not take part", race.change, {"Adam": {"lr": 1}})
    told(UnknownNameError, "'Adam' does not take part", race.run, ["Adam"])
    for wrong in ({"SGD": 0.1}, [1], "SGD"):
        told(ArgumentTypeError, "a dict for each name", race.change, wrong)
    told(ArgumentTypeError, "start is two numbers", race.change, start="here")
    told(ArgumentError, "which is no place", race.change, start=(math.nan, 0))
    told(ArgumentError, "step is a whole number from 0 up", race.describe, "a")
    told(ArgumentTypeError, "is text: 'a'", race.runs["SGD"].reached, "a")
    assert race.runs == before
    on_model = learngrad.race(model, {"SGD": 0.1}, data=(X, Y), loss_fn=LOSS, steps=3)
    told(ArgumentError, "all begin with its weights", on_model.change, start=(1, 1))


def test_an_optimiser_of_somebody_else_does_not_race(model):
    mine = optimizer(model)
    for made in (lambda params: mine,
                 lambda params: learngrad.optim.lr_scheduler.StepLR(mine, 3)):
        told(ArgumentError, "moves other parameters", learngrad.race, "bowl", {"mine": made})


def test_what_makes_an_optimiser_takes_the_parameters():
    sgd = learngrad.optim.SGD
    for makes, says in ((lambda: sgd([X], lr=0.1), "the parameters alone, and takes no argument"),
                        (lambda params, lr: sgd(params, lr=lr), "alone, and takes more")):
        told(ArgumentTypeError, says, learngrad.race, "bowl", {"mine": makes})


def test_a_loss_of_a_race_takes_predictions_and_targets(model):
    told(ArgumentTypeError, "called with the predictions and the", learngrad.race, model,
         data=(X, Y), loss_fn=lambda out: out.mean(), steps=3)
    told(ArgumentTypeError, "is made first", learngrad.race, model, data=(X, Y),
         loss_fn=nn.CrossEntropyLoss, steps=3)


@pytest.mark.parametrize(("function", "variable"), [
    (lambda x, y: math.sin(x) + y**2, "x"), (lambda x, y: x**2 + 3 * y.item(), "y"),
    (lambda p: p[0] ** 2 + float(p[1]) ** 2, r"p\[1\]")])
def test_a_variable_that_leaves_the_tape_is_no_way_down(function, variable):
    told(GraphError, f"its slope along {variable} is 0", learngrad.race, function)


@pytest.mark.parametrize("function", [
    lambda x, y: y**2, lambda x, y: (x - 1) ** 2 + (y - 1) ** 2, lambda x, y: learngrad.relu(x) + y,
    lambda x, y: learngrad.sqrt(x) + y**2, lambda x, y: np.sin(x) + y * 0])
def test_a_slope_may_be_zero(function):
    assert len(learngrad.race(function, {"SGD": 0.01}, steps=3).runs) == 1


# ---- A training ----------------------------------------------------------------------------------

def test_what_gives_no_batches():
    for over, says in (("abc", "a str gives its letters"), (b"abc", "a bytes gives its letters"),
                       ({"x": 1}, "a dict gives its keys")):
        told(ArgumentTypeError, says, learngrad.train, lambda x: 1.0, over)


def test_what_validates_wants_nothing():
    told(ArgumentTypeError, "called without arguments", learngrad.train, lambda: 1.0, 3,
         validate=lambda x, y: 1.0)
    run = learngrad.train(lambda: 1.0, 3)
    for wrong in ("a", True, [1]):
        told(ArgumentTypeError, "timeout is a number of seconds", run.wait, wrong)
    run.wait()


# ---- Curves, flow, surface -----------------------------------------------------------------------

def test_titles_are_text(model):
    for wrong in (None, 3, range(3)):
        told(ArgumentTypeError, "title is a text, not", learngrad.LivePlot, wrong)
    told(ArgumentTypeError, "title is a text, not an int", learngrad.GradientFlow, model,
         optimizer(model), 10)
    told(ArgumentTypeError, "title is a text", learngrad.LossSurface, model, LOSS, X, Y, title=3)


def test_a_curve_that_is_not_there():
    plot = learngrad.LivePlot()
    told(UnknownNameError, "there is no curve 'loss'", plot.curves.__getitem__, "loss")
    plot.log(loss=1.0)
    for wrong in ("los", ("loss", "slow"), 3, ["loss"]):
        told(KeyError, "there is no curve", plot.curves.__getitem__, wrong)


def test_a_curve_has_a_name():
    curves = learngrad.descent.Curves()
    told(ArgumentTypeError, "a curve's name is a text, not an int", curves.append, 3, 0, 1.0)
    assert curves.names == []


@pytest.mark.parametrize("wrong", ["wide", 0, -10, True, None, 10**9])
def test_a_picture_has_a_size(model, wrong):
    flow = learngrad.GradientFlow(model, optimizer(model))
    surface = learngrad.LossSurface(model, LOSS, X, Y, finest=5)
    for call in (learngrad.LivePlot().curves.svg, surface.svg,
                 lambda width: flow.svg("weights", width)):
        told(ArgumentError, "width is", call, wrong)


@pytest.mark.parametrize(("named", "says"), [
    ({"seed": "a"}, "seed is a whole number from 0"), ({"seed": -1}, "seed is a whole"),
    ({"seed": 1.5}, "seed is a whole"), ({"span": True}, "a low and a higher end"),
    ({"trajectory": 3}, "trajectory is an int")])
def test_settings_of_a_surface(model, named, says):
    told((ArgumentError, ArgumentTypeError), says, learngrad.LossSurface, model, LOSS, X, Y,
         **named)


def test_the_other_state_has_tensors(model):
    told(ArgumentTypeError, "no tensor of numbers", learngrad.LossSurface, model, LOSS, X, Y,
         directions=dict.fromkeys(model.state_dict(), "x"))


def test_a_surface_takes_all_data_at_once(model):
    loader = learngrad.data.DataLoader(learngrad.data.TensorDataset(X, Y))
    told(ArgumentTypeError, "X is a DataLoader; a", learngrad.LossSurface, model, LOSS, loader)
    told(ArgumentTypeError, "X is a str", learngrad.LossSurface, model, LOSS, "digits")
    told(ArgumentTypeError, "this is an SGD", learngrad.LossSurface, optimizer(model), LOSS, X, Y)


def test_what_a_surface_is_asked(model):
    surface = learngrad.LossSurface(model, LOSS, X, Y, finest=9, directions="gradient")
    for wrong in ("a", -7, 7):
        told(ArgumentError, "there is no grid of", surface.estimate, wrong)
    for wrong in (1, -1, "x"):
        told(OutOfRangeError, "has one axis", surface.ends, wrong)
    assert surface.estimate(5) > 0
    surface.wait()
    assert surface.estimate() == 0


def test_an_optimiser_of_another_model_draws_no_way(model):
    other = optimizer(nn.Linear(2, 2))
    surface = learngrad.LossSurface(model, LOSS, X, Y, finest=5)
    told(ArgumentError, "moves none of this model's", surface.track, other)
    told(ArgumentError, "moves none of this model's", learngrad.Trajectory, model, other)
    told(ArgumentTypeError, "None is no optimiser", surface.track, None)


def test_classes_of_a_boundary_are_numbers():
    pytest.importorskip("matplotlib")
    points = learngrad.randn(3, 2)
    told(ArgumentTypeError, "a class is a whole number, not 'cat'", learngrad.plot_boundary,
         nn.Linear(2, 2), points, ["cat", "dog", "cat"])
    told(ArgumentTypeError, "points are numbers", learngrad.plot_boundary, nn.Linear(2, 2),
         [["a", "b"]])
    for wrong in ("a", 2.5, 1):
        told(ArgumentError, "resolution is a whole number from 2 up", learngrad.plot_boundary,
             nn.Linear(2, 2), points, resolution=wrong)


def test_an_article_goes_with_its_word(model):
    assert [a_kind_of(value) for value in (3, "x", 1.5, [], None, X, optimizer(model))] == [
        "an int", "a str", "a float", "a list", "None", "a learngrad.Tensor", "an SGD"]


def test_what_stands_last_in_a_cell_is_words(model, capsys):
    path = learngrad.LossSurface(model, LOSS, X, Y, finest=5).track(optimizer(model))
    path._ipython_display_()
    assert capsys.readouterr().out == (
        "The way of a model of 15 numbers: 1 point is kept, up to step 0.\n")


def test_a_loss_without_its_name_is_no_step():
    plot = learngrad.LivePlot()
    loss = learngrad.tensor(2.0, requires_grad=True) * 2
    told(ArgumentTypeError, "looks like a value without a name", plot.log, loss, accuracy=0.5)
    assert not plot.curves.names
    for step in (np.int64(3), 3.5, np.float64(4.5), learngrad.tensor(5.5)):
        plot.log(step, accuracy=0.5)
    assert plot.curves["accuracy"][0].tolist() == [3.0, 3.5, 4.5, 5.5]


def test_what_a_surface_and_a_flow_cannot_do_without(model):
    told(ArgumentTypeError, "no loss_fn was given", learngrad.LossSurface, model)
    told(ArgumentTypeError, "no X and y were given, so it", learngrad.LossSurface, model, LOSS)
    told(ArgumentTypeError, "no y was given, so it is", learngrad.LossSurface, model, LOSS, X)
    told(ArgumentTypeError, "predictions and y, and <lambda> takes something else",
         learngrad.LossSurface, model, lambda out: out.mean(), X, Y)
    told(ArgumentTypeError, "is made first", learngrad.LossSurface, model, nn.MSELoss, X, Y)
    told(ArgumentTypeError, "of an optimiser, and none was given", learngrad.GradientFlow, model)
    for loss_fn, given in ((lambda net: net(X).mean(), ()), (lambda out: out.mean(), (X,)),
                           (lambda *_: learngrad.tensor(1.0), (X, Y))):
        learngrad.LossSurface(model, loss_fn, *given, finest=5)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_view_has_no_copy_and_its_numbers_do(model, copied):
    plot = learngrad.LivePlot()
    plot.log(loss=1.0)
    for view in (plot, learngrad.GradientFlow(model, optimizer(model)),
                 learngrad.LossSurface(model, LOSS, X, Y, finest=5)):
        told(ArgumentTypeError, "a (LivePlot|GradientFlow|LossSurface) cannot be copied", copied,
             view)
    kept = copied(plot.curves)
    kept = pickle.loads(kept) if isinstance(kept, bytes) else kept
    assert kept.to_dict() == plot.curves.to_dict()
    copied(learngrad.race("bowl", {"SGD": 0.1}, steps=3))


def test_the_weights_of_a_copy_were_made_where_it_was_made(model):
    twin = copy.deepcopy(model)
    with pytest.raises(RuntimeError) as caught:
        twin(learngrad.ones(8, 5))
    assert "copy.py" not in str(caught.value)
    assert "twin = copy.deepcopy(model)" in str(caught.value)
