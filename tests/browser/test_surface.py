"""A loss surface in JupyterLab: refined as one looks, read by keyboard, its way live."""

import re
from pathlib import Path

from playwright.sync_api import expect

import learngrad
from learngrad.trace.text import number

AXE = Path(learngrad.__file__).parent / "widgets/js/node_modules/axe-core/axe.min.js"
BEGIN = """\
import anywidget, time
import learngrad
from learngrad import nn
learngrad.manual_seed(0)
X, y = learngrad.data.digits("test")
model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.3)
path = learngrad.Trajectory(model, optimizer)
def train(steps, pause=0):
    for step in range(steps):
        optimizer.zero_grad()
        loss_fn(model(X), y).backward()
        optimizer.step()
        time.sleep(pause)
train(50)"""
SHOW = """\
surface = learngrad.LossSurface(model, loss_fn, X, y, directions="pca", trajectory=path,
                                finest=33)"""
SLOW = """\
def slow(out, y):
    time.sleep(0.02)
    loss = loss_fn(out, y)
    return loss + loss.item()  # reads a number: no two points share a pass
slowly = learngrad.LossSurface(model, slow, X, y, directions=["gradient", "hessian"])"""

# The middle of the map is dark by night and light by day.
DRAWN_FOR = """([view, dark]) => {
    const canvas = view.querySelector(".lg-contour canvas");
    const [x, y] = [canvas.width / 2 + 20, canvas.height / 2 + 20];
    const { data } = canvas.getContext("2d").getImageData(x, y, 1, 1);
    return data[3] === 255 && (data[0] + data[1] + data[2] < 384) === dark;
}"""


def test_a_surface_is_looked_at(notebook, lab, artefacts):
    book = notebook(BEGIN, SHOW, "train(60, pause=0.02)")
    page = book.page
    book.run(0)
    book.run(1)
    view = book.views(1)
    expect(view).to_have_attribute("data-side", "33", timeout=60_000)
    expect(view).to_have_attribute("data-running", "false")
    expect(view).to_have_attribute("data-steps", "50")
    expect(view.locator(".lg-foot")).to_be_hidden()
    expect(view.locator(".lg-note").first).to_have_text("a slice of 1,210 dimensions")
    assert colours(view) > 8

    # The crosshair by keyboard, and what is said of it.
    scene = view.locator(".lg-scene")
    scene.focus()
    start = view.get_attribute("data-at")
    page.keyboard.press("Shift+ArrowLeft")
    expect(view).not_to_have_attribute("data-at", start)
    expect(view.locator("[aria-live]")).to_have_text(re.compile(r"^−?[\d.]+, −?[\d.]+: loss [\d.]"))
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-loss", number(book.ask("surface.lowest()[0]")))
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-at", start)

    # By pointer: read under it, kept by a click.
    box = view.locator(".lg-contour").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 3, box["y"] + box["height"] / 3)
    expect(view).not_to_have_attribute("data-at", start)

    # The other views of the same numbers.
    for kind in ("3-D", "slices", "table"):
        view.get_by_role("button", name=kind, exact=True).click()
        expect(view).to_have_attribute("data-kind", kind)
    expect(view.locator("table tbody tr")).to_have_count(9)
    view.get_by_role("button", name="3-D", exact=True).click()
    before = image(view, ".lg-solid canvas")
    scene.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("([view, before]) => view.querySelector('.lg-solid canvas')"
                           ".toDataURL() !== before", arg=[view.element_handle(), before])

    # Training in another cell draws its way on it.
    view.get_by_role("button", name="contours", exact=True).click()
    book.run(2)
    expect(view).to_have_attribute("data-steps", "110", timeout=30_000)
    page.evaluate(AXE.read_text() if AXE.exists() else "window.axe = null")
    for dark in (False, True):
        lab.theme(dark)
        book.ready()
        page.wait_for_function(DRAWN_FOR, arg=[view.element_handle(), dark])
        view.screenshot(path=artefacts / f"surface-{'dark' if dark else 'light'}.png")
        assert view.evaluate("""async view => window.axe ? (await axe.run(view, { rules: { region:
            { enabled: false } } })).violations.map(one => one.id) : []""") == []
    lab.theme(dark=False)

    # Kept without a kernel: the static picture has the way, too.
    book.save()
    assert "The way of 110 steps" in view.locator("[role=img]").get_attribute("aria-label")


def test_a_slow_surface_says_how_long_is_cancelled_and_goes_on(notebook):
    book = notebook(BEGIN, SLOW, "print('other cells run')")
    book.run(0)
    book.run(1)
    view = book.views(1)
    expect(view.locator(".lg-foot")).to_contain_text(re.compile(r"points, about \d+ (s|min) left"))
    book.run(2)
    expect(book.cell(2).locator("pre")).to_contain_text("other cells run")
    expect(view).not_to_have_attribute("data-side", "0", timeout=60_000)
    view.get_by_role("button", name="Cancel").click()
    expect(view).to_have_attribute("data-running", "false")
    assert int(view.get_attribute("data-side")) < 65
    expect(view.locator(".lg-foot")).to_contain_text("stopped")
    view.get_by_role("button", name="Go on").click()
    expect(view).to_have_attribute("data-running", "true")
    view.get_by_role("button", name="Cancel").click()
    expect(view).to_have_attribute("data-running", "false")


def image(view, selector):
    return view.locator(selector).evaluate("canvas => canvas.toDataURL()")


def colours(view):
    """How many colours fill a good part of the map."""
    return view.locator(".lg-contour canvas").first.evaluate("""canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = new Map();
        for (let i = 0; i < data.length; i += 4) {
            const key = data.slice(i, i + 3).join();
            found.set(key, (found.get(key) ?? 0) + 1);
        }
        return [...found.values()].filter(count => count > 500).length;
    }""")
