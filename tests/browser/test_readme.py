"""README's own lines, run in a notebook, and the pictures of them that it shows.

The pictures in docs/ are this test's artefacts: `readme-replay-light.png` and so on.
"""

import re
from pathlib import Path

from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CODE = re.findall(r"^( *)```python\n(.*?)```", README, re.DOTALL | re.MULTILINE)
FIRST, TRAINING, REPLAY, IMPORTS = (re.sub(f"^{indent}", "", code, flags=re.MULTILINE).rstrip()
                                    for indent, code in CODE)


def test_readmes_lines_do_what_it_says(notebook, lab, artefacts):
    book = notebook(FIRST, "learngrad.manual_seed(0)", TRAINING, REPLAY,
                    IMPORTS + "\nprint(torch.nn is nn, F.relu(torch.tensor(-1.0)))")
    book.run_all()
    said = re.search(r"print\(.*\)  # (.*)", FIRST)[1]
    assert said in book.text(0)
    assert book.text(4).strip() == "True tensor(0.)"
    assert book.text(3).split("\n")[0] == re.search(r"print\(step\)  # (<.*>) ", REPLAY)[1]
    curve = book.views(2)
    expect(curve).to_have_attribute("data-points", "1000")

    graph = book.views(0)
    graph.focus()
    book.page.keyboard.press("Home")
    for _ in range(3):
        book.page.keyboard.press("ArrowRight")
    assert "c = a * b" in graph.locator(".lg-current").inner_text()
    book.page.evaluate("document.activeElement.blur()")
    try:
        for dark in (False, True):
            lab.theme(dark)
            book.ready()
            for name, view in (("replay", graph), ("descent", curve)):
                view.scroll_into_view_if_needed()
                book.page.wait_for_timeout(300)
                shade = "dark" if dark else "light"
                view.screenshot(path=artefacts / f"readme-{name}-{shade}.png")
    finally:
        lab.theme(dark=False)


def test_readmes_pictures_are_there_and_small():
    shown = set(re.findall(r"(?:src|srcset)=\"([^\"]+)\"", README))
    assert {"docs/replay-light.webp", "docs/replay-light.png", "docs/descent-light.png"} <= shown
    for path in shown:
        assert path.replace("light", "dark") in shown
        most = 1_500_000 if path.endswith(".webp") else 200_000
        assert 1_000 < (ROOT / path).stat().st_size < most, path


def test_every_link_inside_the_project_leads_somewhere():
    for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
