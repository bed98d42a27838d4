"""A race of optimisers in a real notebook: played, turned, dragged; the kernel makes each step."""

from playwright.sync_api import expect

RACE = """\
import learngrad
race = learngrad.race("rosenbrock", {
    "SGD": dict(lr=0.001), "SGD with momentum": dict(lr=0.001, momentum=0.9),
    "RMSprop": dict(lr=0.01), "Adam": dict(lr=0.1)}, steps=200)
"""


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


def test_a_race_is_played_and_turned(notebook, lab, artefacts):
    book = notebook(RACE)
    book.run_all()
    view = book.views(0)
    expect(view).to_have_attribute("data-step", "200")
    expect(view.locator(".lg-board")).to_contain_text("leads with")
    shot(book, lab, artefacts / "race")
