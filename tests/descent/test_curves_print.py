"""Curves as a file, a DataFrame and a Matplotlib drawing."""

import csv
import math
import os
import sys

import numpy as np
import pytest

import learngrad
from learngrad.descent import Curves
from learngrad.errors import ArgumentTypeError, MissingDependency


@pytest.fixture
def curves():
    made = Curves()
    for step, y in enumerate([2.0, math.nan, 1 / 3, -math.inf]):
        made.append("loss", step, y)
    made.append("accuracy", 3.5, 0.5)
    made.append("loss", 0, 4.0, run='lr="0,1"\n')
    return made


ROWS = [("", "loss", 0, 2.0), ("", "loss", 1, math.nan), ("", "loss", 2, 1 / 3),
        ("", "loss", 3, -math.inf), ("", "accuracy", 3.5, 0.5), ('lr="0,1"\n', "loss", 0, 4.0)]


def test_csv_has_every_point_exactly(curves, tmp_path):
    path = curves.to_csv(tmp_path / "curves.csv")
    with path.open(newline="", encoding="utf-8") as file:
        heads, *rows = csv.reader(file)
    assert heads == ["run", "name", "step", "value"]
    assert [row[:3] for row in rows] == [[run, name, str(step)] for run, name, step, _ in ROWS]
    np.testing.assert_array_equal([float(row[3]) for row in rows], [row[3] for row in ROWS])


def test_csv_of_nothing_has_its_heads(tmp_path):
    assert Curves().to_csv(str(tmp_path / "a.csv")).read_text() == "run,name,step,value\n"


def test_a_dataframe_has_the_same_rows(curves):
    pytest.importorskip("pandas")
    frame = curves.to_dataframe()
    assert list(frame.columns) == ["run", "name", "step", "value"]
    assert [tuple(row) for row in frame[["run", "name", "step"]].itertuples(index=False)] == [
        row[:3] for row in ROWS]
    np.testing.assert_array_equal(frame["value"], [row[3] for row in ROWS])
    assert frame["value"].dtype == np.float64
    assert len(Curves().to_dataframe()) == 0


@pytest.mark.parametrize(("module", "call"), [("pandas", "to_dataframe"),
                                              ("matplotlib.pyplot", "to_matplotlib")])
def test_what_is_not_installed_is_said(curves, monkeypatch, module, call):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match="not installed") as caught:
        getattr(curves, call)()
    assert "pip install" in caught.value.fix


@pytest.fixture
def plt():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_matplotlib_draws_lines_marks_and_shares(curves, plt):
    ax = curves.to_matplotlib()
    right, = (other for other in ax.figure.axes if other is not ax)
    loss, marks, second = (line for line in ax.get_lines() if len(line.get_xdata()))
    np.testing.assert_array_equal(loss.get_ydata(), [2, math.nan, 1 / 3, math.nan])
    assert marks.get_xdata().tolist() == [1, 3]
    assert loss.get_color() != second.get_color()
    assert loss.get_linestyle() != second.get_linestyle()
    assert right.get_ylabel() == "share"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "loss", "accuracy", 'loss (lr="0,1" )']
    ax.figure.canvas.draw()


def test_matplotlib_draws_where_it_is_told(curves, plt):
    ax = plt.subplots()[1]
    assert curves.to_matplotlib(ax) is ax
    assert Curves().to_matplotlib().get_legend() is None
    with pytest.raises(ArgumentTypeError, match="not Axes"):
        curves.to_matplotlib(plt)
    with pytest.raises(ArgumentTypeError, match="ax is a Figure"):
        curves.to_matplotlib(ax.figure)


def test_a_file_that_cannot_be_written_whole_leaves_what_was_there(tmp_path, monkeypatch):
    curves = Curves()
    curves.append("loss", 0, 1.0)
    path = tmp_path / "loss.csv"
    path.write_text("before")

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        curves.to_csv(path)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["loss.csv"]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        curves.to_csv(tmp_path / "none" / "loss.csv")


def test_csv_without_a_path_is_text(curves, tmp_path):
    assert curves.to_csv() == curves.to_csv(tmp_path / "a.csv").read_bytes().decode()
    assert Curves().to_csv() == "run,name,step,value\r\n"


def test_matplotlib_lays_it_out_among_other_axes(plt):
    curves, surface = Curves(), learngrad.LossSurface(
        learngrad.nn.Linear(2, 1), lambda out: out.square().mean(), learngrad.ones(3, 2), finest=9)
    for step in range(5):
        curves.extend(step, {"loss": 1.0 / (1 + step), "accuracy": step / 5})
    for draw in (curves.to_matplotlib, lambda ax: surface.to_matplotlib(ax, kind="slice")):
        figure, axes = plt.subplots(2, 3, figsize=(14, 8), layout="constrained")
        draw(axes[0, 1])
        figure.canvas.draw()
        # What belongs to the Axes in the middle does not reach into those beside them.
        assert axes[0, 1].get_tightbbox().x0 > axes[0, 0].get_position().x1 * figure.bbox.width


def test_the_legend_is_not_run_through_by_the_shares(plt):
    curves = Curves()
    curves.extend(0, {"loss": 1.0, "accuracy": 0.5})
    ax = curves.to_matplotlib()
    right, = (other for other in ax.figure.axes if other is not ax)
    assert ax.get_zorder() > right.get_zorder()
    assert right.patch.get_visible()
    assert not ax.patch.get_visible()


def test_the_height_of_a_surface_is_named_within_the_figure(plt):
    surface = learngrad.LossSurface(learngrad.nn.Linear(2, 1), lambda out: out.square().mean(),
                                    learngrad.ones(3, 2), finest=9)
    figure = plt.figure(figsize=(14, 8), layout="constrained")
    ax = surface.to_matplotlib(figure.add_subplot(2, 3, 6, projection="3d"), kind="3d")
    figure.canvas.draw()
    assert ax.zaxis.label.get_window_extent().x1 < figure.bbox.width
