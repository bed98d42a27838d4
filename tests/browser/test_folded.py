"""Graphs that are too large to be seen at once, in JupyterLab."""

from playwright.sync_api import expect

from tests.browser.lab import BLOCK

LOOP = BLOCK + """\
model = nn.Sequential(*[Block() for _ in range(40)])
x = learngrad.ones(2, 4)
with learngrad.record() as tape:
    loss = model(x).sum()
    loss.backward()
"""


def test_groups_open_and_close_by_click_and_by_key(notebook, artefacts):
    book = notebook(LOOP)
    book.run_all()
    view = book.views(0)
    closed = view.locator(".lg-node[data-group]")
    expect(closed).to_have_count(1)
    expect(closed).to_have_attribute("aria-label", "Block × 40, 0.a.weight, closed")  # its turn
    expect(view.locator(".lg-note").first).to_contain_text("boxes")
    closed.click()
    expect(closed).to_have_count(40)
    handle = view.locator(".lg-handle[role=button]", has_text="Block × 40")
    expect(handle).to_be_focused()
    book.page.keyboard.press("ArrowDown")  # the first block
    book.page.keyboard.press("Enter")
    expect(closed).to_have_count(41)  # its two layers, and the other blocks
    expect(view.locator(".lg-handle:focus")).to_have_attribute("aria-label", "0 · Block, open")
    book.page.keyboard.press("Enter")
    expect(closed).to_have_count(40)
    book.page.keyboard.press("c")
    expect(view.locator(".lg-handle")).to_have_count(0)
    book.page.screenshot(path=artefacts / "graph-folded.png")


def test_a_step_inside_a_closed_group_lights_it_and_says_which(notebook):
    book = notebook(LOOP)
    book.run_all()
    view = book.views(0)
    view.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        book.page.keyboard.press(key)
    lit = view.locator(".lg-node.lg-active")
    expect(lit).to_contain_text("40 of 40: +")
    book.page.keyboard.press("ArrowRight")
    expect(lit).to_contain_text("40 of 40: linear")


def test_a_node_is_found_and_shown(notebook):
    book = notebook(LOOP)
    book.run_all()
    view = book.views(0)
    view.focus()
    book.page.keyboard.press("/")
    field = view.get_by_role("searchbox")
    expect(field).to_be_focused()
    field.fill("17.a.weight")
    chosen = view.locator(".lg-node.lg-chosen")
    expect(chosen).to_contain_text("17.a.weight")
    expect(field).to_be_focused()
    book.page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    expect(view).to_be_focused()


THOUSANDS = """\
import learngrad
with learngrad.record(limit=2_000) as tape:
    z = learngrad.tensor(0.5, requires_grad=True)
    for step in range(5_000):
        z = z * 1.001
    for step in range(5_000):
        z = z + 1
"""


def test_a_program_of_thousands_is_summed_up_honestly(notebook):
    book = notebook(THOUSANDS)
    book.run_all()
    view = book.views(0)
    expect(view.locator(".lg-note").first).to_contain_text("8,001 more not recorded")
    expect(view.locator(".lg-node[data-group]")).to_contain_text("1,999 operations")
    rest = view.locator(".lg-rest")
    rest.locator("summary").click()
    expect(rest.locator("li")).to_have_text(["5,000 × add in line 7: z = z + 1",
                                             "3,001 × mul in line 5: z = z * 1.001"])


MANY_TO_ONE = """\
import learngrad
x = learngrad.tensor(1.0, requires_grad=True)
with learngrad.record() as tape:
    parts = []
    for i in range(200):
        parts.append(x * float(i) + 0.1)
    loss = learngrad.stack(parts).sum()
    loss.backward()
"""


def test_a_closed_loop_leads_to_one_box_on_one_wire(notebook):
    book = notebook(MANY_TO_ONE)
    book.run_all()
    view = book.views(0)
    expect(view.locator(".lg-node[data-group]")).to_contain_text("mul, add × 200")
    assert view.locator("g[data-edge]").count() == 3
    view.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):  # of the sum, and of what is stacked
        book.page.keyboard.press(key)
    expect(view.locator(".lg-tag")).to_have_text(["200 gradients"])
