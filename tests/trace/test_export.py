"""A trace as a file of each form, as a graphviz.Source, and without what draws it."""

import io
import json
import sys
import warnings

import pytest
from PIL import Image

import learngrad
from learngrad.errors import ArgumentError, ArgumentTypeError, MissingDependency, TraceError
from learngrad.trace import export, raster
from learngrad.trace import layout as layout_module
from learngrad.trace.export import FORMS, save
from learngrad.trace.schema import read
from learngrad.trace.svg import COLOURS, to_svg


def colours(png):
    image = Image.open(io.BytesIO(png)).convert("RGB")
    return {"#%02x%02x%02x" % colour: count  # noqa: UP031
            for count, colour in image.getcolors(image.width * image.height)}


def test_the_end_of_the_name_says_the_form(traces, tmp_path):
    trace = traces["chain_rule"]()
    files = {form: save(trace, tmp_path / f"graph{form}").read_bytes() for form in FORMS}
    assert files[".svg"] == to_svg(trace).encode()
    assert files[".png"].startswith(b"\x89PNG")
    assert files[".pdf"].startswith(b"%PDF")
    assert files[".dot"] == files[".gv"]
    assert files[".dot"].startswith(b"digraph")
    assert b'id="learngrad-data"' in files[".html"]
    assert files[".txt"].decode().endswith("\n")
    assert read(tmp_path / "graph.json") == trace
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"graph{f}" for f in FORMS)


def test_a_tape_saves_itself(tmp_path, capsys):
    with learngrad.record() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        (a * 3).backward()
    path = tape.save(tmp_path / "Graph.JSON")
    learngrad.show(path)
    learngrad.show(str(path))
    said = capsys.readouterr().out
    assert said == (tape.describe() + "\n") * 2
    assert tape.to_dot().startswith("digraph")


@pytest.mark.parametrize("name", ["graph", "graph.jpeg", "graph.svg.gz", ""])
def test_another_end_is_refused(traces, tmp_path, name):
    with pytest.raises(ArgumentError, match=r"does not end in a form") as caught:
        save(traces["chain_rule"](), tmp_path / name)
    assert ".svg, .png, .pdf" in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_what_names_no_file_is_refused(tmp_path):
    with learngrad.record(live=False) as tape:
        learngrad.tensor(2.0) * 3
    for write in (tape.save, tape.to_html):
        with pytest.raises(ArgumentTypeError, match=r"a str or a path, not an int"):
            write(3)
    with pytest.raises(IsADirectoryError, match=r"is a folder, and a file is to be written"):
        tape.to_html(tmp_path)


def test_a_file_that_is_there_stays_when_the_new_one_cannot_be_made(traces, tmp_path, monkeypatch):
    path = tmp_path / "graph.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(layout_module, "engine", lambda: None)
    with pytest.raises(MissingDependency, match="no Graphviz") as caught:
        save(traces["chain_rule"](), path)
    assert "graphviz-pure" in caught.value.fix
    assert path.read_bytes() == b"old"
    with pytest.raises(OSError, match="folder"):
        save(traces["chain_rule"](), tmp_path / "none" / "graph.json")


def test_a_missing_trace_file_or_a_damaged_one_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        learngrad.show(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[1]")
    with pytest.raises(TraceError, match="a trace is a JSON object"):
        learngrad.show(tmp_path / "bad.json")


@pytest.mark.parametrize(("form", "module", "draw"), [
    ("PNG", "matplotlib", raster.to_png), ("PDF", "matplotlib", raster.to_pdf)])
def test_without_matplotlib_it_says_what_to_install(traces, monkeypatch, form, module, draw):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependency, match=f"{form} is drawn by Matplotlib") as caught:
        draw(to_svg(traces["chain_rule"]()))
    assert "pip install matplotlib" in caught.value.fix


def test_a_png_has_the_picture_s_size_and_colours(traces):
    trace = traces["failed"]()
    svg = to_svg(trace)
    png = raster.to_png(svg)
    width, height = raster._size(raster.ElementTree.fromstring(svg))
    image = Image.open(io.BytesIO(png))
    assert abs(image.width - 2 * width) <= 1
    assert abs(image.height - 2 * height) <= 1
    assert image.info["Description"].startswith("A graph of 1 operation, 1 leaf and 1 parameter.")
    found = colours(png)
    for look in ("leaf", "failed", "failed-line"):
        shade = COLOURS[look][0]
        assert found.get(shade, 0) > 40, look
    assert raster.to_png(svg) == png  # nothing of the day or the machine is in it


def test_every_picture_is_drawn_without_a_warning(any_trace):
    svg = to_svg(any_trace)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert raster.to_png(svg, 0.5)
        pdf = raster.to_pdf(svg)
    for door in (b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile"):
        assert door not in pdf


def test_formulas_of_tex_are_text(traces):
    trace = traces["chain_rule"]()
    before = raster.to_png(to_svg(trace))
    trace["nodes"][0]["name"] = r"$\frac{"
    assert raster.to_png(to_svg(trace)) != before


def test_a_very_long_picture_is_drawn_smaller():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="200000"></svg>'
    image = Image.open(io.BytesIO(raster.to_png(svg)))
    assert max(image.size) <= 65_000


def test_an_element_that_nobody_taught_it_is_not_passed_over():
    with pytest.raises(NotImplementedError, match="ellipse"):
        raster.to_png('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><ellipse/>'
                      "</svg>")


def test_a_graphviz_source(traces, monkeypatch):
    trace = traces["chain_rule"]()
    made = export.to_graphviz(trace)
    assert type(made).__module__.startswith("graphviz")
    assert made.source == export.to_dot(trace)
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(MissingDependency, match="package graphviz") as caught:
        export.to_graphviz(trace)
    assert "tape.to_dot()" in caught.value.fix


def test_json_is_strict_and_holds_any_text(traces):
    trace = traces["hostile"]()
    assert json.loads(export.FORMS[".json"](trace)) == trace
    trace["nodes"][0]["preview"]["values"] = [float("nan")]
    with pytest.raises(ValueError, match="not JSON compliant"):
        export.FORMS[".json"](trace)
