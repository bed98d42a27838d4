"""Every view of a descent as words, pictures, pages, tables and files."""

import base64
import csv
import io
import json
import math
import os
import sys
import zlib
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

import learngrad
from learngrad import nn
from learngrad.descent import Curves
from learngrad.descent.forms import FORMS, plain
from learngrad.errors import ArgumentError, ArgumentTypeError, LearngradError, MissingDependency

EVIL = "</script><b>$x_1$</b>"


def curves():
    plot = learngrad.LivePlot(EVIL)
    for step, loss in enumerate([2.0, math.nan, 0.5, math.inf]):
        plot.log(loss=loss, **{EVIL: 1.0})
        plot.run("_hidden").log(loss=1 / (1 + step), accuracy=0.5)
    return plot


def trained(watch):
    learngrad.manual_seed(0)
    X = learngrad.randn(20, 4)
    y = X[:, :3].argmax(1)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    watching = watch(model, optimizer)
    for _ in range(6):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()
    return model, X, y, watching


def flow():
    return trained(lambda model, optimizer: learngrad.GradientFlow(
        model, optimizer, EVIL, every=1))[-1]


def surface():
    model, X, y, path = trained(learngrad.Trajectory)
    return learngrad.LossSurface(model, nn.CrossEntropyLoss(), X, y, span=(-1e38, 1e38),
                                 directions=["0.weight", "2.bias"], trajectory=path, finest=9,
                                 title=EVIL)


def line():
    model, X, y, _ = trained(learngrad.Trajectory)
    return learngrad.LossSurface(model, nn.CrossEntropyLoss(), X, y, directions="gradient",
                                 finest=9)


def race():
    racers = {EVIL: ("SGD", {"lr": 0.1}), "_b": ("Adam", {})}
    return learngrad.race(lambda x, y: x.log() + y ** 2, racers, start=(1, 1), steps=30)


def model_race():
    model, X, y, _ = trained(learngrad.Trajectory)
    return learngrad.race(model, {"SGD": 0.1, "Adam": 0.1}, data=(X, y),
                          loss_fn=nn.CrossEntropyLoss(), steps=5)


MAKERS = {"curves": curves, "flow": flow, "surface": surface, "line": line, "race": race,
          "model race": model_race}


@pytest.fixture(scope="module")
def made():
    return {}


@pytest.fixture(params=MAKERS)
def view(request, made):
    if request.param not in made:
        made[request.param] = MAKERS[request.param]()
    return made[request.param]


def test_it_has_data_that_json_takes(view, tmp_path):
    saved = view.save(tmp_path / "a.json")
    assert json.loads(saved.read_text()) == json.loads(json.dumps(view.to_dict(), allow_nan=False))


def test_its_words_are_saved(view, tmp_path):
    assert view.save(str(tmp_path / "a.TXT")).read_text() == view.describe() + "\n"


def test_its_picture_is_saved(view, tmp_path):
    text = view.save(tmp_path / "a.svg").read_text("utf-8")
    assert text == view.svg()
    root = ElementTree.fromstring(text)
    assert root.findtext("{*}desc")
    assert not [one for one in root.iter() if one.tag.endswith("}b")]


