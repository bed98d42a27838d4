"""The recorder: what it writes down is what happened, in the schema's form."""

from __future__ import annotations

import contextlib
import gc
import json
import sys
import threading
import weakref

import jsonschema
import numpy as np
import pytest

import learngrad
from learngrad import nn, optim
from learngrad.autograd.observe import thread
from learngrad.errors import ArgumentTypeError, GraphError
from learngrad.nn import functional as F
from learngrad.trace import Recorder, from_graph
from learngrad.trace.account import describe
from learngrad.trace.preview import capture
from learngrad.trace.questions import sheet
from learngrad.trace.schema import load_schema, validate
from learngrad.trace.text import elide
from learngrad.trace.walk import walk

SCHEMA = jsonschema.Draft202012Validator(load_schema())


def checked(tape: Recorder) -> dict:
    """The trace, after both validators and a trip through JSON have seen it."""
    trace = json.loads(json.dumps(tape.to_dict(), allow_nan=False))
    SCHEMA.validate(trace)
    validate(trace)
    return trace


def named(trace: dict) -> dict[str, dict]:
    return {node["name"]: node for node in trace["nodes"] if node["name"]}


@pytest.fixture
def worked() -> Recorder:
    """The example of every course: one input used twice."""
    with Recorder() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        c = a * b
        d = c + a
        loss = d.tanh()
        loss.backward()
    return tape


def test_an_input_is_not_named_like_the_model_that_is_shown(capsys):
    net = nn.Linear(3, 2)
    learngrad.show(net, learngrad.ones(1, 3))
    assert "net = [[" not in capsys.readouterr().out


def test_a_number_that_is_compared_with_is_an_operand():
    with Recorder() as tape:
        x = learngrad.tensor([1.0, -2.0], requires_grad=True)
        (x > 0.5) & (x != 0)
        x.masked_fill(x == 1, -1.0)
    nodes = [node for node in checked(tape)["nodes"] if node["kind"] == "operation"]
    assert [node["operands"] for node in nodes if node["sign"] in ">≠="] == [
        ["a", "0.5"], ["a", "0"], ["a", "1"]]
    assert "x > 0.5 = [True, False]" in tape.describe()
    assert "masked fill(x, " in tape.describe()
    assert nodes[-1]["operands"] == ["x", "mask", "−1"]


def test_a_plain_number_stands_there_as_it_was_typed():
    with Recorder() as tape:
        x = learngrad.tensor(2.0, requires_grad=True)
        for k in (2.0, 1.0001, 0.999999, -3.14159, 1 / 3, 1e-12, 123456789.5, 3):
            x = x * k
    plain = [node["operands"][1] for node in checked(tape)["nodes"][1:]]
    assert plain == ["2", "1.0001", "0.999999", "−3.14159", "0.3333", "1e−12", "1.235e8", "3"]


def test_nodes_carry_names_signs_edges_and_lines(worked):
    trace = checked(worked)
    nodes = named(trace)
    assert [n["name"] for n in trace["nodes"]] == ["a", "b", "c", "d", "loss"]
    assert [nodes[n]["kind"] for n in "abc"] == ["leaf", "leaf", "operation"]
    assert nodes["c"]["sign"] == "×"
    assert nodes["c"]["edges"] == [[nodes["a"]["id"], 0], [nodes["b"]["id"], 0]]
    assert nodes["d"]["edges"] == [[nodes["c"]["id"], 0], [nodes["a"]["id"], 0]]
    src = nodes["c"]["src"]
    assert src["text"] == "c = a * b"
    source = trace["sources"][src["source"]]
    assert source["label"] == "test_recorder.py"
    line = source["text"].splitlines()[src["line"] - source["first"]]
    assert line[src["column"]:src["end_column"]] == "a * b"
    assert nodes["c"]["preview"] == {"shape": [], "values": [-6.0]}
    assert trace["status"] == "done"


