"""`LivePlot` and `Curves`: points that only grow, on screen, in words and as a picture."""

import math
import time
from array import array
from xml.etree import ElementTree

import numpy as np
import pytest

import learngrad
from learngrad.descent import Curves
from learngrad.errors import ArgumentError, ArgumentTypeError
from tests import cupy_standin


def received(messages):
    """The series a view builds from the messages; a hole is an error."""
    series, ends = {}, {}
    for content, buffers in messages:
        assert content["type"] == "points"
        for at, one in enumerate(content["series"]):
            x, y = (np.frombuffer(b) for b in buffers[2 * at:2 * at + 2])
            key = (one["name"], one["run"]) if one["run"] else one["name"]
            assert one["start"] == ends.get(key, 0)
            assert len(x) == len(y) <= one["end"] - one["start"]
            ends[key] = one["end"]
            known = series.setdefault(key, ([], []))
            known[0].extend(x)
            known[1].extend(y)
    return series


def test_in_a_plain_program_it_collects(capsys):
    plot = learngrad.LivePlot()
    for step in range(3):
        plot.log(loss=3.0 - step)
    assert capsys.readouterr().out == ""
    assert plot.describe() == "loss went from 3 to 1 in 3 points; the lowest is 1, at 2."
    assert repr(plot) == "<LivePlot: <curves: loss (3)>>"


def test_points_arrive_in_order_and_once(shell, shown, sent):
    plot = learngrad.LivePlot()
    for step in range(500):
        plot.log(loss=1 / (1 + step), accuracy=step / 500)
        if step % 100 == 0:
            time.sleep(0.06)
    shell.end_cell()
    series = received(sent)
    np.testing.assert_array_equal(series["loss"][0], np.arange(500))
    np.testing.assert_array_equal(series["accuracy"][1], np.arange(500) / 500)
    assert len(sent) < 30


def test_it_displays_at_once_and_stores_its_picture_when_the_cell_ends(shell, shown, sent):
    plot = learngrad.LivePlot()
    assert [d["update"] for d in shown] == [False]
    plot.log(loss=1.0)
    shell.end_cell()
    assert [d["update"] for d in shown] == [False, True]
    assert shown[1]["place"] == shown[0]["place"]
    assert shown[1]["text"] == "loss is 1."
    assert shown[1]["svg"].startswith("<svg")
    assert shell.callbacks == []


def test_a_later_cell_continues_the_same_plot(shell, shown, sent):
    plot = learngrad.LivePlot()
    plot.log(loss=2.0)
    shell.end_cell()
    plot.log(loss=1.0)
    shell.end_cell()
    assert received(sent)["loss"] == ([0, 1], [2, 1])
    assert [d["place"] for d in shown] == [shown[0]["place"]] * 3
    plot._ipython_display_()
    assert shown[-1]["update"] is False


def test_the_state_has_everything_for_a_view_that_comes_late(shell, shown, sent):
    plot = learngrad.LivePlot()
    for step in range(10):
        plot.log(loss=step)
    shell.end_cell()
    (series,) = plot._view.state["series"]
    assert series["name"] == "loss"
    np.testing.assert_array_equal(np.frombuffer(series["y"]), np.arange(10.0))


def test_points_travel_together_and_as_many_as_can_be_sent(shell, shown, sent):
    plot = learngrad.LivePlot()
    for step in range(100_000):
        plot.log(loss=1e6 if step == 77_777 else step)
    shell.end_cell()
    assert len(sent) < 200  # a handful; a message for each point would be 100,000
    for _, buffers in sent:
        assert sum(map(len, buffers)) < 100_000
    x, y = received(sent)["loss"]
    assert (x[0], x[-1], max(y)) == (0, 99_999, 1e6)
    assert sent[-1][0]["series"][0]["end"] == 100_000


def test_the_state_holds_what_a_million_points_look_like(shell, shown, sent):
    plot = learngrad.LivePlot()
    x, y = array("d", range(1_000_000)), array("d", bytes(8_000_000))
    y[123_456], y[654_321] = -7.0, math.nan
    plot.log(loss=0.0)
    plot.curves.series[0].x, plot.curves.series[0].y = x, y
    shell.end_cell()
    series, = plot._view.state["series"]
    assert series["end"] == 1_000_000
    assert 300_000 < len(series["x"]) + len(series["y"]) < 1_000_000
    there = dict(zip(np.frombuffer(series["x"]), np.frombuffer(series["y"])))
    assert there[123_456] == -7
    assert math.isnan(there[654_321])
    assert {0, 999_999} <= set(there)


