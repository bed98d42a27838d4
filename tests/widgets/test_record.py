"""`record` and `show`: what is displayed when, what is sent, and what remains."""

import json
import threading
import time

import pytest

import learngrad
from learngrad.errors import ArgumentTypeError, TraceError


def compute():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    loss = (a * b).tanh()
    loss.backward()
    return loss


def replay_messages(messages, trace):
    """What a view makes of the messages: nodes and steps, with the revisions held."""
    nodes, steps, revision, status = {}, {}, 0, "recording"
    for message in messages:
        assert message["type"] == "delta"
        assert message["from"] == revision, "a gap"
        assert message["to"] > revision
        revision = message["to"]
        status = message["status"]
        nodes.update((n["id"], n) for n in message["nodes"])
        steps.update(((s["replay"], s["index"]), s["step"]) for s in message["steps"])
    assert revision == trace["revision"]
    return list(nodes.values()), steps, status


def test_without_a_notebook_nothing_is_displayed_and_everything_is_recorded(capsys):
    with learngrad.record() as tape:
        compute()
    assert capsys.readouterr() == ("", "")
    assert len(tape.to_dict()["nodes"]) == 4
    assert "tanh" in tape.describe()


def test_what_is_given_to_record_is_told():
    for given, says in ((learngrad.nn.Linear(2, 2), "a Linear"), (compute, "a function"),
                        (3, "an int")):
        with pytest.raises(ArgumentTypeError, match=f"is given {says}") as caught:
            learngrad.record(given)
        assert "with learngrad.record() as tape" in caught.value.fix
        assert ("learngrad.show(model, x)" in caught.value.fix) == callable(given)


def test_a_block_displays_at_once_and_stores_the_picture_in_the_same_place(shell, shown, sent):
    with learngrad.record() as tape:
        assert [d["update"] for d in shown] == [False]
        assert shown[0]["model"] is not None
        compute()
        assert len(shown) == 1
    first, last = shown
    assert last["update"] is True
    assert (last["place"], last["model"]) == (first["place"], first["model"])
    assert last["text"] == tape.describe()
    if last["svg"] is not None:  # without Graphviz there are words
        assert last["svg"].startswith("<svg")


def test_a_block_that_asks_is_shown_when_it_has_run(shell, shown, capsys):
    with learngrad.record(predict=True) as tape:
        compute()
        assert not shown
    [asking] = shown
    assert asking["model"].begin == "forward"
    assert asking["model"].questions["questions"]
    assert "= ?" in asking["text"]
    tape._ipython_display_()  # the cell ends with it
    assert len(shown) == 1
    with pytest.raises(RuntimeError), learngrad.record(predict=True):
        learngrad.ones(2) + learngrad.ones(3)
    assert shown[1]["model"].questions is None  # there is an error to look at


def test_a_loss_that_is_called_or_stepped_is_replayed(shell, shown):
    w = learngrad.tensor(3.0, requires_grad=True)
    learngrad.show(lambda: w * w, predict=True)
    learngrad.show(w * w, step=True)
    assert [one["index"] for one in shown[0]["model"].questions["questions"]] == [-1, 1]
    assert [len(one["model"].snapshot["replays"]) for one in shown] == [1, 1]
    assert w.grad is None
    spent = w * w
    spent.backward()
    learngrad.show(spent, step=True)  # forward only: its backward pass has freed it
    assert shown[2]["model"].snapshot["replays"] == []


def test_the_messages_alone_give_the_trace(shell, shown, sent):
    with learngrad.record() as tape:
        compute()
        time.sleep(0.06)
        compute()
    trace = tape.to_dict()
    nodes, steps, status = replay_messages([m for m, _ in sent], trace)
    assert sorted(nodes, key=lambda n: n["id"]) == trace["nodes"]
    assert [steps[1, i] for i in range(4)] == trace["replays"][1]["steps"]
    assert status == "done"


def test_a_long_block_sends_few_messages_of_limited_size(shell, shown, sent):
    began = time.monotonic()
    with learngrad.record() as tape:
        x = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(1500):
            x = x * 1.001
    seconds = time.monotonic() - began
    trace = tape.to_dict()
    assert len(replay_messages([m for m, _ in sent], trace)[0]) == 1501
    sizes = [len(json.dumps(m)) for m, _ in sent]
    assert max(sizes) < 200_000
    # Twenty a second, and at the end what was left, in pieces.
    assert len(sent) <= 20 * seconds + sum(sizes) / 150_000 + 3
    assert not [t for t in threading.enumerate() if t.name == "learngrad-live"]


def test_what_ran_while_pieces_waited_is_sent_too(shell, shown, sent):
    from learngrad.widgets.graph import GraphView

    with learngrad.record(live=False) as tape:
        view = GraphView(tape)
        x = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(600):
            x = x * 1.001
        assert view.flush()[1]  # the first of several pieces
        x = x + 1
        while view.flush()[1]:
            pass
    nodes, _, _ = replay_messages([m for m, _ in sent], {"revision": tape.revision - 1})
    assert len(nodes) == 602


