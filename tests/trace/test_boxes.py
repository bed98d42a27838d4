"""What a box says and how large it is: the cases that the front end is tested against too."""

import json
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learngrad.trace.boxes import (
    box,
    boxes,
    gradients,
    pictures,
    takes_gradient,
    title_parts,
)
from learngrad.trace.schema import load_schema
from learngrad.trace.text import cells, clean, elide, elide_middle, number, shape_text, value_text

HERE = Path(__file__).parent
CASES = json.loads((HERE / "box_cases.json").read_text("utf-8"))
NUMBERS = json.loads((HERE / "number_cases.json").read_text("utf-8"))
ODD = st.one_of(st.floats(-1e308, 1e308), st.integers(-10**18, 10**18),
                st.floats(width=32, allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_cases(case):
    made = box(case["node"], case["grad"])
    assert made.lines == case["lines"]
    assert (made.width, made.height) == (case["width"], case["height"])
    assert made.shape == case["shape"]
    assert made.picture == (tuple(case["picture"]) if "picture" in case else None)


def test_cases_are_many_and_each_kind_and_shape_occurs():
    assert len(CASES) >= 25
    assert len({case["name"] for case in CASES}) == len(CASES)
    schema = load_schema()["$defs"]["node"]["properties"]
    assert {case["node"]["kind"] for case in CASES} == set(schema["kind"]["enum"])
    assert {case["node"]["status"] for case in CASES} == set(schema["status"]["enum"])
    assert len({case["shape"] for case in CASES}) == 6


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_text_fits_its_box(case):
    """By the widths that the rule promises, with a little air on both sides, and pictures too."""
    picture = case.get("picture")
    beside = pictures(picture, takes_gradient(case["node"])) if picture else 0
    for i, line in enumerate(case["lines"]):
        room = case["width"] - 20 - (beside if i else 0)
        assert cells(line) * (6.6 if i else 7.2) <= room + 1e-6
    lines = 12 + 16 + 14 * (len(case["lines"]) - 1)
    assert case["height"] == lines if picture is None else case["height"] >= max(
        lines, 12 + 16 + picture[1] + 4)
    assert isinstance(case["width"], int)


@pytest.mark.parametrize(("value", "text", "digits"), [(*case, 4)[:3] for case in NUMBERS])
def test_numbers(value, text, digits):
    assert number(value, digits) == text


@given(ODD)
def test_a_number_is_short_and_near(value):
    text = number(value)
    assert len(text) <= 11
    assert "-" not in text
    back = float(text.replace("−", "-"))
    assert math.isclose(back, value, rel_tol=5.01e-4, abs_tol=5e-324)
    assert (back < 0) == (value < 0)


@given(ODD)
def test_minus_only_changes_the_sign(value):
    opposite, text = number(-value), number(value)
    assert opposite == text == "0" or opposite == (text[1:] if text[0] == "−" else "−" + text)


def test_real_infinities_and_nan_are_written_like_the_strings():
    assert [number(v) for v in (math.nan, math.inf, -math.inf)] == ["NaN", "∞", "−∞"]


def test_a_float32_looks_like_what_was_typed():
    assert number(struct.unpack("f", struct.pack("f", 0.1))[0]) == "0.1"


@given(st.text(st.characters(codec=None), max_size=60))
def test_names_are_harmless_and_short(name):
    for text in (elide_middle(name), elide(name, 20)):
        assert len(text) <= 20
        assert not set(text) & set("\n\r\t\x00\u202e\u2066\u2028\ufeff")
        text.encode()  # no lone surrogate is left
    assert clean(clean(name)) == clean(name)


def test_a_gradient_of_zero_is_not_the_absence_of_one(traces):
    leaf = traces["chain_rule"]()["nodes"][0]
    assert box(leaf, {"shape": [], "values": [0.0]}).lines[-1] == "grad 0"
    assert box(leaf).lines[-1] == "no gradient yet"


def test_a_scalars_box_keeps_its_width_through_the_replay(traces):
    leaf = traces["chain_rule"]()["nodes"][0]
    widths = {box(leaf, {"shape": [], "values": [grad]}).width
              for grad in (0, 1, -0.0001234, 123456.0, -1.234e-5)}
    assert widths == {box(leaf).width}


def test_gradients_come_from_replays_where_a_node_kept_none(traces):
    found = {i: g["values"] for i, g in gradients(traces["chain_rule"]()).items()}
    assert found == {0: [64.0], 1: [32.0], 2: [16.0], 3: [16.0], 4: [1.0]}
    assert gradients(traces["network"]()) == {}


def test_gradients_of_several_outputs_and_of_what_kept_its_own(traces):
    trace = traces["odd"]()
    assert gradients(trace)[8]["values"] == [1.0, 1.0]
    assert gradients(trace)[8]["each"] == [None, {"shape": [2], "values": [1.0, 1.0]}]
    trace["nodes"][1]["grad"] = {"shape": [], "values": [7.0]}
    assert gradients(trace)[1]["values"] == [7.0]


def test_boxes_of_a_whole_trace(any_trace):
    made = boxes(any_trace)
    assert list(made) == [n["id"] for n in any_trace["nodes"]]
    for one in made.values():
        assert 1 <= len(one.lines) <= 3
        assert all(line and "\n" not in line for line in one.lines)


def test_title_parts(traces):
    nodes = traces["chain_rule"]()["nodes"]
    assert [title_parts(n) for n in nodes] == [
        ("a", ""), ("b", ""), ("c", "×"), ("d", "+"), ("loss", "(·)²")]


@pytest.mark.parametrize(("shape", "text"), [
    ([], "scalar"), ([1], "1 value"), ([0], "0 values"), ([5], "5 values"), ([32, 10], "32×10"),
    ([1, 1, 1], "1×1×1")])
def test_shapes(shape, text):
    assert shape_text(shape) == text


def test_nested_values():
    assert value_text({"shape": [2, 1, 2], "values": [1, 2, 3, 4]}) == "[[[1, 2]], [[3, 4]]]"
    assert value_text({"shape": [0, 3], "values": []}) == "0×3 · empty"
    summary = {"shape": [9, 9], "tile": {"rows": 1, "columns": 1, "values": ["NaN"]},
               "min": None, "max": None, "mean": None, "nonfinite": 81}
    assert value_text(summary) == "9×9 · 81 NaN or ∞"
