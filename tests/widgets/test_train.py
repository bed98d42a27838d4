"""`learngrad.train` in a notebook: its cell, its buttons, and a plain loop's Stop."""

import re
import signal
import threading
import time

import pytest

import learngrad
from learngrad.descent import train_open as training
from learngrad.descent.memory import Memory
from learngrad.errors import ArgumentError, ArgumentTypeError
from learngrad.widgets import _interrupt, _live


@pytest.fixture(autouse=True)
def nothing_left():
    yield
    for run in training.running():
        run.stop()
    training.untold.clear()


def wait_until(done):
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.002)


def slowly():
    time.sleep(0.001)
    return 1.0


def press(pressed, /, **order):
    """A button of the run's view."""
    pressed.plot._view._asked(None, {"type": "control", **order}, None)


def test_the_cell_is_free_and_the_picture_comes_with_the_end(shell, shown, sent):
    run = learngrad.train(slowly, 50)
    assert run.state == "running"
    shell.end_cell()
    run.wait()
    assert len({one["place"] for one in shown}) == 1
    assert shown[-1]["text"].startswith("loss went from 1 to 1 in 50 points")
    assert run.plot._view.state["series"][0]["end"] == 50
    assert run.plot._view.state["status"]["runs"][0]["state"] == "done"
    count = len(shown)
    shell.execution_count = run.plot._shown_in
    run._ipython_display_()
    assert len(shown) == count  # the cell shows it already
    shell.execution_count += 1
    run._ipython_display_()
    assert len(shown) == count + 1


@pytest.fixture
def often(monkeypatch):
    """Pictures are stored as often as can be."""
    monkeypatch.setattr(_live.Live, "_pause", 0.0)
    monkeypatch.setattr(_live, "SHARE", 1.0)


def test_a_notebook_saved_meanwhile_has_a_picture_that_says_so(shell, shown, sent, often):
    run = learngrad.train(slowly)
    shell.end_cell()
    kept = len(shown)
    wait_until(lambda: len(shown) > kept + 2)
    assert {(one["place"], one["update"]) for one in shown[kept:]} == {(shown[0]["place"], True)}
    assert re.search(r"points; .* The training was running when this was stored, at step \d+\.$",
                     shown[-1]["text"])
    assert "<path" in shown[-1]["svg"] or "<polyline" in shown[-1]["svg"]
    run.pause()
    wait_until(lambda: "was paused when this was stored" in shown[-1]["text"])
    run.resume()
    run.stop()
    run.wait()
    assert "stored" not in shown[-1]["text"]


def test_a_cell_that_runs_for_long_is_kept_too(shell, shown, sent, often):
    plot = learngrad.LivePlot()
    while len(shown) < 3:
        plot.log(loss=1.0)
        time.sleep(0.001)
    assert shown[-1]["text"].endswith("The cell was still running when this was stored.")
    shell.end_cell()
    assert "stored" not in shown[-1]["text"]


def test_what_is_over_soon_is_stored_once(shell, shown, sent):
    run = learngrad.train(slowly, 50)
    run.wait()
    assert len(shown) == 2  # as it was made, and as it ended


def test_a_later_cell_has_nothing_to_do_with_it(shell, shown, sent):
    run = learngrad.train(slowly)
    shell.end_cell()
    wait_until(lambda: run.steps > 20)
    count = len(shown)
    shell.end_cell()
    assert (run.state, len(shown)) == ("running", count)
    assert not [name for name, _ in shell.callbacks if name == "post_run_cell"]


