"""A notebook without a browser: what would be displayed and sent is written down."""

import sys
import threading
import types

import pytest

import learngrad.widgets._live as live
import learngrad.widgets._sender as sender
import learngrad.widgets.display as display
import learngrad.widgets.flow as flow
import learngrad.widgets.plot as plot
import learngrad.widgets.race as race
import learngrad.widgets.surface as surface
import learngrad.widgets.train as train
from learngrad.descent.train_open import running


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
    for module in (live, display, flow, plot, race, surface, train):
        monkeypatch.setattr(module, "notebook", lambda: made)
    monkeypatch.setattr(sender, "QUIET", 2)
    yield made
    for run in running():
        run.stop()
    join_senders()


def join_senders():
    """Wait for the threads that send a while longer."""
    for thread in threading.enumerate():
        if thread.name == "learngrad-live":
            thread.join(10)


@pytest.fixture
def shown(monkeypatch):
    """Every display, in order: dicts with text, svg, model, place and update."""
    found = []

    def publish(text, svg, model_id, display_id, *, update=False, page=None):
        found.append({"text": text, "svg": svg, "model": model_id, "place": display_id,
                      "update": update, "page": page})

    monkeypatch.setattr(display, "publish", publish)
    monkeypatch.setattr(live, "publish", publish)
    return found


@pytest.fixture
def sent(monkeypatch):
    """Every custom message of a widget, in order: (content, buffers)."""
    anywidget = pytest.importorskip("anywidget")
    join_senders()  # of a test before this one
    found = []
    monkeypatch.setattr(anywidget.AnyWidget, "send",
                        lambda self, content, buffers=None: found.append((content, buffers)))
    return found


@pytest.fixture
def no_widgets(monkeypatch):
    """As if anywidget were not installed."""
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr(display, "has_widgets", lambda: False)
    monkeypatch.setattr(live, "has_widgets", lambda: False)
