"""Races: the ways are those that the optimisers themselves walk, and nothing ends them."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.descent.landscapes import LANDSCAPES, landscape
from learngrad.descent.race import OnSurface, Race, Walk
from learngrad.descent.race_entrants import entrants
from learngrad.descent.race_words import board, ranked
from learngrad.errors import ArgumentError, ArgumentTypeError, GraphError, LearngradError
from learngrad.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau
from learngrad.trace.recorder import Recorder
from tests.both import torch

CASES = json.loads(Path(__file__).with_name("race_cases.json").read_text("utf-8"))
FOUR = {"SGD": 0.001, "SGD with momentum": {"lr": 0.001, "momentum": 0.9}, "RMSprop": 0.01,
        "Adam": {"lr": 0.1, "betas": (0.8, 0.99)}}


def by_hand(library, function, start, make, steps):
    """The loop as a user writes it: all the places, and the losses there."""
    w = library.tensor(start, requires_grad=True)
    optimizer = make([w])
    places, losses = [], []
    for step in range(steps + 1):
        loss = function(w[0], w[1])
        places.append(w.tolist())
        losses.append(loss.item())
        if step < steps:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return np.array(places), np.array(losses)


@pytest.mark.parametrize("name", LANDSCAPES)
def test_each_walks_as_in_a_loop_of_its_own(name):
    land = LANDSCAPES[name]
    race = learngrad.race(name, FOUR, steps=40)
    for one, settings in FOUR.items():
        kind = getattr(optim, one.split()[0])
        settings = settings if isinstance(settings, dict) else {"lr": settings}
        places, losses = by_hand(learngrad, land.function, land.start,
                                 lambda params, k=kind, s=settings: k(params, **s), 40)
        walk = race.runs[one]
        assert walk.diverged is None or walk.diverged == len(walk.loss)
        np.testing.assert_allclose(walk.path, places[:len(walk.path)], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(walk.loss, losses[:len(walk.loss)], rtol=1e-3, atol=1e-5)


@pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop", "Adagrad", "LBFGS"])
def test_it_goes_where_pytorch_goes(kind):
    """Also L-BFGS, which asks for the loss several times a step."""
    lr = {"SGD": 0.001, "LBFGS": 0.1}.get(kind, 0.05)
    race = learngrad.race("rosenbrock", {kind: lr}, steps=3 if kind == "LBFGS" else 15)
    w = torch.tensor(race.start, requires_grad=True)
    optimizer = getattr(torch.optim, kind)([w], lr=lr)

    def closure():
        optimizer.zero_grad()
        loss = race.landscape.function(w[0], w[1])
        loss.backward()
        return loss

    for place in race.runs[kind].path:
        np.testing.assert_allclose(place, w.tolist(), rtol=2e-3, atol=1e-4)
        optimizer.step(closure)


def test_the_minima_are_where_they_are_said_to_be():
    for land in LANDSCAPES.values():
        points = learngrad.tensor(np.array(land.minima).T)
        assert np.allclose(land(points).numpy(), 0, atol=1e-10), land.name
        assert land.grid(41).min() >= -1e-6
        for low, high, ends in zip(np.min(land.minima, 0), np.max(land.minima, 0), land.domain):
            assert ends[0] < low <= high < ends[1]


# ---- A function of the user's --------------------------------------------------------------------

def of_one(p):
    return p[0] ** 2 + 3 * p[1] ** 2


def of_all(p):
    return (p ** 2).sum() + 2 * p[1] ** 2


def with_a_branch(x, y):
    return x ** 2 + 3 * y ** 2 if x > -100 else y


@pytest.mark.parametrize(("function", "together"), [
    (lambda x, y: x ** 2 + 3 * y ** 2, True), (of_one, True), (of_all, False),
    (with_a_branch, False), (lambda *p: p[0] ** 2 + 3 * p[1] ** 2, True)])
def test_a_function_may_take_two_numbers_or_one_tensor(function, together):
    race = learngrad.race(function, {"SGD": 0.1, "LBFGS": 0.5}, start=(2, -1), steps=5)
    assert race.landscape.together == together
    expected, _ = by_hand(learngrad, lambda x, y: x ** 2 + 3 * y ** 2, (2.0, -1.0),
                          lambda params: optim.SGD(params, lr=0.1), 5)
    np.testing.assert_allclose(race.runs["SGD"].path, expected, rtol=1e-5)
    grid = race.landscape.grid(21)
    assert grid[0, 0] == pytest.approx(4 * 9)
    assert "leads with" in race.describe()


def test_a_function_that_draws_is_the_same_for_all():
    def noisy(x, y):
        return (x + learngrad.randn(()) * 0.1) ** 2 + y ** 2

    learngrad.manual_seed(3)
    race = learngrad.race(noisy, {"SGD": 0.1, "SGD again": 0.1}, steps=5)
    np.testing.assert_array_equal(race.runs["SGD"].path, race.runs["SGD again"].path)
    assert race.change({"SGD": {"lr": 0.2}}) == ["SGD"]
    race.change({"SGD": {}})
    np.testing.assert_array_equal(race.runs["SGD"].path, race.runs["SGD again"].path)


@pytest.mark.parametrize(("wrong", "kind", "said"), [
    (lambda x, y: 3.0, ArgumentTypeError, "returns float, not a tensor"),
    (lambda x, y: learngrad.stack([x, y]), ArgumentError, "2 numbers for one point"),
    (lambda x, y: x.detach() * 2, GraphError, "has no slope"),
    (lambda x, y: (x - 3).log() + y, ArgumentError, r"is NaN at the start \(1, 1\)"),
    (lambda x, y, z: x, ArgumentTypeError, "takes 3 arguments"),
    ("mountain", ArgumentError, "no surface called 'mountain'"),
    (7, ArgumentTypeError, "a name or a function, not 7"),
])
def test_what_cannot_be_walked_down_is_told(wrong, kind, said):
    with pytest.raises(kind, match=said) as caught:
        learngrad.race(wrong)
    assert caught.value.fix


@pytest.mark.parametrize("settings", [
    {"start": "here"}, {"start": (1, math.nan)}, {"domain": (1, 2)}, {"domain": ((1, 1), (0, 2))},
    {"steps": 0}, {"steps": 10 ** 9}, {"steps": 2.5}, {"data": (1, 2)}])
def test_settings_that_make_no_sense_are_told(settings):
    with pytest.raises(LearngradError) as caught:
        learngrad.race("bowl", **settings)
    assert caught.value.fix


def test_an_error_of_the_function_is_the_users():
    def broken(x, y):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        learngrad.race(broken)


# ---- Who takes part ------------------------------------------------------------------------------

class SignDescent(optim.Optimizer):
    def __init__(self, params, lr=0.1, floor=0.0, grain=2.0):
        super().__init__(params, {"lr": lr, "floor": floor, "grain": grain})

    def update(self, group, state, param, grad):
        param -= group["lr"] * group["grain"] * np.sign(grad) * (np.abs(grad) > group["floor"])


def test_all_ways_of_naming_an_optimiser():
    w = learngrad.tensor([0.0], requires_grad=True)
    found = entrants({
        "SGD": 0.1, "Adam, fast": {"lr": 1.0}, "a": ("RMSprop", {"lr": 0.5}),
        "b": (SignDescent, {"lr": 2.0}), "c": lambda params: optim.AdamW(params, lr=0.25),
        "d": optim.SGD([w], lr=0.125, momentum=0.5), "e": optim.NAdam, "f": "Rprop"})
    assert [(one.kind, one.settings["lr"]) for one in found] == [
        ("SGD", 0.1), ("Adam", 1.0), ("RMSprop", 0.5), ("SignDescent", 2.0), ("AdamW", 0.25),
        ("SGD", 0.125), ("NAdam", 0.002), ("Rprop", 0.01)]
    assert found[5].settings["momentum"] == 0.5
    assert [one.name for one in entrants([optim.SGD, "Adam", SignDescent])] == [
        "SGD", "Adam", "SignDescent"]
    assert [one.name for one in entrants("Adam")] == ["Adam"]


@pytest.mark.parametrize(("given", "said"), [
    ({}, "nobody"), ({"speedy": 0.1}, "begins with the name of no optimiser"),
    ({"SGD": {"lrr": 1}}, "no setting 'lrr'"), ({"SGD": {"lr": -1}}, "makes no sense"),
    ({"SGD": [0.1]}, "neither settings"), ({"x": lambda params: 3}, "returns int"),
    (["SGD", optim.SGD], "one name"), ({f"SGD {k}": 0.1 for k in range(9)}, "more than 8"),
    ({"": 0.1}, "begins with the name of no")])
def test_who_cannot_take_part_is_told(given, said):
    with pytest.raises(LearngradError, match=said) as caught:
        entrants(given)
    assert caught.value.fix


@pytest.mark.parametrize("kind", [name for name in optim.__all__ if name[0].isupper()
                                  and name != "Optimizer"])
def test_every_optimiser_can_be_raced_and_turned(kind):
    race = learngrad.race("bowl", [kind], steps=5)
    assert race.runs[kind].loss[-1] < race.runs[kind].loss[0]
    dials = race.entrants[kind].dials()
    assert dials[0]["name"] == "lr"
    assert dials[0]["first"]
    assert all(dial["low"] <= dial["given"] <= dial["high"] or dial["given"] == 0
               for dial in dials)
    before = race.runs[kind].path
    assert race.change({kind: {"lr": 2 * dials[0]["given"]}}) == [kind]
    assert not race.runs[kind].problem
    assert not np.array_equal(race.runs[kind].path, before)
    assert race.change({kind: {}}) == [kind]
    np.testing.assert_array_equal(race.runs[kind].path, before)
    assert race.change({kind: {}}) == []


def test_settings_of_an_optimiser_of_ones_own_can_be_turned():
    race = learngrad.race("bowl", {"mine": (SignDescent, {"lr": 0.05})}, steps=3)
    dials = {dial["name"]: dial for dial in race.entrants["mine"].dials()}
    assert list(dials) == ["lr", "floor", "grain"]
    assert (dials["grain"]["scale"], dials["floor"]["scale"]) == ("log", "linear")
    assert race.runs["mine"].path[1].tolist() == pytest.approx([-2.4, 1.4])
    race.change({"mine": {"grain": 1.0}})
    assert race.runs["mine"].path[1].tolist() == pytest.approx([-2.45, 1.45])
    race.change({"mine": {"floor": 1.0}})
    assert race.runs["mine"].path[-1][1] > 0.9


# ---- Sliders -------------------------------------------------------------------------------------

def test_only_those_walk_again_whom_it_concerns():
    race = learngrad.race("rosenbrock", FOUR, steps=20)
    before = dict(race.runs)
    assert race.change({"SGD": {}, "Adam": {"betas.0": 0.5}}) == ["Adam"]
    assert race.runs["SGD"] is before["SGD"]
    assert race.runs["Adam"] is not before["Adam"]
    assert list(race.runs) == list(FOUR)
    assert race.change(start=(0.5, 0.5)) == list(FOUR)
    assert all(walk.path[0].tolist() == [0.5, 0.5] for walk in race.runs.values())
    assert race.entrants["Adam"].settings["betas.0"] == 0.5


@pytest.mark.parametrize(("settings", "said"), [
    ({"nesterov": 1}, "Nesterov"), ({"lr": -1}, "makes no sense"), ({"lr": "fast"}, "is a number"),
    ({"colour": 1}, "no setting 'colour'")])
def test_a_setting_without_sense_stands_beside_its_slider(settings, said):
    race = learngrad.race("bowl", FOUR, steps=5)
    assert race.change({"SGD": settings}) == ["SGD"]
    assert said in race.runs["SGD"].problem
    assert "SGD does not run" in race.describe()
    assert "SGD: does not run" in race.svg()
    assert race.change({"SGD": {}}) == ["SGD"]
    assert not race.runs["SGD"].problem


def test_a_function_that_fails_elsewhere_ends_nothing():
    def fragile(x, y):
        if x.item() > 2:
            raise ValueError("too far")
        return x ** 2 + y ** 2

    race = learngrad.race(fragile, {"SGD": 0.1, "Adam": 0.1}, steps=5)
    race.change(start=(2.5, 0.0))
    assert race.runs["SGD"].problem == "ValueError: too far"
    race.change(start=(1.5, 0.0))
    assert [walk.problem for walk in race.runs.values()] == ["", ""]


def test_who_diverges_is_kept_in_the_picture():
    race = learngrad.race("bowl", {"SGD": 2.5, "Adam": 0.1}, steps=500)
    walk = race.runs["SGD"]
    assert walk.diverged == len(walk.loss) < 30
    assert np.isfinite(walk.loss).all()
    assert f"SGD diverged at step {walk.diverged}" in race.describe()
    assert len(race.runs["Adam"].loss) == 501
    assert race.curves["loss", "SGD"][1][-1] == math.inf
    assert "nan" not in race.svg().lower().replace("nanum", "")
    alone = learngrad.race(lambda p: (p ** 2).sum(), {"SGD": 2.5}, steps=50)
    assert alone.runs["SGD"].diverged is not None
    assert learngrad.race(lambda x, y: x + (y - 1e-3).log(), {"SGD": 1.0}, start=(0, 0.5), steps=9
                          ).runs["SGD"].diverged == 1


# ---- Quiet ---------------------------------------------------------------------------------------

def test_it_leaves_no_trace_in_the_program():
    state = learngrad.get_rng_state()
    with Recorder() as tape, learngrad.no_grad():
        race = learngrad.race("bowl", FOUR, steps=3)
    assert tape.to_dict()["nodes"] == []
    assert learngrad.get_rng_state() == state
    assert race.runs["SGD"].loss[-1] < race.runs["SGD"].loss[0]


# ---- On a model ----------------------------------------------------------------------------------

@pytest.fixture
def model():
    learngrad.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 1))


def points():
    generator = learngrad.Generator()
    generator.manual_seed(1)
    X = learngrad.randn(40, 2, generator=generator)
    return X, X[:, :1] * X[:, 1:]


def test_copies_of_a_model_are_trained_on_the_same_batches(model):
    before = {name: value.tolist() for name, value in model.state_dict().items()}
    race = learngrad.race(model, {"SGD": 0.1, "SGD too": 0.1, "Adam": 0.01}, data=points(),
                          loss_fn=nn.MSELoss(), steps=30, batch_size=8)
    np.testing.assert_array_equal(race.runs["SGD"].loss, race.runs["SGD too"].loss)
    assert len(race.runs["Adam"].loss) == 31
    assert race.runs["Adam"].loss[0] == race.runs["SGD"].loss[0]
    assert {name: value.tolist() for name, value in model.state_dict().items()} == before
    weights = {name: one[0].weight.tolist() for name, one in race.models.items()}
    assert weights["SGD"] == weights["SGD too"] != weights["Adam"]
    assert race.start is None
    assert race.curves.names == ["loss (SGD)", "loss (SGD too)", "loss (Adam)"]
    assert race.change({"Adam": {"lr": 0.1}}) == ["Adam"]
    assert "<svg" in race.svg()
    assert "on one model" in race.describe()


def test_batches_may_come_from_a_loader(model):
    loader = learngrad.utils.data.DataLoader(
        learngrad.utils.data.TensorDataset(*points()), batch_size=16)
    race = learngrad.race(model, ["SGD", "LBFGS"], data=loader, loss_fn=nn.MSELoss(), steps=7)
    assert [len(walk.loss) for walk in race.runs.values()] == [8, 8]


@pytest.mark.parametrize(("settings", "said"), [
    ({"data": None}, "trained on data"), ({"loss_fn": None}, "needs a loss"),
    ({"data": []}, "no batches"), ({"data": [1, 2, 3]}, "a pair"), ({"data": 5}, "not on 5"),
    ({"data": iter([points()] * 2)}, "only once"),
    ({"data": (learngrad.ones(3, 2), learngrad.ones(2, 1))}, "make no pairs"),
    ({"loss_fn": nn.MSELoss(reduction="none")}, "one number")])
def test_a_model_that_cannot_be_raced_is_told(model, settings, said):
    given = {"data": points(), "loss_fn": nn.MSELoss(), "steps": 5} | settings
    with pytest.raises(LearngradError, match=said) as caught:
        learngrad.race(model, {"SGD": 0.1}, **given)
    assert caught.value.fix


def test_a_model_without_parameters_is_told():
    with pytest.raises(ArgumentError, match="no parameters"):
        learngrad.race(nn.ReLU(), data=points(), loss_fn=nn.MSELoss())


# ---- Words and pictures --------------------------------------------------------------------------

def walk_of(data):
    path = np.zeros((len(data["loss"]), 2)) if data.get("path", True) else None
    return Walk(np.array(data["loss"]), path, data.get("diverged"), data.get("problem", ""))


@pytest.mark.parametrize("case", CASES["boards"], ids=lambda case: case["says"])
def test_the_words_are_those_of_the_front_end(case):
    runs = {name: walk_of(data) for name, data in case["runs"].items()}
    assert board(runs, case["step"]) == case["says"]
    assert ranked(runs, case["step"]) == case["order"]


@pytest.mark.parametrize("case", CASES["axes"], ids=str)
def test_the_axis_is_that_of_the_front_end(case):
    from learngrad.descent.race_picture import loss_axis

    walks = [walk_of({"loss": loss}) for loss in case["losses"]]
    is_log, low, high = loss_axis(walks)
    assert is_log == case["log"]
    assert [low, high] == pytest.approx(case["ends"])


def test_the_picture_has_everybody_and_words():
    race = learngrad.race("rosenbrock", {**FOUR, "<b>&": ("SGD", {"lr": 0.01})}, steps=60)
    svg = race.svg()
    assert svg.startswith("<svg")
    assert all(f'class="e{k}"' in svg for k in range(4))
    assert "&lt;b&gt;&amp;: diverged at step" in svg
    assert "<b>" not in svg
    assert 'aria-label="A race of 5 on rosenbrock' in svg
    assert len(svg) < 130_000


@pytest.mark.parametrize("surface", [
    "rosenbrock", lambda x, y: 1e4 + 0.01 * (x * x + y * y), lambda x, y: 0 * x * y + 3.0])
def test_heights_as_data_have_digits_where_they_differ(surface):
    race = learngrad.race(surface, ["SGD"], steps=3, start=(1.0, 1.0))
    whole = race.landscape.grid(129).ravel()
    data = np.array(race.to_dict()["ground"]["values"])
    np.testing.assert_allclose(data - whole.min(), whole - whole.min(), rtol=1e-4, atol=1e-9)


def test_matplotlib_draws_it_on_axes():
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    race = learngrad.race("saddle", FOUR, steps=30)
    figure, ax = plt.subplots()
    assert race.to_matplotlib(ax) is ax
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(FOUR)
    assert ax.get_xlim() == race.landscape.domain[0]
    with pytest.raises(ArgumentTypeError, match="not Axes"):
        race.to_matplotlib(3)
    plt.close(figure)


def test_a_race_can_be_told_at_any_step():
    race = Race(OnSurface(landscape("bowl")), entrants({"SGD": 0.1}), 10)
    race.run()
    assert race.describe(0).endswith("At the start: SGD is at 4.25.")
    assert race.describe(1).endswith("After 1 step: SGD is at 3.443.")
    assert race.describe(99) == race.describe()
    assert repr(race) == "<race of SGD: 10 steps>"


# ---- Schedulers ----------------------------------------------------------------------------------

def decaying(params, lr=0.1):
    return ExponentialLR(learngrad.optim.SGD(params, lr=lr), 0.5)


def test_a_scheduler_steps_with_its_optimiser(model):
    race = learngrad.race("bowl", {"decays": decaying, "SGD": 0.1}, steps=4)
    x, rate = -2.5, 0.1
    for at in race.runs["decays"].path[:, 0].tolist():
        assert at == pytest.approx(x)
        x, rate = x - rate * x, rate / 2
    assert race.entrants["decays"].kind == "SGD"
    # A slider turns the whole schedule.
    assert race.change({"decays": {"lr": 0.2}}) == ["decays"]
    twice = learngrad.race("bowl", {"decays": lambda params: decaying(params, 0.2)}, steps=4)
    np.testing.assert_allclose(race.runs["decays"].loss, twice.runs["decays"].loss, rtol=1e-6)
    on_model = learngrad.race(model, {"decays": decaying, "SGD": 0.1}, data=points(),
                              loss_fn=nn.MSELoss(), steps=5, batch_size=8)
    ways = [one[0].weight.tolist() for one in on_model.models.values()]
    assert ways[0] != ways[1]
    assert on_model.runs["decays"].loss[1] == on_model.runs["SGD"].loss[1]


def test_a_scheduler_that_looks_at_a_validation_is_refused():
    with pytest.raises(ArgumentTypeError, match="no validation") as caught:
        learngrad.race("bowl", {"SGD": lambda params: ReduceLROnPlateau(
            learngrad.optim.SGD(params, lr=0.1))})
    assert "CosineAnnealingLR" in caught.value.fix


def test_an_axis_that_ends_above_some_losses_says_so():
    race = learngrad.race("bowl", {"SGD": 0.1, "Adam": 0.1})
    assert race.runs["SGD"].loss[-1] < 1e-20
    assert ">≤ 1e−11</text>" in race.svg()
    assert "≤" not in learngrad.race("bowl", {"SGD": 0.01}).svg()
