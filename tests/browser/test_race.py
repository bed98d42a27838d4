"""A race of optimisers in a real notebook: played, turned, dragged; the kernel makes each step."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import learngrad

AXE = Path(learngrad.__file__).parent / "widgets/js/node_modules/axe-core/axe.min.js"
RACE = """\
import learngrad
race = learngrad.race("rosenbrock", {
    "SGD": dict(lr=0.001), "SGD with momentum": dict(lr=0.001, momentum=0.9),
    "RMSprop": dict(lr=0.01), "Adam": dict(lr=0.1)}, steps=200)
"""
MODEL = """\
from learngrad import nn
X, y = learngrad.data.digits("train")
learngrad.manual_seed(0)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
trained = learngrad.race(model, data=(X, y), loss_fn=nn.CrossEntropyLoss(), steps=60)
"""


@pytest.fixture(autouse=True)
def patient():
    """The kernel runs races while others load the machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


def shot(book, lab, path):
    """Pictures of the notebook in light and dark."""
    try:
        for dark in (False, True):
            lab.theme(dark)
            book.ready()
            book.picture(f"{path}-{'dark' if dark else 'light'}.png")
    finally:
        lab.theme(dark=False)
        book.ready()


def assert_accessible(page, view):
    page.add_script_tag(path=str(AXE))
    assert view.evaluate("""async view => (await axe.run(view, { rules: { region:
        { enabled: false } } })).violations.map(({ id, nodes }) => [id, nodes[0].html])""") == []


def settled(view):
    """Wait until the kernel has run what was asked for last, and the view shows it."""
    expect(view).to_have_attribute("data-waiting", "false")
    expect(view).to_have_attribute("data-ready", "true")


def card(view, name):
    return view.get_by_role("group", name=name, exact=True)


def test_a_race_is_played_turned_and_dragged(notebook, lab, artefacts):
    book = notebook(RACE)
    book.run_all()
    view, page = book.views(0), book.page
    said = view.locator(".lg-board")
    expect(view).to_have_attribute("data-step", "200")
    expect(said).to_contain_text(book.ask("race.describe()").split(". ", 1)[1])

    # By keyboard through the race, and played to its end.
    view.focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("At the start")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Shift+ArrowRight"):
        page.keyboard.press(key)
    expect(view).to_have_attribute("data-step", "11")
    expect(view.locator("[aria-live]")).to_contain_text("After 11 steps")
    page.keyboard.press("Space")
    expect(view).to_have_attribute("data-playing", "true")
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-step", "200")
    expect(view).to_have_attribute("data-playing", "false")

    # A slider: the kernel runs that one again, with its own optimiser.
    rate = view.get_by_label("lr of SGD", exact=True)
    rate.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(rate).to_have_attribute("aria-valuetext", "0.01")
    settled(view)
    assert book.ask("race.entrants['SGD'].settings['lr']") == 0.01
    lost = book.ask("race.runs['SGD'].diverged")
    expect(said).to_contain_text(f"SGD diverged at step {lost}.")

    # What makes no sense is told where it was set; the others stay, and so does the kernel.
    view.get_by_label("nesterov of SGD", exact=True).check()
    expect(card(view, "SGD").get_by_role("alert")).to_contain_text("Nesterov")
    expect(said).to_contain_text("SGD does not run")
    book.picture(artefacts / "race-turned.png")
    card(view, "SGD").get_by_role("button", name="reset SGD").click()
    expect(card(view, "SGD").get_by_role("alert")).to_be_hidden()
    expect(said).not_to_contain_text("does not run")

    # The start, by keys and by the pointer.
    start = view.get_by_role("button", name=re.compile("start at"))
    start.focus()
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-start", "−1.49 2.5")
    box = start.bounding_box()
    page.mouse.move(box["x"] + 11, box["y"] + 11)
    page.mouse.down()
    page.mouse.move(box["x"] + 61, box["y"] + 111, steps=8)
    page.mouse.up()
    expect(view).not_to_have_attribute("data-start", "−1.49 2.5")
    settled(view)
    x, y = book.ask("race.start")
    assert x > -1.4
    assert y < 2.3
    expect(said).to_contain_text(book.ask("race.describe()").split(". ", 1)[1])
    view.get_by_role("button", name="reset all").click()
    expect(view).to_have_attribute("data-start", "−1.5 2.5")

    # Shown and hidden, as a table, and nothing for axe to find.
    view.get_by_role("button", name="Adam", exact=True).click()
    expect(view.get_by_role("img")).not_to_have_attribute("aria-label", re.compile("Adam"))
    view.focus()
    page.keyboard.press("t")
    rows = view.get_by_role("group", name="table of the race").locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("lr 0.001, momentum 0, nesterov 0")
    page.keyboard.press("t")
    assert_accessible(page, view)
    shot(book, lab, artefacts / "race")


