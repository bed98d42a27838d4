"""A race in a notebook, without a browser: what is shown, asked and answered."""

import math

import numpy as np
import pytest

import learngrad
from learngrad import nn

FOUR = {"SGD": 0.1, "Adam": 0.2}


@pytest.fixture
def at(shell, shown):
    """In a notebook whose displays are written down."""
    return shell


def floats(buffer):
    return np.frombuffer(buffer, "<f4")


def ask(view, **content):
    view._handle_custom_msg({"type": "race", **content}, [])


def test_it_is_shown_once_with_everything_in_it(at, shown):
    pytest.importorskip("anywidget")
    race = learngrad.race("bowl", FOUR, steps=20)
    race._ipython_display_()
    assert [(one["text"], one["update"]) for one in shown] == [(race.describe(), False)]
    assert shown[0]["svg"].startswith("<svg")
    view = shown[0]["model"]
    assert view.state["ground"]["size"] ** 2 == len(floats(view.state["ground"]["values"]))
    assert [walk["name"] for walk in view.state["walks"]] == list(FOUR)
    losses, path = (floats(one) for one in view.ran["buffers"][:2])
    np.testing.assert_allclose(losses, race.runs["SGD"].loss, rtol=1e-6)
    np.testing.assert_allclose(path.reshape(-1, 2), race.runs["SGD"].path, rtol=1e-6)
    at.end_cell()
    race._ipython_display_()
    assert len(shown) == 2


def test_sliders_are_answered_with_those_who_ran_again(at, shown, sent):
    race = learngrad.race("bowl", FOUR, steps=20)
    view = shown[0]["model"]
    view._handle_custom_msg({"type": "hello"}, [])
    assert sent == []  # nothing has changed since
    view._handle_custom_msg({"type": "snapshot"}, [])  # is anybody there?
    assert len(sent.pop()[0]["walks"]) == 2
    ask(view, number=4, start=None, settings={"SGD": {"lr": 0.5}, "Adam": {}})
    head, buffers = sent.pop()
    assert (head["number"], head["done"]) == (4, True)
    assert [walk["name"] for walk in head["walks"]] == ["SGD"]
    assert head["walks"][0]["settings"]["lr"] == 0.5
    np.testing.assert_allclose(floats(buffers[0]), race.runs["SGD"].loss, rtol=1e-6)
    ask(view, number=5, start=[1.0, 1.0], settings={"SGD": {"lr": 0.5}, "Adam": {}})
    head, buffers = sent.pop()
    assert head["start"] == (1.0, 1.0)
    assert len(buffers) == 4
    view._handle_custom_msg({"type": "hello"}, [])  # a page that was loaded anew
    assert len(sent.pop()[0]["walks"]) == 2


@pytest.mark.parametrize("content", [
    {"start": [1]}, {"start": ["a", "b"]}, {"start": [1, math.inf]}, {"settings": 3},
    {"settings": {"SGD": 3}}, {"settings": None}, {"start": "here"}])
def test_a_question_without_sense_is_answered_all_the_same(at, shown, sent, content):
    race = learngrad.race("bowl", FOUR, steps=5)
    before = race.runs["SGD"]
    ask(shown[0]["model"], **{"number": 1, "start": None, "settings": {}, **content})
    head, buffers = sent.pop()
    assert head["problem"]
    assert head["done"]
    assert (head["walks"], buffers or []) == ([], [])
    assert race.runs["SGD"] is before


def test_a_setting_without_sense_is_told_beside_its_slider(at, shown, sent):
    learngrad.race("bowl", FOUR, steps=5)
    ask(shown[0]["model"], number=1, start=None, settings={"SGD": {"nesterov": 1}})
    head, _ = sent.pop()
    assert "Nesterov" in head["walks"][0]["problem"]
    assert "problem" not in head


def test_an_interrupt_is_answered(at, shown, sent):
    stop = []

    def slow(x, y):
        if stop:
            raise KeyboardInterrupt
        return x * x + y * y

    learngrad.race(slow, FOUR, steps=3)
    stop.append(True)
    ask(shown[0]["model"], number=2, start=[1, 2], settings={})
    head, _ = sent.pop()
    assert (head["number"], head["done"], head["problem"]) == (2, True, "KeyboardInterrupt")
    stop.clear()
    ask(shown[0]["model"], number=3, start=[1, 2], settings={})  # what was not run is made up for
    assert len(sent.pop()[0]["walks"]) == 2


def test_anything_else_is_no_question(at, shown, sent):
    learngrad.race("bowl", FOUR, steps=5)
    for content in ({}, {"type": "jump"}, "race", None, [1]):
        shown[0]["model"]._handle_custom_msg(content, [])
    assert sent == []


def test_a_model_shows_its_curves_while_they_grow(at, shown, sent, monkeypatch):
    import learngrad.descent.race_model as race_model

    monkeypatch.setattr(race_model, "EVERY", 0.0)
    X = learngrad.ones(4, 2)
    race = learngrad.race(nn.Linear(2, 1), FOUR, data=(X, X[:, :1]), loss_fn=nn.MSELoss(), steps=9)
    assert [one["update"] for one in shown] == [False, True]
    assert shown[1]["text"] == race.describe()
    lengths = [len(floats(buffers[0])) for head, buffers in sent if not head["done"]]
    assert lengths[:3] == [1, 2, 3]
    assert shown[0]["model"].ran["head"]["walks"][0]["path"] is False


def test_without_widgets_a_picture_is_shown(at, shown, no_widgets):
    learngrad.race("bowl", FOUR, steps=5)
    assert shown[0]["model"] is None
    assert shown[0]["svg"].startswith("<svg")


def test_in_a_program_it_is_told(capsys):
    race = learngrad.race("bowl", FOUR, steps=5)
    assert capsys.readouterr().out == ""
    race._ipython_display_()
    assert capsys.readouterr().out == race.describe() + "\n"
