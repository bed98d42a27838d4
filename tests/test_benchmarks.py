"""The benchmarks run and say what they should; how fast anything is, is not tested here."""

import importlib
import json
from importlib.util import find_spec

import numpy as np
import pytest

import learngrad
from benchmarks import lenet, mlp, plots, report, runner, sequences
from benchmarks.__main__ import NAMES
from benchmarks.cases import CASES
from benchmarks.kept import kept_bytes
from benchmarks.operations import OPERATIONS
from benchmarks.work import OTHERS, draw

ABSENT = {peer for peer, module in {"torch": "torch", **OTHERS}.items()
          if find_spec(module) is None}


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
    assert result["missing"].keys() == ABSENT
    assert result["versions"].keys() >= {"torch", *OTHERS} - ABSENT


@pytest.mark.parametrize("name", CASES)
def test_each_peer_was_timed_in_each_part(result, name):
    case = CASES[name]
    peers = [peer for peer in case.peers if peer not in ABSENT]
    rows = result["cases"][name]["rows"]
    timed = {(peer, threads) for peer in peers for threads in case.threads
             if threads == 1 or peer not in OTHERS}
    assert {(r["part"], r["peer"], r["threads"]) for r in rows} == {
        (part, *one) for part in case.parts for one in timed}
    for row in rows:
        seconds = row["seconds"]
        assert 0 < seconds["min"] <= seconds["q1"] <= seconds["median"] <= seconds["q3"]
        assert row["versus"].keys() == {peer for peer, threads in timed
                                        if threads == row["threads"]} - {row["peer"]}


