"""Numbers in cells are read whole, at every width, or are not there; and all of them as tables."""

import pytest
from playwright.sync_api import expect

import learngrad
from learngrad.trace import Recorder
from tests.browser.test_accessible import VIEW, axe

__all__ = ["axe"]  # a fixture

WIDTHS = range(1600, 330, -70)

# The numbers that are cut, that stand over the edge of their cell, or that cannot be scrolled to.
CUT = """([panel, within]) => [...panel.querySelectorAll(within)].flatMap(cell => {
    const grid = cell.closest(".lg-heat, .lg-t-sheets"), text = document.createRange();
    text.selectNodeContents(cell);
    const [word, box, frame] = [text, cell, grid].map(one => one.getBoundingClientRect());
    const scrolls = getComputedStyle(grid).overflowX === "auto";
    const inside = (a, b) => a.left > b.left - 0.6 && a.right < b.right + 0.6;
    const seen = scrolls ? box.left > frame.left - 0.6 : inside(box, frame);
    const fits = inside(frame, panel.getBoundingClientRect());
    return seen && fits && (!cell.textContent || inside(word, box)) ? [] : [
        `${cell.textContent}: ${[word, box, frame].map(({ left, right }) => [left, right])}`];
})"""


def small_gradients():
    W = learngrad.tensor([[0.1, -0.2, 0.3, 0.4], [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0],
                          [1.0, 1.0, 1.0, 1.0]], requires_grad=True)
    row = learngrad.tensor([-0.00013962, 0.00041125, -0.00039998, -0.00012345])
    x = learngrad.stack([row, -row])
    loss = (x @ W).sum() * 1.2345
    loss.backward()


def linear():
    W = learngrad.tensor([[-0.2225, 0.312, -0.03483, 0.1841]], requires_grad=True)
    x = learngrad.tensor([[0.1, 0.2, 0.3, 0.4]] * 5, requires_grad=True)
    c = learngrad.tensor([[0.01175], [-3.765e-8], [0.00306], [0.0001632], [0.002336]])
    h = learngrad.nn.functional.linear(x + 0, W)
    loss = (h * c).sum()
    loss.backward()


def squares():
    w = learngrad.tensor([1.0, 2, 3, 4, 5, 6, 7, 8], requires_grad=True)
    (w * w).sum().backward()


@pytest.fixture
def stood(opened):
    """Opens a program's page at the end of its replay, or so many steps before."""
    def stood(program, back=0, **options):
        with Recorder() as tape:
            program()
        page = opened(tape.to_dict(), **options)
        view = page.locator(VIEW)
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        view.focus()
        for key in ["End"] + ["ArrowLeft"] * back:
            page.keyboard.press(key)
        return page, view
    return stood


def cut(page, view, within):
    """What is wrong at each width, and the texts of the cells."""
    wrong, texts = {}, {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        panel = view.locator(".lg-panel")
        found = panel.evaluate(f"panel => ({CUT})([panel, {within!r}])")
        if found:
            wrong[width] = found
        texts[width] = panel.locator(within).all_inner_texts()
    return wrong, texts


def test_the_numbers_of_a_gradient_are_never_cut(stood):
    page, view = stood(small_gradients)
    wrong, texts = cut(page, view, ".lg-heat span")
    assert not wrong
    assert texts[max(WIDTHS)][0] == "3.397e−12"
    seen = {text[0] for text in texts.values()}
    assert seen == {"3.397e−12", "3.4e−12", ""}  # as many digits as there is room for


@pytest.mark.parametrize("back", [2, 3, 4])
def test_the_tiles_round_a_corner_are_never_cut(stood, back):
    page, view = stood(linear, back)
    wrong, _ = cut(page, view, ".lg-t-line > span")
    assert not wrong


def numbers(view):
    """What the tables say: for each its caption and its numbers."""
    return {table.locator("caption").inner_text(): table.locator("tbody td").all_inner_texts()
            for table in view.locator(".lg-t-tables table").all()}


VALUES = {"w, 8 values": list("12345678"),
          "gradient of w, 8 values": ["2", "4", "6", "8", "10", "12", "14", "16"]}


def test_a_gradient_in_shades_is_there_as_a_table(stood, axe):
    page, view = stood(squares)
    button = view.locator(".lg-panel").get_by_role("button", name="numbers as tables")
    assert view.locator(".lg-t-tables").is_hidden()
    button.press("Enter")
    assert numbers(view) == {"w.grad, 8 values": VALUES["gradient of w, 8 values"]}
    expect(view.get_by_role("button", name="without tables")).to_be_focused()
    page.keyboard.press("Tab")
    expect(view.get_by_role("group", name="the numbers as tables")).to_be_focused()
    assert axe(page, "html") == []


def test_a_chosen_node_has_its_numbers_as_tables(stood):
    page, view = stood(squares)
    view.locator(".lg-node", has_text="w").first.click()
    view.get_by_role("button", name="numbers as tables").click()
    assert numbers(view) == VALUES
    page.keyboard.press("Escape")
    expect(view.locator(".lg-t-tables caption")).to_have_text(["w.grad, 8 values"])  # they stay
    view.get_by_role("button", name="without tables").click()
    assert view.locator(".lg-t-tables").is_hidden()


def test_where_every_number_is_written_there_is_no_table(stood):
    def small():
        w = learngrad.tensor([1.0, 2, 3], requires_grad=True)
        (w * w).sum().backward()
    _, view = stood(small)
    expect(view.locator(".lg-panel")).to_contain_text("[2, 4, 6]")
    assert view.get_by_role("button", name="numbers as tables").count() == 0
