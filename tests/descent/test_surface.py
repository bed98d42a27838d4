"""A loss over one or two directions: its numbers, how they are computed, what is drawn and said."""

import json
import math
import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.descent.curves import Curves
from learngrad.descent.surface import Surface
from learngrad.descent.surface_batch import Evaluator
from learngrad.descent.surface_contours import band_of, contour, levels, ticks
from learngrad.descent.surface_picture import BANDS, HALO, LINE, band
from learngrad.descent.surface_words import table
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError

CASES = json.loads((Path(__file__).parent / "contour_cases.json").read_text())
FRONT = Path(learngrad.__file__).parent / "widgets" / "js" / "views"


@pytest.fixture(autouse=True)
def seed():
    learngrad.manual_seed(0)


def data(n=40, features=6, classes=3):
    X = learngrad.randn(n, features)
    return X, (X[:, :classes]).argmax(1)


def network():
    return nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))


class Residual(nn.Module):
    """A model with a forward of its own: it adds, multiplies, slices and normalises."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(6, 6), nn.LayerNorm(6), nn.Linear(6, 3)
        self.scale = nn.Parameter(learngrad.tensor(0.5))

    def forward(self, x):
        x = x + self.scale * self.first(self.norm(x)).relu()
        return self.last(x * (x > 0).float() - x[:, :1].exp())


class Undecided(nn.Module):
    """What it computes depends on its numbers."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x):
        out = self.linear(x)
        return out if self.linear.weight[0, 0].item() > 0 else out * out


MODELS = {
    "network": network,
    "three dimensions": lambda: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Linear(3, 4), nn.GELU(),
                                              nn.Flatten(), nn.Linear(8, 3), nn.Softmax(-1)),
    "batch norm and dropout": lambda: nn.Sequential(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(), nn.Linear(5, 3)),
    "convolution": lambda: nn.Sequential(nn.Unflatten(1, (1, 6)), nn.Conv1d(1, 2, 3), nn.ReLU(),
                                         nn.Flatten(), nn.Linear(8, 3)),
    "residual": Residual,
    "bare parameters": lambda: nn.Sequential(nn.Linear(6, 3, bias=False), nn.PReLU()),
}


# ---- the numbers


@pytest.mark.parametrize("kind", MODELS)
def test_many_settings_in_one_pass_are_those_of_a_pass_each(kind):
    model, (X, y) = MODELS[kind](), data()
    at = Evaluator(model, nn.CrossEntropyLoss(), X, y)
    rng = np.random.default_rng(1)
    settings = [(c + 0.3 * rng.standard_normal((7, *c.shape))).astype(c.dtype) for c in at.center]
    alone = np.array([at.at(one) for one in zip(*settings)])
    at.prepare(settings)
    assert at.why in ("", "sharing it is not quicker here")
    at._program = at._program or _shared(at)
    np.testing.assert_allclose(at.many(settings), alone, rtol=1e-5)


def _shared(at):
    from learngrad.descent.surface_batch import _record

    at.put(at.center)
    return _record(at.loss, at.parameters)


def test_a_model_whose_course_depends_on_its_numbers_gets_a_pass_each():
    model, (X, y) = Undecided(), data()
    surface = Surface(model, nn.CrossEntropyLoss(), X, y, directions=["linear.weight[0, 0]"],
                      finest=9).compute()
    assert "depends on the numbers" in surface.how
    for x, loss in zip(surface.ticks(0), surface.loss):
        with learngrad.no_grad():
            model.linear.weight[0, 0] = float(x)
        assert loss == pytest.approx(nn.CrossEntropyLoss()(model(X), y).item(), rel=1e-5)


def test_a_bowl_is_what_it_should_be():
    model = nn.Linear(1, 1)
    with learngrad.no_grad():
        model.weight.fill_(1.0)
        model.bias.fill_(-1.0)
    surface = Surface(model, lambda m: (m.weight - 2).square().sum() + 3 * m.bias.square().sum(),
                      directions=["weight", "bias"], span=[(0, 4), (-2, 2)], finest=17).compute()
    x, y = np.meshgrid(surface.ticks(0), surface.ticks(1))
    np.testing.assert_allclose(surface.loss, (x - 2) ** 2 + 3 * y ** 2, atol=1e-5)
    assert surface.lowest() == (0.0, (2.0, 0.0))
    assert surface.center == (1.0, -1.0)
    assert surface.here == pytest.approx(4.0)


