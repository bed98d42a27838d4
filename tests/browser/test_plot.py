"""Curves that grow while a loop runs, in the output of the loop's own cell."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import learngrad

LOOP = """\
import learngrad, time
print("before the loop")
plot = learngrad.LivePlot("Descent")
for step in range(60):
    plot.log(loss=1 / (1 + step))
    if step == 30:
        print("half of it")
    time.sleep(0.05)
print("after the loop")
"""


def test_the_curve_grows_and_other_output_stays(notebook, artefacts):
    book = notebook("import learngrad, anywidget", LOOP)
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    view.wait_for()
    chart = view.locator("canvas").element_handle()
    seen = []
    while "after the loop" not in book.text(1):
        seen.append((int(view.get_attribute("data-points")), book.text(1).count("loop")))
        book.page.wait_for_timeout(60)
    points = [count for count, _ in seen]
    assert points == sorted(points)
    assert len({count for count in points if 0 < count < 60}) >= 4, points
    assert all(printed >= 1 for _, printed in seen)
    book.ready()
    expect(view).to_have_attribute("data-points", "60")
    assert book.text(1).split("\n")[:3] == ["before the loop", "half of it", "after the loop"]
    # The canvas that was there at the beginning is there at the end: it was drawn on, not replaced.
    assert chart.evaluate("c => c.isConnected && c.getRootNode().host?.isConnected")
    assert drawn(view) > 100
    assert "loss went from 1 to 0.01667" in view.locator("[role=img]").get_attribute("aria-label")
    book.page.screenshot(path=artefacts / "plot.png")


def drawn(view):
    """How many dots of a curve's colour the chart has: it is painted, not only counted."""
    return view.locator("canvas").first.evaluate("""canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200 && data[i + 2] > data[i] + 60) count++;
        return count;
    }""")


def test_a_chart_without_points_has_no_steps_either(notebook):
    book = notebook('import learngrad\nplot = learngrad.LivePlot("Nothing yet")')
    book.run_all()
    view = book.views(0)
    expect(view).to_have_attribute("data-points", "0")
    painted = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
        .data.some(value => value > 0)"""
    assert not view.locator("canvas").first.evaluate(painted)


def test_a_loop_that_raises_keeps_its_curve(notebook):
    book = notebook("import learngrad\nplot = learngrad.LivePlot()\n"
                    "for step in range(10):\n    plot.log(loss=10 - step)\n"
                    "raise ValueError('over')")
    book.run_all()
    expect(book.views(0)).to_have_attribute("data-points", "10")
    assert "over" in book.cell(0).locator(".jp-OutputArea").inner_text()


def test_another_cell_goes_on_with_the_same_curve(notebook):
    book = notebook("import learngrad\nplot = learngrad.LivePlot()\nplot.log(loss=3.0)",
                    "plot.log(loss=2.0)\nplot.log(loss=1.0)")
    book.run_all()
    expect(book.views(0)).to_have_attribute("data-points", "3")
    assert book.views(1).count() == 0


WRITER = """\
import learngrad as torch, time
from learngrad.utils.tensorboard import SummaryWriter
writer = SummaryWriter(FOLDER)
"""
WRITES = """\
for epoch in range(12):
    for batch in range(10):
        step = epoch * 10 + batch
        writer.add_scalar("Loss/train", torch.tensor(2 / (1 + step / 8)), step)
        time.sleep(0.01)
    writer.add_scalar("Loss/test", 2.2 / (1 + step / 8), step)
    writer.add_scalar("Accuracy/test", 1 - 0.9 / (1 + epoch), step)
