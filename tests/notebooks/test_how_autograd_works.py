"""The lesson in which an engine is built: its claims, its guesses, its exercises."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

import learngrad
from learngrad.classroom import lessons

TEXT = Path(__file__).parents[2] / "notebooks/2-intermediate/01-how-autograd-works.py"
CELLS = {cell.id: cell.source for cell in lessons.read(TEXT).cells}


@pytest.fixture(scope="module")
def said():
    """What each cell prints, and the names it leaves behind; all but the curve and the pictures."""
    names, printed = {}, {}
    for cell in lessons.read(TEXT).cells:
        if cell.cell_type == "code":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(cell.source, f"<{cell.id}>", "exec"), names)
            printed[cell.id] = out.getvalue()
    return printed, names


def test_what_the_text_says_comes_out(said):
    printed, _ = said
    text = TEXT.read_text("utf-8")
    assert printed["run-first-try"] == "a: 18.0   b: 12.0\n"
    assert "18 and 12: less than half" in text
    assert printed["second-try"] == "a: 39.0   b: 26.0\n11 visits to 5 nodes\n"
    assert "Eleven visits to five nodes" in text
    assert printed["run-third-try"] == "a: 3.0   b: 2.0   c: 13.0\n"
    assert printed["the-engine"].startswith("a: 39.0   b: 26.0\n")
    assert "19 nodes, 524,287 visits" in printed["doubling"]
    assert printed["the-tape"].count("\n") == 5
    assert float(re.search(r"right: (\S+)%", printed["train"])[1]) > 98


def test_the_two_engines_take_the_same_steps(said):
    lines = said[0]["side-by-side"].splitlines()[1:]
    assert len(lines) == 5
    for line in lines:
        yours, ours = line.split()[:2]
        assert yours == ours


def test_the_gradients_of_the_network_agree(said):
    apart = [float(number) for number in re.findall(r"apart: (\S+)", said[0]["compare"])]
    assert len(apart) == 4
    assert max(apart) < 1e-14


def test_both_engines_have_sixty_lines():
    parts = [CELLS["a-value"].split("def run")[0], CELLS["the-engine"].split("\n\n")[0],
             CELLS["the-array-engine"]]
    counts = [sum(bool(line.strip()) for line in part.splitlines()) for part in parts]
    assert counts[-1] <= 40
    assert 50 < sum(counts) <= 60


def test_the_exercises_begin_unsolved_and_can_be_solved(said):
    printed, names = said
    assert "✓" not in printed["exercise-order"] + printed["exercise-exp"]
    solved = {
        "exercise-order": ('["result"]  # ← and then?', '["result", "q", "p", "y", "x"]', 1),
        "exercise-exp": ("[(x, 0.0)]", "[(x, out)]", 3)}
    for name, (old, new, marks) in solved.items():
        assert old in CELLS[name]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(CELLS[name].replace(old, new), names)
        assert out.getvalue().count("✓") == marks
        assert "not yet" not in out.getvalue()


def test_what_is_left_to_try_is_so(said):
    names = said[1]
    a = learngrad.tensor(2.0, requires_grad=True)
    loss = a * a
    loss.backward()
    with pytest.raises(RuntimeError, match=r"second time|let go|freed"):
        loss.backward()
    x, b = names["Array"](np.ones((4, 3))), names["Array"](np.zeros(3))
    out = (x + b).mean()
    for node in reversed(names["tape"]):
        node.grad = np.zeros_like(node.data)
    plain = names["summed"]
    try:
        names["summed"] = lambda g, shape: g
        with pytest.raises(ValueError, match="broadcast"):
            out.backward()
    finally:
        names["summed"] = plain