def test_replay_holds_the_chain_rule_and_the_sums(worked):
    trace = checked(worked)
    nodes = named(trace)
    (replay,) = trace["replays"]
    assert replay["root"] == nodes["loss"]["id"]
    assert replay["seed"]["values"] == [1.0]
    order = [trace["nodes"][step["node"]]["name"] for step in replay["steps"]]
    assert order == ["loss", "d", "c", "b", "a"]
    for step in replay["steps"]:
        for c in step["contributions"]:
            before = 0.0 if c["before"] is None else c["before"]["values"][0]
            assert c["after"]["values"][0] == pytest.approx(before + c["value"]["values"][0])
    local = 1 - np.tanh(-4.0) ** 2
    into_a = [c for s in replay["steps"] for c in s["contributions"]
              if c["to"][0] == nodes["a"]["id"]]
    assert [c["value"]["values"][0] for c in into_a] == pytest.approx([local, -3 * local], rel=1e-3)
    assert into_a[1]["before"]["values"][0] == pytest.approx(local, rel=1e-3)
    written = replay["steps"][-1]["write"]
    assert written["before"] is None
    assert written["after"] == nodes["a"]["grad"]
    assert nodes["a"]["grad"]["values"][0] == pytest.approx(-2 * local, rel=1e-3)


def test_local_derivatives_have_letters_and_numbers(worked):
    trace = checked(worked)
    said = {(trace["nodes"][s["node"]]["name"], c["letter"]): (c["local"], c["numbers"])
            for s in trace["replays"][0]["steps"] for c in s["contributions"]}
    assert said["c", "a"] == ("b", "−3")
    assert said["c", "b"] == ("a", "2")
    assert said["d", "a"] == ("1", "1")
    assert said["loss", "x"] == ("1 − out²", "1 − (−0.999329)² = 0.001341")


def test_a_number_as_operand_is_shown_and_used():
    x = learngrad.tensor(5.0, requires_grad=True)
    with Recorder() as tape:
        y = 3 * x
        y.backward()
    node = named(checked(tape))["y"]
    assert node["operands"] == ["3", "b"]
    assert node["edges"][0] is None
    assert tape.to_dict()["replays"][0]["steps"][0]["contributions"][0]["numbers"] == "3"


def test_gradient_absent_is_not_zero():
    with Recorder() as tape:
        x = learngrad.tensor(5.0, requires_grad=True)
        y = x * 0
        checked(tape)
        assert "grad" not in named(tape.to_dict())["x"]
        y.backward()
    assert named(checked(tape))["x"]["grad"]["values"] == [0.0]


def test_second_backward_adds_to_what_was_there():
    w = learngrad.tensor(2.0, requires_grad=True)
    with Recorder() as tape:
        (w * 3).backward()
        (w * 4).backward()
    trace = checked(tape)
    writes = [r["steps"][-1]["write"] for r in trace["replays"]]
    assert writes[0] == {"before": None, "after": {"shape": [], "values": [3.0]}}
    assert writes[1] == {"before": {"shape": [], "values": [3.0]},
                         "after": {"shape": [], "values": [7.0]}}


def test_broadcasting_is_told():
    x, b = learngrad.ones(4, 3), learngrad.zeros(3, requires_grad=True)
    with Recorder() as tape:
        (x + b).sum().backward()
    contributions = [c for s in checked(tape)["replays"][0]["steps"] for c in s["contributions"]]
    assert contributions[-1]["summed_from"] == [4, 3]
    assert contributions[-1]["value"] == {"shape": [3], "values": [4.0, 4.0, 4.0]}


def test_training_step_of_a_module():
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    X, y = learngrad.rand(16, 64), learngrad.randint(10, (16,))
    opt = optim.SGD(model.parameters(), lr=0.1)
    with Recorder() as tape:
        out = model(X)
        loss = nn.CrossEntropyLoss()(out, y)
        loss.backward()
        opt.step()
    trace = checked(tape)
    nodes = named(trace)
    assert {"0.weight", "0.bias", "2.weight", "2.bias", "X", "loss"} <= set(nodes)
    assert nodes["0.weight"]["kind"] == "parameter"
    assert nodes["X"]["kind"] == "constant"
    assert nodes["0.weight"]["version"] == 1
    assert set(nodes["0.weight"]["preview"]) == {
        "shape", "tile", "min", "max", "mean", "nonfinite", "bins"}
    linear = [n for n in trace["nodes"] if n["op"] == "linear"]
    assert [[s["path"] for s in n["scope"]] for n in linear] == [["", "0"], ["", "2"]]
    assert linear[0]["scope"][1] == {"path": "0", "class": "Linear", "call": 1}
    # What the picture says is what the parameters got.
    tile = nodes["2.bias"]["grad"]["values"]
    assert tile == [float(str(v)) for v in model[2].bias.grad.numpy()]
    assert all(n["status"] == "freed" for n in linear)


