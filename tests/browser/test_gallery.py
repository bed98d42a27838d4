"""Each view, photographed in light and in dark, beside the photograph that is kept of it.

A photograph may differ in its letters and in how they are smoothed, not in what stands where and
in which colour (`likeness`). `make gallery` takes them anew: look at every one that git says has
changed, it is what people see. A new view is one more line in `VIEWS`.
"""

import base64
import io
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageFilter

import learngrad
from learngrad.trace import Recorder
from tests.browser.lab import Notebook
from tests.browser.likeness import LARGEST, changed, differences, kept, load
from tests.browser.test_accessible import axe  # noqa: F401

KEPT = Path(__file__).parent / "gallery"
FILMS = Path(__file__).parents[2] / "docs"
RENEW = bool(os.environ.get("LEARNGRAD_GALLERY"))
LARGEST_FILM = 1_500_000
LOOKS = 15
"""How often a view is looked at before it is called different: it may still be moving."""
SCHEMES = ["light", "dark"]


# ---- What is photographed ----------------------------------------------------------------------


class View(NamedTuple):
    """A cell whose last view is photographed, once `act` has done something with it."""

    cell: str
    act: Callable = lambda view, page: None


def keys(*names):
    """Presses keys in the view, one after another."""
    def act(view, page):
        view.focus()
        for name in names:
            page.keyboard.press(name)
        page.evaluate("document.activeElement.blur()")
    return act


def click(label):
    """Presses a button of the view."""
    def act(view, page):
        view.get_by_role("button", name=label).first.click()
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
    return act


CHAIN = """\
with learngrad.record() as tape:
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    c = a * b
    d = c + a
    loss = d.tanh()
    loss.backward()"""
NETWORK = """\
learngrad.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
x = learngrad.linspace(-1, 1, 20).reshape(5, 4)
"""
DIGITS = """\
X, y = learngrad.data.digits("train")
X, y = X[:32], y[:32]
W = (learngrad.arange(640.0).reshape(64, 10) % 7 / 30 - 0.1).requires_grad_()
b = learngrad.zeros(10, requires_grad=True)
with learngrad.record() as tape:
    logits = X @ W + b
    loss = nn.functional.cross_entropy(logits, y)
    loss.backward()"""
IMAGE = """\
image = learngrad.data.digits("train", flat=False)[0][:1].unsqueeze(1)
kernel = learngrad.tensor([[[[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]]], requires_grad=True)
with learngrad.record() as tape:
    edges = nn.functional.conv2d(image, kernel, padding=1)
    loss = (edges ** 2).mean()
    loss.backward()"""
DEEP = """\
blocks = [part for _ in range(150) for part in (nn.Linear(8, 8), nn.ReLU())]
model = nn.Sequential(nn.Sequential(*blocks), nn.Linear(8, 2))
for p in model.parameters():
    p.data.fill_(0.1)
learngrad.show(model, learngrad.ones(4, 8))"""
ASKED = """\
a = learngrad.tensor(2.0, requires_grad=True)
b = learngrad.tensor(-3.0, requires_grad=True)
loss = (a * b + a) * a
learngrad.show(loss, predict=True)"""
RACE = """\
race = learngrad.race("bowl", {"SGD": 0.1, "Adam": 0.3})"""
SURFACE = """\
learngrad.manual_seed(0)
X, y = learngrad.data.moons(100)
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
surface = learngrad.LossSurface(model, nn.CrossEntropyLoss(), X, y, finest=17).wait()"""
KINDS = """\
norm = nn.BatchNorm1d(3)
x = learngrad.ones(4, 3)
with learngrad.record() as tape:
    w = learngrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = norm(x * w)"""
ERROR = """\
try:
    with learngrad.record() as tape:
        x = learngrad.ones(4, 3)
        W = learngrad.ones(5, 2, requires_grad=True)
        h = (x * 2) @ W
except RuntimeError:
    pass"""
