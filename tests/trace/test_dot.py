"""DOT text and the layout that Graphviz makes of it."""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest

from learngrad.trace import layout as layout_module
from learngrad.trace.boxes import boxes
from learngrad.trace.dot import escaped, to_dot
from learngrad.trace.fold import fold
from learngrad.trace.layout import engine, layout, layouts


def graphviz(text, form):
    """What Graphviz makes of DOT text; all it may complain of is the width of a character."""
    done = subprocess.run([engine(), "-Kdot", f"-T{form}"], input=text.encode(),
                          capture_output=True, timeout=60, check=True)
    assert all(b"width of" in line for line in done.stderr.splitlines()), done.stderr
    return done.stdout.decode()


def test_there_is_an_engine():
    """The test extra brings `graphviz-pure`: nothing here is ever skipped."""
    assert engine(), "install the test extra, or Graphviz"


def test_a_layout_holds_every_box_and_edge(any_trace):
    found, sizes = layout(any_trace), boxes(any_trace)
    assert found["nodes"].keys() == {str(i) for i in sizes}
    for i, (x, y, w, h) in ((int(k), v) for k, v in found["nodes"].items()):
        assert (w, h) == (sizes[i].width, sizes[i].height)
        assert w / 2 - 1 <= x <= found["width"] - w / 2 + 1
        assert h / 2 - 1 <= y <= found["height"] - h / 2 + 1
    wanted = [(tuple(e), n["id"], k) for n in any_trace["nodes"]
              for k, e in enumerate(n["edges"]) if e is not None]
    assert [(tuple(e["from"]), e["to"], e["operand"]) for e in found["edges"]] == wanted
    assert json.loads(json.dumps(found)) == found


def test_boxes_do_not_overlap(any_trace):
    places = list(layout(any_trace)["nodes"].values())
    for i, (x, y, w, h) in enumerate(places):
        for x2, y2, w2, h2 in places[:i]:
            assert abs(x - x2) >= (w + w2) / 2 - 1 or abs(y - y2) >= (h + h2) / 2 - 1


def test_edges_run_down_from_box_to_box(any_trace):
    found = layout(any_trace)
    for edge in found["edges"]:
        points = edge["points"]
        assert len(points) % 3 == 1
        assert len(points) >= 4
        for at, end in ((edge["from"][0], points[0]), (edge["to"], points[-1])):
            x, y, w, h = found["nodes"][str(at)]
            assert abs(end[0] - x) <= w / 2 + 2
            assert abs(end[1] - y) <= h / 2 + 2
        assert points[0][1] < points[-1][1]


def test_operands_stand_in_the_order_they_are_written(traces):
    places = layout(traces["failed"]())["nodes"]
    assert places["0"][0] < places["1"][0]


def test_both_edges_of_x_times_x_can_be_told_apart(traces):
    twice = [e["points"] for e in layout(traces["odd"]())["edges"] if e["to"] == 1]
    assert len(twice) == 2
    assert twice[0] != twice[1]


def test_an_empty_graph():
    assert layout({"nodes": [], "replays": []})["nodes"] == {}


def test_nothing_a_stranger_wrote_reaches_the_layout_engine(traces, monkeypatch):
    trace = traces["hostile"]()
    texts = []
    monkeypatch.setattr(layout_module, "_run", lambda program, text: texts.append(text))
    layout(trace)
    (text,) = texts
    assert re.fullmatch(r'[\w\s{}\[\]=.";><|/-]*', text)
    assert "script" not in text


def test_the_export_is_drawn_by_graphviz(any_trace):
    graph = json.loads(graphviz(to_dot(any_trace), "json"))
    assert len(graph.get("objects", [])) == len(any_trace["nodes"])
    wanted = sum(e is not None for n in any_trace["nodes"] for e in n["edges"])
    assert len(graph.get("edges", [])) == wanted


