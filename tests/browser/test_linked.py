"""Box, line of Python and term of the formula light up together; loops fold. By keyboard, too."""

import re
import types

from playwright.sync_api import expect

import learngrad
from learngrad.trace import Recorder

HELPER = """\
def twice(x, y):
    h = x * y
    return h + x
"""


def helper(tmp_path):
    """A function from another file."""
    file = tmp_path / "helper.py"
    file.write_text(HELPER)
    made = types.ModuleType("helper")
    exec(compile(HELPER, str(file), "exec"), made.__dict__)
    return made


def shown(page):
    view = page.locator("#learngrad-graph .lg-root[data-ready='true']")
    expect(view).to_have_count(1)
    view.focus()
    return view


TERMS = "() => [...CSS.highlights.get('lg-term')].map(String)"


def test_a_box_its_line_and_its_term_light_up_in_every_file(opened, tmp_path):
    other = helper(tmp_path)
    with Recorder() as tape:
        a = learngrad.tensor(2.0, requires_grad=True)
        b = learngrad.tensor(-3.0, requires_grad=True)
        loss = other.twice(a, b) * b
        loss.backward()
    page = opened(tape.to_dict())
    view = shown(page)
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "1")
    view.locator(".lg-node[data-id]", has_text="b").first.focus()
    expect(view.locator(".lg-source li.lg-hint")).to_contain_text("b = learngrad.tensor(-3.0")
    page.wait_for_function(f"() => {{ const lit = ({TERMS})(); "
                           "return lit.length > 2 && lit.every((term) => term === 'b') }")
    expect(view.locator(".lg-part.lg-hint .lg-to")).to_have_text("to b")
    # A line of another file is shown while the focus is on what it made.
    view.locator(".lg-node[data-id]", has_text="h = ×").focus()
    expect(view.locator(".lg-source-name")).to_have_text(
        re.compile(r"^helper\.py, called from line \d+ of test_linked\.py$"))
    expect(view.locator(".lg-source li.lg-hint")).to_contain_text("h = x * y")
    view.focus()
    expect(view.locator(".lg-source li.lg-current")).to_contain_text("loss = other.twice(a, b) * b")
    expect(view.locator(".lg-source li.lg-hint")).to_have_count(0)
    # And from a line to its boxes.
    view.locator(".lg-code").focus()
    page.keyboard.press("ArrowDown")
    expect(view.locator(".lg-source li:focus")).to_contain_text("loss = ")
    expect(view.locator(".lg-node.lg-hint")).to_have_count(3)
    expect(view.locator(".lg-hush[role=status]").first).to_contain_text(
        "made loss, and called what made h, ")
    page.keyboard.press("ArrowUp")
    expect(view.locator(".lg-node.lg-hint")).to_contain_text("b")
    page.keyboard.press("Enter")
    expect(view.locator(".lg-node.lg-chosen")).to_contain_text("b")
    expect(view.locator(".lg-source li:focus")).to_have_count(1)  # the keys go on
    view.focus()
    expect(view.locator(".lg-node.lg-hint")).to_have_count(0)


def test_a_loop_in_a_page_opens_closes_and_says_which_turn(opened, artefacts):
    with Recorder() as tape:
        x = learngrad.ones(10, 2)
        W = learngrad.full((2, 2), 0.5, requires_grad=True)
        h = learngrad.zeros(2)
        for t in range(10):
            h = learngrad.tanh(x[t] @ W + h @ W)
        h.sum().backward()
    page = opened(tape.to_dict())
    view = shown(page)
    closed = view.locator(".lg-node[data-group]")
    expect(closed).to_have_text(["[ ], @, @, +, tanh × 10 50 operations"])
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-index", "3")
    expect(closed).to_contain_text("10 of 10: +")
    expect(view.locator(".lg-hush[role=status]").first).to_contain_text(
        "Step 3 of 42, turn 10 of 10: add")
    page.screenshot(path=artefacts / "page-loop.png")
    page.keyboard.press("l")
    expect(closed).to_have_count(0)
    expect(view.locator(".lg-note").first).to_have_text("54 nodes")
    expect(view.locator(".lg-node.lg-active")).to_contain_text("+")
    expect(view.locator(".lg-handle", has_text="× 10")).to_have_attribute("role", "button")
    page.keyboard.press("l")
    expect(closed).to_contain_text("10 of 10: +")
