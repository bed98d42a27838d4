"""What flows through a network: measured, kept, told and drawn."""

import base64
import json
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from learngrad.descent import flow_measure
from learngrad.descent.flow import MOST, Flow
from learngrad.descent.flow_measure import BINS, LOWEST, measure, sample
from learngrad.descent.flow_moment import COLUMNS, KINDS, Taken
from learngrad.descent.flow_picture import extent, heights, ridge, shade
from learngrad.descent.flow_words import verdict
from learngrad.errors import ArgumentError, ArgumentTypeError

# ---- Measuring -----------------------------------------------------------------------------------


def by_hand(values):
    """The columns of `measure` from logarithms."""
    values = np.asarray(values, np.float32)
    good = values[np.isfinite(values)].astype(np.float64)
    large = np.abs(good[good != 0])
    bins = np.zeros(BINS)
    for power in np.floor(np.log2(large)).clip(LOWEST, LOWEST + BINS - 1).astype(int):
        bins[power - LOWEST] += 1
    return np.concatenate([[(good == 0).sum(), len(values) - len(good), (good ** 2).sum()], bins])


def test_magnitudes_are_counted_by_powers_of_two():
    rng = np.random.default_rng(0)
    given = [rng.standard_normal(50) * 10.0 ** rng.uniform(-30, 30, 50),
             [], [0.0, -0.0, 1.0, -1.0, 2.0, 1.999, np.nan, np.inf, -np.inf], [1e-20] * 4]
    table = measure([np.array(one, np.float32) for one in given])
    for line, one in zip(table, given):
        np.testing.assert_allclose(line, by_hand(one), rtol=1e-6)
    assert table[3, flow_measure.SQUARES] == pytest.approx(4e-40)


@pytest.mark.parametrize("shape", [(3,), (7, 300), (4096,), (64, 64, 8), (0, 5), ()])
def test_a_sample_is_a_copy_that_leaves_no_column_out(shape):
    array = np.arange(math.prod(shape), dtype=np.float64).reshape(shape)
    found = sample(array)
    assert found.dtype == np.float32
    assert not np.may_share_memory(found, array)
    assert len(found) == min(array.size, len(found)) <= flow_measure.MOST
    if array.size > flow_measure.MOST:
        assert len(found) > flow_measure.MOST / 4
        columns = {int(x) % shape[-1] for x in found}
        assert len(columns) == min(shape[-1], len(found))


def test_what_float32_cannot_hold_is_marked():
    table = measure([sample(np.array([1e300, -1e300, 1.0]))])
    assert table[0, flow_measure.BAD] == 2


# ---- Keeping -------------------------------------------------------------------------------------


def test_of_many_moments_some_are_kept_and_the_newest_always():
    flow = Flow()
    flow.row("a", "Linear")
    for step in range(1000):
        flow.put(Taken(step, 1, [0], [], []))
        assert flow.last.step == step
        assert len(flow.since()) <= MOST
    steps = [moment.step for moment in flow.moments]
    assert steps[0] == 0
    assert steps[-1] == 999
    assert len(steps) > MOST / 2
    assert len(set(np.diff(steps[:-1]))) == 1


def test_a_row_keeps_its_number():
    flow = Flow()
    assert [flow.row("a", "Linear"), flow.row("b", "RNNCell", 0), flow.row("b", "RNNCell", 7),
            flow.row("a", "Linear", bend="relu")] == [0, 1, 2, 0]
    assert [row.label for row in flow.rows] == ["a", "b", "b, call 8"]
    assert flow.rows[0].bend == "relu"
    assert flow.describe() == "No step was seen yet."


# ---- Telling -------------------------------------------------------------------------------------

NOTHING = dict.fromkeys(COLUMNS, math.nan)
SEEN = {**NOTHING, "gradients: count": 320, "gradients: bad": 0, "gradients: size": 1e-3,
        "weight gradients: count": 10, "weight gradients: zeros": 0, "weight gradients: bad": 0,
        "activations: count": 320, "activations: bad": 0, "weights: count": 10, "weights: bad": 0,
        "against": 1.0, "ratio": 1e-3}