def test_each_grid_has_the_points_of_the_one_before():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=17)
    sides, last = [], None
    for done, total, seconds in surface.refine():
        assert done <= total == 17 * 17
        assert seconds >= 0
        if surface.resolution != (sides[-1:] or [0])[0]:
            if last is not None:
                np.testing.assert_array_equal(surface.loss[::2, ::2], last)
            sides.append(surface.resolution)
            last = surface.loss
    assert sides == [5, 9, 17]
    assert surface.progress()[:2] == (289, 289)
    assert surface.estimate() == 0


def test_it_can_be_cancelled_and_goes_on():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=17)
    for _ in surface.refine():
        if surface.resolution == 9:
            surface.cancel()
    assert surface.resolution == 9
    assert surface.progress().done == 81
    known = surface.loss
    np.testing.assert_array_equal(surface.compute().loss[::2, ::2], known)


def test_the_estimate_comes_first():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data())
    assert surface.resolution == 0
    assert 0 < surface.estimate(5) < surface.estimate(33) < surface.estimate()


# ---- the model is left alone


def state(model):
    return ({name: value.tolist() for name, value in model.state_dict().items()},
            [module.training for module in model.modules()],
            [p.grad for p in model.parameters()])


def test_the_model_is_never_touched():
    model, (X, y) = MODELS["batch norm and dropout"](), data()
    before = state(model)
    surface = Surface(model, nn.CrossEntropyLoss(), X, y, directions=("gradient", "hessian"),
                      finest=9)
    seen = [state(model) == before for _ in surface.refine()]
    assert all(seen)


def test_an_error_in_the_loss_leaves_it_alone_too():
    model, (X, y) = network(), data()
    before, calls = state(model), []

    def failing(out, target):
        calls.append(1)
        if len(calls) > 6:
            raise ValueError("over")
        return nn.functional.cross_entropy(out, target) * float(out.sum().item() < 1e9)

    surface = Surface(model, failing, X, y)
    with pytest.raises(ValueError, match="over"):
        surface.compute()
    assert state(model) == before


def test_training_goes_on_meanwhile():
    model, (X, y) = network(), data()
    loss_fn = nn.CrossEntropyLoss()
    alone = Surface(model, loss_fn, X, y, finest=33).compute().loss
    surface = Surface(model, loss_fn, X, y, finest=33)
    thread = threading.Thread(target=surface.compute)
    thread.start()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    while thread.is_alive():
        optimizer.zero_grad()
        loss_fn(model(X), y).backward()
        optimizer.step()
    np.testing.assert_allclose(surface.loss, alone, rtol=1e-4)


# ---- what is no number


def test_nan_and_infinity_are_kept_told_and_hatched():
    model = nn.Linear(1, 1, bias=False)
    with learngrad.no_grad():
        model.weight.fill_(1.0)
    surface = Surface(model, lambda m: m.weight.log().sum(), directions=["weight"],
                      span=(-1, 3), finest=5).compute()
    np.testing.assert_allclose(surface.loss, [np.nan, -np.inf, 0, math.log(2), math.log(3)],
                               rtol=1e-6)
    assert "2 of 5 points are NaN or infinite" in surface.describe()
    assert surface.svg().count('class="bad"') == 3  # two crosses, and the pattern
    assert [row[1] for row in table(surface)[1]] == ["NaN", "−∞", "0", "0.6931", "1.099"]


def test_a_surface_without_one_finite_point_is_said_to_be_so():
    surface = Surface(network(), lambda out, y: (out * float("nan")).sum(), *data(),
                      finest=5).compute()
    assert surface.lowest() is None
    assert "No point of the grid has a finite loss." in surface.describe()
    ElementTree.fromstring(surface.svg())


