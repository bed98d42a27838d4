"""A notebook without a browser: what would be displayed and sent is written down."""

import sys
import threading
import types

import pytest

import learngrad.widgets.display as display
import learngrad.widgets.plot as plot
import learngrad.widgets.train as train


class Shell:
    """As much of a notebook's shell as the widgets use."""

    kernel = object()

    def __init__(self):
        self.execution_count = 1
        self.callbacks = []
        self.events = types.SimpleNamespace(
            register=lambda name, call: self.callbacks.append((name, call)),
            unregister=lambda name, call: self.callbacks.remove((name, call)))

    def end_cell(self):
        for name, call in list(self.callbacks):
            if name == "post_run_cell":
                call(None)
        self.execution_count += 1

    def begin_cell(self, cell):
        """A cell of this name is about to run."""
        self.cell = cell
        for name, call in list(self.callbacks):
            if name == "pre_run_cell":
                call(types.SimpleNamespace(cell_id=cell))

    def get_parent(self):
        return {"metadata": {"cellId": getattr(self, "cell", None)}}

    def showtraceback(self, error, tb_offset=None):
        self.raised = [*getattr(self, "raised", []), error[1]]


@pytest.fixture
def shell(monkeypatch):
    made = Shell()
    monkeypatch.setattr(display, "notebook", lambda: made)
    monkeypatch.setattr(plot, "notebook", lambda: made)
    monkeypatch.setattr(train, "notebook", lambda: made)
    return made


@pytest.fixture
def shown(monkeypatch):
    """Every display, in order: dicts with text, svg, model, place and update."""
    found = []

    def publish(text, svg, model_id, display_id, *, update=False, page=None):
        found.append({"text": text, "svg": svg, "model": model_id, "place": display_id,
                      "update": update, "page": page})

    monkeypatch.setattr(display, "publish", publish)
    monkeypatch.setattr(plot, "publish", publish)
    return found


@pytest.fixture
def sent(monkeypatch):
    """Every custom message of a widget, in order: (content, buffers)."""
    anywidget = pytest.importorskip("anywidget")
    for thread in threading.enumerate():  # of a test before this one, which sends a while longer
        if thread.name == "learngrad-live":
            thread.join(10)
    found = []
    monkeypatch.setattr(anywidget.AnyWidget, "send",
                        lambda self, content, buffers=None: found.append((content, buffers)))
    return found


@pytest.fixture
def no_widgets(monkeypatch):
    """As if anywidget were not installed."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr(display, "has_widgets", lambda: False)
    monkeypatch.setattr(plot, "has_widgets", lambda: False)
