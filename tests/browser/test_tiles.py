"""An element of a tensor followed through a step: by keys, by pointer, as a table, and spoken."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

import learngrad
from learngrad.nn import functional as F
from learngrad.trace import Recorder
from tests.browser.test_accessible import VIEW, axe

__all__ = ["axe"]  # a fixture


@pytest.fixture
def layer():
    """A small layer's trace, and its tensors."""
    X = learngrad.tensor([[1.0, 2.0, -1.0], [0.5, -2.0, 3.0]])
    with Recorder() as tape:
        W = learngrad.tensor([[0.1, -0.4], [0.3, 0.2], [-0.5, 0.6]], requires_grad=True)
        b = learngrad.tensor([0.1, -0.2], requires_grad=True)
        h = X @ W
        logits = h + b
        loss = F.cross_entropy(logits, learngrad.tensor([0, 1]))
        loss.backward()
    return tape.to_dict(), {"X": X, "W": W, "h": h}


@pytest.fixture
def followed(opened, layer):
    """The layer's page at an index of its replay, with the tiles that are followed there."""
    def followed(index, **options):
        page = opened(layer[0], **options)
        view = page.locator(VIEW)
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        view.focus()
        for key in ["ArrowRight"] * index if index >= 0 else ["ArrowLeft"] * -index:
            page.keyboard.press(key)
        expect(view).to_have_attribute("data-index", str(index))
        return page, view, view.get_by_role("grid")
    return followed


def test_keys_follow_an_element_and_leave_the_replay_where_it_is(followed, layer):
    page, view, grid = followed(-3)
    X, W, h = (t.detach().numpy() for t in layer[1].values())
    grid.focus()
    for key in ("Home", "ArrowUp", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    told = view.locator(".lg-t-told")
    expect(told).to_contain_text("h[1, 1] = Σₖ X[1, k] · W[k, 1]")
    expect(told).to_contain_text("= 0.5 · (−0.4) − 2 · 0.2 + 3 · 0.6 = 1.2")
    assert np.isclose(X[1] @ W[:, 1], h[1, 1])
    assert np.isclose(h[1, 1], 1.2)
    expect(view.locator(".lg-t-live")).to_have_text(re.compile(
        r"^h\[1, 1\]: the sum over k of X\[1, k\] times W\[k, 1\], that is 0\.5 times "
        r".*, gives 1\.2\.$"))
    lit = view.locator(".lg-t-lit")
    expect(lit).to_have_text(["0.5", "−2", "3", "−0.4", "0.2", "0.6"])
    expect(grid.get_by_role("gridcell", selected=True)).to_have_text("1.2")
    assert grid.get_attribute("aria-activedescendant") == grid.get_by_role(
        "gridcell", selected=True).get_attribute("id")
    expect(view).to_have_attribute("data-index", "-3")
    page.keyboard.press("Escape")
    expect(view).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "-2")
    expect(told).to_contain_text("logits[1, 1] = h[1, 1] + b[1]")  # it leads on
    expect(view.locator(".lg-t-live")).to_have_text(
        "logits[1, 1]: h[1, 1] + b[1], that is 1.2 + (−0.2), gives 1.")


def test_going_back_an_element_leads_on_to_the_next_step(followed, layer):
    page, view, grid = followed(1)
    grid.get_by_role("gridcell").nth(2).click()  # where the pointer now rests, it points at nothing
    told = view.locator(".lg-t-told")
    expect(told).to_contain_text("to logits[1, 0] = g · (softmax(logits[1])[0] − (1 if")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    expect(told.first).to_contain_text("to h[1, 0] = g[1, 0]")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "3")
    expect(told).to_contain_text(re.compile(r"to W\[\d, 0\] = Σᵢ X\[i, \d\] · g\[i, 0\]"))
    cells = [float(text.replace("−", "-"))
             for text in grid.get_by_role("gridcell").all_inner_texts()]
    assert np.allclose(cells, layer[1]["W"].grad.numpy().ravel(), rtol=1e-2)


def test_the_pointer_shows_an_element_and_gives_the_followed_one_back(followed):
    page, view, grid = followed(-3)
    told = view.locator(".lg-t-told b").first
    expect(told).to_have_text(re.compile(r"h\[\d, \d\]"))
    before = told.inner_text()
    other = next(cell for cell in grid.get_by_role("gridcell").all()
                 if cell.get_attribute("aria-selected") is None)
    other.hover()
    expect(told).not_to_have_text(before)
    page.mouse.move(0, 0)
    expect(told).to_have_text(before)


def test_the_tables_say_what_the_tiles_show(followed, layer):
    page, view, _ = followed(-3, width=620)
    view.get_by_role("button", name="numbers as tables").click()
    tables = view.locator(".lg-t-tables table")
    expect(tables).to_have_count(4)
    expect(tables.first.locator("tbody tr")).to_have_count(3)
    expect(tables.nth(1).locator("tbody td")).to_have_text(["1", "2", "−1", "0.5", "−2", "3"])
    view.focus()
    page.keyboard.press("ArrowRight")  # the next step has tables, too
    expect(tables.first.locator("caption")).to_have_text(re.compile("^logits"))
    view.get_by_role("button", name="as tiles").click()
    expect(view.get_by_role("grid")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_tiles(followed, axe, scheme):
    page, view, grid = followed(3, scheme=scheme, width=620)
    grid.first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(700)  # what fades has its colour
    assert axe(page, "html") == []
    view.get_by_role("button", name="numbers as tables").click()
    assert axe(page, "html") == []


def test_in_jupyterlab_an_element_is_followed_by_keys(notebook, artefacts):
    book = notebook("""\
import learngrad
from learngrad.nn import functional as F
X, y = learngrad.data.digits("train")
X, y = X[:32], y[:32]
learngrad.manual_seed(0)
W = (learngrad.randn(64, 10) * 0.1).requires_grad_()
b = learngrad.zeros(10, requires_grad=True)
with learngrad.record() as tape:
    logits = X @ W + b
    loss = F.cross_entropy(logits, y)
    loss.backward()""")
    book.run_all()
    view = book.views(0)
    view.focus()
    book.page.keyboard.press("Home")
    for _ in range(3):
        book.page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "3")
    grid = view.get_by_role("grid")
    grid.focus()
    book.page.keyboard.press("Home")
    book.page.keyboard.press("ArrowRight")
    expect(view.locator(".lg-t-told")).to_contain_text(re.compile(
        r"to W\[\d+, 1\] = Σᵢ X\[i, \d+\] · g\[i, 1\].* from 24 terms not kept = "))
    expect(grid).to_be_focused()
    book.picture(artefacts / "tiles.png")
    book.page.keyboard.press("Space")  # playing goes on, and the keys go with it
    expect(view).not_to_have_attribute("data-index", "3")
