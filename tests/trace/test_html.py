"""The stand-alone page: whole, offline, strict, small, and harmless whatever it is given."""

import base64
import hashlib
import json
import math
import os
import re
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import pytest

import learngrad
from learngrad import nn
from learngrad.errors import ArgumentError, ArgumentTypeError, MissingDependency, TraceError
from learngrad.trace import Recorder, html
from learngrad.trace.html import to_html, write_html
from learngrad.trace.words import sentences

CURVES = {"series": [{"name": "loss", "x": [0, 1, 2], "y": [2.5, 1.25, 0.625]}]}


class Page(HTMLParser):
    """The elements of a page, as a browser's parser finds them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self._open, self.text = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "path", "polygon"):
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag):
        while self._open and self.elements[self._open.pop()][0] != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.text[self._open[-1]] = self.text.get(self._open[-1], "") + data

    def all(self, tag):
        return [(attrs, self.text.get(i, "")) for i, (name, attrs) in enumerate(self.elements)
                if name == tag]

    @property
    def policy(self):
        found = [a["content"] for a, _ in self.all("meta") if a.get("http-equiv")]
        assert len(found) == 1
        return dict(part.strip().split(" ", 1) for part in found[0].split(";"))


def inflated(text, name):
    """What a page carries deflated: its data, or its code."""
    scripts = {attrs.get("id"): inside for attrs, inside in Page(text).all("script")}
    return zlib.decompress(base64.b64decode(scripts[f"learngrad-{name}"])).decode()


def data_of(text):
    """What the page's script is given, after the page has put the previews back."""
    packed = json.loads(inflated(text, "data"))

    def back(value):
        if isinstance(value, dict):
            return packed["previews"][value["$"]] if "$" in value else {
                k: back(v) for k, v in value.items()}
        return [back(v) for v in value] if isinstance(value, list) else value

    return back(packed["page"])


def hashes(texts):
    return {f"'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'"
            for t in texts}


def test_it_carries_the_trace_its_layout_and_the_curves(traces):
    trace = traces["chain_rule"]()
    data = data_of(to_html(trace, CURVES, title="first step"))
    assert data["trace"] == trace
    assert data["curves"] == CURVES
    assert data["title"] == "first step"
    assert data["layouts"][0]["nodes"].keys() == {"0", "1", "2", "3", "4"}


def test_any_trace_comes_back(any_trace):
    found = data_of(to_html(any_trace))["trace"]
    assert found == any_trace


def test_it_is_one_page_with_a_place_for_each_view(traces):
    page = Page(to_html(traces["chain_rule"](), CURVES, title="A & B"))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert sorted(ids) == ["learngrad-code", "learngrad-curves", "learngrad-data",
                           "learngrad-graph"]
    assert page.all("h1")[0][1] == page.all("title")[0][1] == "A & B"
    assert page.elements[0] == ("html", {"lang": "en"})


@pytest.mark.parametrize(("trace", "curves", "ids"), [
    (True, False, ["learngrad-graph"]), (False, True, ["learngrad-curves"])])
def test_a_page_of_one_of_them(traces, trace, curves, ids):
    page = Page(to_html(traces["chain_rule"]() if trace else None, CURVES if curves else None))
    assert [a["id"] for t, a in page.elements if t == "div" and "id" in a] == ids


def test_nothing_may_be_fetched_and_only_its_own_code_runs(any_trace):
    text = to_html(any_trace, CURVES)
    page = Page(text)
    policy = page.policy
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in str(policy)
    run = [code for attrs, code in page.all("script") if "type" not in attrs]
    assert len(run) == 1
    assert set(policy["script-src"].split()) == hashes([*run, inflated(text, "code")])
    styles = [text for _, text in page.all("style")]
    assert set(policy["style-src"].split()) == hashes(styles)
    for _, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name == "style"]
        assert not {"src", "href"} & attrs.keys()


def test_hostile_text_makes_no_element(traces):
    text = to_html(traces["hostile"](), {"series": [{"name": "</script><b>", "x": [0], "y": [1]}]},
                   title="</title><script>alert(1)</script>")
    page = Page(text)
    assert not page.all("img")
    assert not page.all("b")
    assert len(page.all("script")) == 3
    assert len(page.all("title")[0][1]) > 20
    text.encode()
    for name in ("data", "code"):
        block = text.split(f'id="learngrad-{name}">')[1].split("</script>")[0]
        assert re.fullmatch(r"[A-Za-z0-9+/]+=*", block)


def test_what_its_code_says_ends_no_script(monkeypatch, traces):
    monkeypatch.setattr(html, "_bundle", lambda name: 'x = "</script><!--";\r\ny = "é"')
    text = to_html(traces["empty"]())
    assert len(Page(text).all("script")) == 3
    assert inflated(text, "code") == 'x = "</script><!--";\r\ny = "é"'


def test_without_a_script_there_are_picture_and_words(traces):
    trace = traces["chain_rule"]()
    text = to_html(trace, CURVES)
    page = Page(text)
    assert len(page.all("svg")) == 1
    assert "d = c + a = 8" in page.all("pre")[0][1]
    assert [said for _, said in page.all("li")] == sentences(trace, 0)
    assert "loss: 3 points, from 2.5 to 0.625" in text