@pytest.mark.parametrize(("numbers", "level", "why"), [
    ({}, 0, "healthy"),
    ({"against": 1 / 400}, 2, "vanishing: gradient 400× smaller than at the output"),
    ({"against": 1 / 99}, 0, "healthy"),
    ({"against": 54321.0}, 2, "exploding: gradient 54,000× larger than at the output"),
    ({"against": math.inf}, 2, "exploding: gradient ∞× larger than at the output"),
    ({"against": 1e-12}, 2, "vanishing: gradient 1e12× smaller than at the output"),
    ({"against": 0.0}, 2, "every gradient is 0: it learns nothing"),
    ({"dead": 37, "units": 64}, 2, "37 of 64 units dead"),
    ({"dead": 10, "units": 64}, 1, "10 of 64 units dead"),
    ({"dead": 0, "units": 0}, 0, "healthy"),
    ({"saturated": 0.7}, 2, "70 % of outputs saturated"),
    ({"ratio": 0.25}, 1, "a step changes its weights by 25 %: too fast?"),
    ({"ratio": 3e-7}, 1, "a step changes its weights by 3e−5 %: hardly learns"),
    ({"ratio": 0.0}, 0, "healthy"),
    ({"gradients: bad": 12, "against": math.nan}, 2, "12 of 320 gradients are NaN or ∞"),
    ({"against": 1 / 400, "dead": 37, "units": 64, "saturated": 0.9}, 2,
     "vanishing: gradient 400× smaller than at the output; 37 of 64 units dead"),
])
def test_a_verdict_says_what_is_wrong(numbers, level, why):
    assert verdict({**SEEN, **numbers}) == (level, why)


def test_a_layer_of_which_nothing_is_seen():
    assert verdict({**NOTHING, "weights: count": 10, "weights: bad": 0}) == (
        1, "not used: it was not called, and no gradient reached it")
    assert verdict({**SEEN, "gradients: count": math.nan, "weight gradients: count": math.nan,
                    "against": math.nan, "ratio": math.nan}) == (1, "no gradient reached it")
    assert verdict(SEEN, unmoved=True) == (
        1, "has gradients, but the optimiser does not have its parameters")


# ---- Drawing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("against", "colour"), [
    (1.0, 4), (0.4, 4), (0.1, 3), (1e-2, 2), (1e-4, 0), (1e-30, 0), (0.0, 0), (30.0, 5), (1e9, 8),
    (math.inf, 8), (math.nan, None)])
def test_a_colour_is_a_power_of_ten(against, colour):
    assert shade(against) == colour


def test_a_ridge_is_smooth_and_shows_what_is_rare():
    bins = np.zeros(BINS, np.uint8)
    bins[20], bins[30] = 255, 26  # nearly all, and a hundredth
    high = heights(bins)
    assert high[20] == pytest.approx(math.sqrt(0.5))
    assert high[19] == high[21] == pytest.approx(0.5)
    assert high[30] == pytest.approx(0.1 * math.sqrt(0.5), rel=0.05)
    assert high[25] == 0


def moment_of(flow, values, order=(0,), step=0):
    """A moment with these gradients in row 0."""
    table = measure([np.array(values, np.float32)])
    flow.put(Taken(step, len(flow.rows), list(order), [(table, [(0, 0, len(values))])], []))
    return flow.last