writer.close()
"""


def test_what_is_logged_for_tensorboard_grows_in_the_cell_that_logs(notebook, artefacts, tmp_path):
    book = notebook(WRITER.replace("FOLDER", repr(str(tmp_path))), WRITES)
    book.run(0)
    assert book.views(0).count() == 0
    book.run_all(wait=False)
    view = book.views(1)
    expect(view).to_have_count(2)
    expect(view.first).to_have_attribute("data-points", re.compile("^[1-9]"))
    book.ready()
    expect(view.first).to_have_attribute("data-points", "132")
    expect(view.last).to_have_attribute("data-points", "12")
    assert drawn(view.first) > 100
    assert {path.name for path in tmp_path.glob("*.html")} == {"Loss.html", "Accuracy.html"}
    book.page.screenshot(path=artefacts / "writer.png")


COMPARED = """\
import learngrad, math, time
with learngrad.LivePlot("Two rates") as plot:
    for lr in (0.1, 0.3, 0.03):
        run = plot.run(f"lr={lr}")
        for epoch in plot.track(range(4)):
            for step in run.track(range(50)):
                at = 50 * epoch + step
                noise = 0.2 * math.sin(3.1 * at) * math.exp(-at / 100)
                run.log(loss=math.nan if lr == 0.3 and 120 < at < 126 else
                        2 * math.exp(-lr * at / 10) + noise)
                time.sleep(0.002)
            run.log_epoch(val_loss=2.2 * math.exp(-lr * at / 10))
"""


def shot(book, lab, view, path):
    """Pictures of a view in light and dark."""
    try:
        for dark in (False, True):
            lab.theme(dark)
            book.ready()
            book.page.wait_for_timeout(300)
            view.screenshot(path=f"{path}-{'dark' if dark else 'light'}.png")
    finally:
        lab.theme(dark=False)
        book.ready()


def test_runs_are_compared_with_train_and_validation(notebook, lab, artefacts):
    book = notebook("import learngrad, anywidget", COMPARED)
    book.run(0)
    book.run_all(wait=False)
    view = book.views(1)
    view.wait_for()
    bar = view.get_by_role("progressbar", name="progress")
    expect(bar).to_be_visible()
    expect(view.locator(".lg-foot")).to_contain_text("steps/s")
    expect(view.locator(".lg-foot")).to_contain_text("left")
    view.screenshot(path=artefacts / "plot-running.png")
    expect(view).to_have_attribute("data-points", "612", timeout=60_000)
    book.ready()
    expect(view.locator(".lg-foot")).to_contain_text("200 steps in")
    expect(view.locator(".lg-foot")).to_contain_text(re.compile(r"plot: [\d.]+ µs a step"))
    expect(bar).to_be_hidden()
    curves = view.get_by_role("group", name="curves", exact=True).get_by_role("button")
    assert [text.split("\n")[0] for text in curves.all_inner_texts()] == [
        f"{name} (lr={lr})" for lr in (0.1, 0.3, 0.03) for name in ("loss", "val_loss")]
    assert "loss (lr=0.3) became NaN at 121" in view.locator(".lg-head").inner_text()
    shot(book, lab, view, artefacts / "plot-compared")


VALUES = """\
import learngrad
plot = learngrad.LivePlot()
for step in range(400):
    plot.log(loss=[4.0, 2.0][step % 2], accuracy=step / 400)