def test_an_operation_says_what_it_was_told():
    x = learngrad.rand(1, 1, 8, 8, requires_grad=True)
    with Recorder() as tape:
        y = F.conv2d(x, learngrad.rand(2, 1, 3, 3), stride=2, padding=1)
        y.mean((0, 1), keepdim=True).permute(0, 1, 3, 2).norm(p=float("inf"))
        x[learngrad.tensor([0]), 0] * 3
    told = [node.get("options") for node in checked(tape)["nodes"] if node["kind"] == "operation"]
    assert told == [
        {"g": {"size": [8, 8], "kernel": [3, 3], "stride": [2, 2], "before": [1, 1],
               "dilation": [1, 1], "out": [4, 4], "groups": 1}},
        {"dims": [0, 1], "keepdim": True}, {"dims": [0, 1, 3, 2]},
        {"p": "Infinity", "dims": [0, 1, 2, 3], "keepdim": False},
        None, None]  # an index may hold arrays, which are not kept; 3 is an operand


def test_a_few_columns_are_kept_all():
    for columns, kept in ((8, 8), (10, 10), (16, 16), (17, 6), (100, 8)):
        x = np.arange(100.0 * columns).reshape(100, columns)
        tile = capture(x).json()["tile"]
        assert (tile["rows"], tile["columns"]) == (8, kept)
        k = 1 if kept == columns else -(-columns // 8)
        sampled = x[6::13, (k // 2 if k > 1 else 0)::k]
        assert tile["values"] == sampled.ravel().tolist()


def test_of_a_stack_the_first_matrices_are_kept():
    images = np.arange(4.0 * 3 * 8 * 8).reshape(4, 3, 8, 8)
    assert capture(images).json()["tile"]["values"] == images[0, 0].ravel().tolist()
    heads = np.arange(40.0 * 4 * 5).reshape(40, 4, 5)
    assert capture(heads).json()["tile"]["values"] == heads[:2].ravel().tolist()
    large = np.arange(2.0 * 28 * 28).reshape(2, 28, 28)
    assert capture(large).json()["tile"]["values"] == large[0, 2::4, 2::4].ravel().tolist()


def test_the_name_of_a_call_goes_to_what_it_gives():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
            self.last = nn.Linear(4, 2)

        def forward(self, x):
            hidden = self.inner(x)
            doubled = hidden * 2
            return self.last(doubled)

    model, stacked = Net(), nn.Sequential(nn.Linear(3, 4), nn.ReLU())
    x = learngrad.rand(5, 3)
    with Recorder() as tape:
        scores = model(x)
        scores = model(x)
        flat = stacked(x)
    names = [(n["op"], n["name"]) for n in checked(tape)["nodes"] if n["op"]]
    once = [("linear", None), ("tanh", "hidden"), ("mul", "doubled"), ("linear", "scores")]
    assert names == [*once, *once, ("linear", None), ("relu", "flat")]
    assert (scores.shape, flat.shape) == ((5, 2), (5, 4))


@pytest.mark.parametrize(("loss", "reduction", "local", "formula"), [
    (F.mse_loss, "mean", "2 · (x − y) / n", r"\frac{1}{n} \sum_i (x_i - y_i)^2"),
    (F.mse_loss, "sum", "2 · (x − y)", r"\sum_i (x_i - y_i)^2"),
    (F.mse_loss, "none", "2 · (x − y)", "(x_i - y_i)^2"),
    (F.cross_entropy, "mean", "g · (softmax(x) − onehot(target)) / n", None),
    (F.cross_entropy, "sum", "g · (softmax(x) − onehot(target))", None),
])
def test_only_the_mean_of_a_loss_is_divided_by_n(loss, reduction, local, formula):
    x = learngrad.rand(2, 3, requires_grad=True)
    target = learngrad.tensor([0, 2]) if loss is F.cross_entropy else learngrad.rand(2, 3)
    with Recorder() as tape:
        out = loss(x, target, reduction=reduction)
        out.backward(learngrad.ones_like(out))
    trace = checked(tape)
    assert trace["replays"][0]["steps"][0]["contributions"][0]["local"] == local
    # A graph that was finished before anybody looked knows it as well.
    for node in trace["nodes"][-1], from_graph(loss(x, target, reduction=reduction)
                                               ).to_dict()["nodes"][-1]:
        assert node["local"]["x"] == local
        assert node["options"]["reduction"] == reduction
        assert formula in (None, node["formula"])


@pytest.mark.parametrize(("bounds", "operands", "numbers"), [
    ({"min": 0}, ["x", "0", "∞"], "1 from 0 to ∞, 0 outside = 1"),
    ({"max": 1.5}, ["x", "−∞", "1.5"], "1 from (−∞) to 1.5, 0 outside = 1"),
    ({"min": 0, "max": 2}, ["x", "0", "2"], "1 from 0 to 2, 0 outside = 1")])
def test_a_bound_that_is_not_given_is_infinite(bounds, operands, numbers):
    x = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape:
        x.clamp(**bounds).backward()
    trace = checked(tape)
    assert trace["nodes"][1]["operands"] == operands
    assert trace["replays"][0]["steps"][0]["contributions"][0]["numbers"] == numbers
    assert from_graph(x.clamp(**bounds)).to_dict()["nodes"][1]["operands"] == operands


def test_an_array_is_an_operand_too():
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    with Recorder() as tape:
        w * np.array([3.0, 4.0], np.float32)
        np.array([3.0, 4.0], np.float32) * w
    _, after, before = checked(tape)["nodes"]
    assert (after["edges"], before["edges"]) == ([[0, 0], None], [None, [0, 0]])
    assert "w * np.array([3.0, 4.0], np.float32) = [3, 8]" in describe(tape.to_dict())


def test_preview_is_from_the_moment_of_the_event():
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    with Recorder() as tape:
        (w * w).sum().backward()
        with learngrad.no_grad():
            w -= 100
    leaf, *_, updated = checked(tape)["nodes"]
    assert leaf["preview"]["values"] == [1.0, 2.0]
    assert updated["preview"]["values"] == [-99.0, -98.0]
    assert (leaf["version"], updated["requires_grad"]) == (1, False)


def test_a_value_changed_before_it_is_used_again_is_looked_at_again():
    w = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape:
        w * 2
        with learngrad.no_grad():
            w += 5
        w * 2
    leaf = checked(tape)["nodes"][0]
    assert leaf["preview"]["values"] == [6.0]
    assert leaf["version"] == 1


@pytest.mark.parametrize("update", [
    "w.data -= 0.5 * w.grad", "w.data.sub_(0.5 * w.grad)", "w.data = w.data - 0.5 * w.grad",
    "w.data[...] = w.detach() - 0.5 * w.grad"])
def test_an_update_of_the_data_is_seen_where_it_is_used_next(update):
    w = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape:
        (w * 2).backward()
        exec(update, {"w": w})
        w * 3
    trace = checked(tape)
    assert trace["nodes"][0]["preview"]["values"] == [0.0]
    assert trace["nodes"][0]["version"] == 1
    assert trace["nodes"][-1]["preview"]["values"] == [0.0]


def test_each_turn_of_a_loop_knows_what_it_was_given():
    w = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape:
        for _ in range(3):
            (w * w).backward()
            with learngrad.no_grad():
                w -= 0.25 * w.grad
                w.grad = None
    trace = checked(tape)
    squares = [node for node in trace["nodes"] if node["op"] == "mul" and node["requires_grad"]]
    given = [{at: value["values"] for at, value in node.get("given", {}).items()}
             for node in squares]
    assert given == [{"0": [1.0], "1": [1.0]}, {"0": [0.5], "1": [0.5]}, {}]
    assert trace["nodes"][0]["preview"]["values"] == [0.25]
    said = [line for line in walk(trace, 0) if "multiply" in line]
    assert "From w = 1 and w = 1 comes 1." in said[0].replace("w #0", "w")
    asked = [q for q in sheet(trace)["questions"] if q["ask"] == "What is w #0 × w #0?"]
    assert [q["given"] for q in asked] == [[["w #0", "1"]], [["w #0", "0.5"]], [["w #0", "0.25"]]]


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(("error", "says"), [
    (KeyError("k"), "KeyError: 'k'"), (ValueError("a\nb"), "ValueError: a …"),
    (KeyboardInterrupt(), "KeyboardInterrupt"), (ValueError("\n first"), "ValueError: first"),
    (ValueError("z" * 20_000), "ValueError: " + "z" * 9988), (Mute(), "Mute"),
    (learngrad.errors.ShapeError("sizes differ.", fix="x.T"), "ShapeError: sizes differ.")])
def test_an_error_beside_the_operations_is_kept_too(error, says):
    def program():
        x = learngrad.ones(2, requires_grad=True) * 3
        raise error
        return x

    tape = Recorder()
    with pytest.raises(type(error)), tape:
        program()
    trace = checked(tape)
    assert (trace["status"], trace["error"]) == ("failed", says)
    assert describe(trace).splitlines()[0].endswith(
        f"The program ended there, with {elide(says.rstrip('.'), 200)}.")
    assert tape.changes(0)["error"] == says


def test_an_error_that_was_caught_is_not_the_end():
    def program():
        y = learngrad.ones(2, requires_grad=True)
        with contextlib.suppress(learngrad.errors.ShapeError):
            y @ learngrad.ones(3)
        return y.sum(), {}["k"]

    tape = Recorder()
    with pytest.raises(KeyError), tape:
        program()
    said = describe(checked(tape)).splitlines()[0]
    assert "An error was caught at @: " in said
    assert said.endswith("The program ended there, with KeyError: 'k'.")


def test_failed_operation_is_kept_with_its_reason():
    def program():
        x = learngrad.ones(2, 3)
        w = learngrad.ones(4, 5, requires_grad=True)
        scaled = w * 2
        broken = x @ scaled
        return broken  # noqa: RET504

    tape = Recorder()
    with pytest.raises(learngrad.errors.ShapeError), tape:
        program()
    trace = checked(tape)
    assert trace["status"] == "failed"
    node = named(trace)["broken"]
    assert node["status"] == "failed"
    assert node["shape"] is None
    assert "inner sizes 3 and 4" in node["error"]
    assert "ended there" not in describe(trace)
    assert [named(trace)[n]["id"] for n in ("x", "scaled")] == [e[0] for e in node["edges"]]
    assert not thread.watchers


def test_several_outputs_have_their_slots():
    x = learngrad.tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True)
    with Recorder() as tape:
        values, indices = x.max(dim=1)
        total = values.sum()
        picked = indices + 1
        total.backward()
    trace = checked(tape)
    top = next(n for n in trace["nodes"] if n["op"] == "maxdim")
    assert [o["dtype"] for o in top["outputs"]] == ["float32", "int64"]
    nodes = named(trace)
    assert nodes["total"]["edges"][0] == [top["id"], 0]
    assert nodes["picked"]["edges"][0] == [top["id"], 1]
    step = trace["replays"][0]["steps"][1]
    assert step["upstream"] == [{"shape": [2], "values": [1.0, 1.0]}, None]
    assert picked.tolist() == [2, 1]


def parts_of(tensor):
    return tensor.unbind()


def test_several_outputs_have_the_names_they_are_taken_apart_into():
    s = learngrad.tensor([2.0, 3.0], requires_grad=True)
    holder = nn.Module()
    with Recorder() as tape:
        a, b = s.unbind()
        [holder.left, c] = parts_of(s)
        first, *_ = s.unbind()
        both = s.unbind()
        high, (low, _) = s.max(0), s.min(0)
    made = [[one.get("name") for one in node["outputs"]] for node in checked(tape)["nodes"]
            if node.get("outputs")]
    assert made == [["a", "b"], ["holder.left", "c"], [None, None], [None, None], [None, None],
                    ["low", None]]
    assert [a, b, c, first, both, high, low]


def test_no_grad_is_recorded_without_a_graph():
    w = learngrad.tensor(2.0, requires_grad=True)
    with Recorder() as tape, learngrad.no_grad():
        y = w * 3
        z = y + 1
    nodes = named(checked(tape))
    assert not nodes["y"]["requires_grad"]
    assert nodes["z"]["edges"][0] == [nodes["y"]["id"], 0]
    assert z.item() == 7


def test_a_graph_from_before_the_recording_joins_it():
    w = learngrad.tensor(2.0, requires_grad=True)
    hidden = w * 3
    squared = hidden * hidden
    with Recorder() as tape:
        squared.backward()
    trace = checked(tape)
    assert [n["name"] for n in trace["nodes"]] == ["w", "hidden", "squared"]
    assert trace["replays"][0]["steps"][-1]["write"]["after"]["values"] == [36.0]


def test_show_knows_a_finished_graph():
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    hidden = w * 3
    loss = (hidden * hidden).sum()
    trace = checked(from_graph(loss))
    nodes = named(trace)
    assert nodes["w"]["preview"]["values"] == [1.0, 2.0]
    assert nodes["hidden"]["preview"]["values"] == [3.0, 6.0]  # kept for backward
    assert nodes["loss"]["preview"]["values"] == [45.0]
    assert trace["nodes"][2]["preview"] is None  # nobody kept the product
    assert trace["replays"] == []
    loss.backward()
    trace = checked(from_graph(loss))  # what was kept is freed now, and said so nowhere else
    assert named(trace)["loss"]["preview"]["values"] == [45.0]
    assert named(trace)["w"]["grad"]["values"] == [18.0, 36.0]


def test_a_finished_graph_says_what_its_plain_numbers_were():
    x = learngrad.tensor(3.0, requires_grad=True)
    tripled = x * 3
    lifted = tripled + 1
    squared = lifted ** 2
    left = 6 / squared
    said = from_graph(left).describe()
    assert "tripled = x × 3 =" in said
    assert "lifted = tripled + 1 = 10" in said  # nobody kept the 1, but it stands in the line
    assert "squared = lifted ** 2 = 100" in said
    assert "left = 6 ÷ squared = 0.06" in said
    with Recorder() as tape:
        left.backward()
    steps = checked(tape)["replays"][0]["steps"]
    assert steps[1]["contributions"][0]["numbers"] == "2 · 10^(2 − 1) = 20"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_deltas_add_up_to_the_snapshot(pieces):
    learngrad.manual_seed(0)
    messages, mark = [], 0
    tape = Recorder()
    changes = 0

    def listen() -> None:
        nonlocal mark, changes
        changes += 1
        if changes % pieces == 0:
            messages.append(tape.changes(mark))
            mark = messages[-1]["to"]

    tape.listener = listen
    with tape:
        model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
        for _ in range(2):
            loss = (model(learngrad.rand(5, 3)) ** 2).mean()
            loss.backward()
            optim.SGD(model.parameters(), lr=0.1).step()
    messages.append(tape.changes(mark))
    nodes: dict[int, dict] = {}
    sources: dict[int, dict] = {}
    replays: list[dict] = []
    revision = 0
    for m in json.loads(json.dumps(messages)):
        assert m["from"] == revision
        revision = m["to"]
        nodes.update((n["id"], n) for n in m["nodes"])
        sources.update((s["id"], s) for s in m["sources"])
        for r in m["replays"]:
            assert r["index"] == len(replays)
            replays.append({"root": r["root"], "seed": r["seed"], "steps": []})
        for s in m["steps"]:
            assert s["index"] == len(replays[s["replay"]]["steps"])
            replays[s["replay"]]["steps"].append(s["step"])
    whole = checked(tape)
    assert [nodes[i] for i in sorted(nodes)] == whole["nodes"]
    assert [sources[i] for i in sorted(sources)] == whole["sources"]
    assert replays == whole["replays"]
    assert revision == whole["revision"]


def test_limit_is_counted_not_silent():
    with Recorder(limit=10) as tape:
        x = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(50):
            x = x * 1.5
        x.backward()
    trace = checked(tape)
    assert len(trace["nodes"]) == 10
    assert trace["truncated"]["nodes"] >= 41
    assert "has not run" not in tape.describe()  # it has, from a node that was not kept


def test_a_replay_from_a_node_that_was_not_kept_is_no_part_of_another():
    w = learngrad.tensor(1.0, requires_grad=True)
    with Recorder(limit=4) as tape:
        for _ in range(3):
            (w * 2 * 3).backward()
    trace = checked(tape)
    assert [[s["node"] for s in r["steps"]] for r in trace["replays"]] == [[2, 1, 0]]


def test_a_replay_inside_another_has_its_own_steps():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(3.0, requires_grad=True)
    with Recorder() as tape:
        outer, inner = a * a, b * b
        a.register_hook(lambda g: inner.backward())
        outer.backward()
    nodes = checked(tape)
    ids = {n["name"]: n["id"] for n in nodes["nodes"]}
    assert [[s["node"] for s in r["steps"]] for r in nodes["replays"]] == [
        [ids["outer"], ids["a"]], [ids["inner"], ids["b"]]]


def test_a_tape_can_go_on_after_a_stop():
    tape = Recorder()
    with tape:
        learngrad.ones(2) * 2
    assert tape.status == "done"
    with tape:
        assert tape.status == "recording"
        learngrad.ones(2) * 3
    assert tape.status == "done"
    assert len(checked(tape)["nodes"]) == 4


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_json_lacks_are_words(bad):
    with Recorder() as tape:
        small = learngrad.tensor([1.0, bad]) * 1
        large = learngrad.full((10, 10), bad) * 1
        mixed = learngrad.tensor(np.where(np.eye(9) > 0, bad, 2.0)) * 1
    nodes = named(checked(tape))
    word = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(bad)]
    assert nodes["small"]["preview"]["values"] == [1.0, word]
    assert nodes["large"]["preview"]["min"] is None
    assert nodes["large"]["preview"]["nonfinite"] == 100
    assert (nodes["mixed"]["preview"]["mean"], nodes["mixed"]["preview"]["nonfinite"]) == (2.0, 9)
    assert small.shape, large.shape == mixed.shape


def test_a_name_is_only_text():
    hostile = "<img src=x onerror=alert(1)>"
    x = learngrad.tensor(1.0, requires_grad=True)
    x.name = hostile
    with Recorder() as tape:
        x * 2
    assert checked(tape)["nodes"][0]["name"] == hostile


def test_a_name_that_is_no_text_is_written_as_one():
    x = learngrad.tensor(2.0, requires_grad=True)
    x.name = 3
    with Recorder() as tape:
        x * 2
    assert checked(tape)["nodes"][0]["name"] == "3"


def test_threads_are_not_mixed():
    done = threading.Event()

    def other() -> None:
        learngrad.tensor(1.0) * 2
        done.set()

    with Recorder() as tape:
        runner = threading.Thread(target=other)
        runner.start()
        runner.join()
    assert done.is_set()
    assert checked(tape)["nodes"] == []


def test_recording_keeps_no_tensor_alive():
    gc.collect()
    gc.disable()
    try:
        with Recorder() as tape:
            x = learngrad.tensor([1.0], requires_grad=True)
            y = x * 2
            y.sum().backward()
        dead = [weakref.ref(t) for t in (x, y)]
        del x, y
        assert [r() for r in dead] == [None, None]
        assert len(tape.to_dict()["nodes"]) == 3
    finally:
        gc.enable()


def test_stepping_by_hand_is_recorded_too():
    x = learngrad.tensor(3.0, requires_grad=True)
    with Recorder() as tape:
        loss = x * x
        steps = loss.replay()
        next(steps)
        steps.close()
        list(loss.replay())
    trace = checked(tape)
    assert [len(r["steps"]) for r in trace["replays"]] == [1, 2]
    assert x.grad.item() == 6.0


def test_a_loop_names_each_round():
    with Recorder() as tape:
        w = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(3):
            loss = (w - 5) ** 2
            loss.backward()
    trace = checked(tape)
    assert [n["name"] for n in trace["nodes"]].count("loss") == 3
    assert [n["name"] for n in trace["nodes"]].count("w") == 1
    assert len(trace["replays"]) == 3


def test_a_tape_inside_itself_is_refused_and_goes_on():
    tape = Recorder()
    with tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        with pytest.raises(GraphError, match="recording already"), tape:
            pass
        a * 3
    assert [n["op"] for n in tape.to_dict()["nodes"]] == [None, "mul"]
    with tape:  # one after another is fine
        a * 4
    assert [n["op"] for n in tape.to_dict()["nodes"]] == [None, "mul", "mul"]


@pytest.mark.parametrize("limit", ["a", -1, 2.5, True])
def test_a_limit_counts_nodes(limit):
    with pytest.raises(ArgumentTypeError, match="limit counts the nodes"):
        Recorder(limit=limit)


def test_what_is_special_about_a_node_is_noted():
    model = nn.BatchNorm1d(2).eval()
    x = learngrad.ones(3, 2, requires_grad=True)
    with Recorder() as tape:
        flat = x.reshape(6)
        target = (flat * 2).detach()
        with learngrad.no_grad():
            scale = x.sum()
        y = model.running_mean + x
        ((flat - target) * scale).sum()
        model(y)
    nodes = {node["name"]: node for node in tape.to_dict()["nodes"] if node["name"]}
    assert nodes["flat"]["view"] is True
    assert nodes["scale"]["no_grad"] is True
    assert [name for name, node in nodes.items() if node.get("no_grad")] == ["scale"]
    origin = tape.to_dict()["nodes"][nodes["target"]["edges"][0][0]]
    assert (nodes["target"]["kind"], origin["sign"]) == ("constant", "×")
    validate(tape.to_dict())


def test_who_called_what_is_noted():
    def wrong(x):
        return x @ learngrad.ones(3)

    def net(x):
        return learngrad.tanh(nn.Linear(2, 2)(x))

    def run():
        with tape:
            y = net(learngrad.ones(2))
            wrong(y * 2)

    tape = Recorder()
    with pytest.raises(RuntimeError):
        run()
    trace = tape.to_dict()
    lines = {one["id"]: (one["first"], one["text"].split("\n")) for one in trace["sources"]}

    def text(source, line, end):
        first, found = lines[source]
        return found[line - first].strip(), end - line

    calls = [(node["sign"], [text(*call) for call in node.get("callers", ())])
             for node in trace["nodes"] if node["kind"] == "operation"]
    assert calls == [("linear", [("y = net(learngrad.ones(2))", 0)]),
                     ("tanh", [("y = net(learngrad.ones(2))", 0)]), ("×", []),
                     ("@", [("wrong(y * 2)", 0)])]
    assert trace["nodes"][-1]["status"] == "failed"


def test_what_a_function_returns_is_called_as_its_call_is():
    def inner(x):
        return x * 2

    def outer(x):
        h = inner(x)
        return inner(h + 1)

    a = learngrad.tensor(2.0, requires_grad=True)
    with Recorder() as tape:
        y = outer(a)
        z = (lambda x: x - 1)(y)
        loss = inner(z) ** 2
        loss.backward()
    names = [(node["sign"], node["name"]) for node in tape.to_dict()["nodes"]]
    assert names == [("", "a"), ("×", "h"), ("+", None), ("×", "y"), ("−", "z"), ("×", None),
                     ("**", "loss")]


def test_buffers_of_a_module_are_buffers():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mask", learngrad.ones(3))

        def forward(self, x):
            return x * self.mask

    with Recorder() as tape:
        Masked()(learngrad.ones(3, requires_grad=True))
    assert [(n["kind"], n["name"]) for n in tape.to_dict()["nodes"]][1] == ("buffer", "mask")


def test_what_a_module_is_handed_comes_from_outside_of_it():
    x = learngrad.ones(1, 2)
    with Recorder() as tape:
        nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))(x)
    first, weight = tape.to_dict()["nodes"][:2]
    assert (first["scope"], len(weight["scope"])) == ([], 2)