def test_a_state_says_what_was_sent_and_the_next_message_goes_on_there(shell, shown, sent):
    plot = learngrad.LivePlot()
    plot.log(loss=1.0)
    plot.flush()
    plot._sender.close()
    plot.curves.append("loss", 1, 0.5)
    plot._view._asked(None, {"type": "snapshot"}, None)
    assert plot._view.state["series"][0]["end"] == 1
    plot._view.flush()
    assert sent[-1][0]["series"][0]["start"] == 1


def test_runs_share_a_plot_and_count_their_own_steps(shell, shown, sent):
    plot = learngrad.LivePlot()
    for lr in (0.1, 0.01):
        run = plot.run(f"lr={lr}")
        for step in range(3):
            run.log(loss=lr * step)
    plot.run("lr=0.1").log(loss=9.0)
    shell.end_cell()
    assert plot.curves.names == ["loss (lr=0.1)", "loss (lr=0.01)"]
    assert received(sent)["loss", "lr=0.1"] == ([0, 1, 2, 3], [0, 0.1, 0.2, 9])
    assert plot.curves["loss", "lr=0.01"][0].tolist() == [0, 1, 2]
    assert [one["run"] for one in plot.curves.to_dict()["series"]] == ["lr=0.1", "lr=0.01"]
    assert "loss (lr=0.01) went from 0 to 0.02 in 3 points" in plot.describe()


def test_an_epoch_stands_at_its_last_step():
    plot = learngrad.LivePlot()
    for _ in range(2):
        for _ in range(5):
            plot.log(loss=1.0)
        plot.log_epoch(val_loss=2.0)
    plot.log_epoch(val_loss=1.0)
    assert plot.curves["val_loss"][0].tolist() == [4, 9, 10]
    assert plot.curves["loss"][0].tolist() == list(range(10))
    alone = learngrad.LivePlot()
    for _ in range(3):
        alone.log_epoch(loss=1.0)
    assert alone.curves["loss"][0].tolist() == [0, 1, 2]


def test_as_a_context_it_is_complete_where_the_block_ends(shell, shown, sent):
    def train(plot):
        with plot:
            for step in range(300):
                plot.log(loss=step)
            raise ZeroDivisionError

    plot = learngrad.LivePlot()
    with pytest.raises(ZeroDivisionError):
        train(plot)
    assert len(received(sent)["loss"][0]) == 300
    assert shown[-1]["update"]
    assert plot._view.state["series"][0]["end"] == 300
    assert shell.callbacks == []
    plot.log(loss=1.0)
    shell.end_cell()
    assert len(received(sent)["loss"][0]) == 301


def test_tracking_tells_how_far_it_is(shell, shown, sent):
    plot = learngrad.LivePlot()
    assert [x for x in plot.track([1, 2, 3])] == [1, 2, 3]  # noqa: C416
    for _ in plot.track(range(4)):
        for x in plot.track(i for i in range(2)):
            plot.log(loss=x)
        plot.flush()
    shell.end_cell()
    said = [content["status"] for content, _ in sent]
    assert "1 of 4" not in said[0]["text"]
    assert any(one["text"].startswith("1 of 4 · ") and one["share"] == 0.25 for one in said)
    assert any("left" in one["text"] for one in said)
    assert said[-1]["text"].startswith("8 steps in ")
    assert said[-1]["share"] is None
    assert said[-1]["cost"] > 0


def test_a_loop_that_was_left_is_not_in_the_way_of_the_next(shell, shown, sent):
    plot = learngrad.LivePlot()
    loop = plot.track(range(10))
    next(loop)
    shell.end_cell()  # the loop's own frame lives on, as in a traceback that is kept
    for _ in plot.track(range(2)):
        assert plot._progress.describe().startswith(("0 of 2", "1 of 2"))
    loop.close()
    assert plot._progress.describe().startswith("2 steps")
    shell.end_cell()


def test_what_cannot_be_gone_through_is_refused():
    with pytest.raises(ArgumentTypeError, match="int cannot be gone through"):
        learngrad.LivePlot().track(3)
    for given in (learngrad.data.TensorDataset, learngrad.data.DataLoader):
        with pytest.raises(ArgumentTypeError, match=f"{given.__name__} is a class, and") as told:
            learngrad.LivePlot().track(given)
        assert told.value.fix == f"make one: {given.__name__}(...)"
    for total in ("10", -1, 2.5, True):
        with pytest.raises(ArgumentError, match="total counts steps"):
            learngrad.LivePlot().track(range(3), total)