def test_buttons_do_what_the_methods_do(shell, shown, sent):
    w = learngrad.tensor(1.0, requires_grad=True)
    optimizer = learngrad.optim.SGD([w], lr=0.5)
    run = learngrad.train(slowly, optimizer=optimizer)
    press(run, run=0, do="pause")
    wait_until(lambda: sent and sent[-1][0]["status"]["runs"][0]["state"] == "paused")
    assert sent[-1][0]["status"]["runs"][0]["lr"] == 0.5
    assert sent[-1][0]["status"]["loop"] == ""
    at = run.steps
    press(run, run=0, do="step")
    wait_until(lambda: run.steps == at + 1)
    press(run, run=0, lr=0.25)
    assert optimizer.param_groups[0]["lr"] == 0.25
    for nonsense in ({"lr": "fast"}, {"lr": -1}, {"lr": None}, {"do": "dance"}, {}):
        press(run, run=0, **nonsense)
    for nowhere in (7, -1, "0", True):
        press(run, run=nowhere, do="stop")
    press(run, do="stop")  # the loop of a cell: there is none
    assert (run.state, run.lr, run.steps) == ("paused", 0.25, at + 1)
    press(run, run=0, do="resume")
    press(run, run=0, do="stop")
    run.wait()
    assert run.state == "stopped"


def test_a_cell_that_runs_again_stops_what_it_began(shell, shown, sent):
    shell.begin_cell("a")
    first, beside = learngrad.train(slowly), learngrad.train(slowly)
    shell.end_cell()
    shell.begin_cell("b")
    other = learngrad.train(slowly)
    shell.end_cell()
    shell.begin_cell("a")
    assert [run.state for run in (first, beside, other)] == ["stopped", "stopped", "running"]


def test_without_a_word_before_it_the_cell_is_known_by_its_training(shell, shown, sent):
    shell.cell = "a"
    first = learngrad.train(slowly)
    shell.end_cell()
    second = learngrad.train(slowly)
    assert [run.state for run in (first, second)] == ["stopped", "running"]


def test_what_lost_its_view_ends(shell, shown, sent):
    run = learngrad.train(slowly)
    run.plot._view.close()
    run.wait()
    assert run.state == "stopped"


def test_several_in_one_plot(shell, shown, sent):
    plot = learngrad.LivePlot()
    runs = [learngrad.train(slowly, 20, plot=plot.run(name), paused=True) for name in ("a", "b")]
    with pytest.raises(ArgumentError, match="another training draws the same curves"):
        learngrad.train(slowly, plot=plot.run("a"))
    for run in runs:
        run.resume()
        run.wait()
    assert plot.curves.names == ["loss (a)", "loss (b)"]
    assert [len(plot.curves["loss", name][1]) for name in "ab"] == [20, 20]
    with pytest.raises(ArgumentTypeError, match="plot is an int"):
        learngrad.train(slowly, plot=3)


def test_an_error_nobody_waits_for_is_shown_in_its_cell(shell, shown, sent):
    run = learngrad.train(lambda: 1 / 0, 3)
    wait_until(lambda: getattr(shell, "raised", []))
    assert run.plot._view.state["status"]["runs"][0]["error"] == (
        "ZeroDivisionError: division by zero")
    assert shell.raised == [run.error]
    with pytest.raises(ZeroDivisionError):
        run.wait()


def test_a_drawing_that_fails_is_a_warning_and_the_training_goes_on(shell, shown, sent,
                                                                   monkeypatch):
    from learngrad.widgets.curve_view import CurveView

    def fail(*_, **__):
        raise OSError("no drawing today")

    monkeypatch.setattr(CurveView, "send", fail)
    run = learngrad.train(slowly, 30)
    run.wait()
    assert (run.state, len(run.plot.curves)) == ("done", 30)
    with pytest.warns(RuntimeWarning, match="no drawing today"):
        shell.end_cell()


def test_nothing_is_drawn_for_what_is_refused(shell, shown):
    with pytest.raises(ArgumentTypeError):
        learngrad.train("step")
    assert shown == []


# ---- A plain loop's Stop -------------------------------------------------------------------------

def interrupt():
    signal.raise_signal(signal.SIGINT)


def test_an_interrupt_is_raised_where_the_step_has_ended(shell, shown, sent):
    before = signal.getsignal(signal.SIGINT)
    plot = learngrad.LivePlot()
    begun = ended = epochs = 0

    def train():
        nonlocal begun, ended, epochs
        for _ in plot.track(range(10)):
            for step in plot.track(range(10)):
                begun += 1
                if step == 4:
                    interrupt()
                plot.log(loss=1.0)
                ended += 1
            epochs += 1

    with pytest.raises(KeyboardInterrupt, match="stopped where a step had ended"):
        train()
    assert (begun, ended, epochs, len(plot.curves)) == (5, 5, 0, 5)
    # Who catches it goes on, as after any other interrupt; and may be interrupted again.
    with pytest.raises(KeyboardInterrupt, match="stopped where a step had ended"):
        train()
    assert (begun, ended) == (10, 10)
    assert len(list(plot.track(range(3)))) == 3
    shell.end_cell()
    assert signal.getsignal(signal.SIGINT) is before
    assert "10 points" in shown[-1]["text"]