def test_a_trace_too_large_for_an_update_opens_in_a_new_widget(shell, shown, sent):
    with learngrad.record():
        x = learngrad.tensor(1.0, requires_grad=True)
        for _ in range(3000):
            x = x * 1.001
    first, last = shown
    assert last["update"] is True
    assert last["place"] == first["place"]
    assert last["model"] != first["model"]


def test_an_error_in_the_block_is_the_users_and_what_ran_is_shown(shell, shown, sent):
    x, w = learngrad.ones(4, 3), learngrad.ones(3, 5, requires_grad=True)
    with pytest.raises(RuntimeError, match="inner sizes"), learngrad.record() as tape:
        (x @ w) @ learngrad.ones(2, 2)
    trace = tape.to_dict()
    assert trace["status"] == "failed"
    assert [n["status"] for n in trace["nodes"] if n["kind"] == "operation"] == ["ok", "failed"]
    assert shown[-1]["update"] is True
    assert "inner sizes" in shown[-1]["text"]
    assert sent[-1][0]["status"] == "failed"


def test_ending_the_cell_with_the_tape_adds_no_second_view(shell, shown, sent):
    with learngrad.record() as tape:
        compute()
    tape._ipython_display_()
    assert len(shown) == 2
    shell.end_cell()
    tape._ipython_display_()
    assert len(shown) == 3
    assert shown[2]["update"] is False
    assert shown[2]["place"] != shown[0]["place"]
    assert shown[2]["model"] == shown[0]["model"]


def test_a_tape_that_was_not_live_can_be_displayed_later(shell, shown, sent):
    with learngrad.record(live=False) as tape:
        compute()
    assert shown == []
    tape._ipython_display_()
    assert [d["update"] for d in shown] == [False]
    assert shown[0]["model"] is not None


def test_without_anywidget_the_picture_comes_at_the_end(shell, shown, no_widgets):
    with learngrad.record():
        compute()
        assert shown == []
    assert [(d["update"], d["model"]) for d in shown] == [(False, None)]
    assert "tanh" in shown[0]["text"]


def test_show_draws_a_tensors_graph(shell, shown, sent):
    x = learngrad.tensor(3.0, requires_grad=True)
    learngrad.show(x * x)
    assert len(shown) == 1
    assert shown[0]["model"] is not None
    assert "×" in shown[0]["text"]


def test_show_in_a_plain_program_prints_the_words(capsys):
    x = learngrad.tensor(3.0, requires_grad=True)
    learngrad.show(x * x)
    assert "A graph of 1 operation and 1 leaf" in capsys.readouterr().out


def test_show_after_backward(capsys):
    learngrad.show(compute())
    assert "tanh" in capsys.readouterr().out


def test_show_says_what_it_can_draw():
    with pytest.raises(ArgumentTypeError, match="not list"):
        learngrad.show([1, 2])
    with pytest.raises(TraceError):
        learngrad.show({"schema": "other"})


def test_a_view_that_missed_something_gets_a_snapshot(shell, shown, sent):
    pytest.importorskip("anywidget")
    from learngrad.widgets.graph import GraphView

    with learngrad.record(live=False) as tape:
        view = GraphView(tape)
        assert view.snapshot["revision"] == 0
        compute()
        states = []
        view.send_state = lambda key=None: states.append(key)
        view._asked(view, {"type": "snapshot"}, [])
        assert "snapshot" in states
        assert len(view.snapshot["nodes"]) == 4
        assert view.snapshot["revision"] == tape.revision


def test_one_engine_carries_graphviz_for_all_graphs(shell, shown, sent):
    pytest.importorskip("anywidget")
    from learngrad.widgets.graph import GraphView, engine

    with learngrad.record(live=False) as tape:
        compute()
    views = [GraphView(tape), GraphView(tape.to_dict())]
    assert {view.engine for view in views} == {f"IPY_MODEL_{engine().model_id}"}
    assert len(views[0]._esm) < 200_000 < len(engine()._esm)


def test_a_call_is_shown(shell, shown):
    model = learngrad.nn.Sequential(learngrad.nn.Linear(3, 2), learngrad.nn.ReLU())
    learngrad.show(model, learngrad.ones(1, 3))
    assert "linear" in shown[0]["text"]
    assert shown[0]["model"].begin == "end"
    learngrad.show(lambda x, y: x * y, learngrad.tensor(2.0), learngrad.tensor(3.0), step=True)
    assert "6" in shown[1]["text"]
    assert shown[1]["model"].begin == "forward"


def test_a_call_that_fails_is_shown_up_to_there(shell, shown):
    with pytest.raises(learngrad.errors.ShapeError):
        learngrad.show(lambda x: (x * 2).reshape(5), learngrad.ones(3))
    assert "reshape" in shown[0]["text"]
    assert shown[0]["model"].snapshot["status"] == "failed"


def test_inputs_are_for_what_is_called(shell, shown):
    with pytest.raises(ArgumentTypeError, match="inputs are for what is called"):
        learngrad.show(compute(), learngrad.ones(3))
    assert shown == []


def test_what_asks_without_a_backward_pass_begins_before_the_first_operation(shell, shown):
    learngrad.show(learngrad.nn.Linear(4, 2), learngrad.ones(2, 4), predict=True)
    model = shown[0]["model"]
    assert [question["index"] < 0 for question in model.questions["questions"]] == [True]
    assert model.begin == "forward"
