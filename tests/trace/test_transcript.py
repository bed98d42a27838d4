"""When a trace is written down: at the event what must be, the rest when somebody looks."""

import gc
import json
import sys
import threading
import weakref
from pathlib import PurePath

import numpy as np
import pytest

import learngrad
from learngrad import nn, optim, source
from learngrad.autograd import observe
from learngrad.trace import Recorder, notes, recorder
from learngrad.trace.schema import validate
from learngrad.trace.transcript import Transcript


def chain(length, z=None):
    z = learngrad.tensor(1.0, requires_grad=True) if z is None else z
    for _ in range(length):
        z = z * 1.0
    return z


def train(steps):
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for _ in range(steps):
        scores = model(learngrad.rand(5, 3))
        loss = (scores ** 2).mean()
        loss.backward()
        optim.SGD(model.parameters(), lr=0.1).step()


def test_nothing_is_written_down_before_somebody_looks(monkeypatch):
    asked = []
    resolve = source.resolve
    monkeypatch.setattr(source, "resolve", lambda made: asked.append(made) or resolve(made))
    with Recorder() as tape:
        train(3)
    assert asked == []
    first = tape.to_dict()
    assert asked
    asked.clear()
    assert tape.to_dict() == first
    assert asked == []  # once is enough


def test_an_operation_that_nobody_looks_at_costs_one_call():
    """Counted, since times depend on the machine."""
    def calls(run):
        count = 0

        def seen(frame, event, argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(seen)
        try:
            result = run()
        finally:
            sys.setprofile(None)
        return count, result

    plain, z = calls(lambda: chain(100))
    plain_back, _ = calls(z.backward)
    with Recorder():
        watched, z = calls(lambda: chain(100))
        watched_back, _ = calls(z.backward)
    # One for the note of it, one for who called the function it is in.
    assert watched - plain <= 2 * 100 + 15
    assert watched_back - plain_back <= 4 * 100 + 30


@pytest.mark.parametrize("size", [3, 300, 30_000])
def test_a_value_is_that_of_the_event_however_large_it_is(size):
    w = learngrad.ones(size, requires_grad=True)
    with Recorder() as tape:
        y = w * 2
        y.sum().backward()
        for t in (w, y, w.grad):
            t._data[...] = 99  # behind everybody's back
    nodes = tape.to_dict()["nodes"]
    shown = [node["preview"].get("values") or node["preview"]["tile"]["values"] for node in nodes]
    assert [set(values) for values in shown[:2]] == [{1.0}, {2.0}]
    grad = nodes[0]["grad"]
    assert set(grad.get("values") or grad["tile"]["values"]) == {2.0}


def waiting(tape):
    """Bytes of the arrays that wait for somebody to look."""
    def arrays(what):
        if isinstance(what, np.ndarray):
            yield what
        elif isinstance(what, (tuple, list)):
            for part in what:
                yield from arrays(part)
    return sum({id(array): array.nbytes for array in arrays(list(tape._events))}.values())


def test_what_waits_has_a_limit(monkeypatch):
    monkeypatch.setattr(notes, "ROOM", 100_000)
    x = learngrad.rand(50, 50, requires_grad=True)
    most = 0
    tape = Recorder()

    def listen():
        nonlocal most
        most = max(most, waiting(tape))

    tape.listener = listen
    with tape:
        for _ in range(40):
            (x * 2).sum().backward()
    assert 50_000 < most <= 100_000 + 4 * 50 * 50
    assert len(tape.to_dict()["replays"]) == 40


def test_changes_in_place_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(recorder, "MOST_WAITING", 20)
    w = learngrad.tensor(1.0, requires_grad=True)
    with Recorder() as tape, learngrad.no_grad():
        w * 1
        for _ in range(200):
            w.zero_()
        assert len(tape._events) < 30
    assert tape.to_dict()["nodes"][0]["version"] == 200


def test_it_can_be_looked_at_while_it_is_written():
    tape, done = Recorder(), threading.Event()
    found = []

    def look():
        mark = 0
        while not done.is_set() or mark < tape.revision:
            found.append(tape.changes(mark))
            mark = found[-1]["to"]

    reader = threading.Thread(target=look)
    reader.start()
    try:
        with tape:
            train(20)
            chain(500).backward()
    finally:
        done.set()
        reader.join()
    whole = tape.to_dict()
    nodes = {node["id"]: node for change in found for node in change["nodes"]}
    steps = {(s["replay"], s["index"]): s["step"] for change in found for s in change["steps"]}
    assert [nodes[i] for i in range(len(nodes))] == whole["nodes"]
    assert [steps[r, k] for r, replay in enumerate(whole["replays"])
            for k in range(len(replay["steps"]))] == [
                step for replay in whole["replays"] for step in replay["steps"]]
    assert [change["from"] for change in found[1:]] == [change["to"] for change in found[:-1]]


def test_a_look_that_is_interrupted_loses_nothing(monkeypatch):
    def recorded():
        with Recorder() as tape:
            train(1)
        return tape

    expected = recorded().to_dict()
    touch = Transcript._touch
    left = 0

    def interrupted(self, *what):
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        touch(self, *what)

    monkeypatch.setattr(Transcript, "_touch", interrupted)
    for at in range(1, expected["revision"] + 1):
        tape = recorded()
        left = at
        with pytest.raises(KeyboardInterrupt):
            tape.to_dict()
        whole, told = tape.to_dict(), tape.changes(0)
        assert whole["revision"] >= expected["revision"]  # a change may be told twice
        assert json.dumps(whole | {"revision": 0}) == json.dumps(expected | {"revision": 0})
        assert (told["sources"], told["nodes"]) == (whole["sources"], whole["nodes"])
        assert [one["step"] for one in told["steps"]] == whole["replays"][0]["steps"]


def interrupt(line, run):
    """Run, with Ctrl-C before a line of what notes events; (lines seen, whether it came)."""
    notes_events = ("recorder.py", "notes.py", "calls.py", "earlier.py")
    seen = 0

    def tracer(frame, event, argument):
        nonlocal seen
        path = PurePath(frame.f_code.co_filename)
        if path.name not in notes_events or path.parent.name != "trace":
            return None
        if event == "line":
            seen += 1
            if seen == line:
                raise KeyboardInterrupt
        return tracer

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        run()
    except KeyboardInterrupt:
        return seen, True
    finally:
        sys.settrace(before)
    return seen, False


def test_a_program_that_is_interrupted_while_it_is_recorded_goes_on():
    def program():
        train(1)
        with observe.unwatched():
            hidden = learngrad.tensor(2.0, requires_grad=True) * 3
        (hidden + 1).backward()

    line, came = 0, True
    while came:
        line += 1
        with Recorder() as tape:
            _, came = interrupt(line, program)
            train(1)
        whole, told = tape.to_dict(), tape.changes(0)
        validate(json.loads(json.dumps(whole)))
        assert told["nodes"] == whole["nodes"]
        assert len(told["replays"]) == len(whole["replays"])
        last = whole["replays"][-1]
        loss, = (node for node in whole["nodes"] if node["id"] == last["root"])
        assert loss["name"] == "loss"
        assert len(last["steps"]) == 9
    assert line > 200


def test_a_tape_that_nobody_holds_is_gone_at_once():
    gc.collect()
    gc.disable()
    try:
        with Recorder() as tape:
            train(2)
        tape.to_dict()
        gone = weakref.ref(tape)
        del tape
        assert gone() is None
    finally:
        gc.enable()


def test_numbers_in_formulas_are_those_of_their_step():
    w = learngrad.tensor(3.0, requires_grad=True)
    with Recorder() as tape:
        for _ in range(2):
            (w * 2 * w).backward()
            with learngrad.no_grad():
                w += 4
    said = [[c["numbers"] for step in replay["steps"] for c in step["contributions"]]
            for replay in tape.to_dict()["replays"]]
    assert said == [["3", "6", "2"], ["7", "14", "2"]]


def test_the_second_output_of_an_operation_without_gradient_is_the_second():
    with Recorder() as tape, learngrad.no_grad():
        first, second = learngrad.tensor([[1.0, 2.0], [3.0, 4.0]]).split(1)
        second * 1
        first * 1
    edges = [node["edges"][0] for node in tape.to_dict()["nodes"] if node["op"] == "mul"]
    assert [slot for _, slot in edges] == [1, 0]


def test_a_value_from_before_the_recording_is_known_where_it_is_used():
    w = learngrad.tensor(2.0, requires_grad=True)
    hidden = w + 3
    with Recorder() as tape:
        hidden * 2
    values = [node["preview"]["values"] for node in tape.to_dict()["nodes"]]
    assert values == [[2.0], [5.0], [10.0]]


def test_a_value_from_inside_of_an_earlier_graph_is_known_where_it_is_used():
    w = learngrad.tensor(2.0, requires_grad=True)
    inside = w + 3
    outside = inside + 1
    with Recorder() as tape:
        outside * 2
        assert tape.to_dict()["nodes"][1]["preview"] is None
        inside * 3
    values = [node["preview"]["values"] for node in tape.to_dict()["nodes"]]
    assert values == [[2.0], [5.0], [6.0], [12.0], [15.0]]


@pytest.mark.parametrize("leave", [lambda w: w.requires_grad_(False), lambda w: w.detach_()])
def test_a_leaf_may_have_left_the_graph_before_the_recording(leave):
    w = learngrad.tensor(2.0, requires_grad=True)
    y = w * 3
    leave(w)
    with Recorder() as tape:
        y * 2
        w + 1
    nodes = tape.to_dict()["nodes"]
    assert [(node["op"], node["name"]) for node in nodes[:2]] == [(None, "w"), ("mul", "y")]
    assert nodes[2]["edges"] == [[1, 0], None]


@pytest.mark.parametrize("size", [99, 9_999])
def test_infinities_are_summed_up_without_a_warning(size):
    x = learngrad.tensor([float("inf"), -float("inf"), 1.7e308] * (size // 3),
                         dtype=learngrad.float64)
    with Recorder() as tape:
        x * 1
    assert tape.to_dict()["nodes"][1]["preview"]["nonfinite"] == size * 2 // 3