@pytest.mark.parametrize("broken", ["send", "svg", "view"])
def test_a_drawing_that_fails_is_a_warning_and_the_loop_goes_on(shell, shown, sent, monkeypatch,
                                                               broken):
    import learngrad.widgets.curve_view as curve_view

    def fail(*_, **__):
        raise OSError("no drawing today")

    place = {"send": (curve_view.CurveView, "send"), "svg": (Curves, "svg"),
             "view": (curve_view, "CurveView")}[broken]
    monkeypatch.setattr(*place, fail)
    def train():
        plot = learngrad.LivePlot()
        for step in range(100):
            plot.log(loss=step)
        shell.end_cell()
        return plot

    with pytest.warns(RuntimeWarning, match="no drawing today") as told:
        plot = train()
    assert len(told) == 1
    assert len(plot.curves) == 100


def test_a_metric_may_come_late():
    plot = learngrad.LivePlot()
    for step in range(5):
        plot.log(loss=1.0, **({"accuracy": 0.5} if step > 2 else {}))
    assert plot.curves["accuracy"][0].tolist() == [3, 4]


def test_a_metric_that_changes_its_type_is_refused_and_says_since_when():
    plot = learngrad.LivePlot()
    for _ in range(8):
        plot.log(loss=1.0)
    for wrong, is_ in ((np.ones(2), r"an array of shape \[2\]"), ("low", "text: 'low'"),
                       (1j, "complex"), ({}, "dict")):
        with pytest.raises(ArgumentTypeError, match=f"{is_}.*it was a number until step 7"):
            plot.log(loss=wrong)
    assert len(plot.curves) == 8


def test_a_tensor_on_the_gpu_is_a_number():
    plot = learngrad.LivePlot()
    with cupy_standin.installed():
        loss = learngrad.tensor([1.0, 2.0], device="cuda", requires_grad=True).sum()
        plot.log(loss=loss, raw=loss.detach())
        assert plot.curves["loss"][1].tolist() == plot.curves["raw"][1].tolist() == [3]


def test_tensors_and_arrays_of_one_element_are_numbers():
    plot = learngrad.LivePlot()
    plot.log(loss=learngrad.tensor(0.5, requires_grad=True), other=np.array([[2.0]]))
    assert plot.curves["loss"][1].tolist() == [0.5]
    assert plot.curves["other"][1].tolist() == [2.0]


def test_what_is_no_number_is_refused_by_name():
    plot = learngrad.LivePlot()
    with pytest.raises(ArgumentTypeError, match=r"`loss` is an array of shape \[3\]"):
        plot.log(loss=np.ones(3))
    with pytest.raises(ArgumentTypeError, match="`loss` is text: 'low'"):
        plot.log(loss="low")
    with pytest.raises(ArgumentTypeError, match="`loss` is None"):
        plot.log(loss=None)
    with pytest.raises(ArgumentTypeError, match="`loss` is too large"):
        plot.log(loss=10**400)
    with pytest.raises(ArgumentError, match=r"nothing to log\n"):
        plot.log()
    with pytest.raises(ArgumentError, match=r"nothing to log: 3.0 would be the step") as caught:
        plot.log(3.0)
    assert caught.value.fix == "name a value: plot.log(loss=loss)"
    with pytest.raises(ArgumentError) as caught:
        plot.log({"loss": 3.0})
    assert caught.value.fix == "plot.log(**values)"
    assert len(plot.curves) == 0


def test_steps_do_not_go_back():
    plot = learngrad.LivePlot()
    plot.log(step=10, loss=1.0)
    with pytest.raises(ArgumentError, match="at step 10 already; 9 lies before it"):
        plot.log(step=9, loss=1.0)
    with pytest.raises(ArgumentError, match="nan"):
        plot.log(step=math.nan, loss=1.0)


def test_a_call_is_kept_whole_or_not_at_all():
    plot = learngrad.LivePlot()
    plot.log(loss=1.0, accuracy=0.5)
    with pytest.raises(learngrad.errors.ArgumentTypeError, match="accuracy"):
        plot.log(loss=0.5, accuracy="high")
    assert [len(plot.curves[name][0]) for name in plot.curves.names] == [1, 1]