def test_curves_draw_and_describe_themselves(traces):
    class Drawn:
        def to_dict(self):
            return CURVES

        def svg(self):
            return "<svg><style>text{}</style><text>drawn</text></svg>"

        def describe(self):
            return "loss fell < 1"

    page = Page(to_html(None, Drawn()))
    assert page.all("text")[0][1] == "drawn"
    assert page.all("pre")[0][1] == "loss fell < 1"
    assert hashes(["text{}"]) <= set(page.policy["style-src"].split())


def test_our_own_curves(traces):
    from learngrad.descent.curves import Curves
    curves = Curves()
    for i, y in enumerate((2.0, math.nan, 0.5)):
        curves.append("loss", i, y)
    text = to_html(None, curves)
    assert data_of(text)["curves"] == {
        "series": [{"name": "loss", "x": [0, 1, 2], "y": [2, "NaN", 0.5]}]}
    styles = {text for _, text in Page(text).all("style")}
    assert set(Page(text).policy["style-src"].split()) == hashes(styles)


def test_infinite_and_long_numbers_in_curves():
    curves = {"series": [{"name": 7, "x": range(3), "y": [math.inf, -math.inf, 1 / 3]}]}
    assert data_of(to_html(None, curves))["curves"]["series"] == [
        {"name": "7", "x": [0, 1, 2], "y": ["Infinity", "-Infinity", 0.333333]}]


def test_without_graphviz_words_remain(monkeypatch, traces):
    monkeypatch.setattr(html, "layouts", lambda trace: None)
    monkeypatch.setattr(html, "to_svg", lambda trace: None)
    text = to_html(traces["chain_rule"]())
    assert data_of(text)["layouts"] is None
    assert "learngrad-lab[demo]" in text
    assert "d = c + a = 8" in text


def test_a_huge_graph_is_folded(traces):
    text = to_html(traces["chain"](2000))
    assert "mul × 1999" in text
    assert list(data_of(text)["layouts"][0]["nodes"]) == ["0", "r1_1"]


def test_an_unbuilt_bundle_is_explained(monkeypatch, tmp_path, traces):
    monkeypatch.setattr(html, "files", lambda package: tmp_path)
    with pytest.raises(MissingDependency, match="was not built") as caught:
        to_html(traces["empty"]())
    assert "pip install" in caught.value.fix


def test_wrong_input_is_refused(traces):
    with pytest.raises(ArgumentError, match="nothing to put"):
        to_html()
    with pytest.raises(TraceError):
        to_html({"schema": "other"})
    with pytest.raises(ArgumentTypeError, match="not list"):
        to_html(None, [1, 2])
    with pytest.raises(TraceError, match="more than plain JSON"):
        to_html({**traces["empty"](), "extra": object()})
    loop = {**traces["empty"]()}
    loop["loop"] = loop
    with pytest.raises(TraceError, match="more than plain JSON"):
        to_html(loop)


def multilayer():
    """Operation by operation, so that nothing is folded into a layer."""
    sizes = [64, *[32] * 15, 10]
    weights = [learngrad.randn(a, b).requires_grad_() for a, b in pairwise(sizes)]
    biases = [learngrad.randn(b).requires_grad_() for b in sizes[1:]]
    h = learngrad.randn(32, 64)
    for at, (W, b) in enumerate(zip(weights, biases)):
        z = h @ W
        h = z + b
        h = [learngrad.tanh, learngrad.sigmoid, learngrad.relu, learngrad.exp][at % 4](h)
    return h


def convolutional():
    layers = [layer for at in range(11) for layer in (
        nn.Conv2d(8 if at else 1, 8, 3, padding=1), nn.BatchNorm2d(8),
        [nn.ReLU(), nn.Tanh(), nn.Sigmoid()][at % 3])]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))
    return model(learngrad.randn(16, 1, 8, 8))


@pytest.mark.parametrize("step", [multilayer, convolutional])
def test_a_page_of_a_hundred_nodes_is_small(step):
    """A real training step: large tensors, each with a gradient, its steps and their pictures."""
    with Recorder() as tape:
        logits = step()
        y = learngrad.tensor([i % 10 for i in range(len(logits))])
        nn.functional.cross_entropy(logits, y).backward()
    trace = tape.to_dict()
    assert 80 <= len(trace["nodes"]) <= 100
    assert len(to_html(trace).encode()) < 400_000


def test_a_file_is_written_whole(tmp_path, traces):
    path = tmp_path / "page.html"
    path.write_text("before")
    assert write_html(path, traces["chain_rule"](), title="é") == path
    assert path.read_text("utf-8") == to_html(traces["chain_rule"](), title="é")
    assert os.listdir(tmp_path) == ["page.html"]
    assert path.stat().st_mode & 0o044 == 0o044 & ~umask()


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_write_leaves_what_was_there(tmp_path, traces, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("before")

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr(html.os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        write_html(path, traces["chain_rule"]())
    with pytest.raises(TraceError):
        write_html(path, {"schema": "other"})
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["page.html"]


def test_a_link_keeps_pointing(tmp_path, traces):
    (tmp_path / "real.html").write_text("before")
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_html(tmp_path / "link.html", traces["empty"]())
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text().startswith("<!doctype html>")


def test_no_folder_no_file(tmp_path, traces):
    with pytest.raises(FileNotFoundError):
        write_html(tmp_path / "none" / "page.html", traces["empty"]())


def test_the_styles_of_the_page_stay_off_the_views():
    css = (html.files("learngrad") / "trace" / "page.css").read_text("utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    for selector in re.findall(r"^ *([^\s{}@;][^{};]*?) \{", css, re.MULTILINE):
        assert re.match(r":root|body|header |main |\.said|\.static|\.told", selector), selector