CURVES = """\
plot = learngrad.LivePlot("Two rates")
for name, rate in [("lr 0.1", 0.97), ("lr 0.4", 0.9)]:
    run = plot.run(name)
    for i in range(120):
        run.log(loss=2.3 * rate ** i)"""

TRAINING = """\
losses = [2.3 * 0.97 ** i for i in range(200)]
w = learngrad.tensor(1.0, requires_grad=True)
optimizer = learngrad.optim.SGD([w], lr=0.2)
def step(loss):
    return {"loss": loss, "accuracy": 1 - loss / 2.5}
run = learngrad.train(step, losses, optimizer=optimizer, paused=True)
run.step(120)"""
FAILED = """\
def wrong():
    return 1 / 0
run = learngrad.train(wrong, 100)
while run.state == "running":
    pass"""

FLOW = """\
learngrad.manual_seed(0)
layers = [layer for _ in range(6) for layer in (nn.Linear(16, 16), nn.Sigmoid())]
model = nn.Sequential(*layers, nn.Linear(16, 4))
optimizer = learngrad.optim.SGD(model.parameters(), lr=0.1)
x = learngrad.linspace(-1, 1, 512).reshape(32, 16)
with learngrad.GradientFlow(model, optimizer, every=1):
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), learngrad.arange(32) % 4).backward()
        optimizer.step()"""

VIEWS = {
    "graph": View(CHAIN),
    "graph-of-a-module": View(NETWORK + "learngrad.show(model, x)"),
    "kinds-and-legend": View(KINDS),
    "step-of-the-replay": View(CHAIN, keys("Home", *["ArrowRight"] * 3)),
    "step-forward": View(CHAIN, keys("Home", "Home", *["ArrowRight"] * 3)),
    "tiles-of-a-product": View(DIGITS, keys("Home", *["ArrowRight"] * 3)),
    "tiles-of-a-convolution": View(IMAGE, keys("Home", "Home", "ArrowRight")),
    "folded": View(DEEP),
    "asked": View(ASKED, keys("ArrowRight")),
    "race": View(RACE, keys("End")),
    "surface": View(SURFACE),
    "surface-in-space": View(SURFACE, click("3-D")),
    "surface-slices": View(SURFACE, click("slices")),
    "table": View(CHAIN, click("table")),
    "error": View(ERROR),
    "curves": View(CURVES),
    "training": View(TRAINING),
    "flow": View(FLOW),
    "flow-over-time": View(FLOW, click("over time")),
    "graph-by-gradient": View(CHAIN, keys("h")),
}
OTHERS = {
    "a node that is searched for": View(CHAIN, keys("/")),
    "a node that is chosen": View(CHAIN, keys("Tab", "Enter")),
    "a table of losses": View(SURFACE, click("table")),
    "a table of a race": View(RACE, click("table")),
    "a table of curves": View(CURVES, click("table")),
    "a table of layers": View(FLOW, click("table")),
    "a training that failed": View(FAILED),
}
"""What is in the notebook besides, for axe to look at."""


# ---- Taking and comparing ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def fonts():
    """The letters of a photograph are the same everywhere: Matplotlib brings these along."""
    matplotlib = pytest.importorskip("matplotlib")
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [(family, weight, base64.b64encode((folder / f"{file}.ttf").read_bytes()).decode())
            for family, weight, file in [
                ("Gallery", "400", "DejaVuSans"), ("Gallery", "700", "DejaVuSans-Bold"),
                ("Gallery Mono", "400", "DejaVuSansMono"),
                ("Gallery Mono", "700", "DejaVuSansMono-Bold")]]


SET_FONTS = """async fonts => {
    for (const [family, weight, data] of fonts)
        document.fonts.add(await new FontFace(
            family, Uint8Array.from(atob(data), one => one.charCodeAt(0)), { weight }).load());
    document.body.style.fontFamily = "Gallery";
}"""
USE_FONTS = """root => {
    root.style.setProperty("--lg-ui", "Gallery");
    root.style.setProperty("--lg-code", "'Gallery Mono'");
}"""


