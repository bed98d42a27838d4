"""Curves that grow while a loop runs, in the output of the loop's own cell."""

from playwright.sync_api import expect

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
    expect(view.locator(".lg-foot")).to_contain_text("4 steps in")
    expect(view.locator(".lg-foot")).to_contain_text("µs a step")
    expect(bar).to_be_hidden()
    curves = view.get_by_role("group", name="curves", exact=True).get_by_role("button")
    assert [text.split("\n")[0] for text in curves.all_inner_texts()] == [
        f"{name} (lr={lr})" for lr in (0.1, 0.3, 0.03) for name in ("loss", "val_loss")]
    assert "loss (lr=0.3) became NaN at 121" in view.locator(".lg-head").inner_text()
    shot(book, lab, view, artefacts / "plot-compared")