def test_counting_goes_on_from_a_step_that_was_given():
    plot = learngrad.LivePlot()
    plot.log(loss=1.0)
    plot.log(step=5, loss=0.5)
    plot.log(loss=0.25)
    assert plot.curves["loss"][0].tolist() == [0, 5, 6]


def test_a_value_that_broke_is_said():
    curves = Curves()
    for step, value in enumerate([1.0, math.nan, math.inf]):
        curves.append("loss", step, value)
    assert "at 1 it became NaN" in curves.describe()
    assert curves.to_dict()["series"][0]["y"] == [1.0, "NaN", "Infinity"]


def test_a_name_is_said_cleaned_and_short():
    curves = Curves()
    curves.append("loss\x1b[31m\u202e" + "x" * 1000, 0, 1.0)
    said = curves.describe()
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 60


@pytest.mark.parametrize("fill", [
    [], [("loss", [1.0])], [("loss", [1.0, 1.0, 1.0])], [("loss", [math.nan, math.inf])],
    [("accuracy", [0.1, 0.9])], [("loss", [2.0, 1.0]), ("accuracy", [0.1, 0.9])],
    [("loss", [1e-30, 1e30])], [("loss", [-1e308, 1e308])], [("loss", [0.0, 5e-324])],
    [("loss", [1.0, 2.0]), ("late", [math.nan])], [("loss", [1.0]), ("accuracy", [math.nan])],
    [("<b>&\"", [1.0, 2.0])],
    [("loss", list(np.random.default_rng(0).normal(size=5000)))],
], ids=["empty", "one", "flat", "no numbers", "share", "two axes", "span", "overflow",
        "underflow", "one broken", "broken share", "markup", "many"])
def test_the_picture_is_whole_for_every_kind_of_curve(fill):
    curves = Curves()
    for name, values in fill:
        for step, value in enumerate(values):
            curves.append(name, step, value)
    root = ElementTree.fromstring(curves.svg())
    assert root.tag.endswith("svg")
    numbers = [part for element in root.iter() for key in ("d", "x", "y", "cx", "cy")
               if (part := element.get(key))]
    assert not any("nan" in part or "inf" in part for part in numbers)
    assert len(curves.svg()) < 120_000


def test_the_picture_marks_what_is_no_number_and_breaks_the_line():
    curves = Curves()
    for step, y in enumerate([3.0, 2.0, math.nan, 1.0, math.inf, -math.inf, 2.0, 1.0]):
        curves.append("loss", step, y)
    drawing = ElementTree.fromstring(curves.svg())
    line, *_ = (e for e in drawing.iter() if e.get("class") == "s0" and e.get("d"))
    assert line.get("d").count("M") == 2
    assert len([e for e in drawing.iter() if e.tag.endswith("circle")]) == 1
    assert len([e for e in drawing.iter() if e.get("class") == "bad"]) == 3


def test_a_long_legend_takes_rows_of_its_own():
    curves = Curves()
    for at in range(12):
        curves.append("a loss with a name", 0, 1.0, f"run {at}")
    drawing = ElementTree.fromstring(curves.svg(640, 260))
    height = int(drawing.get("height"))
    assert height > 300
    legend = [e for e in drawing.iter()
              if e.tag.endswith("text") and e.text.startswith("a loss with")]
    assert len(legend) == 12
    assert max(float(e.get("x")) for e in legend) < 560
    assert 260 + max(float(e.get("y")) for e in legend) < height


def test_the_picture_keeps_the_peaks():
    curves = Curves()
    for step in range(10_000):
        curves.append("loss", step, 5.0 if step == 4321 else 0.0)
    highest = min(float(pair.split(",")[1])
                  for path in curves.svg().split('<path d="M')[1:]
                  for pair in path.split('"')[0].split("L") if "h" not in pair)
    assert highest < 20


@pytest.mark.parametrize("values", [[0.1, 0.6, 0.975], [10.0, 60.0, 97.5]])
def test_a_share_may_be_logged_in_percent(values):
    curves = Curves()
    for step, value in enumerate(values):
        curves.append("accuracy", step, value)
    path = next(part for part in curves.svg().split('<path d="M')[1:] if "L" in part.split('"')[0])
    heights = [float(pair.split(",")[1]) for pair in path.split('"')[0].split("L")]
    assert heights == sorted(heights, reverse=True)
    assert 0 < heights[-1] < 30 < heights[0] < 260
    assert ">100 %<" in curves.svg()
