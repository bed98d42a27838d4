"""What the lesson on optimisers says is so: its cells are run with the answers put in."""

import re
from pathlib import Path

import nbformat
import pytest

import learngrad

TEXT = Path(__file__).parents[2] / "notebooks/2-intermediate/02-optimisers-raced.py"


@pytest.fixture(scope="module")
def cells():
    book = nbformat.read(TEXT.with_suffix(".ipynb"), as_version=4)
    return {cell.id: cell for cell in book.cells}


@pytest.fixture(scope="module")
def run(cells):
    """Runs a cell in a program of its own, with the imports; its variables."""
    def run(*names, change=("", "")):
        source = "\n\n".join(cells[name].source for name in ("imports", *names))
        space = {}
        exec(compile(source.replace(*change), "lesson", "exec"), space)
        return space

    return run


def said(cell):
    return "".join(out.get("text") or "" for out in cell.outputs)


def test_one_rate_needs_one_step_and_one_is_lost(run):
    runs = run("five-rates")["race"].runs
    assert runs["SGD, lr 1"].reached(0) == 1
    assert runs["SGD, lr 2.1"].diverged
    assert runs["SGD, lr 1.9"].diverged is None


def test_the_exercises_begin_unsolved_and_can_be_solved(run, cells, capsys):
    assert "not yet" in said(cells["exercise-limit"])
    assert "not yet" in said(cells["exercise-momentum"])
    run("exercise-limit", change=("my_limit = 2.0", "my_limit = 2 / 50"))
    run("exercise-momentum", change=("0.035, 0.9", "0.035, 0.7"))
    printed = capsys.readouterr().out
    assert printed.count("✓") == 2
    assert "not yet" not in printed


def test_momentum_takes_a_third_of_the_steps(run, capsys):
    runs = run("momentum-in-the-valley")["race"].runs
    counts = [int(n) for n in re.findall(r"after (\d+) steps", capsys.readouterr().out)]
    assert counts == [runs[name].reached(1e-3) for name in runs]
    assert 2.5 < counts[0] / counts[1] < 3.5
    best = {m: learngrad.race("valley", {"SGD": {"lr": 0.035, "momentum": m}}
                              ).runs["SGD"].reached(1e-3) for m in (0.5, 0.7, 0.9, 0.95)}
    assert min(best, key=best.get) == 0.7
    assert best[0.95] > counts[0]


def test_adams_first_step_has_the_length_of_its_rate(run):
    space = run("adams-first-step")
    assert abs(abs(space["first"] - space["start"]) - 0.1).max() < 1e-4
    walk = space["race"].runs["Adam"]
    assert walk.loss[-1] < 1e-4
    x, y = walk.path[0]
    assert (round(x, 6), round(50 * y, 4)) == (-2.6, 60)


def test_only_those_with_a_scale_for_each_parameter_notice_the_turn(run):
    before = run("adams-first-step")["race"].runs
    after = run("the-turned-valley", "race-on-the-turned-valley")["race"].runs
    assert after["SGD with momentum"].reached(1e-3) == before["SGD with momentum"].reached(1e-3)
    for name in ("Adam", "RMSprop"):
        assert before[name].loss[-1] < 1e-3 < 0.1 < after[name].loss[-1]


def test_the_classic_troubles_are_as_told(run):
    saddle = run("saddle")["race"]
    assert all(walk.loss[-1] < 1e-6 for walk in saddle.runs.values())
    saddle.change(start=(-1.8, 0.0))
    assert all(abs(walk.loss[-1] - 1) < 0.01 for walk in saddle.runs.values())
    bent = run("rosenbrock")["race"]
    assert min(bent.runs, key=lambda name: bent.runs[name].loss[-1]) == "SGD with momentum"
    dents = run("rastrigin")["race"]
    assert all(walk.loss[-1] > 10 for walk in dents.runs.values())


@pytest.mark.slow
def test_on_digits_the_rate_matters_more_than_the_optimiser(run):
    space = run("data-and-model", "rates-on-digits", "tuned-on-digits")
    tuned = [space["accuracy"](model) for model in space["race"].models.values()]
    assert max(tuned) - min(tuned) < 0.03
    assert min(tuned) > 0.94
    rates = run("data-and-model", "rates-on-digits")
    read = {name: rates["accuracy"](model) for name, model in rates["race"].models.items()}
    assert read["Adam, lr 0.01"] > 0.95
    assert read["Adam, lr 1"] < 0.4
    assert read["Adam, lr 0.0001"] < 0.5
    assert read["SGD, lr 0.1"] - read["SGD, lr 0.01"] > 0.2