@pytest.fixture(scope="module")
def book(lab, fonts):
    """One notebook with every view in it, run."""
    views = [*VIEWS.values(), *OTHERS.values()]
    path = lab.folder / f"gallery-{secrets.token_hex(4)}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("import learngrad\nfrom learngrad import nn"),
               *(nbformat.v4.new_code_cell(view.cell) for view in views)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}), path)
    lab.watch.clear()
    before = lab.page.viewport_size
    lab.page.set_viewport_size({"width": 1120, "height": 1400})
    lab.page.emulate_media(reduced_motion="reduce")
    book = Notebook(lab, path.name)
    lab.page.evaluate(SET_FONTS, fonts)
    book.run_all()
    for at, view in enumerate(views, 1):
        shown = book.views(at).last
        shown.evaluate(USE_FONTS)
        view.act(shown, lab.page)
    yield book
    lab.theme(dark=False)
    book.close()
    lab.page.set_viewport_size(before)
    lab.page.emulate_media(reduced_motion="no-preference")
    assert not lab.watch.problems, "\n".join(lab.watch.problems)


def beside_the_kept(name, photograph, page, artefacts):
    """Compare what `photograph` takes with what is kept; taken again while it is different."""
    path = KEPT / f"{name}.png"
    if RENEW:
        path.write_bytes(kept(settled(photograph, page)))
    assert path.exists(), f"no photograph is kept of {name}: make gallery"
    before = load(path.read_bytes())
    for _ in range(LOOKS):
        data = photograph()
        said = differences(load(data), before)
        if not said:
            return
        page.wait_for_timeout(200)
    (artefacts / f"gallery-{name}.png").write_bytes(data)
    Image.fromarray(marked(load(data), before)).save(artefacts / f"gallery-{name}-marked.png")
    pytest.fail(f"{name} is not what it was: {'; '.join(said)}. Look at gallery-{name}-marked.png "
                f"in {artefacts}; if it is meant, make gallery")


def settled(photograph, page):
    """A photograph of what stands still."""
    last = b""
    for _ in range(LOOKS):
        data = photograph()
        if data == last:
            return data
        last = data
        page.wait_for_timeout(200)
    pytest.fail("it does not stand still")


def marked(now, before):
    """The new photograph, with what is different in red."""
    height, width = (min(a, b) for a, b in zip(now.shape[:2], before.shape[:2], strict=True))
    shown = now[:height, :width].copy()
    off = np.kron(changed(shown, before[:height, :width]), np.ones((4, 4), dtype=bool))
    part = shown[:off.shape[0], :off.shape[1]]
    part[off] = part[off] // 2 + np.array([128, 0, 0], dtype=np.uint8)
    return shown


@pytest.fixture(scope="module", params=SCHEMES)
def scheme(lab, book, request):
    lab.theme(dark=request.param == "dark")
    book.ready()
    return request.param


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_it_was(book, lab, artefacts, name, scheme):
    view = book.views(list(VIEWS).index(name) + 1).last
    view.scroll_into_view_if_needed()
    beside_the_kept(f"{name}-{scheme}", view.screenshot, lab.page, artefacts)


def test_axe_finds_nothing_in_any_of_them(book, lab, axe, scheme):  # noqa: F811
    found = axe(lab.page, ".jp-NotebookPanel:not(.lm-mod-hidden) [data-learngrad]")
    assert not found, "\n".join(found)


@pytest.fixture
def page(opened, fonts):
    """Opens the stand-alone page of a small program."""
    def open_page(scheme):
        with Recorder() as tape:
            a = learngrad.tensor(2.0, requires_grad=True)
            loss = (a * 3 + a).tanh()
            loss.backward()
        curves = {"series": [{"name": "loss", "x": list(range(40)),
                              "y": [2.0 / (i + 1) for i in range(40)]}]}
        page = opened(tape.to_dict(), curves, title="A step", scheme=scheme, width=900)
        page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
        page.wait_for_selector("#learngrad-graph .lg-root[data-ready='true']")
        page.wait_for_selector("#learngrad-curves .lg-root[data-ready='true']")
        page.evaluate(SET_FONTS, fonts)
        for root in page.locator(".lg-root").all():
            root.evaluate(USE_FONTS)
        return page

    return open_page


