"""The first lesson, as a learner runs it: in a real notebook, from top to bottom."""

import shutil
from pathlib import Path

import nbformat
from playwright.sync_api import expect

from learngrad.trace.text import number

LESSON = Path(__file__).parents[2] / "notebooks/1-beginner/01-your-first-descent.ipynb"
GRAPHS = {"a-first-graph": 4, "a-first-replay": 4, "a-is-used-twice": 4, "one-step-recorded": 10}
CURVES = {"descent-by-hand": 20, "four-learning-rates": 48, "train": 1000}
# The recorded step once more: the model has been trained since.
AGAIN = """
learngrad.manual_seed(0)
again = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn(again(images), digits).backward()
grads = [p.grad.numpy() for p in again.parameters()]
"""


def test_the_lesson_lives(notebook, lab, artefacts):
    path = lab.folder / LESSON.name
    shutil.copy(LESSON, path)
    at = {cell.id: i for i, cell in enumerate(nbformat.read(path, as_version=4).cells)}
    lab.trust(path)
    book = notebook(path=path)
    for name in ("ten-digits", "a-first-graph", "train", "all-it-misreads"):
        assert book.cell(at[name]).locator(".jp-OutputArea img").bounding_box()["height"] > 50
    book.picture(artefacts / "lesson-as-it-comes.png")
    book.run_all()

    for name, nodes in GRAPHS.items():
        expect(book.views(at[name])).to_have_attribute("data-nodes", str(nodes))
    for name, points in CURVES.items():
        expect(book.views(at[name])).to_have_attribute("data-points", str(points))
    assert book.ask("accuracy") > 0.95

    # The text's own example, stepped through as it says: start, then one step on.
    view = book.views(at["a-first-replay"])
    view.get_by_role("button", name="to the start").click()
    arriving = []
    for _ in range(3):
        view.get_by_role("button", name="one step on").click()
        arriving.append(view.locator(".lg-part").last.inner_text())
    for text, gradient in zip(arriving, ("−8", "−8", "−16"), strict=True):
        assert gradient in text

    # And the network's: the spans of the gradients shown are those of the kernel's.
    view = book.views(at["one-step-recorded"])
    view.focus()
    book.page.keyboard.press("End")
    shown = "\n".join(view.locator("g[data-kind=parameter]").all_text_contents())
    spans = book.ask("[[float(g.min()), float(g.max())] for g in grads]", first=AGAIN)
    assert len(spans) == 4
    for low, high in spans:
        assert f"grad {number(low)} to {number(high)}" in shown

    for dark in (False, True):
        lab.theme(dark)
        book.picture(artefacts / f"lesson-{'dark' if dark else 'light'}.png")
    lab.theme(dark=False)
