"""The view without a mouse, without sight, without motion, without a keyboard."""

import re
from pathlib import Path

import pytest

import learngrad
from learngrad import nn
from learngrad.trace import Recorder
from learngrad.trace.html import write_html
from learngrad.trace.walk import walk
from learngrad.trace.words import table

VIEW = "#learngrad-graph .lg-root"
FRONT = Path(learngrad.__file__).parent / "widgets" / "js"
STYLE = FRONT / "views" / "style.css"
AXE = FRONT / "node_modules" / "axe-core" / "axe.min.js"


def scalars():
    a = learngrad.tensor(2.0, requires_grad=True)
    b = learngrad.tensor(-3.0, requires_grad=True)
    product = a * b
    loss = (product + a * a * 0.5).tanh()
    loss.backward()


def network():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    x, y = learngrad.randn(5, 4), learngrad.tensor([0, 1, 1, 0, 1])
    nn.functional.cross_entropy(model(x), y).backward()


def loop():
    x = learngrad.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    bias = learngrad.tensor([0.5, 0.25], requires_grad=True)
    for _ in range(3):
        x = (x * 2 + bias).abs() / 4 - x[0]
    first, second = x.unbind()
    (first @ second + bias.sum() ** 2).backward()


def twice():
    w = learngrad.tensor(3.0, requires_grad=True)
    (w * w).backward()
    (-w).exp().backward()


def no_replay():
    a = learngrad.ones(2, 2, requires_grad=True)
    (a.relu() @ a).mean()


PROGRAMS = [scalars, network, loop, twice, no_replay]


def recorded(program):
    learngrad.manual_seed(0)
    with Recorder() as tape:
        program()
    return tape.to_dict()


@pytest.fixture
def page_of(opened):
    """Opens a program's page and waits for the graph."""
    def page_of(program=scalars, **options):
        page = opened(recorded(program), **options)
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        return page, page.locator(VIEW)
    return page_of


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_whole_replay_is_walked_by_keyboard_and_told(page_of, program):
    page, view = page_of(program)
    expected = walk(recorded(program))
    view.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Home")
    said = [view.locator(".lg-hush").text_content()]
    while view.get_attribute("data-index") != view.get_attribute("data-steps"):
        page.keyboard.press("ArrowRight")
        said.append(view.locator(".lg-hush").text_content())
    assert said == expected
    back = [view.locator(".lg-hush").text_content()]
    for _ in range(len(said) - 1):
        page.keyboard.press("ArrowLeft")
        back.append(view.locator(".lg-hush").text_content())
    assert back == expected[::-1]


# ---- The table ---------------------------------------------------------------------------------


def rows_of(view):
    return [[cell.strip() for cell in row.locator("th, td").all_text_contents()]
            for row in view.locator(".lg-words tbody tr").all()]


@pytest.mark.parametrize("program", [scalars, network, loop, no_replay],
                         ids=lambda program: program.__name__)
def test_the_table_says_what_the_drawing_shows(page_of, program):
    page, view = page_of(program)
    view.focus()
    page.keyboard.press("End")
    page.keyboard.press("t")
    assert view.locator(".lg-canvas").is_hidden()
    assert rows_of(view) == [list(row.values()) for row in table(recorded(program))]


def test_the_table_goes_along_and_gives_way(page_of):
    page, view = page_of()
    button = view.get_by_role("button", name="the graph as a table")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    active = view.locator("tr[aria-current='step']")
    assert active.locator("th").text_content() == "loss"
    page.keyboard.press("ArrowRight")
    gradient = view.locator(".lg-panel b").first.inner_text()
    assert active.locator("td").nth(2).text_content() == gradient
    button.press("Enter")
    assert view.locator(".lg-words").is_hidden()
    assert view.locator(".lg-canvas").is_visible()


# ---- Keys, motion, touch -----------------------------------------------------------------------


