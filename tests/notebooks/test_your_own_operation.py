"""The lesson on own operations: its claims, its kernels, its exercise."""

import contextlib
import io
from pathlib import Path

import pytest

from learngrad import autograd
from learngrad.classroom import lessons
from tests import cupy_standin

TEXT = Path(__file__).parents[2] / "notebooks/3-advanced/02-your-own-operation.py"
CELLS = {cell.id: cell.source for cell in lessons.read(TEXT).cells
         if cell.cell_type == "code"}


def run(*skipped):
    """What each cell prints, and the names it leaves behind."""
    names, printed = {}, {}
    for name, source in CELLS.items():
        if name not in skipped:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(source, f"<{name}>", "exec"), names)
            printed[name] = out.getvalue()
    return printed, names


@pytest.fixture(scope="module")
def said():
    return run("stepped")


def test_what_the_text_says_comes_out(said):
    printed, _ = said
    assert printed["large"] == "value: inf   gradient: nan\n"
    assert printed["the-class"] == "value: 100.0   gradient: 1.0\n"
    assert "wrong in 6 of 36" in printed["a-mistake"]
    assert "weights: [-1.0, 0.0, 1.0]" in printed["a-ternary-network"]
    assert 0.9 < float(printed["a-ternary-network"].split()[-1].rstrip("%")) / 100 < 0.95
    assert "6 kernels, each number carried 13 times" in printed["traffic"]


@pytest.mark.skipif(cupy_standin.real() is not None, reason="there is a GPU here")
def test_without_a_gpu_it_says_what_one_would_have_done(said):
    printed, _ = said
    assert printed["on-the-device"].startswith("on cpu  checked: True\n")
    assert "No GPU here: " in printed["on-the-device"]
    assert printed["timed"].startswith("On a GPU, this cell times")
    assert "carry 872 MB, the kernel 134 MB" in printed["timed"]


def test_on_a_gpu_the_kernels_run_and_are_checked():
    with cupy_standin.installed():
        printed, _ = run("stepped", "a-ternary-network", "timed")
    assert printed["on-the-device"].startswith("on cuda:0  checked: True\n")
    assert float(printed["on-the-device"].split()[-1]) < 1e-12
    assert "No GPU" not in printed["on-the-device"]


def test_the_exercise_begins_unsolved_and_can_be_solved(said):
    printed, names = said
    assert printed["squareplus"].startswith("not yet")
    for rule in ("g * (1 + x / np.sqrt(x * x + 4)) / 2", "g * out * out / (out * out + 1)"):
        source = CELLS["squareplus"].replace("g * 1.0  # ← not yet", rule)
        if "out" in rule:
            source = source.replace("squareplus_back(g, x)", "squareplus_back(g, out)")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(source, names)
        assert out.getvalue().startswith("✓")


def test_the_gradient_that_is_a_decision_is_no_derivative(said):
    _, names = said
    with pytest.raises(autograd.GradcheckError):
        autograd.gradcheck(names["ternary"], (names["probe"],))