def test_what_is_shown_reaches_over_all_values_and_four_decades():
    flow = Flow()
    flow.row("a", "Linear")
    one = moment_of(flow, [1e-6, 1.0])
    low, high = extent([one], 0)
    assert 2.0 ** (LOWEST + low) < 1e-6
    assert 2.0 ** (LOWEST + high) > 1
    low, high = extent([moment_of(flow, [1.0])], 0)
    assert high - low >= 14
    assert extent([moment_of(flow, [])], 0) == extent([], 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_has_a_row_a_layer_and_escapes_its_name(kind):
    flow = Flow()
    for name in ("<b>&", "x" * 90, "c"):
        flow.row(name, "Linear")
    moment_of(flow, [0.0, 1e-3, np.nan, 2.0], (0, 1, 2))
    root = ElementTree.fromstring(flow.svg(kind))
    text = " ".join(root.itertext())
    assert "<b>&" in text
    assert "1 of 4 gradients are NaN or ∞" in text
    assert ("none" in text) == (kind != "gradients") or kind == "gradients"
    assert root.get("role") == "img"
    assert f"{kind.capitalize()} at step 0" in text
    shapes = [e.get("class") for e in root.iter() if (e.get("class") or "").endswith("ridge")]
    assert len(shapes) == (1 if kind == "gradients" else 0)


def test_a_picture_of_nothing_says_so():
    assert "No step was seen yet." in Flow().svg()


def test_a_kind_that_there_is_not_is_refused():
    with pytest.raises(ArgumentError, match='there are gradients, activations, weights'):
        Flow().svg("grads")


def test_matplotlib_gets_a_ridge_a_layer():
    plt = pytest.importorskip("matplotlib.pyplot")
    flow = Flow()
    for name in "abc":
        flow.row(name, "Linear")
    moment_of(flow, [0.0, 1e-3, np.nan, 2.0], (0, 1, 2), step=7)
    figure, mine = plt.subplots()
    ax = flow.to_matplotlib(mine)
    assert ax is mine
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c", "b", "a"]
    assert ax.get_xscale() == "log"
    assert len(ax.collections) == 1
    assert {text.get_text() for text in ax.texts} == {"none", "1 NaN or ∞"}
    with pytest.raises(ArgumentTypeError, match="not Axes of Matplotlib"):
        flow.to_matplotlib(figure)
    empty = Flow().to_matplotlib(kind="weights")
    assert empty.get_xlabel() == "magnitude of the weights"
    figure.canvas.draw()
    plt.close("all")


def test_plain_data():
    flow = Flow()
    flow.row("a", "Linear", bend="relu")
    moment_of(flow, [1.0, 1.0, 0.0, 4.0])
    data = flow.to_dict()
    assert data["rows"] == [{"path": "a", "layer": "Linear", "call": 0, "bend": "relu"}]
    moment, = data["moments"]
    numbers = dict(zip(data["columns"], moment["numbers"][0]))
    assert (numbers["gradients: count"], numbers["gradients: zeros"]) == (4, 0.25)
    assert numbers["weights: count"] is None
    assert moment["bins"][0][0][-data["lowest"]] == pytest.approx(0.5, abs=0.01)


# ---- What the front end is tested with, too ------------------------------------------------------

CASES = Path(__file__).with_name("flow_cases.json")
SHADES = [1.0, 0.4, 0.3, 0.1, 1e-2, 1e-4, 1e-30, 0.0, 30.0, 1e9, math.inf, math.nan]


def shared_cases():
    """A moment as it is sent, and what is drawn of it; of numbers that are alike anywhere."""
    flow = Flow()
    for label, bend in (("0", "sigmoid"), ("2", "relu"), ("4", "")):
        flow.row(label, "Linear", bend=bend)
    lines, places = [], []
    for row in range(3):
        for kind in range(4):
            values = 2.0 ** (np.arange(40) % 13 - 30 + 9 * row + 3 * kind)
            values[:5 * row] = 0
            lines.append(np.append(values, [np.nan] * (row == 2 and kind == 3)).astype(np.float32))
            places.append((row, kind, 10 * len(lines[-1])))
    counts = np.array([130, 20]), [(0, "saturated", 400), (1, "dead", 32)]
    flow.put(Taken(12_345, 3, [0, 1, 2], [(measure(lines), places)], [counts], frozenset([1])))
    moment = flow.last
    numbers, bins = moment.numbers.astype("<f4").tobytes(), moment.bins.tobytes()
    plain = lambda x: x if math.isfinite(x) else "NaN" if x != x else "Infinity"  # noqa: E731
    return {
        "said": flow.describe(),
        "message": {
            "start": 0, "end": 1, "columns": list(COLUMNS), "lowest": LOWEST,
            "rows": [{"label": r.label, "layer": r.layer, "bend": r.bend} for r in flow.rows],
            "moments": [{"number": 0, "step": 12_345, "order": [0, 1, 2],
                         "said": [list(one) for one in moment.said]}],
            "status": {"share": 0.02, "steps": 8}},
        "buffers": [base64.b64encode(part).decode() for part in (numbers, bins)],
        "shades": [[plain(x), shade(x)] for x in SHADES],
        "extent": list(extent([moment], 0)),
        "heights": [round(x, 7) for x in heights(moment.bins[0, 0]).tolist()],
        "ridge": ridge([(5, 10), (15, 5), (25, 0)], 10)}


def test_the_front_end_is_tested_with_what_is_sent():
    assert json.loads(CASES.read_text("utf-8")) == shared_cases()
