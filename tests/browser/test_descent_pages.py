"""The stand-alone pages of a descent's views: opened from disk, offline, and used."""

import math

import pytest
from playwright.sync_api import expect

import learngrad
from learngrad import nn
from tests.browser.lab import Watch

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def page_of(browser, tmp_path):
    """Opens what a view saves; fails on an error, a request or a dialogue."""
    opened = []

    def open_page(view, scheme):
        path = view.save(tmp_path / f"{view.kind}-{scheme}.html")
        context = browser.new_context(offline=True, color_scheme=scheme,
                                      viewport={"width": 1000, "height": 800})
        page = context.new_page()
        watch = Watch(page, allowed=path.as_uri())
        page.on("dialog", lambda dialog: watch.problems.append(f"dialogue: {dialog.message}"))
        opened.append((context, watch))
        page.goto(path.as_uri())
        root = page.locator(f"#learngrad-{view.kind} .lg-root")
        expect(root).to_have_attribute("data-ready", "true")
        expect(page.locator(".static")).to_have_count(0)
        return page, root

    yield open_page
    for context, watch in opened:
        context.close()
        assert watch.problems == []
        assert len(watch.requests) == 1


@pytest.fixture(scope="module")
def descent():
    learngrad.manual_seed(0)
    X, y = learngrad.data.digits("test")
    layers = [nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 10)]
    model, loss_fn = nn.Sequential(*layers), nn.CrossEntropyLoss()
    optimizer = learngrad.optim.SGD(model.parameters(), lr=0.5)
    plot = learngrad.LivePlot(f"A descent {EVIL}")
    flow = learngrad.GradientFlow(model, optimizer, every=4)
    path = learngrad.Trajectory(model, optimizer)
    for step in range(40):
        loss = loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        plot.log(loss=math.nan if step == 20 else loss, **{EVIL: 1 / (1 + step)})
    surface = learngrad.LossSurface(model, loss_fn, X, y, directions="pca", trajectory=path,
                                    finest=17)
    return plot, flow, surface


def used_curves(page, root):
    expect(root).to_have_attribute("data-points", "80")
    expect(root.locator(".lg-head")).to_contain_text("loss became NaN at 20")
    chart = root.get_by_role("group", name="the curves; Left and Right")
    # It fits, so no number is cut off.
    page.wait_for_function("""chart => chart.querySelector("canvas").getBoundingClientRect().right
        < chart.getBoundingClientRect().right""", arg=chart.element_handle())
    chart.focus()
    page.keyboard.press("End")
    expect(root).to_have_attribute("data-reading", "39")
    page.keyboard.press("+")
    everything = root.get_by_role("button", name="show everything")
    expect(everything).to_be_enabled()
    page.keyboard.press("0")
    expect(everything).to_be_disabled()
    shown = root.get_by_role("group", name="curves", exact=True).get_by_role("button").first
    shown.click()
    expect(shown).to_have_attribute("aria-pressed", "false")
    shown.click()


def used_flow(page, root):
    expect(root).to_have_attribute("data-rows", "3")
    expect(root).to_have_attribute("data-step", "36")
    root.get_by_role("slider", name="step").focus()
    page.keyboard.press("Home")
    expect(root).to_have_attribute("data-step", "0")
    root.get_by_role("button", name="activations").click()
    expect(root).to_have_attribute("data-kind", "activations")
    expect(root).not_to_contain_text("of the time")


def used_surface(page, root):
    expect(root).to_have_attribute("data-side", "17")
    expect(root).to_have_attribute("data-steps", "40")
    expect(root.get_by_role("button", name="Go on")).to_be_hidden()
    root.get_by_role("button", name="3-D").click()
    expect(root).to_have_attribute("data-kind", "3-D")
    scene = root.get_by_role("group", name="the surface in space")
    scene.focus()
    before = scene.screenshot()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    for _ in range(50):  # it is drawn with the next frame
        if scene.screenshot() != before:
            break
    assert scene.screenshot() != before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_opened_from_disk_and_used(page_of, descent, artefacts, scheme):
    for view, use in zip(descent, (used_curves, used_flow, used_surface)):
        page, root = page_of(view, scheme)
        expect(page.locator("h1")).to_have_text(view.title)
        expect(page.locator("img")).to_have_count(0)
        use(page, root)
        page.screenshot(path=artefacts / f"page-{view.kind}-{scheme}.png", full_page=True)


def test_what_diverges_keeps_its_axis(page_of):
    plot, w = learngrad.LivePlot(), 1.0
    for _ in range(60):
        plot.log(loss=3 * w ** 2)
        w -= 2 * 6 * w
    page, root = page_of(plot, "light")
    root.evaluate("""() => {
        window.written = [];
        const { fillText } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.fillText = function(text, ...rest) {
            window.written.push(text);
            return fillText.call(this, text, ...rest);
        };
    }""")
    log = root.get_by_role("button", name="log scale")
    for ticks in (["1e25", "1e50", "1e75", "1e100"], ["5e122", "1e123", "1.5e123", "2e123"]):
        log.click()
        page.wait_for_function("tick => window.written.includes(tick)", arg=ticks[-1])
        assert set(ticks) <= set(page.evaluate("window.written.splice(0)"))


def test_steps_are_counted_in_full_and_their_numbers_are_not_cut_off(page_of):
    plot = learngrad.LivePlot("A long way")
    for step in (0, 500_000, 999_999):
        plot.log(step=step, loss=math.nan)
    _, root = page_of(plot, "light")
    expect(root).to_contain_text("step 999,999")
    expect(root.locator(".lg-title")).to_have_text("A long way")
    # Also where no value is a number, and so no axis stands upwards that would give room.
    sides = root.evaluate("""root => {
        const [drawing, all] = [".u-over", ".u-wrap"].map(
            (name) => root.querySelector(name).getBoundingClientRect());
        return [drawing.left - all.left, all.right - drawing.right];
    }""")
    assert sides[0] >= 15
    assert sides[1] >= 20