@pytest.mark.parametrize("shade", SCHEMES)
def test_the_page_is_what_it_was(page, artefacts, shade):
    shown = page(shade)
    shown.evaluate("document.activeElement.blur()")
    beside_the_kept(f"page-{shade}", shown.screenshot, shown, artefacts)


# ---- The film in the README --------------------------------------------------------------------


def test_the_film_is_whole_and_small(book, lab, scheme):
    path = FILMS / f"replay-{scheme}.webp"
    if RENEW:
        view = book.views(list(VIEWS).index("graph") + 1).last
        lab.page.emulate_media(reduced_motion="no-preference")
        frames = filmed(view, lab.page)
        lab.page.emulate_media(reduced_motion="reduce")
        lab.page.evaluate("document.activeElement.blur()")
        first, *rest = (Image.open(io.BytesIO(data)).convert("RGB") for data, _ in frames)
        first.save(path, save_all=True, append_images=rest, loop=0, lossless=True, method=6,
                   duration=[shown for _, shown in frames])
    with Image.open(path) as film:
        assert film.n_frames > 15
        assert film.info["loop"] == 0
        assert film.width > 800
    assert path.stat().st_size < LARGEST_FILM


def filmed(view, page):
    """(photograph, milliseconds) of a walk through a program and back through its gradients."""
    view.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    frames = []

    def stay(seconds):
        begun = at = time.monotonic()
        while at - begun < seconds:
            data, last = view.screenshot(), at
            at = time.monotonic()
            frames.append((data, round(1000 * (at - last))))

    stay(1)
    while int(view.get_attribute("data-index")) < int(view.get_attribute("data-steps")):
        page.keyboard.press("ArrowRight")
        stay(1.4)
    stay(1.5)
    return frames


# ---- What the comparison sees ------------------------------------------------------------------

MAY_DIFFER = {
    "words": "for (const text of root.querySelectorAll('text'))"
             "  text.textContent = [...text.textContent].reverse().join('');",
    "a digit more": "text.textContent += '0'",
}
MAY_NOT = {
    "the colour of a box": "root.style.setProperty('--lg-leaf', '#fce4f1')",
    "the colour of lines": "root.style.setProperty('--lg-grad-line', '#0b62a8')",
    "where a box stands": "box.style.translate = '30px 0'",
    "an edge": "root.querySelector('g[data-edge]').style.display = 'none'",
    "the panel": "root.querySelector('.lg-panel').style.visibility = 'hidden'",
}


@pytest.mark.parametrize("what", [*MAY_DIFFER, *MAY_NOT])
def test_what_is_seen_and_what_is_passed_over(page, what):
    view = page("light").locator("#learngrad-graph .lg-root")
    view.focus()
    view.press("ArrowRight")
    before = load(kept(view.screenshot()))
    view.evaluate("root => { const box = root.querySelector('g[data-id]'); "
                  "const text = box.querySelector('text');"
                  f"{(MAY_DIFFER | MAY_NOT)[what]} }}")
    now = load(view.screenshot())
    assert (now != before).any()
    assert bool(differences(now, before)) == (what in MAY_NOT)


def test_a_photograph_may_be_a_little_blurred_and_moved():
    before = load((KEPT / "graph-light.png").read_bytes())
    blurred = Image.fromarray(before).filter(ImageFilter.GaussianBlur(0.7))
    assert differences(np.asarray(blurred)[2:, 1:], before) == []
    assert differences(before[:-40], before) != []


def test_what_is_kept_is_small():
    names = {path.stem for path in KEPT.glob("*.png")}
    assert names == {f"{name}-{shade}" for name in [*VIEWS, "page"] for shade in SCHEMES}
    for path in KEPT.glob("*.png"):
        assert path.stat().st_size < LARGEST, path