def test_what_there_is_no_room_for_is_counted_by_operation_and_line():
    with Recorder(limit=10) as tape:
        z = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(5):
            z = z * 2
        for _ in range(30):
            z = z + 1
        z.backward()
    trace = validate(tape.to_dict())
    rest = trace["truncated"]["rest"]
    assert [(one["sign"], one["count"], one["src"]["text"]) for one in rest] == [
        ("+", 26, "z = z + 1")]
    assert trace["truncated"]["nodes"] == 26
    assert trace["replays"] == []
    assert tape.changes(0)["truncated"] == trace["truncated"]


def test_a_full_trace_costs_little():
    """Looking for what came before each operation there is no room for would never end."""
    def seen(count):
        calls = 0

        def count_calls(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        with Recorder(limit=10):
            z = learngrad.tensor(1.0, requires_grad=True)
            sys.setprofile(count_calls)
            try:
                for _ in range(count):
                    z = z * 1.0
            finally:
                sys.setprofile(None)
        return calls

    assert seen(2_000) < 12 * seen(200)


@pytest.mark.parametrize("change", [
    "w.data[0].fill_(5)", "w.data.view(-1)[0] += 4", "w.data.data[:1].add_(4)",
    "w.data[0] = 5"])
def test_a_change_of_a_part_of_the_data_is_seen(change):
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    with learngrad.record() as tape:
        y = w * 2
        exec(change, {"w": w})
        y + w * 1
    nodes = tape.to_dict()["nodes"]
    leaf, first = nodes[0], next(node for node in nodes if node["kind"] == "operation")
    assert leaf["preview"]["values"] == [5.0, 2.0]
    assert first["given"]["0"]["values"] == [1.0, 2.0]