# ---- wrong input


@pytest.mark.parametrize(("change", "said"), [
    ({"model": lambda x: x}, "that of a model's loss"),
    ({"loss_fn": "mse"}, "cannot be called"),
    ({"loss_fn": lambda out, y: out}, "needs one number"),
    ({"loss_fn": lambda out, y: 3.0}, "not a tensor"),
    ({"model": nn.ReLU()}, "no parameters"),
    ({"finest": 64}, "halves the steps"),
    ({"directions": "downhill"}, "no direction, and no parameter"),
    ({"directions": ["random", "random", "random"]}, "one or two directions"),
    ({"directions": [3]}, "a direction is a name"),
    ({"directions": ["0.weight[0]", "random"]}, "names no single number"),
    ({"directions": ["0.weight[9, 0]"]}, "names no single number"),
    ({"directions": ["0.bias[0]", "0.bias[0]"]}, "the same line"),
    ({"directions": "pca"}, "none of three points"),
    ({"directions": "pca"}, 'directions="pca", trajectory=path)'),
    ({"X": learngrad.ones(0, 2)}, "X is empty"),
    ({"span": (2, 1)}, "a low and a higher end"),
    ({"span": [1, 2, 3]}, "a low and a higher end"),
    ({"span": "wide"}, "a low and a higher end"),
    ({"trajectory": [1]}, "trajectory is a list"),
])
def test_wrong_input_is_told(change, said):
    X, y = data()
    given = {"model": network(), "loss_fn": nn.CrossEntropyLoss(), "X": X, "y": y} | change
    with pytest.raises((ArgumentError, ArgumentTypeError), match=re.escape(said)) as caught:
        Surface(**given)
    assert caught.value.fix


def test_an_error_of_the_model_comes_at_once():
    with pytest.raises(LearngradError, match="7 features"):
        Surface(network(), nn.CrossEntropyLoss(), learngrad.randn(4, 7), learngrad.zeros(4).long())


# ---- contours


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_levels_and_contours(case):
    values = np.array([float(v) for v in case["values"]]).reshape(case["rows"], -1)
    heights = levels(values)
    assert heights.values == case["levels"]
    assert heights.is_log == case["isLog"]
    for wanted in case["contours"]:
        found = contour(values, float(wanted["level"]), heights.is_log)
        assert (len(found.rings), len(found.lines)) == (wanted["rings"], wanted["lines"])
        length = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in found.lines)
        assert length == pytest.approx(wanted["length"], abs=1e-4)


def test_a_contour_is_where_the_level_is():
    y, x = np.mgrid[-2:2:101j, -2:2:101j]
    found = contour(x ** 2 + y ** 2, 1.0)
    (line,) = found.lines
    radius = np.hypot(*(line / 25 - 2).T)
    np.testing.assert_allclose(radius, 1, atol=1e-3)


def test_bands_and_ticks():
    heights = levels(np.array([0.0, 3.0, 10.0]))
    assert [band_of(v, heights) for v in (0.5, 1.0, 9.5)] == [0, 1, 9]
    assert ticks(-1, 1, 4) == [-1, -0.5, 0, 0.5, 1]
    assert ticks(1, 1) == []


# ---- pictures and words


def parsed(svg):
    return ElementTree.fromstring(svg).iter()


def test_the_picture_has_bands_heights_axes_and_words():
    X, y = data()
    surface = Surface(network(), nn.CrossEntropyLoss(), X, y, finest=17).compute()
    heights = levels(surface.loss).values
    parts = list(parsed(surface.svg()))
    bands = [one for one in parts if re.fullmatch(r"b\d+", one.get("class", ""))]
    assert len(bands) == len(heights) + 1
    texts = {one.text for one in parts if one.tag.endswith("text")}
    assert {"random direction α", "random direction β"} <= texts
    assert len([one for one in parts if "height" in one.get("class", "")]) > 2
    assert parts[0].get("aria-label").startswith("The loss over random direction α")


