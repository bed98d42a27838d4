"""What a view says while a cell runs comes on the kernel's control channel."""

import gc
import types

import learngrad
from learngrad.descent import train_open as training
from learngrad.widgets import _control

STOP = {"type": "control", "run": 0, "do": "stop"}


def test_a_button_is_heard_on_the_channel_that_does_not_wait(shell, shown, sent, monkeypatch):
    assert not learngrad.LivePlot()._view.control  # this kernel has none
    kernel = types.SimpleNamespace(control_handlers={})
    monkeypatch.setattr(_control, "notebook", lambda: types.SimpleNamespace(kernel=kernel))
    run = learngrad.train(lambda: 1.0, paused=True)
    view = run.plot._view
    assert view.control
    arrives = kernel.control_handlers["comm_msg"]
    for name, said in [(None, STOP), ([], STOP), ("nobody", STOP), (view.uid, "stop"),
                       (view.uid, None), (view.uid, {"type": "nudge"})]:
        arrives(None, [], {"content": {"comm_id": name, "data": said}})
    assert not run._stopping
    arrives(None, [], {"content": {"comm_id": view.uid, "data": STOP}})
    run.wait()
    assert run.state == "stopped"
    assert training.running() == ()


def test_a_handler_that_is_there_stays(shell, shown, sent, monkeypatch):
    kernel = types.SimpleNamespace(control_handlers={"comm_msg": print})
    monkeypatch.setattr(_control, "notebook", lambda: types.SimpleNamespace(kernel=kernel))
    assert not learngrad.LivePlot()._view.control
    assert kernel.control_handlers == {"comm_msg": print}


def test_a_view_that_is_gone_is_forgotten(monkeypatch):
    class View:
        def heard(self, said):
            raise AssertionError

    kernel = types.SimpleNamespace(control_handlers={})
    monkeypatch.setattr(_control, "notebook", lambda: types.SimpleNamespace(kernel=kernel))
    view = View()
    assert _control.hear("a", view.heard)
    assert "a" in _control._heard
    del view
    gc.collect()
    assert "a" not in _control._heard
    kernel.control_handlers["comm_msg"](None, [], {"content": {"comm_id": "a", "data": STOP}})