def test_a_model_is_raced_and_the_race_is_kept(notebook, artefacts):
    book = notebook("import learngrad", MODEL)
    book.run_all()
    view, page = book.views(1).first, book.page
    said = view.locator(".lg-board")
    expect(said).to_contain_text("After 60 steps")
    rate = view.get_by_label("lr of SGD", exact=True)
    rate.focus()
    page.keyboard.press("Home")
    expect(rate).to_have_attribute("aria-valuetext", "1e−5")
    settled(view)
    expect(said).to_contain_text(re.compile(r"SGD at 2\.\d+\."))
    assert book.ask("trained.runs['SGD'].loss[-1]") > 2
    assert_accessible(page, view)
    book.picture(artefacts / "race-model.png")
    before = said.inner_text()
    # When the sliders rest, the picture that is saved with the notebook is made again.
    turned = book.ask("trained.describe()")
    kept = book.cell(1).locator("[data-learngrad] > img")
    expect(kept).to_have_attribute("alt", turned)
    book.save()
    book.reload()
    expect(book.views(1).locator(".lg-board").first).to_have_text(before)
    book.reopen()
    picture = book.cell(1).locator(".jp-OutputArea-output img")
    expect(picture).to_have_attribute("alt", turned)
    assert book.views(1).count() == 0


def test_a_race_whose_kernel_began_anew_says_so_and_cannot_be_turned(notebook):
    book = notebook("import learngrad", "race = learngrad.race('bowl', {'SGD': 0.1, 'Adam': 0.1})")
    book.run_all()
    view = book.views(1).first
    rate = view.get_by_label("lr of SGD", exact=True)
    rate.focus()
    book.page.keyboard.press("ArrowRight")
    settled(view)
    ran = rate.get_attribute("aria-valuetext")
    assert ran == "0.11"
    rate.focus()
    book._in_page("panel => panel.sessionContext.session.kernel.restart()")
    expect(view.locator(".lg-note").first).to_contain_text("no kernel")
    expect(rate).to_be_disabled()
    expect(rate).to_have_attribute("aria-valuetext", ran)
    expect(view.get_by_role("button", name=re.compile("start at"))).to_have_count(0)
    # What was run can still be looked at.
    view.focus()
    book.page.keyboard.press("Home")
    expect(view).to_have_attribute("data-step", "0")


def test_marks_are_filled_beside_a_graph(notebook):
    book = notebook("import learngrad\nx = learngrad.tensor(2.0, requires_grad=True)\n"
                    "learngrad.show(x * x)", "race = learngrad.race('bowl')")
    book.run_all()
    expect(book.views(0).first.locator("g[data-id]")).not_to_have_count(0)
    fill = book.views(1).first.locator("svg.lg-mark path").first.evaluate(
        "mark => getComputedStyle(mark).fill")
    assert fill not in ("none", "rgb(0, 0, 0)")


@pytest.mark.parametrize("width", [1200, 420])
def test_a_page_plays_what_was_run(opened, artefacts, width):
    race = learngrad.race("valley", {"SGD": 0.05, "Adam": 0.1}, steps=90)
    page = opened(view=race, width=width)
    view = page.locator("#learngrad-race .lg-root")
    expect(view).to_have_attribute("data-step", "90")
    expect(view.locator(".lg-board")).to_contain_text(race.describe().split(". ", 1)[1])
    expect(view.get_by_label("lr of SGD", exact=True)).to_be_disabled()
    expect(view.get_by_role("button", name=re.compile("start at"))).to_have_count(0)
    view.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-step", "1")
    view.get_by_label("pace", exact=True).select_option("4")
    view.get_by_role("button", name="Play (Space)").click()
    expect(view).to_have_attribute("data-step", "90")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefacts / f"race-page-{width}.png", full_page=True)