def test_results_go_into_the_page(result, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n\n## Results\n\nold words\n\n## What was tried\n\nafter\n", "utf-8")
    report.put_into(page, result)
    written = page.read_text("utf-8")
    assert written.startswith("before\n\n## Results\n\n")
    assert written.endswith("\n\n## What was tried\n\nafter\n")
    assert "\n### chain: " in written
    assert "old words" not in written


def test_a_long_chain_ran_twice(result):
    runs = result["cases"]["memory"]["rows"]["learngrad"]["runs"]
    assert len(runs) == 2
    assert all(run["peak"] >= run["after"] > 0 for run in runs)


def test_a_live_plot_is_measured_or_says_what_is_missing(result):
    for peer, row in result["cases"]["plots"]["rows"].items():
        needs = (*plots.KERNEL, *plots.PEERS[peer])
        absent = [name for name in needs if find_spec(name) is None]
        assert row.get("missing", "") == ", ".join(absent)
        if not absent:
            assert row["logged"] > 0
            assert row["bytes"] > 0
            assert (row["says"] is not None) is (peer == "learngrad")
    assert "| learngrad " in report.text({**result, "cases": {"plots": result["cases"]["plots"]}})


def test_the_report_has_every_case_and_target(result):
    written = report.text(result)
    for name in NAMES:
        assert f"\n{name}: " in written
    held = {t["name"] for t in report.targets(result)}
    for name, (case, _, *peers), _ in report.TARGETS:
        there = not ABSENT.intersection(peers) and set(peers) <= CASES[case].peers.keys()
        assert (name in held) is there
    for name, case in CASES.items():
        for peer, spelled in (("mygrad", "MyGrad"), ("hips", "HIPS autograd")):
            there = {peer, "learngrad"} <= case.peers.keys() and peer not in ABSENT
            assert (f"{name} / {spelled}" in held) is there
    assert held >= {"import beyond NumPy, ms", "import beyond NumPy, MB",
                    "memory that a second long chain needs anew"}


def test_a_missing_peer_is_reported_and_no_error(monkeypatch):
    asked = runner.Worker.ask

    def ask(self, **command):
        if self.peer == "torch" and command["do"] == "begin":
            return {"missing": "No module named 'torch'"}
        return asked(self, **command)

    monkeypatch.setattr(runner.Worker, "ask", ask)
    found = runner.run(["chain"], runner.TINY, str)
    assert found["missing"]["torch"] == "No module named 'torch'"
    assert {r["peer"] for r in found["cases"]["chain"]["rows"]} == (
        CASES["chain"].peers.keys() - {"torch"} - ABSENT)
    assert "missing: torch (No module named 'torch')" in report.text(found)


def test_peers_that_disagree_are_not_timed():
    x, y = mlp.data(mlp.TINY)
    weights = mlp.weights(mlp.TINY)
    right = mlp.by_numpy(x, y, weights).answer()
    runner.agree("case", {"one": right, "other": mlp.by_numpy(x, y, weights).answer()})
    wrong = mlp.by_numpy(x, y, [weights[0] * np.float32(1.01), *weights[1:]]).answer()
    with pytest.raises(runner.Disagreement, match="of other and one differ by"):
        runner.agree("case", {"one": right, "other": wrong})


BY_HAND = {
    "mlp": (mlp.numpy_gradients(*mlp.data((6, 5, 4, 3))),
            [w.T for w in mlp.weights((6, 5, 4, 3))]),
    "lenet": (lenet.numpy_gradients(*lenet.data(True)), draw(lenet.SHAPES)),
    "lstm": (sequences.lstm_gradients(sequences.LSTM[0]),
             sequences.lstm_weights(sequences.LSTM[0])),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_gradients_by_hand_are_right(name):
    """The peers that others are measured against, against finite differences."""
    gradients_of, weights = BY_HAND[name]
    weights = [w.astype(np.float64) for w in weights]
    _, gradients = gradients_of(weights)
    gradients = [g.copy() for g in gradients]
    stream = np.random.default_rng(1)
    for i, w in enumerate(weights):
        direction = stream.standard_normal(w.shape)
        ends = [gradients_of([v + step * direction if k == i else v
                              for k, v in enumerate(weights)])[0] for step in (1e-6, -1e-6)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(
            float((gradients[i] * direction).sum()), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_operations_by_hand_have_the_right_gradients(operation):
    inputs, g = operation.given(True)
    inputs = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in inputs]
    gradients = operation.backward(g, *operation.forward(*inputs)[1])
    stream = np.random.default_rng(1)
    for i in range(operation.differentiated):
        direction = stream.standard_normal(inputs[i].shape)
        ends = [(operation.forward(*(a + step * direction if k == i else a
                                     for k, a in enumerate(inputs)))[0] * g).sum()
                for step in (1e-6, -1e-6)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(
            float((gradients[i] * direction).sum()), rel=1e-4, abs=1e-7)


def test_what_is_kept_is_counted_once():
    """The inputs and the weights are there anyway, and a factor is no array."""
    x = learngrad.ones(4, 3)
    w, v = (learngrad.ones(3, 3, requires_grad=True) for _ in range(2))
    assert kept_bytes(learngrad, lambda: ((x @ w) @ v).sum(), [x, w, v]) == 4 * 3 * 4

    def twice():  # keeps h for two, of whom one sees it otherwise shaped, and a sum
        h = x @ w
        return (h @ v).sum() + (h.view(-1) * w.sum()).sum()

    assert kept_bytes(learngrad, twice, [x, w, v]) == 4 * 3 * 4 + 4


@pytest.mark.skipif("torch" in ABSENT, reason="needs PyTorch")
def test_what_pytorch_keeps_is_counted():
    torch = importlib.import_module("torch")
    x, w = torch.ones(4, 3), torch.ones(3, 3, requires_grad=True)
    assert kept_bytes(torch, lambda: (x @ w @ w).sum(), [x, w]) == 4 * 3 * 4


def test_a_peer_that_is_not_installed_is_left_out_of_every_case(monkeypatch):
    ended = []

    class Absent:
        def __init__(self, peer, threads):
            self.peer, self.threads = peer, threads

        def ask(self, **command):
            assert command == {"do": "begin"}
            return {"missing": "it is not installed"}

        def close(self):
            ended.append(self.peer)

    monkeypatch.setattr(runner, "Worker", Absent)
    workers = runner.Workers({"missing": {}, "versions": {}})
    assert [workers["mygrad", 1] for _ in range(3)] == [None, None, None]
    assert ended == ["mygrad"]
    assert workers.result["missing"] == {"mygrad": "it is not installed"}