"""


def test_everything_is_done_by_keyboard(notebook, lab, artefacts):
    book = notebook(VALUES)
    book.run_all()
    view, page = book.views(0), book.page
    chart = view.get_by_role("group", name="the curves; Left and Right")
    chart.focus()
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-reading", "0")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("data-reading", "11")
    expect(view.locator("[aria-live]")).to_have_text("step 11: loss 2, accuracy 2.75 %")
    # Where no height is chosen, none is drawn; the pointer chooses one.
    across = view.locator(".u-cursor-y").first
    expect(across).to_be_hidden()
    expect(view.locator(".lg-key")).to_contain_text("step 11")

    whole = view.get_by_role("button", name="show everything")
    expect(whole).to_be_disabled()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(whole).to_be_enabled()
    page.keyboard.press("End")
    assert 11 < int(view.get_attribute("data-reading")) < 120
    page.keyboard.press("0")
    expect(whole).to_be_disabled()
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-reading", "399")
    page.keyboard.press("Escape")
    expect(view).to_have_attribute("data-reading", "")

    before = drawn(view)
    loss = view.get_by_role("button", name="loss")
    loss.focus()
    page.keyboard.press("Space")
    expect(loss).to_have_attribute("aria-pressed", "false")
    book.ready()
    assert drawn(view) < before / 4
    page.keyboard.press("Space")

    smoothing = view.get_by_role("slider", name="smoothing")
    smoothing.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(smoothing).to_have_attribute("aria-valuetext", "weight 0.95")
    book.ready()
    shot(book, lab, view, artefacts / "plot-smoothed")

    table = view.get_by_role("button", name="table")
    table.focus()
    page.keyboard.press("Enter")
    expect(table).to_have_attribute("aria-pressed", "true")
    expect(view.get_by_role("row")).to_have_count(3)
    expect(view.get_by_role("rowheader", name="accuracy")).to_be_visible()
    expect(view.get_by_role("cell", name="lowest 2, at 1")).to_be_visible()
    expect(chart).to_be_hidden()
    shot(book, lab, view, artefacts / "plot-table")
    page.keyboard.press("Enter")
    expect(chart).to_be_visible()
    book.ready()
    assert drawn(view) > 100


def test_a_part_is_chosen_with_the_pointer_and_let_go_of(notebook):
    book = notebook(VALUES)
    book.run_all()
    view, page = book.views(0), book.page
    view.scroll_into_view_if_needed()
    box = view.locator(".u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=5)
    page.mouse.up()
    whole = view.get_by_role("button", name="show everything")
    expect(whole).to_be_enabled()
    page.mouse.move(box["x"] + 2, y)
    expect(view).not_to_have_attribute("data-reading", "")
    assert 95 <= int(view.get_attribute("data-reading")) <= 105
    page.mouse.dblclick(box["x"] + 50, y)
    expect(whole).to_be_disabled()
    page.mouse.move(box["x"] + 2, y)
    expect(view).to_have_attribute("data-reading", re.compile("^[0-4]$"))


@pytest.mark.parametrize("log", [False, True])
def test_what_is_no_number_is_marked_on_the_canvas(notebook, artefacts, log):
    book = notebook("import learngrad\nplot = learngrad.LivePlot()\n"
                    "for y in (3.0, 2.0, float('nan'), 1.0, float('inf'), -1.0, 0.5):\n"
                    "    plot.log(loss=y)")
    book.run_all()
    view = book.views(0)
    if log:
        view.get_by_role("button", name="log scale").click()
        book.ready()
    # Dots of the colour of what failed, by seventh of the drawing: at 2 and at 4, and, where
    # only numbers above zero have a place, at 5.
    marked = view.locator("canvas").first.evaluate("""canvas => {
        const { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        const left = 54 * devicePixelRatio, span = width - left - 16 * devicePixelRatio;
        const found = new Set();
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200 && data[i] > 170 && data[i] < 215 && data[i + 2] < 30)
                found.add(Math.round((i / 4 % width - left) / span * 6));
        return [...found].sort();
    }""")
    assert marked == ([2, 4, 5] if log else [2, 4])
    assert "loss became NaN at 2" in view.locator(".lg-head").inner_text()
    view.screenshot(path=artefacts / f"plot-broken-{'log' if log else 'linear'}.png")


def test_a_plot_is_there_again_after_a_reload(notebook):
    book = notebook("import learngrad\nplot = learngrad.LivePlot()\nrun = plot.run('a')\n"
                    "for step in range(300_000):\n    run.log(loss=1 / (1 + step))")
    book.run_all()
    expect(book.views(0)).to_have_attribute("data-points", "300000", timeout=30_000)
    book.save()
    book.reload()
    expect(book.views(0)).to_have_attribute("data-points", "300000", timeout=30_000)
    assert "loss (a) went from 1 to" in book.views(0).locator("[role=img]").get_attribute(
        "aria-label")


MILLION = """async () => {
    const size = 1_000_000, x = new Float64Array(size), y = new Float64Array(size);
    for (let at = 0; at < size; at++) {
        x[at] = at;
        y[at] = Math.exp(-at / 3e5) + 0.1 * Math.sin(at * 1.7);
    }
    let heard;
    const part = { name: "loss", run: "", end: size };
    const status = { text: "", share: null, cost: 0, steps: 0 };
    const state = { series: [{ ...part, x: new DataView(x.buffer), y: new DataView(y.buffer) }],
                    status };
    const model = { get: name => ({ uid: "a", title: "Million", state })[name],
                    on: (name, call) => { if (name === "msg:custom") heard = call; }, send() {} };
    const place = document.body.appendChild(document.createElement("div"));
    window.plot.render({ model, el: place });
    const root = place.querySelector(".lg-root");
    const frame = () => new Promise(requestAnimationFrame);
    const drawn = [], frames = [];
    const settle = async () => { do await frame(); while (root.dataset.ready !== "true"); };
    await settle();
    for (let at = 0, before = performance.now(); at < 60; at++) {
        const more = Float64Array.of(size + at), next = Float64Array.of(Math.random());
        heard({ type: "points", series: [{ ...part, start: size + at, end: size + at + 1 }],
                status }, [new DataView(more.buffer), new DataView(next.buffer)]);
        await settle();
        drawn.push(Number(root.dataset.took));
        const now = performance.now();
        frames.push(now - before);
        before = now;
    }
    const middle = values => values.sort((a, b) => a - b)[values.length >> 1];
    return { points: root.dataset.points, drawn: middle(drawn), frame: middle(frames),
             slowest: Math.max(...frames) };
}"""


def test_a_million_points_grow_on(browser, artefacts):
    source = (Path(learngrad.__file__).parent / "widgets/static/front.js").read_text("utf-8")
    page = browser.new_page(viewport={"width": 1100, "height": 500})
    try:
        page.evaluate("""async source => {
            const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
            (await import(url)).default.initialize({ model: { get: () => "test" } });
            const fronts = window[Symbol.for("learngrad.fronts")];
            window.plot = (await fronts.get("test").views).plot;
        }""", source)
        figures = page.evaluate(MILLION)
        (artefacts / "plot-million.txt").write_text(f"{figures}\n", "utf-8")
        page.screenshot(path=artefacts / "plot-million.png")
    finally:
        page.close()
    assert figures["points"] == "1000060"


def test_an_interrupt_reaches_the_cell_where_a_step_has_ended(notebook):
    book = notebook("""\
import learngrad, time
plot = learngrad.LivePlot()
began = ended = 0
try:
    for step in plot.track(range(100_000)):
        began += 1
        time.sleep(0.01)
        plot.log(loss=1 / (1 + step))
        ended += 1
except KeyboardInterrupt as interrupt:
    print(f"{interrupt}:", began == ended == len(plot.curves) > 20)""")
    book.run_all(wait=False)
    view = book.views(0)
    view.wait_for()
    book.page.wait_for_function("root => Number(root.dataset.points) > 20",
                                arg=view.element_handle())
    book.interrupt()
    expect(book.cell(0).locator("pre").last).to_have_text(
        "stopped where a step had ended: True\n", timeout=30_000)


def test_the_key_of_many_curves_keeps_its_height(notebook):
    book = notebook('import learngrad\nplot = learngrad.LivePlot("Many")\n'
                    'plot.log(**{f"weight {k}": k for k in range(300)})')
    book.run_all()
    key = book.views(0).locator(".lg-key")
    expect(key.get_by_role("button")).to_have_count(300)
    assert key.bounding_box()["height"] < 200
    key.get_by_role("button").last.focus()  # it scrolls to where the keyboard goes
    expect(key.get_by_role("button").last).to_be_in_viewport()
