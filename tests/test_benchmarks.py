"""The benchmarks run and say what they should; how fast anything is, is not tested here."""

import json
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import report, runner
from benchmarks.__main__ import NAMES
from benchmarks.cases import CASES, Problem, by_hand, problem

HAS_TORCH = find_spec("torch") is not None


@pytest.fixture(scope="module")
def result():
    said = []
    found = runner.run(NAMES, runner.TINY, said.append)
    assert len(said) == len(NAMES)
    return found


def test_each_case_ran_and_can_be_written_down(result):
    assert list(result["cases"]) == NAMES
    assert json.loads(json.dumps(result)) == result
    assert result["versions"].keys() >= {"python", "numpy", "blas", "learngrad"}
    assert ("torch" in result["versions"]) is HAS_TORCH
    assert ("torch" in result["missing"]) is not HAS_TORCH


@pytest.mark.parametrize("name", CASES)
def test_each_peer_was_timed_in_each_part(result, name):
    case = CASES[name]
    peers = [p for p in case.peers if p != "torch" or HAS_TORCH]
    rows = result["cases"][name]["rows"]
    assert {(r["part"], r["peer"], r["threads"]) for r in rows} == {
        (part, peer, threads) for part in case.parts for peer in peers for threads in case.threads}
    for row in rows:
        seconds = row["seconds"]
        assert 0 < seconds["min"] <= seconds["q1"] <= seconds["median"] <= seconds["q3"]
        assert row["versus"].keys() == set(peers) - {row["peer"]}


def test_a_long_chain_ran_twice(result):
    runs = result["cases"]["memory"]["rows"]["learngrad"]["runs"]
    assert len(runs) == 2
    assert all(run["peak"] >= run["after"] > 0 for run in runs)


def test_the_report_has_every_case_and_target(result):
    written = report.text(result)
    for name in NAMES:
        assert f"\n{name}: " in written
    held = {t["name"] for t in report.targets(result)}
    ours = {name for name, (_, _, *peers), _ in report.TARGETS if HAS_TORCH or "torch" not in peers}
    assert held == ours | {"import beyond NumPy, ms", "import beyond NumPy, MB",
                           "memory that a second long chain needs anew"}


def test_a_missing_peer_is_reported_and_no_error(monkeypatch):
    asked = runner.Worker.ask

    def ask(self, **command):
        if self.peer == "torch" and command["do"] == "begin":
            return {"missing": "No module named 'torch'"}
        return asked(self, **command)

    monkeypatch.setattr(runner.Worker, "ask", ask)
    found = runner.run(["chain"], runner.TINY, str)
    assert found["missing"] == {"torch": "No module named 'torch'"}
    assert {r["peer"] for r in found["cases"]["chain"]["rows"]} == {"numpy", "learngrad"}
    assert "missing: torch (No module named 'torch')" in report.text(found)


def test_peers_that_disagree_are_not_timed():
    p = problem(4, 5, 3, 2)
    right = by_hand(p).answer()
    runner.agree("case", {"one": right, "other": by_hand(p).answer()})
    wrong = Problem(p.x, p.y, [p.weights[0] * np.float32(1.01), *p.weights[1:]])
    with pytest.raises(runner.Disagreement, match="of other and one differ by"):
        runner.agree("case", {"one": right, "other": by_hand(wrong).answer()})


def test_the_step_by_hand_has_the_right_gradients():
    """The peer that the others are measured against, against finite differences."""
    p = problem(6, 5, 4, 3)

    def loss(weights):
        return by_hand(Problem(p.x.astype(np.float64), p.y, weights)).answer()["losses"][0]

    # The answer is taken after three steps: its weights before the last one are W + LR * gradient.
    answer = by_hand(p).answer()
    names = ("W1", "b1", "W2", "b2")
    weights = [(answer[f"weight of {n}"] + 0.01 * answer[f"gradient of {n}"]).astype(np.float64)
               for n in names]
    draw = np.random.default_rng(1)
    for i, name in enumerate(names):
        direction = draw.standard_normal(weights[i].shape)
        ends = [loss([w + step * direction if k == i else w for k, w in enumerate(weights)])
                for step in (1e-5, -1e-5)]
        slope = (ends[0] - ends[1]) / 2e-5
        assert slope == pytest.approx(float((answer[f"gradient of {name}"] * direction).sum()),
                                      rel=1e-3, abs=1e-5)