def test_it_is_drawn_for_print(view, tmp_path):
    pytest.importorskip("matplotlib")
    import matplotlib.pyplot as plt

    png = view.save(tmp_path / "a.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    width, height = (int.from_bytes(png[at:at + 4]) for at in (16, 20))
    assert width == 1280
    assert height > 400
    assert view.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert plt.get_fignums() == []  # no window is left open


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.elements, self.data, self._in = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._in = dict(attrs).get("id") == "learngrad-data"

    def handle_data(self, data):
        if self._in:
            self.data += data
            self._in = False


def test_its_page_fetches_nothing_and_runs_only_its_own_code(view, tmp_path):
    text = view.to_html(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text("utf-8") == text
    page = Page(text)
    policy = next(attrs["content"] for tag, attrs in page.elements if tag == "meta"
                  and "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert not [tag for tag, attrs in page.elements if tag in ("b", "link", "img", "iframe")
                or {"src", "href", "style"} & attrs.keys()]
    assert [attrs["id"] for tag, attrs in page.elements if tag == "div" and "id" in attrs] == [
        f"learngrad-{view.kind}"]
    data = json.loads(zlib.decompress(base64.b64decode(page.data)))["page"]
    assert data["title"] == view.title
    assert data[view.kind]
    assert len(text) < 500_000


def test_its_table_has_a_row_for_each_point(view, tmp_path):
    columns = view.columns()
    text = view.save(tmp_path / "a.csv").read_bytes().decode()
    heads, *rows = csv.reader(io.StringIO(text, newline=""))
    assert heads == list(columns)
    assert len({len(column) for column in columns.values()}) == 1
    assert len(rows) == len(next(iter(columns.values()))) > 0
    for head, column, kept in zip(heads, columns.values(), zip(*rows)):
        if isinstance(column, np.ndarray) and column.dtype.kind == "f":
            np.testing.assert_array_equal(np.array(kept, column.dtype), column, head)
        else:
            assert list(kept) == [str(one) for one in column]


def test_a_dataframe_has_the_same_table(view):
    pytest.importorskip("pandas")
    frame = view.to_dataframe()
    assert list(frame.columns) == list(view.columns())
    assert len(frame) > 0


def test_what_a_surface_has_in_its_table():
    found = line()
    columns = found.columns()
    assert list(columns) == ["step against the gradient (learning rate)", "loss"]
    np.testing.assert_array_equal(columns["loss"], found.loss)
    over = surface()
    columns = over.columns()
    x, y, loss = columns.values()
    at = over.ticks(0).tolist().index(x[13]), over.ticks(1).tolist().index(y[13])
    np.testing.assert_array_equal(loss[13], over.loss[at[1], at[0]])


def test_a_name_with_another_end_is_refused(view, tmp_path):
    for name in ("a", "a.jpg", "a.svg.gz", ".svg"):
        with pytest.raises(ArgumentError, match="does not end in a form") as told:
            view.save(tmp_path / name)
        assert ".png" in str(told.value)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        view.save(tmp_path / "none" / "a.svg")
    for write, wrong in ((view.save, None), (view.save, 3), (view.to_csv, 3), (view.to_csv, b"a")):
        with pytest.raises(ArgumentTypeError, match="a file is named by a str or a path"):
            write(wrong)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", FORMS)
def test_a_file_that_is_not_written_whole_leaves_what_was_there(tmp_path, monkeypatch, end):
    view = curves()
    path = tmp_path / f"a{end}"
    path.write_text("before")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        view.save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_without_matplotlib_the_rest_is_written(view, tmp_path, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    for end in (".png", ".pdf"):
        with pytest.raises(MissingDependency, match="is drawn by Matplotlib, which is not") as told:
            view.save(tmp_path / f"a{end}")
        assert "pip install matplotlib" in told.value.fix
    with pytest.raises(MissingDependency, match="not installed"):
        view.to_matplotlib()
    assert view.save(tmp_path / "a.svg").stat().st_size


def test_axes_of_another_kind_are_refused(view):
    plt = pytest.importorskip("matplotlib.pyplot")
    figure = plt.figure()
    for wrong in (figure, 3, figure.add_subplot(projection="3d")):
        with pytest.raises(ArgumentTypeError) as told:
            view.to_matplotlib(wrong)
        assert "to_matplotlib(ax)" in told.value.fix
    plt.close(figure)


def test_nothing_yet_is_a_picture_and_a_page_too(tmp_path):
    model = nn.Linear(2, 2)
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
    for empty in (learngrad.LivePlot(), learngrad.GradientFlow(model, optimizer)):
        for end in FORMS:
            if end not in (".png", ".pdf") or sys.modules.get("matplotlib"):
                assert empty.save(tmp_path / f"a{end}").stat().st_size


def test_a_page_of_a_million_points_keeps_their_shape_and_their_steps():
    many = Curves()
    many.append("loss", 0, 1.0)
    x, y = np.arange(1_000_000.0), np.ones(1_000_000)
    y[777_777] = 9.0
    series = many.series[0]
    series.x, series.y = type(series.x)("d", x.tobytes()), type(series.y)("d", y.tobytes())
    page = many.to_html()
    assert len(page) < 1_500_000
    data = json.loads(zlib.decompress(base64.b64decode(Page(page).data)))
    found, = data["page"]["curves"]["series"]
    assert found["end"] == 1_000_000
    assert found["y"][found["x"].index(777_777)] == 9
    assert found["x"][-1] == 999_999


def test_json_has_no_infinities():
    assert plain({"a": np.array([1.0, math.nan]), "b": (math.inf, -math.inf, 3, "x", None)}) == {
        "a": [1.0, "NaN"], "b": ["Infinity", "-Infinity", 3, "x", None]}


def test_a_surface_that_fails_says_why_in_every_form(tmp_path):
    model, X, y, _ = trained(learngrad.Trajectory)
    calls = []

    def failing(out, target):
        calls.append(1)
        if len(calls) > 8:
            raise LearngradError("no more")
        return nn.functional.cross_entropy(out, target)

    broken = learngrad.LossSurface(model, failing, X, y)
    with pytest.raises(LearngradError, match="no more"):
        broken.save(tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []
