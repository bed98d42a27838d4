"""`GradientFlow` in a notebook: what is displayed, sent, and kept."""

import json
import warnings

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.descent.flow_measure import BINS
from learngrad.descent.flow_moment import COLUMNS, KINDS

X, Y = learngrad.data.digits("train")
WIDTH = len(COLUMNS)


def training(every=1, **options):
    """A flow, and what makes steps of its training."""
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = learngrad.GradientFlow(model, optimizer, every=every, **options)

    def steps(count=1):
        for _ in range(count):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X[:32]), Y[:32]).backward()
            optimizer.step()

    return flow, steps


def received(messages):
    """The moments that a view gets from the messages; a hole is an error."""
    moments, end = {}, 0
    for content, buffers in messages:
        if content["type"] != "moments":
            continue
        json.dumps({key: value for key, value in content.items() if key != "buffers"})
        assert content["start"] == end
        end = content["end"]
        assert len(buffers) == 2 * len(content["moments"])
        for at, head in enumerate(content["moments"]):
            numbers = np.frombuffer(buffers[2 * at], "<f4").reshape(-1, WIDTH)
            bins = np.frombuffer(buffers[2 * at + 1], np.uint8).reshape(-1, len(KINDS), BINS)
            assert len(numbers) == len(bins) == len(head["said"])
            moments[head["number"]] = head, numbers, bins
    return moments


def test_in_a_plain_program_it_collects(capsys):
    flow, steps = training()
    steps(3)
    assert capsys.readouterr().out == ""
    assert flow.describe().startswith("Step 2: 2 layers, ")
    assert repr(flow) == "<GradientFlow: <flow: 2 rows, 3 moments>>"
    assert flow._mime_()[1].startswith("<iframe")
    flow._ipython_display_()
    assert capsys.readouterr().out == flow.describe() + "\n"


def test_moments_arrive_in_order_and_once(shell, shown, sent):
    flow, steps = training()
    steps(30)
    shell.end_cell()
    moments = received(sent)
    assert max(moments) == 29
    head, numbers, _ = moments[29]
    last = flow.last
    assert head == {"number": 29, "step": 29, "order": [0, 1], "said": last.said}
    np.testing.assert_array_equal(numbers, last.numbers)


def test_it_displays_at_once_and_stores_its_picture_when_the_cell_ends(shell, shown, sent):
    flow, steps = training()
    assert [d["update"] for d in shown] == [False]
    steps(2)
    shell.end_cell()
    assert [d["update"] for d in shown] == [False, True]
    assert shown[1]["place"] == shown[0]["place"]
    assert shown[1]["text"] == flow.describe()
    assert shown[1]["svg"].startswith("<svg")
    assert shell.callbacks == []


def test_the_state_has_everything_for_a_view_that_comes_late(shell, shown, sent):
    flow, steps = training()
    steps(10)
    shell.end_cell()
    state = flow._view.state
    assert [head["step"] for head in state["moments"]] == list(range(10))
    assert [row["label"] for row in state["rows"]] == ["0", "2"]
    assert state["end"] == 10
    assert received([({"type": "moments", **state}, state["buffers"])])


def test_the_state_of_a_large_network_stays_small(shell, shown, sent):
    model = nn.Sequential(*(nn.Linear(64 if k == 0 else 4, 4) for k in range(120)),
                          nn.Linear(4, 10))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = learngrad.GradientFlow(model, optimizer, every=1)
    for _ in range(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X[:4]), Y[:4]).backward()
        optimizer.step()
    shell.end_cell()
    state = flow._view.state
    assert 300_000 < sum(map(len, state["buffers"])) < 900_000
    assert state["moments"][-1]["step"] == 49
    for _, buffers in sent:
        assert sum(map(len, buffers)) < 100_000


def test_as_a_context_it_ends_with_the_block(shell, shown, sent):
    flow, steps = training()
    with flow:
        steps(2)
    assert shown[-1]["update"]
    steps(2)
    assert flow.count == 2
    shell.end_cell()
    assert len(shown) == 2


def test_a_later_cell_goes_on(shell, shown, sent):
    flow, steps = training()
    steps(2)
    shell.end_cell()
    steps(2)
    flow._sender.close()
    assert max(received(sent)) == 3
    flow._ipython_display_()
    assert [d["place"] == shown[0]["place"] for d in shown][-1] is False


def test_a_training_in_the_background_stores_its_picture_when_it_is_over(shell, shown, sent,
                                                                         monkeypatch):
    import learngrad.widgets._sender as sender

    monkeypatch.setattr(sender, "QUIET", 2)
    flow, steps = training()
    shell.end_cell()
    steps(3)
    thread = flow._sender._thread
    if thread is not None:
        thread.join(10)
    assert shown[-1]["text"] == flow.describe()
    assert len(flow._view.state["moments"]) == 3


def test_a_loop_that_breaks_shows_where(shell, shown, sent):
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=1e30)
    flow = learngrad.GradientFlow(model, optimizer)

    def loop():
        for _ in range(10):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(X[:32]), Y[:32]).backward()
            optimizer.step()

    with pytest.raises(learngrad.errors.AnomalyError):
        loop()
    shell.end_cell()
    assert "are NaN or ∞" in shown[-1]["text"]
    assert flow.count == len(received(sent))


def test_a_training_in_the_background_is_watched():
    learngrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    flow = learngrad.GradientFlow(model, optimizer, every=10)

    def step():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X[:32]), Y[:32])
        loss.backward()
        optimizer.step()
        return loss

    learngrad.train(step, 45).wait()
    assert [moment.step for moment in flow.moments] == [0, 10, 20, 30, 40]


def test_without_widgets_there_is_the_picture(shell, shown, no_widgets):
    flow, steps = training()
    steps(2)
    shell.end_cell()
    assert shown[-1]["model"] is None
    assert shown[-1]["svg"].startswith("<svg")
    assert flow.describe() in shown[-1]["text"]


def test_a_drawing_that_fails_is_told_once_and_the_loop_goes_on(shell, shown, sent, monkeypatch):
    flow, steps = training()
    monkeypatch.setattr(flow._view, "send", lambda *_: 1 / 0)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        steps(5)
        shell.end_cell()
        steps(2)
        shell.end_cell()
    assert [str(w.message) for w in told] == [
        "the live view stopped: ZeroDivisionError('division by zero')"]
    assert flow.count == 7


def test_a_graph_is_shown_in_the_colours_of_its_gradients(shell, shown):
    pytest.importorskip("anywidget")
    w = learngrad.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    learngrad.show(loss, colour="gradient")
    view = shown[-1]["model"]
    assert view.colour == "gradient"
    assert len(view.snapshot["replays"]) == 1  # gradients of operations come with a replay
    assert w.grad is None
    learngrad.show(loss)
    assert shown[-1]["model"].colour == ""
    with pytest.raises(learngrad.errors.ArgumentError, match="cannot be coloured by 'size'"):
        learngrad.show(loss, colour="size")


def test_its_cost_is_known():
    flow, steps = training(every=None)
    assert flow.cost == 0
    steps(50)
    assert 0 < flow.cost < 1
