"""Layers watched while they learn, in the output of the loop's own cell."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import learngrad
from learngrad.descent.flow_picture import COLOURS

FRONT = Path(learngrad.__file__).parent / "widgets" / "js"
AXE = FRONT / "node_modules" / "axe-core" / "axe.min.js"

TRAINING = """\
import learngrad, time
from learngrad import nn

learngrad.manual_seed(0)
X, y = learngrad.data.digits("train")
layers = [layer for k in range(7)
          for layer in (nn.Linear(64 if k == 0 else 16, 16), nn.Sigmoid())]
model = nn.Sequential(*layers, nn.Linear(16, 10))
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
print("before the loop")
flow = learngrad.GradientFlow(model, optimizer, every=1)
for step in range(STEPS):
    batch = learngrad.randint(0, len(X), (32,))
    loss = nn.functional.cross_entropy(model(X[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    time.sleep(PAUSE)
print("after the loop")
"""


def training(steps=12, pause=0.0):
    return TRAINING.replace("STEPS", str(steps)).replace("PAUSE", str(pause))


def test_layers_are_watched_while_the_loop_runs(notebook, lab, artefacts):
    book = notebook("import learngrad, anywidget", training(40, 0.05))
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    view.wait_for()
    row = view.locator("tbody tr").first.element_handle()
    seen = set()
    while "after the loop" not in book.text(1):
        seen.add(view.get_attribute("data-step"))
        book.page.wait_for_timeout(60)
    assert len(seen - {"39"}) >= 3, seen
    book.ready()
    expect(view).to_have_attribute("data-step", "39")
    expect(view).to_have_attribute("data-rows", "8")
    assert book.text(1).split("\n")[0] == "before the loop"
    # The row that was there at the beginning is there at the end: it was drawn on, not replaced.
    assert row.evaluate("tr => tr.isConnected")
    expect(view.get_by_role("row").filter(has_text="vanishing: gradient").first).to_be_visible()
    shapes = view.locator("path.lg-ridge")
    expect(shapes).to_have_count(8)
    assert all(len(d) > 40 for d in shapes.evaluate_all("all => all.map(p => p.getAttribute('d'))"))
    expect(view.locator("[role=img]").last).to_have_attribute(
        "aria-label", re.compile("^Step 39: 8 layers, . to look at"))
    # The colours are those of the static picture.
    for dark in (False, True):
        lab.theme(dark)
        expect(view).to_have_class(re.compile("lg-dark") if dark else re.compile(r"^(?!.*lg-dark)"))
        book.ready()
        assert view.evaluate("root => [...Array(9).keys()].map("
                             "k => getComputedStyle(root).getPropertyValue(`--lg-g${k}`))") == [
            both[dark] for both in COLOURS]
        view.screenshot(path=artefacts / f"flow-{'dark' if dark else 'light'}.png")
    lab.theme(dark=False)


def test_everything_is_done_by_keyboard_and_seen_by_axe(notebook, artefacts):
    book = notebook(training())
    book.run_all()
    view, page = book.views(0), book.page
    expect(view).to_have_attribute("data-moments", "12")
    slider = view.get_by_role("slider", name="step")
    slider.focus()
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-step", "0")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-step", "1")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^Step 1: 8 layers, "))
    newest = view.get_by_role("button", name="to the newest step")
    newest.focus()
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-step", "11")
    expect(newest).to_be_disabled()

    play = view.get_by_role("button", name="play the training")
    play.focus()
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-playing", "true")
    expect(view).to_have_attribute("data-playing", "false")
    expect(view).to_have_attribute("data-step", "11")

    for kind in ("activations", "weights", "weight gradients", "gradients"):
        view.get_by_role("button", name=kind, exact=True).focus()
        page.keyboard.press("Space")
        expect(view).to_have_attribute("data-kind", kind)
        expect(view.get_by_role("columnheader", name=f"size of the {kind}", exact=True)
               ).to_be_visible()
    over = view.get_by_role("button", name="over time")
    over.focus()
    page.keyboard.press("Space")
    expect(view.locator("path.lg-band").first).to_have_attribute("d", re.compile("^M.{60}"))
    page.keyboard.press("Space")

    page.add_script_tag(content=AXE.read_text("utf-8"))
    check = """root => axe.run(root, { resultTypes: ["violations"] }).then(
        found => found.violations.map(one => one.id + ": " + one.nodes[0].failureSummary))"""
    assert view.evaluate(check) == []
    table = view.get_by_role("button", name="table")
    table.focus()
    page.keyboard.press("Enter")
    expect(view.get_by_role("columnheader", name="gradients / output's")).to_be_visible()
    expect(view.get_by_role("row")).to_have_count(9)
    first = view.get_by_role("rowheader", name="0 (Linear, sigmoid)", exact=True)
    expect(first).to_be_visible()
    assert view.evaluate(check) == []
    view.screenshot(path=artefacts / "flow-table.png")


def test_it_is_there_again_after_a_reload_and_on_another_day(notebook):
    book = notebook(training())
    book.run_all()
    expect(book.views(0)).to_have_attribute("data-step", "11")
    book.save()
    book.reload()
    expect(book.views(0)).to_have_attribute("data-step", "11", timeout=30_000)
    expect(book.views(0)).to_have_attribute("data-moments", "12")
    book.reopen()
    picture = book.cell(0).locator(".jp-OutputArea img")
    expect(picture).to_have_attribute("alt", re.compile("^Step 11: 8 layers, "))
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 500


@pytest.mark.parametrize("width", [470, 420, 270])
def test_it_fits_into_a_narrow_output(notebook, artefacts, width):
    book = notebook(training())
    before = book.page.viewport_size
    book.page.set_viewport_size({"width": width + 116, "height": 900})
    try:
        book.run_all()
        view = book.views(0)
        expect(view).to_have_attribute("data-step", "11")
        assert view.evaluate("root => root.scrollWidth <= root.clientWidth")
        # What is to be read has the room for it.
        assert view.locator(".lg-flow-why").first.evaluate("cell => cell.offsetWidth") >= 90
        assert view.locator("tbody tr").first.evaluate("row => row.offsetHeight") <= 120
        view.screenshot(path=artefacts / f"flow-narrow-{width}.png")
    finally:
        book.page.set_viewport_size(before)


GRAPH = """\
import learngrad
from learngrad import nn
learngrad.manual_seed(0)
layers = [layer for _ in range(6) for layer in (nn.Linear(8, 8), nn.Sigmoid())]
model = nn.Sequential(*layers, nn.Linear(8, 4))
with learngrad.record(live=False) as tape:
    loss = nn.functional.cross_entropy(model(learngrad.randn(5, 8)), learngrad.arange(5) % 4)
    loss.backward()
learngrad.show(tape, colour="gradient")
"""


def test_the_same_colours_are_on_the_nodes_of_a_graph(notebook, lab, artefacts):
    book = notebook(GRAPH)
    book.run_all()
    view, page = book.views(0), book.page
    box = view.get_by_role("button", name=re.compile(r"^0\.weight"))
    expect(box).to_have_attribute("aria-description", re.compile(
        "^gradient .*× smaller than at the output$"))
    expect(box).to_have_class(re.compile("lg-toned lg-g0"))
    expect(view.get_by_role("button", name=re.compile(r"^12\.weight"))).to_have_class(
        re.compile("lg-toned lg-g[3-5]"))
    expect(view.get_by_text("10,000× smaller")).to_be_visible()
    # What is written in a coloured box has the ink of all text, or it could not be read.
    ink = view.evaluate("root => getComputedStyle(root).color")
    expect(box.locator(".lg-gradient")).to_have_css("fill", ink)
    view.screenshot(path=artefacts / "flow-graph.png")
    # At the beginning of the replay no gradient has arrived, and none has a colour.
    view.focus()
    page.keyboard.press("Home")
    expect(view.locator(".lg-node.lg-toned")).to_have_count(1)
    page.keyboard.press("End")
    expect(box).to_have_class(re.compile("lg-toned"))
    page.keyboard.press("h")
    expect(view.locator(".lg-node.lg-toned")).to_have_count(0)
    expect(view.get_by_role("button", name="colour by the size of the gradient")
           ).to_have_attribute("aria-pressed", "false")
