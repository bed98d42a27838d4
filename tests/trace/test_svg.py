"""The static picture: well-formed, complete, harmless, legible in light and dark."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import learngrad
from learngrad.trace import svg as svg_module
from learngrad.trace.boxes import boxes
from learngrad.trace.paint import COLOURS, NEUTRAL, STYLE, escaped
from learngrad.trace.svg import to_svg
from learngrad.trace.svg_boxes import MARKS
from tests.trace.conftest import node, scalar, trace_of

VIEWS = Path(learngrad.__file__).parent / "widgets" / "js" / "views"
SVG = "{http://www.w3.org/2000/svg}"


def parsed(trace):
    return ET.fromstring(to_svg(trace))


def texts(root):
    return ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]


def test_every_line_of_every_box_is_drawn(any_trace):
    drawn = texts(parsed(any_trace))
    for one in boxes(any_trace).values():
        for line in one.lines:
            assert line in drawn


def test_it_is_accessible(any_trace):
    root = parsed(any_trace)
    assert root.get("role") == "img"
    assert root.get("aria-label").startswith("A graph ")
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]


def test_it_refers_to_nothing_outside_and_runs_nothing(any_trace):
    root = parsed(any_trace)
    allowed = {"svg", "title", "desc", "style", "g", "rect", "polygon", "path", "text", "tspan"}
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= allowed
    for element in root.iter():
        assert not [name for name in element.attrib
                    if name.lower().startswith("on") or "href" in name or name in ("style", "id")]
    assert not re.search(r"url\(|@import|https?:", STYLE)


def test_hostile_names_are_text(traces):
    drawn = to_svg(traces["hostile"]())
    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "\x00" not in drawn
    assert "\u202e" not in drawn
    drawn.encode()
    assert any("</script>" in text for text in texts(ET.fromstring(drawn)))


def test_everything_stands_inside_the_frame(any_trace):
    root = parsed(any_trace)
    _, _, width, height = map(float, root.get("viewBox").split())
    assert (root.get("width"), root.get("height")) == tuple(root.get("viewBox").split()[2:])
    for group in root:
        shift = re.match(r"translate\((\S+) (\S+)\)", group.get("transform") or "")
        if not shift:
            continue
        x0, y0 = map(float, shift.groups())
        for one in group.findall(f"{SVG}g"):
            x, y = map(float, re.match(r"translate\((\S+) (\S+)\)", one.get("transform")).groups())
            rect = one.find(f".//{SVG}rect")
            if rect is not None and one.get("text-anchor"):
                w, h = float(rect.get("width")), float(rect.get("height"))
                assert x0 + x - w / 2 >= 0
                assert x0 + x + w / 2 <= width
                assert y0 + y + h / 2 <= height
        assert y0 < height


def test_legend_says_what_occurs_and_no_more(traces):
    def legend(name):
        return [t for t in texts(parsed(traces[name]())) if t in svg_module.KINDS.values()]
    assert legend("chain_rule") == ["leaf you made", "operation"]
    assert legend("network") == ["leaf you made", "parameter", "constant", "operation"]
    assert legend("failed") == ["leaf you made", "parameter", "failed here"]
    assert legend("odd") == ["leaf you made", "buffer", "operation"]


def test_legend_explains_an_edge_that_no_gradient_comes_back_through(traces):
    with learngrad.record(live=False) as tape:
        x = learngrad.tensor([1.0, -1.0], requires_grad=True)
        (x * 3).detach() * 2
    assert svg_module.CUT in texts(parsed(tape.to_dict()))
    assert svg_module.CUT not in texts(parsed(traces["network"]()))


def test_what_was_left_out_is_said(traces):
    trace = {**traces["chain_rule"](), "truncated": {"nodes": 1234}}
    assert any("1,234 more nodes" in text for text in texts(parsed(trace)))


def test_what_was_left_out_fits_into_a_narrow_picture(traces):
    root = parsed({**traces["chain_rule"](), "truncated": {"nodes": 80_001}})
    wide = float(root.get("width"))
    said = texts(root)[-2:]
    assert " ".join(said) == "80,001 more nodes were not recorded: the limit was reached"
    assert all(len(text) * svg_module.CELL + svg_module.MARGIN <= wide for text in said)


def test_gradient_and_its_absence_look_different(traces):
    root = parsed(traces["chain_rule"]())
    found = [t for t in root.iter(f"{SVG}text") if (t.text or "").startswith("grad ")]
    assert len(found) == 5
    assert {t.get("class") for t in found} == {"grad"}
    root = parsed(traces["network"]())
    absent = [t for t in root.iter(f"{SVG}text") if t.text == "no gradient yet"]
    assert {(t.get("class"), t.get("font-style")) for t in absent} == {("faint", "italic")}


def test_a_failed_operation_is_marked_and_its_error_is_there(traces):
    root = parsed(traces["failed"]())
    assert len(list(root.iter(f"{SVG}polygon"))) == 2  # the node and the legend
    titles = [t.text for t in root.iter(f"{SVG}title")]
    assert any("inner sizes 784 and 128 do not agree" in t for t in titles)


def test_a_tooltip_names_the_line(traces):
    titles = [t.text for t in parsed(traces["chain_rule"]()).iter(f"{SVG}title")]
    assert any("line 3 of cell 1: c = a * b" in t for t in titles)


def test_a_second_output_is_labelled(traces):
    assert "[1]" in texts(parsed(traces["odd"]()))


def test_a_huge_graph_is_folded(traces):
    said = texts(parsed(traces["chain"](1797)))
    assert said[:5] == ["z", "1", "no gradient yet", "mul × 1796", "1,796 operations"]
    assert "repeated" in said


def unlike(count):
    """Leaves and no operations: nothing that could be folded."""
    return trace_of([node(i, "leaf", scalar(1.0), sign=f"op{i % 20}") for i in range(count)])


def test_what_cannot_be_folded_has_an_honest_answer():
    root = parsed(unlike(1797))
    assert texts(root)[0] == "1,797 nodes: too many for one picture."
    assert not list(root.iter(f"{SVG}path"))


def test_many_kinds_are_counted_and_the_rest_named():
    trace = unlike(600)
    said = texts(parsed(trace))
    assert len(said) == 11
    assert said[-1] == "and 12 other kinds"


def test_nothing_yet(traces):
    assert texts(parsed(traces["empty"]())) == ["Nothing is recorded yet."]


def test_without_graphviz_there_is_no_picture(traces, monkeypatch):
    monkeypatch.setattr(svg_module, "layout", lambda trace: None)
    assert to_svg(traces["chain_rule"]()) is None


def test_a_picture_of_a_hundred_nodes_is_small(traces):
    assert len(to_svg(traces["chain"](100))) < 100_000


def channel(c):
    return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4


def light(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * d for d in colour[1:])
    r, g, b = (channel(int(digits[i:i + 2], 16) / 255) for i in (0, 2, 4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    a, b = sorted((light(one), light(other)))
    return (b + 0.05) / (a + 0.05)


@pytest.mark.parametrize("at", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("look", ["leaf", "parameter", "buffer", "constant", "operation", "failed"])
def test_text_is_legible_in_every_box(look, at):
    """WCAG AA: 4.5 for text, 3 for the line around the box on the page."""
    ground = COLOURS[look][at]
    for ink in ("ink",) if look == "failed" else ("ink", "faint", "grad"):
        assert contrast(COLOURS[ink][at], ground) >= 4.5, ink
    assert contrast(COLOURS[f"{look}-line"][at], ("#ffffff", "#12161b")[at]) >= 3


def test_what_stands_on_the_page_itself_is_legible_on_white_and_on_black():
    assert contrast(NEUTRAL, "#ffffff") >= 4
    assert contrast(NEUTRAL, "#111111") >= 4


def test_colours_are_those_of_the_live_view():
    both = ["", ""]
    for name in ("style.css", "groups.css"):
        css = (VIEWS / name).read_text("utf-8")
        found = re.findall(r"^\.lg-root(?:\.lg-dark)? \{(.*?)^\}", css, re.DOTALL | re.MULTILINE)
        both = [known + block for known, block in zip(both, found)]
    for at, block in enumerate(both):
        theirs = dict(re.findall(r"--lg-([\w-]+): (?:var\([^,]+, )?(#\w+)", block))
        assert {name: pair[at] for name, pair in COLOURS.items()} == {
            name: theirs[name] for name in COLOURS}


def test_the_legend_has_the_words_of_the_live_view():
    theirs = (VIEWS / "legend.ts").read_text("utf-8")
    ours = [svg_module.CUT, *svg_module.KINDS.values(), *svg_module.PICTURES.values(),
            *(said for *_, said in MARKS.values())]
    assert [said for said in ours if f'"{said}"' not in theirs] == []


def test_escaping():
    assert escaped("<a b=\"c\" d='e'>&\x00") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;�"
