"""How soon large graphs and many views are there; the figures are kept, and no time is asserted.

What is wanted on a quiet machine: 500 boxes drawn in 1 s and a step in 50 ms, 5,000 nodes folded in
2 s, twenty views in 3 s.
"""

import os
import random
import statistics

from playwright.sync_api import expect

from tests.browser.lab import BLOCK

BOXES = 500
BLOCKS = BLOCK + """\
model = nn.Sequential(*[Block() for _ in range(625)])
with learngrad.record(live=False) as deep:
    model(learngrad.ones(2, 4)).sum().backward()"""
TWENTY = """\
for i in range(20):
    learngrad.show((v1 * i + v2).tanh())"""

# Runs a cell, and waits until so many views in it are drawn: milliseconds, paint included.
OPENS = """([index, count]) => new Promise((resolve, reject) => {
    const { content } = window.jupyterapp.shell.currentWidget;
    const cell = content.widgets[index].node;
    content.activeCellIndex = index;
    const began = performance.now();
    void window.jupyterapp.commands.execute("notebook:run-cell");
    const look = () => {
        const drawn = [...cell.querySelectorAll(".jp-OutputArea [data-learngrad]")].filter(
            slot => slot.shadowRoot?.querySelector(".lg-root")?.dataset.ready === "true");
        if (performance.now() - began > 60000) reject(new Error(`${drawn.length} are drawn`));
        else if (drawn.length < count) setTimeout(look, 2);
        else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    };
    look();
})"""
# Opens every group, and waits until so many boxes are drawn: milliseconds, paint included.
WHOLE = """([root, count]) => new Promise((resolve, reject) => {
    const began = performance.now();
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true }));
    const look = () => {
        const drawn = root.querySelectorAll("g[data-id]").length;
        if (performance.now() - began > 30000) reject(new Error(`${drawn} boxes are drawn`));
        else if (root.dataset.ready !== "true" || drawn < count) setTimeout(look, 2);
        else requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
    };
    look();
})"""
# Presses a key and waits for its paint: milliseconds.
STEP = """([root, key]) => new Promise((resolve) => {
    const began = performance.now();
    root.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
})"""


def tangle():
    """A program of 500 values, none of which is a loop's: there is nothing to fold."""
    draw = random.Random(0)
    lines = [f"v{i} = learngrad.tensor({1 + i / 20}, requires_grad=True)" for i in range(20)]
    for i in range(20, BOXES):
        one = i - 20 if i < 40 else draw.randrange(i - 40, i)  # each of the first ones is used
        two = draw.randrange(max(0, i - 40), i)
        lines.append(f"v{i} = v{one} {draw.choice('+-')} v{two}")
    lines.append(f"v{BOXES - 1}.backward()")
    return "with learngrad.record(live=False) as wide:\n" + "\n".join(
        f"    {line}" for line in lines)


def test_large_graphs_and_many_views_open(notebook, artefacts):
    book = notebook("import learngrad\nfrom learngrad import nn", tangle(), "wide", BLOCKS, "deep",
                    TWENTY)
    page, rows = book.page, []
    for at in (0, 1, 3):
        book.run(at)

    def opens(index, count, what):
        rows.append(f"{what}: {page.evaluate(OPENS, [index, count]):.0f} ms")

    opens(5, 20, "the first twenty views, with the code that draws them")
    assert {view.get_attribute("data-ready") for view in book.views(5).all()} == {"true"}
    assert book.views(5).locator(".lg-node").count() >= 60
    opens(2, 1, f"{BOXES} nodes, folded")
    view = book.views(2)
    took = page.evaluate(WHOLE, [view.element_handle(), BOXES])
    rows.append(f"{BOXES} boxes, drawn whole: {took:.0f} ms")
    expect(view.locator("g[data-id]")).to_have_count(BOXES)
    assert view.locator(".lg-node[data-group]").count() == 0
    view.focus()
    page.keyboard.press("Home")
    took = [page.evaluate(STEP, [view.element_handle(), "ArrowRight"]) for _ in range(30)]
    expect(view).to_have_attribute("data-index", "30")
    rows.append(f"a step in it: median {statistics.median(took):.0f} ms, most {max(took):.0f} ms")
    nodes = book.ask("len(deep.to_dict()['nodes'])")
    opens(4, 1, f"{nodes:,} nodes, folded")
    expect(book.views(4).locator(".lg-node[data-group]").first).to_contain_text("625")
    rows.append(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    (artefacts / "graph-times.txt").write_text("\n".join(rows) + "\n")