def test_every_control_is_reached_by_tab_and_shows_it(page_of):
    page, view = page_of(network)
    view.focus()
    seen = []
    while True:
        page.keyboard.press("Tab")
        held = page.evaluate("""() => {
            const held = document.activeElement;
            if (!held.closest("#learngrad-graph .lg-root")) return null;
            const ring = held.querySelector(":scope > .lg-ring");
            const look = getComputedStyle(ring ?? held);
            const marked = ring ? look.stroke !== "rgba(0, 0, 0, 0)" : look.outlineStyle !== "none";
            return [held.getAttribute("aria-label") ?? held.textContent, marked];
        }""")
        if held is None:
            break
        seen.append(held)
    names = [name for name, _ in seen]
    assert len(set(names)) == len(names)
    for control in ("the graph as a table", "zoom out", "zoom in", "show the whole graph",
                    "one step back", "Play", "one step on", "to the end", "step", "pace",
                    "Python source", "cross entropy"):
        assert any(name.startswith(control) for name in names), control
    assert [name for name, marked in seen if not marked] == []


def test_who_wants_no_motion_gets_none(browser, tmp_path):
    path = write_html(tmp_path / "page.html", recorded(network))
    with browser.new_context(offline=True, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        page.locator(VIEW).focus()
        for key in ("ArrowRight", "ArrowRight", "Home", "Home", "ArrowRight"):
            page.keyboard.press(key)
            place = "document.querySelector('.lg-canvas > g').getAttribute('transform')"
            before = page.evaluate(place)
            assert page.evaluate("document.getAnimations().length") == 0
            page.wait_for_timeout(60)
            assert page.evaluate(place) == before


@pytest.fixture
def touched(browser, tmp_path):
    """A page on a small screen that is touched, and how to touch it."""
    path = write_html(tmp_path / "page.html", recorded(network))
    with browser.new_context(offline=True, has_touch=True, is_mobile=True,
                             viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(f"{VIEW}[data-ready='true']")
        page.locator(".lg-canvas").scroll_into_view_if_needed()
        session = context.new_cdp_session(page)

        def touch(*moments):
            """Fingers, as lists of points from moment to moment, then none."""
            for at, points in enumerate([*moments, []]):
                kind = "touchEnd" if not points else "touchMove" if at else "touchStart"
                session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
                    {"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]})
        yield page, page.locator(VIEW), touch


def camera(view):
    """(x, y, scale) of the drawing."""
    text = view.locator(".lg-canvas > g").get_attribute("transform")
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


def test_a_tap_chooses_and_a_button_steps(touched):
    _, view, _ = touched
    view.locator(".lg-node", has_text="cross entropy").tap()
    assert "cross entropy" in view.locator(".lg-node.lg-chosen").text_content()
    assert view.get_by_role("button", name="Stop here").is_visible()
    view.get_by_role("button", name="one step on").tap()
    assert view.get_attribute("data-index") == "1"


def test_a_finger_drags_the_drawing_sideways(touched):
    _, view, touch = touched
    box = view.locator(".lg-canvas").bounding_box()
    x, y = box["x"] + 200, box["y"] + 20
    before = camera(view)
    touch([(x, y)], [(x - 10, y)], [(x - 40, y)], [(x - 80, y)])
    after = camera(view)
    assert after[0] == pytest.approx(before[0] - 80, abs=20)
    assert after[1:] == pytest.approx(before[1:], abs=2)
    assert view.locator(".lg-node.lg-chosen").count() == 0


def test_two_fingers_zoom_around_their_middle(touched):
    page, view, touch = touched
    box = view.locator(".lg-canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = camera(view)
    touch(*[[(x - way, y), (x + way, y)] for way in (40, 45, 50, 60, 70, 80)])
    after = camera(view)
    assert after[2] == pytest.approx(2 * before[2], rel=0.15)
    middle = [box["width"] / 2, box["height"] / 2]
    for axis in (0, 1):  # what was under the middle is there still
        was = (middle[axis] - before[axis]) / before[2]
        assert was * after[2] + after[axis] == pytest.approx(middle[axis], abs=8)
    assert page.evaluate("visualViewport.scale") == 1


# ---- Colours -----------------------------------------------------------------------------------

GROUNDS = ["ground", "raised"]
BOXES = ["leaf", "parameter", "buffer", "constant", "operation"]
TEXTS = {  # what is written, and on what
    "ink": [*GROUNDS, *BOXES, "grad-wash", "mark", "failed", "cold", "warm"],
    "faint": [*GROUNDS, *BOXES, "grad-wash", "mark"],
    "grad": [*GROUNDS, *BOXES, "grad-wash"],
    "failed-line": [*GROUNDS, "failed"],
    "keyword": [*GROUNDS, "grad-wash", "mark"],
    "string": [*GROUNDS, "grad-wash", "mark"],
    "on-accent": ["accent"],
    "accent": GROUNDS,
}
SHAPES = ["leaf-line", "parameter-line", "buffer-line", "constant-line", "operation-line",
          "failed-line", "grad-line", "edge", "accent", "series-1", "series-2", "series-3",
          "series-4", "series-5", "series-6"]


def luminance(colour):
    """As WCAG 2 has it (relative luminance of sRGB)."""
    wide = colour * 2 if len(colour) == 3 else colour
    channels = [int(wide[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def palette(scheme):
    """Colours of the style sheet by name, as they are outside JupyterLab."""
    css = STYLE.read_text("utf-8")
    light, dark = re.findall(r"\.lg-root(?:\.lg-dark)? \{(.*?)\}", css, re.DOTALL)[:2]
    blocks = [light] if scheme == "light" else [light, dark]
    named = [re.findall(r"--lg-([\w-]+):[^;]*?#([0-9a-f]{3,6})\)?;", block) for block in blocks]
    return dict(pair for block in named for pair in block)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_far_enough_apart(scheme):
    colours = palette(scheme)
    close = [f"{text} on {ground}: {contrast(colours[text], colours[ground]):.2f}"
             for text, grounds in TEXTS.items() for ground in grounds
             if contrast(colours[text], colours[ground]) < 4.5]
    close += [f"{shape} on {ground}: {contrast(colours[shape], colours[ground]):.2f}"
              for shape in SHAPES for ground in GROUNDS
              if contrast(colours[shape], colours[ground]) < 3]
    assert close == []


# ---- axe ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe():
    """What axe (https://github.com/dequelabs/axe-core) finds in parts of a page."""
    if not AXE.is_file():
        pytest.skip("axe is not there: `npm ci --ignore-scripts` in learngrad/widgets/js")
    script = AXE.read_text("utf-8")

    def found(page, place="body"):
        page.evaluate(script)
        result = page.evaluate(
            "place => axe.run(place, {resultTypes: ['violations']})", place)
        assert len(result["passes"]) > 5  # it has looked at something
        return [f"{problem['id']}: {node['html'][:120]} {node['failureSummary']}"
                for problem in result["violations"] for node in problem["nodes"]]
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_in_a_page(page_of, axe, scheme, width):
    page, view = page_of(network, scheme=scheme, width=width,
                         curves={"series": [{"name": "loss", "x": [0, 1, 2], "y": [3, 2, 1]}]})
    page.wait_for_selector("#learngrad-curves .lg-root[data-ready='true']")
    view.focus()
    for keys in (["End"], ["ArrowLeft", "ArrowLeft", "b"], ["Home", "Home", "ArrowRight"],
                 ["ArrowRight", "t"]):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(700)  # what fades has its colour
        assert axe(page, "html") == []
    page.keyboard.press("t")
    view.locator(".lg-node[tabindex='0']").press("Enter")
    assert view.get_by_role("button", name="Stop here").is_visible()
    assert axe(page, "html") == []
