"""Values at a glance: the cases that the front end is tested against too; what a recorder keeps."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learngrad.trace.glance import HIGH, WIDE, glance
from learngrad.trace.preview import capture
from learngrad.trace.schema import validate
from tests.trace.conftest import node, trace_of

CASES = json.loads((Path(__file__).parent / "glance_cases.json").read_text("utf-8"))
ODD = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-10**400, 10**400),
                st.booleans(), st.sampled_from(["NaN", "Infinity", "-Infinity"]))


def ends(paths):
    """The ends of all strokes."""
    for d in paths.values():
        for x, y, way, size in re.findall(r"M(\S+) (\S+?)([hv])(-?[\d.]+)", d):
            x, y, size = float(x), float(y), float(size)
            yield x, y
            yield (x + size, y) if way == "h" else (x, y + size)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case):
    found = glance(case["preview"])
    assert (None if found is None else found._asdict()) == case["glance"]


@given(st.lists(ODD, min_size=1, max_size=64), st.integers(1, 8))
def test_tiles_of_anything_are_inside_their_picture(values, rows):
    shape = [rows, len(values) // rows] if len(values) % rows == 0 else [len(values)]
    found = glance({"shape": shape, "values": values})
    assert 0 < found.width <= WIDE + 0.01
    assert 0 < found.height <= HIGH + 0.01
    assert found.paths.keys() <= {f"{side}{n}" for side in ("warm", "cold") for n in (1, 2, 3)} | {
        "bad"}
    for x, y in ends(found.paths):
        assert -0.01 <= x <= found.width + 0.01
        assert 0 <= y <= found.height + 0.01


@given(st.lists(ODD, min_size=1, max_size=64), ODD, ODD,
       st.none() | st.lists(st.integers(0, 10**6), max_size=16))
def test_histograms_of_anything_are_inside_their_picture(values, low, high, bins):
    found = glance({"shape": [99, 99], "min": low, "max": high, "nonfinite": 0,
                    "tile": {"rows": 1, "columns": len(values), "values": values},
                    **({} if bins is None else {"bins": bins})})
    assert (found.width, found.height) == (WIDE, HIGH)
    assert all(0 <= x <= WIDE and 0 <= y <= HIGH for x, y in ends(found.paths))


def test_what_is_left_of_0_is_cold_and_what_is_right_of_it_warm():
    bins = [1] * 4
    tile = {"rows": 1, "columns": 1, "values": [0.0]}
    both = glance({"shape": [99], "tile": tile, "min": -2.0, "max": 2.0, "bins": bins}).paths
    assert {shade: d.count("M") for shade, d in both.items()} == {"cold2": 2, "warm2": 2}
    uneven = glance({"shape": [99], "tile": tile, "min": -1.0, "max": 2.0, "bins": bins}).paths
    assert {shade: d.count("M") for shade, d in uneven.items()} == {
        "cold2": 1, "plain": 1, "warm2": 2}


@pytest.mark.parametrize("shape", [(100,), (32, 32), (3, 1, 400), (4000, 3)])
def test_a_recorded_histogram_is_that_of_the_numbers(shape):
    numbers = np.random.default_rng(1).normal(size=shape)
    found = capture(numbers).json()
    assert len(found["bins"]) == 16
    counted, _ = np.histogram(numbers, 16, (numbers.min(), numbers.max()))
    shares = np.array(found["bins"]) / sum(found["bins"])
    if numbers.size <= 1024:
        assert found["bins"] == counted.tolist()
    assert np.abs(shares - counted / numbers.size).max() < 0.06
    validate(trace_of([node(0, "leaf", found, "a")]))


def test_a_histogram_sees_every_column():
    """A stride that divides the rows would count some columns only."""
    numbers = np.zeros((1024, 64))
    numbers[:, 1::2] = 1.0
    low, *_, high = capture(numbers).json()["bins"]
    assert 0.4 < low / (low + high) < 0.6


@pytest.mark.parametrize("numbers", [
    np.full(100, 3.0), np.full(100, np.nan), np.zeros(100, dtype=bool)], ids=str)
def test_what_spans_nothing_has_no_histogram(numbers):
    assert "bins" not in capture(numbers).json()


def test_a_histogram_of_what_is_not_all_finite():
    numbers = np.linspace(-1, 1, 200)
    numbers[::4] = np.inf
    found = capture(numbers).json()
    assert sum(found["bins"]) == 150


def test_small_arrays_have_no_histogram():
    assert "bins" not in capture(np.arange(64.0)).json()
