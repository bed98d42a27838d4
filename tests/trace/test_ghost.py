"""What an error stopped is in the trace, also where the call was refused before the gate."""

import contextlib

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.trace import Recorder
from learngrad.trace.boxes import boxes
from learngrad.trace.schema import validate

F = nn.functional


def stopped(run, kind=Exception):
    """The trace of a program that raises, and its failed node."""
    with pytest.raises(kind) as caught, Recorder() as tape:
        run()
    trace = validate(tape.to_dict())
    assert trace["status"] == "failed"
    failed = [node for node in trace["nodes"] if node["status"] == "failed"]
    assert len(failed) <= 1
    return trace, failed[0] if failed else None, caught.value


x = learngrad.ones(4, 3, requires_grad=True)
y = learngrad.ones(5, 2)
CALLS = {
    "reshape": (lambda: x.reshape(5, 5), ["x"]),
    "cat": (lambda: learngrad.cat([x, y]), ["x", "y"]),
    "sum": (lambda: x.sum(7), ["x"]),
    "mm": (lambda: learngrad.mm(x, x[0]), ["x", None]),
    "mse_loss": (lambda: F.mse_loss(x, y), ["x", "y"]),
    "softmax": (lambda: F.softmax(x, dim=4), ["x"]),
    "inv": (lambda: learngrad.linalg.inv(x), ["x"]),
    "stack": (lambda: np.stack([x, y]), ["x", "y"]),
    "in place": (lambda: x.add_(1), ["x"]),
    "+": (lambda: x + y, ["x", "y"]),  # at the gate: told once all the same
}


@pytest.mark.parametrize("word", CALLS)
def test_a_refused_call_stands_at_the_end_of_the_graph(word):
    run, names = CALLS[word]
    trace, node, error = stopped(run)
    assert node is trace["nodes"][-1]
    assert node["sign"] == word
    assert [trace["nodes"][edge[0]]["name"] for edge in node["edges"]] == names
    assert node["error"] == error.what
    assert node["src"]["text"].startswith(('"', "with"))
    lines = boxes(trace)[node["id"]].lines
    assert "failed" in lines


def test_it_stands_in_the_module_it_was_called_in():
    model = nn.Sequential(nn.Flatten(), nn.Conv2d(1, 2, 3))
    _, node, _ = stopped(lambda: model(learngrad.ones(2, 1, 5, 5)))
    assert [level["path"] for level in node["scope"]] == ["", "1"]
    assert node["sign"] == "conv2d"


def test_it_has_the_name_that_its_line_would_have_given():
    def run():
        h = x * 2
        flat = h.reshape(7)
        print(flat)

    trace, node, _ = stopped(run)
    assert node["name"] == "flat"
    assert [n["name"] for n in trace["nodes"]] == ["x", "h", "flat"]


def test_an_error_of_the_user_s_own_has_no_operation():
    assert stopped(lambda: (x * 2, 1 / 0), ZeroDivisionError)[1] is None


def test_backward_from_many_numbers_is_no_operation():
    assert stopped(lambda: (x * 2).backward())[1] is None


def test_an_error_that_was_caught_is_not_in_the_way_of_the_next():
    def run():
        with contextlib.suppress(RuntimeError):
            x + y
        x.reshape(5, 5)

    with pytest.raises(RuntimeError), Recorder() as tape:
        run()
    signs = [n["sign"] for n in tape.to_dict()["nodes"] if n["status"] == "failed"]
    assert signs == ["+", "reshape"]


def test_a_full_trace_takes_no_ghost():
    with pytest.raises(RuntimeError), Recorder(limit=1) as tape:
        (x * 2).reshape(7)
    assert len(tape.to_dict()["nodes"]) == 1