def test_stop_ends_all_loops_quietly_and_begins_no_other(shell, shown, sent):
    plot = learngrad.LivePlot()
    begun = epochs = 0
    for _ in plot.track(range(10)):
        for step in plot.track(range(10)):
            begun += 1
            plot.log(loss=1.0)
            if step == 4:
                plot._view._asked(None, {"type": "control", "do": "stop"}, None)
                interrupt()  # a page that was not heard soon enough interrupts, too
        plot.log_epoch(val_loss=1.0)
        epochs += 1
    assert (begun, epochs) == (5, 1)
    plot.log(loss=0.5)  # what comes after the loop
    with pytest.raises(KeyboardInterrupt):  # another loop: nobody wants it now
        next(plot.track(range(3)))
    shell.end_cell()
    assert len(list(plot.track(range(3)))) == 3


def test_a_loop_nobody_tracks_ends_in_log(shell, shown, sent):
    plot = learngrad.LivePlot()
    done = 0

    def loop():
        nonlocal done
        for step in range(10):
            if step == 3:
                interrupt()
            done += 1
            plot.log(loss=1.0)

    with pytest.raises(KeyboardInterrupt):
        loop()
    shell.end_cell()
    assert done == len(plot.curves) == 4


def test_a_second_interrupt_is_the_usual_one(shell, shown, sent):
    plot = learngrad.LivePlot()
    done = []

    def loop():
        for step in plot.track(range(10)):
            interrupt()
            interrupt()
            done.append(step)

    with pytest.raises(KeyboardInterrupt):
        loop()
    shell.end_cell()
    assert done == []


def test_an_interrupt_of_who_waits_for_a_training_is_not_held_back(shell, shown, sent, monkeypatch):
    monkeypatch.setattr(_interrupt, "PATIENCE", 1e6)
    run = learngrad.train(slowly)
    main = threading.main_thread().ident
    timer = threading.Timer(0.05, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run.wait()
    assert run.state == "stopped"
    assert len(run.plot.curves) == run.steps
    shell.end_cell()


def test_where_no_step_ends_the_interrupt_comes_through(shell, shown, sent, monkeypatch):
    monkeypatch.setattr(_interrupt, "PATIENCE", 0.05)
    plot = learngrad.LivePlot()
    plot.log(loss=1.0)
    interrupt()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(10)
    shell.end_cell()


def test_the_button_needs_no_signal(shell, shown, sent):
    plot = learngrad.LivePlot()
    steps = 0
    for _ in plot.track(range(100)):
        plot.flush()
        steps += 1
        if steps == 7:
            plot._view._asked(None, {"type": "control", "do": "stop"}, None)
    assert steps == 7
    loops = [content["status"]["loop"] for content, _ in sent]
    assert loops[0] == "running"
    shell.end_cell()
    assert plot._view.state["status"]["loop"] == ""


def test_another_thread_leaves_the_signals_alone(shell, shown, sent):
    before, plots = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: plots.append(learngrad.LivePlot()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
    shell.end_cell()


def test_memory_is_said_and_its_growth():
    now = iter([100e6, 100e6, 102e6, 250e6, 20e9])
    clock = iter(range(20))
    memory = Memory(lambda: next(now), iter([0, 0, 0, 3e9]).__next__, lambda: next(clock))
    assert memory.describe() == "102 MB"
    assert memory.describe() == "250 MB (+150 MB)"
    assert memory.describe() == "20.0 GB (+19.9 GB), GPU 3,000 MB"
    assert Memory(lambda: None, lambda: 0).describe() == ""
    assert Memory().describe().endswith("MB")
