"""What live views share: the picture that a saved notebook keeps, and pages where none lives."""

import sys
import threading
import time

import pytest

import learngrad
import learngrad.widgets._live as live
import learngrad.widgets._sender as sender
from learngrad import nn

pytest.importorskip("anywidget")


def wait_until(done):
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def turn(race, **content):
    """A slider of the race's view."""
    race._view._handle_custom_msg({"type": "race", "number": 1, "start": None, **content}, [])


def trained():
    """A model with its optimiser, and a step; loss and data."""
    learngrad.manual_seed(0)
    X = learngrad.randn(20, 4)
    y = X[:, :3].argmax(1)
    model, loss_fn = nn.Sequential(nn.Linear(4, 3)), nn.CrossEntropyLoss()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)

    def step():
        optimizer.zero_grad()
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        return loss

    return model, optimizer, step, (loss_fn, X, y)


def in_background(*calls):
    def work():
        for call in calls:
            call()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_race_that_was_turned_is_drawn_again_once_the_sliders_rest(shell, shown, sent,
                                                                     monkeypatch):
    monkeypatch.setattr(sender, "QUIET", 10_000)
    race = learngrad.race("bowl", {"SGD": 0.1, "Adam": 0.2}, steps=20)
    shell.end_cell()
    for lr in (0.2, 0.3, 0.4):
        turn(race, settings={"SGD": {"lr": lr}})
    assert len(shown) == 1
    monkeypatch.setattr(sender, "QUIET", 2)
    wait_until(lambda: len(shown) == 2)
    assert (shown[1]["text"], shown[1]["svg"]) == (race.describe(), race.svg())
    assert shown[1]["text"] != shown[0]["text"]
    assert (shown[1]["place"], shown[1]["update"]) == (shown[0]["place"], True)
    turn(race, start=[1, 1], settings={"SGD": {"lr": 0.4}})
    wait_until(lambda: len(shown) == 3)
    assert "from (1, 1)" in shown[2]["text"]


def test_a_race_that_a_cell_changes_is_shown_and_kept(shell, shown, sent):
    race = learngrad.race("bowl", {"SGD": 0.1, "Adam": 0.2}, steps=20)
    shell.end_cell()
    assert race.change({"SGD": {"lr": 0.5}}) == ["SGD"]
    assert [walk["settings"]["lr"] for walk in sent[-1][0]["walks"]] == [0.5]
    shell.end_cell()
    assert shown[-1]["text"] == race.describe()
    assert len(shown) == 2
    assert shell.callbacks == []


def test_a_view_whose_cell_ran_again_stores_nothing_there(shell, shown, sent):
    race = learngrad.race("bowl", {"SGD": 0.1}, steps=20)
    race._view.close()
    race.change({"SGD": {"lr": 0.5}})
    shell.end_cell()
    assert len(shown) == 1


def test_the_same_is_not_stored_twice(shell, shown, sent):
    plot = learngrad.LivePlot()
    plot.log(loss=1.0)
    with plot:
        pass
    shell.end_cell()
    plot.flush()
    assert [one["update"] for one in shown] == [False, True]


def test_a_training_that_pauses_in_the_background_is_stored(shell, shown, sent):
    _, _, step, _ = trained()
    run = learngrad.train(step, 10_000, paused=True)
    shell.end_cell()
    run.step(3)
    wait_until(lambda: "in 3 points" in shown[-1]["text"])
    assert shown[-1]["place"] == shown[0]["place"]


def test_a_way_that_goes_on_in_the_background_is_stored(shell, shown, sent):
    model, optimizer, step, (loss_fn, X, y) = trained()
    surface = learngrad.LossSurface(model, loss_fn, X, y, finest=5)
    surface.wait()
    surface.track(optimizer)
    shell.end_cell()
    in_background(step, step)
    wait_until(lambda: "The way of 2 steps" in shown[-1]["text"])
    assert shell.callbacks == []


def test_a_flow_in_the_background_is_stored(shell, shown, sent):
    model, optimizer, step, _ = trained()
    flow = learngrad.GradientFlow(model, optimizer, every=1)
    shell.end_cell()
    in_background(step, step)
    wait_until(lambda: "Step 1: " in shown[-1]["text"])
    flow.close()


@pytest.fixture
def apart(monkeypatch):
    """Colab: each output has a frame of its own."""
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setattr(live, "has_widgets", lambda: False)


def test_where_widgets_are_apart_every_view_is_a_page(shell, shown, apart, monkeypatch):
    model, optimizer, step, (loss_fn, X, y) = trained()
    flow = learngrad.GradientFlow(model, optimizer, every=1)
    plot = learngrad.LivePlot()
    plot.log(loss=step())
    surface = learngrad.LossSurface(model, loss_fn, X, y, finest=5)
    surface.wait()
    learngrad.race("bowl", {"SGD": 0.1}, steps=5)
    shell.end_cell()
    last = {one["place"]: one for one in shown}.values()
    assert [one["page"].split('id="learngrad-')[1].split('"')[0] for one in last] == [
        "flow", "curves", "surface", "race"]
    assert all(one["model"] is None for one in last)
    monkeypatch.setattr(live, "LARGEST_PAGE", 1000)
    shell.execution_count += 1
    plot._ipython_display_()
    assert shown[-1]["page"] is None
    assert shown[-1]["svg"]
    flow.close()


def test_in_marimo_every_view_is_a_page():
    model, optimizer, _, (loss_fn, X, y) = trained()
    views = [learngrad.LivePlot(), learngrad.GradientFlow(model, optimizer),
             learngrad.LossSurface(model, loss_fn, X, y, finest=5),
             learngrad.race("bowl", {"SGD": 0.1}, steps=5)]
    for view in views:
        kind, text = view._mime_()
        assert kind == "text/html"
        assert text.startswith("<iframe")
        assert f"learngrad-{view.kind}" in text