def test_the_export_says_what_the_boxes_say(traces):
    trace = traces["chain_rule"]()
    svg = graphviz(to_dot(trace), "svg")
    for one in boxes(trace).values():
        for line in one.lines:
            assert f">{line}</text>" in svg


def test_hostile_text_is_text_in_the_export(traces):
    svg = graphviz(to_dot(traces["hostile"]()), "svg")
    assert "<script" not in svg
    assert "<img" not in svg
    assert "&lt;script&gt;alert(1)&lt;/" in svg


@pytest.mark.parametrize("text", ['"', "\\", '\\"', "a\\", "&lt;", "\\N \\G \\l", "]; evil [",
                                  "a\nb", "€ 学习 🐱"])
def test_any_name_survives_dot(traces, text):
    trace = traces["chain_rule"]()
    trace["nodes"][0]["name"] = text
    graph = json.loads(graphviz(to_dot(trace), "json"))
    assert len(graph["objects"]) == 5
    assert graph["objects"][0]["label"].startswith(escaped(text).replace('\\"', '"'))
    svg = graphviz(to_dot(trace), "svg")
    shown = re.search(r"<text[^>]*>([^<]*)</text>", svg)[1]
    for entity, sign in (("&#45;", "-"), ("&#160;", " "), ("&quot;", '"'), ("&lt;", "<"),
                         ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, sign)
    assert shown == text.replace("\n", " ")


def test_a_large_graph_is_folded_and_one_that_stays_too_large_has_no_layout(traces):
    assert list(layout(traces["chain"](501))["nodes"]) == ["0", "r1_1"]
    assert layout(traces["chain"](5), max_nodes=4) is None


def test_five_hundred_nodes_are_laid_out(traces):
    trace = traces["chain"](500)
    assert len(layout(trace, opened=set(fold(trace["nodes"]).groups))["nodes"]) == 500
    assert [len(one["nodes"]) for one in layouts(trace)] == [2, 500]
    assert [len(one["nodes"]) for one in layouts(traces["chain"](20))] == [20, 2]
    assert [len(one["nodes"]) for one in layouts(traces["chain"](2_000))] == [2]
    assert [len(one["nodes"]) for one in layouts(traces["chain_rule"]())] == [5]


def test_without_graphviz_there_is_no_layout(traces, monkeypatch):
    monkeypatch.setattr(layout_module.shutil, "which", lambda *args, **kwargs: None)
    assert engine() is None
    assert layout(traces["chain_rule"]()) is None


def program(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_system_dot_comes_first(tmp_path, monkeypatch):
    dot = program(tmp_path / "dot", "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert engine() == str(dot)


def test_the_packages_binary_is_found_beside_the_interpreter(tmp_path, monkeypatch):
    """A notebook's kernel often runs without its environment's folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(layout_module.sys, "executable", str(tmp_path / "bin" / "python"))
    (tmp_path / "bin").mkdir()
    binary = program(tmp_path / "bin" / "graphviz-pure", "exit 0")
    assert engine() == str(binary)


@pytest.mark.parametrize(("script", "says"), [
    ("echo no such plugin >&2; exit 3", "dot failed: no such plugin"),
    ("sleep 30", "dot took longer than 0.3 seconds")])
def test_a_broken_graphviz_is_told_and_costs_only_the_picture(traces, tmp_path, monkeypatch,
                                                              script, says):
    program(tmp_path / "dot", script.replace("sleep", f"exec {shutil.which('sleep')}"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(layout_module, "SECONDS", 0.3)
    with pytest.warns(RuntimeWarning, match=says):
        assert layout(traces["chain_rule"]()) is None


def test_a_graphviz_that_cannot_be_run(traces, tmp_path, monkeypatch):
    monkeypatch.setattr(layout_module, "engine", lambda: str(tmp_path / "none"))
    with pytest.warns(RuntimeWarning, match="none could not be run"):
        assert layout(traces["chain_rule"]()) is None