def test_a_name_cannot_become_markup():
    model = nn.Module()
    model.register_parameter("<b>&", nn.Parameter(learngrad.tensor([1.0])))
    surface = Surface(model, lambda m: m.get_parameter("<b>&").square().sum(),
                      directions=["<b>&"], finest=5).compute()
    svg = surface.svg()
    assert "<b>" not in svg
    ElementTree.fromstring(svg)


def test_the_colours_are_those_of_the_front_end():
    css = (FRONT / "contour.css").read_text()
    day, night = css.split(".lg-root.lg-dark")[:2]
    for k, (light, dark) in enumerate(BANDS):
        assert f"--lg-field-{k}: {light};" in day
        assert f"--lg-field-{k}: {dark};" in night
    for name, both in (("field-line", LINE), ("halo", HALO)):
        assert f"--lg-{name}: {both[0]};" in day
        assert f"--lg-{name}: {both[1]};" in night
    assert band(0, 4, 0) == BANDS[0][0]
    assert band(4, 4, 1) == BANDS[-1][1]


def test_lightness_alone_tells_high_from_low():
    def lightness(colour):
        return sum(w * int(colour[k:k + 2], 16) for w, k in ((0.21, 1), (0.72, 3), (0.07, 5)))

    for dark in (0, 1):
        steps = np.diff([lightness(band(k, 12, dark)) for k in range(13)])
        assert (steps > 0).all()
        assert steps.sum() > 35


def test_what_a_slice_cannot_say_is_said():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=5)
    assert "nothing is computed yet" in surface.describe()
    said = surface.compute().describe()
    assert "at 5 × 5 points" in said
    assert "a plane through a space of 53 dimensions: in the other 51 nothing moves" in said
    head, rows = table(surface)
    assert head == ["", "−1", "−0.5", "0", "0.5", "1"]
    assert [row[0] for row in rows] == ["1", "0.5", "0", "−0.5", "−1"]


# ---- for print


@pytest.fixture
def axes():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_for_print_each_kind_returns_its_axes(axes):
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=9).compute()
    flat = axes.subplots()[1]
    assert surface.to_matplotlib(flat) is flat
    assert flat.get_xlabel() == "random direction α"
    assert flat.collections
    assert surface.to_matplotlib(kind="3d").get_zlabel() == "loss"
    assert surface.to_matplotlib(kind="slice").get_ylabel() == "loss"
    flat.figure.canvas.draw()


def test_for_print_what_does_not_fit_is_told(axes):
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=5)
    with pytest.raises(ArgumentError, match="nothing of the surface is computed"):
        surface.to_matplotlib()
    surface.compute()
    with pytest.raises(ArgumentError, match="no kind 'pie'"):
        surface.to_matplotlib(kind="pie")
    with pytest.raises(ArgumentTypeError, match="these Axes are flat"):
        surface.to_matplotlib(axes.subplots()[1], kind="3d")
    with pytest.raises(ArgumentTypeError, match="ax is a str"):
        surface.to_matplotlib("here")


def test_heights_that_lie_near_each_other_are_told_apart():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), span=0.003, finest=9).compute()
    heights = re.findall(r'class="height[^>]*>([^<]+)<', surface.svg())
    assert len(heights) > 2
    assert len(set(heights)) == len(heights)
    curves = Curves()
    for step in range(5):
        curves.append("loss", step, 100 + 0.01 * step)
    marks = re.findall(r'text-anchor="end"[^>]*>([^<]+)<', curves.svg())
    assert marks == ["100", "100.01", "100.02", "100.03", "100.04"]


def test_small_numbers_are_said_as_they_are():
    surface = Surface(nn.Linear(2, 1), lambda out: out.square().mean(), learngrad.ones(3, 2),
                      finest=5).compute()
    assert "a space of 3 dimensions: in the other one nothing moves" in surface.describe()
    assert surface.how == "25 points share a forward pass"


def test_two_directions_within_one_parameter_have_a_column_each():
    surface = Surface(network(), nn.CrossEntropyLoss(), *data(), finest=5,
                      directions=["0.weight", "0.weight"]).compute()
    assert list(surface.columns()) == ["within 0.weight", "within 0.weight (2)", "loss"]
