"""The HTML file in a real browser: from disk, offline, under its own strict policy."""

import itertools

import pytest

import learngrad
from learngrad import nn
from learngrad.trace import Recorder
from learngrad.trace.text import number

EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
CURVES = {"series": [{"name": "loss", "x": list(range(50)),
                      "y": [2.0 / (i + 1) for i in range(50)]},
                     {"name": EVIL, "x": [0, 1], "y": [1, "NaN"]}]}


def worked():
    with Recorder() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        loss = (a * b + a).tanh()
        loss.backward()
    return tape.to_dict(), {"a": a.grad.item(), "b": b.grad.item()}


def test_the_replay_steps_to_the_gradients(opened, artefacts):
    trace, gradients = worked()
    page = opened(trace, CURVES, title="A step")
    page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
    page.wait_for_selector("#learngrad-curves .lg-root[data-ready='true']")
    view = page.locator("#learngrad-graph .lg-root")
    assert view.get_attribute("data-nodes") == str(len(trace["nodes"]))
    assert view.get_attribute("data-index") == "0"
    assert view.get_by_text("no gradient yet").count() > 0
    steps = len(trace["replays"][0]["steps"])
    view.focus()
    for i in range(1, steps + 1):
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f"#learngrad-graph .lg-root[data-index='{i}']")
    for node in trace["nodes"]:
        if node["name"] in gradients:
            box = view.locator(f"g[data-id='{node['id']}']")
            assert f"grad {number(gradients[node['name']])}" in box.text_content()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"#learngrad-graph .lg-root[data-index='{steps - 1}']")
    assert page.locator(".static").count() == 0
    page.screenshot(path=artefacts / "standalone-page.png", full_page=True)


def test_names_are_text(opened):
    trace, _ = worked()
    for node in trace["nodes"]:
        node["name"] = EVIL
        node["sign"] = node["sign"] and EVIL
    trace["sources"] = [{**s, "label": EVIL, "text": EVIL} for s in trace["sources"]]
    for step in trace["replays"][0]["steps"]:
        for part in step["contributions"]:
            part.update(local=EVIL, numbers=EVIL)
    page = opened(trace, CURVES, title=EVIL)
    page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
    page.locator("#learngrad-graph .lg-root").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#learngrad-graph .lg-root[data-index='1']")
    assert page.locator("img").count() == 0
    assert page.locator("h1").text_content().startswith("<img")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_a_script_the_picture_and_the_words_are_there(opened, artefacts, scheme):
    trace, gradients = worked()
    page = opened(trace, CURVES, script=False, scheme=scheme)
    assert page.locator(".static svg").bounding_box()["height"] > 200
    shown = page.locator(".static svg text").all_text_contents()
    assert {f"grad {number(g)}" for g in gradients.values()} <= set(shown)
    page.locator("summary").first.click()
    assert "loss = tanh(a * b + a) = −0.9993" in page.locator("pre").first.inner_text()
    page.screenshot(path=artefacts / f"standalone-page-no-script-{scheme}.png", full_page=True)


def test_text_fits_the_boxes_of_the_picture(opened):
    """The boxes are sized by a rule; here a real font is measured against it."""
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    y = learngrad.tensor([i % 10 for i in range(32)])
    with Recorder() as tape:
        nn.functional.cross_entropy(model(learngrad.randn(32, 64)), y).backward()
    page = opened(tape.to_dict(), script=False)
    texts = page.locator(".static svg g[text-anchor] > text")
    boxes = page.locator(".static svg g[text-anchor]")
    assert boxes.count() == len(tape.to_dict()["nodes"])
    for i in range(boxes.count()):
        rect = boxes.nth(i).locator("rect").first.bounding_box()
        for text in boxes.nth(i).locator("text").all():
            inside = text.bounding_box()
            assert inside["x"] >= rect["x"] + 3
            assert inside["x"] + inside["width"] <= rect["x"] + rect["width"] - 3
            assert inside["y"] >= rect["y"]
            assert inside["y"] + inside["height"] <= rect["y"] + rect["height"] + 2
    assert texts.count() >= 2 * boxes.count()


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("script", [True, False])
def test_nothing_sticks_out_sideways(opened, width, script):
    page = opened(worked()[0], CURVES, width=width, script=script)
    if script:
        page.wait_for_selector("#learngrad-curves .lg-root[data-ready='true']")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in page.locator("h1, .said, section, footer").all():
        box = part.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_on_paper_everything_is_there_and_nothing_covers_anything(opened):
    page = opened(worked()[0])
    view = page.locator("#learngrad-graph .lg-root[data-ready='true']")
    view.focus()
    page.keyboard.press("ArrowRight")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 1000, "height": 900})  # a page of another width
    page.wait_for_timeout(200)
    edges = view.evaluate("""root => [".lg-stage", ".lg-panel", ".lg-source"].map(name => {
        const part = root.querySelector(name);
        const { top } = part.getBoundingClientRect();
        return [top, top + part.scrollHeight];
    })""")
    assert all(above[1] <= below[0] + 1 for above, below in itertools.pairwise(edges))
    assert view.locator(".lg-canvas > g").first.get_attribute("transform") is None
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert view.locator(".lg-canvas > g").first.get_attribute("transform")


@pytest.mark.parametrize("width", [420, 800])
def test_where_room_is_short_the_slider_has_a_row_to_itself(opened, width):
    page = opened(worked()[0])
    page.set_viewport_size({"width": width, "height": 900})
    row = page.locator(".lg-foot:has(.lg-pace)").bounding_box()
    slider = page.locator(".lg-slider").bounding_box()
    pace = page.locator(".lg-pace").bounding_box()
    play = page.get_by_role("button", name="Play").bounding_box()
    assert slider["width"] > row["width"] - 30
    assert slider["y"] > pace["y"] + pace["height"] - 2 > play["y"]
