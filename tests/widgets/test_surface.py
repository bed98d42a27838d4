"""`LossSurface`: computed in the background, shown as it grows, its way live."""

import threading
from xml.etree import ElementTree

import numpy as np
import pytest

import learngrad
from learngrad import nn

LOSS = nn.CrossEntropyLoss()


@pytest.fixture
def place(shell, shown, sent):
    """A notebook's cell; what it shows is in `shown`, what it sends in `sent`."""
    return shell


def trained(steps=5):
    learngrad.manual_seed(0)
    X = learngrad.randn(40, 6)
    y = X[:, :3].argmax(1)
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    path = learngrad.Trajectory(model, optimizer)

    def step():
        optimizer.zero_grad()
        LOSS(model(X), y).backward()
        optimizer.step()

    for _ in range(steps):
        step()
    return model, X, y, path, step


def values(view):
    return np.frombuffer(view.state["values"])


def test_it_is_shown_at_once_and_its_picture_is_stored(place, shown):
    model, X, y, path, _ = trained()
    surface = learngrad.LossSurface(model, LOSS, X, y, directions="pca", trajectory=path,
                                    finest=17)
    assert shown[0]["update"] is False
    surface.wait()
    assert [one["update"] for one in shown] == [False, True]
    assert shown[1]["place"] == shown[0]["place"]
    assert "at 17 × 17 points" in shown[1]["text"]
    ElementTree.fromstring(shown[1]["svg"])
    state = surface._view.state
    assert state["side"] == 17
    assert state["status"]["running"] is False
    np.testing.assert_array_equal(values(surface._view), surface.loss.ravel())
    assert state["way"]["last"] == 5
    assert len(np.frombuffer(state["places"])) == 2 * 6


def test_every_grid_becomes_a_state(place):
    model, X, y, _, _ = trained()
    sides = []
    surface = learngrad.LossSurface(model, LOSS, X, y, finest=5)
    surface.wait()
    surface.finest = 17
    surface._view.observe(lambda change: sides.append(change["new"]["side"]), "state")
    surface._asked("refine")
    surface.wait()
    assert sides == [9, 17, 17]


class Slow:
    """A loss that waits in the second grid; it reads a number, so no two points share a pass."""

    def __init__(self):
        self.calls, self.begun, self.go_on = 0, threading.Event(), threading.Event()

    def __call__(self, out, target):
        self.calls += 1
        if self.calls > 60:
            self.begun.set()
            assert self.go_on.wait(30)
        loss = LOSS(out, target)
        return loss + loss.item()


def test_the_cell_comes_back_and_cancel_keeps_what_is_known(place):
    (model, X, y, _, _), slow = trained(), Slow()
    surface = learngrad.LossSurface(model, slow, X, y)
    assert slow.begun.wait(30)
    surface._view._heard(None, {"type": "cancel"}, None)
    slow.go_on.set()
    surface.wait()
    assert surface.resolution == 5
    assert surface._view.state["status"]["running"] is False
    assert surface._view.state["side"] == 5


def test_a_view_that_is_closed_ends_its_computation(place, shown):
    (model, X, y, _, _), slow = trained(), Slow()
    surface = learngrad.LossSurface(model, slow, X, y)
    assert slow.begun.wait(30)
    surface._view.close()  # as when its cell runs again
    count = len(shown)
    slow.go_on.set()
    surface.wait()
    assert surface.resolution == 5
    assert len(shown) == count


def test_the_way_is_sent_while_training_goes_on(place, sent, shown):
    model, X, y, path, step = trained()
    surface = learngrad.LossSurface(model, LOSS, X, y, directions="pca", trajectory=path,
                                    finest=5).wait()
    place.end_cell()
    sent.clear()
    for _ in range(20):
        step()
    place.end_cell()
    surface._sender.close()
    news = [(content, buffers) for content, buffers in sent if content["type"] == "news"]
    content, buffers = news[-1]
    assert content["way"]["last"] == 25
    np.testing.assert_allclose(np.frombuffer(buffers[0]).reshape(-1, 2), surface.way().at)
    assert "The way of 25 steps" in shown[-1]["text"]
    assert place.callbacks == []


def test_track_follows_an_optimiser(place):
    model, X, y, _, _ = trained()
    surface = learngrad.LossSurface(model, LOSS, X, y, finest=5).wait()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    path = surface.track(optimizer)
    LOSS(model(X), y).backward()
    optimizer.step()
    assert path.steps == [0, 1]
    assert len(surface.way().steps) == 2
    surface._sender.close()


def test_an_error_is_shown_and_raised_by_wait(place):
    model, X, y, _, _ = trained()
    calls = []

    def failing(out, target):
        calls.append(1)
        if len(calls) > 10:
            raise ValueError("no more")
        return LOSS(out, target)

    surface = learngrad.LossSurface(model, failing, X, y)
    with pytest.raises(ValueError, match="no more"):
        surface.wait()
    assert "no more" in surface._view.state["problem"]


def test_in_a_plain_program_it_computes_when_it_is_asked(capsys):
    model, X, y, _, _ = trained()
    surface = learngrad.LossSurface(model, LOSS, X, y, finest=9)
    assert surface.resolution == 0
    assert "at 9 × 9 points" in surface.describe()
    surface._ipython_display_()
    assert "at 9 × 9 points" in capsys.readouterr().out


def test_without_threads_it_computes_in_slices(place, monkeypatch):
    import asyncio

    def refuse(self):
        raise RuntimeError("can't start new thread")

    model, X, y, _, _ = trained()

    async def cell():
        monkeypatch.setattr(threading.Thread, "start", refuse)
        surface = learngrad.LossSurface(model, LOSS, X, y, finest=17)
        assert surface.resolution == 0
        await surface._task
        return surface

    surface = asyncio.run(cell())
    assert surface.resolution == 17
    assert surface._view.state["status"]["running"] is False
