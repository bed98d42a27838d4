"""Colab, where each output has a frame of its own: a page that steps by itself, and no widget."""

import sys

import pytest

import learngrad
from learngrad.widgets import _notebook, display


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", sys)


def small():
    a = learngrad.tensor(2.0, requires_grad=True)
    (a * 3).backward()


def test_a_tape_is_shown_once_as_a_page(shell, shown, colab):
    with learngrad.record():
        small()
    (one,) = shown
    assert one["model"] is None
    assert 'id="learngrad-data"' in one["page"]
    assert one["svg"].startswith("<svg")
    assert "a × 3" in one["text"]


def test_show_gives_the_page_too(shell, shown, colab):
    learngrad.show(lambda x: x * 2, learngrad.ones(2))
    assert [one["model"] for one in shown] == [None]
    assert "learngrad-data" in shown[0]["page"]


def test_a_page_that_is_too_large_is_a_picture(shell, shown, colab, monkeypatch):
    monkeypatch.setattr(display, "LARGEST_PAGE", 1000)
    learngrad.show(lambda x: x * 2, learngrad.ones(2))
    assert shown[0]["page"] is None
    assert shown[0]["svg"]


def test_elsewhere_there_is_no_page(shell, shown):
    with learngrad.record():
        small()
    assert [one["page"] for one in shown] == [None] * len(shown)


def test_the_page_is_published_in_a_frame_whose_text_cannot_end_it(monkeypatch, colab):
    found = []
    monkeypatch.setattr("IPython.display.publish_display_data",
                        lambda data, *rest, **more: found.append(data))
    monkeypatch.setattr(_notebook, "notebook", lambda: None)
    _notebook.publish("words", None, None, "place", page='"></iframe><script>alert(1)</script>')
    html = found[0]["text/html"]
    assert html.count("<") == 2
    assert html.startswith("<iframe")
    assert found[0]["text/plain"] == "words"
